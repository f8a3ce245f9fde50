"""Source values: read from JSON without loss, compared without guessing, written as JSON.

Numbers with a fraction or an exponent are ``Decimal``, so that 1e400 and 0.1 stay what they
are. Two values are the same when their JSON, with keys in order, is the same: 1, 1.0, true and
"1" are four values.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Any

import msgspec

_fast: Callable[[Any], bytes] = msgspec.json.Encoder(decimal_format="number").encode
_sorted: Callable[[Any], bytes] = msgspec.json.Encoder(
    decimal_format="number", order="sorted"
).encode


_LONG = 4000
"""Digits of a whole number beyond which Python reads none."""


class Malformed(ValueError):
    """JSON that cannot be read without guessing; the message says why."""


def read(text: str | bytes) -> Any:
    """Return what JSON text says.

    Raises:
        Malformed: it is not JSON, names a key twice, or holds NaN or an infinity.
    """
    try:
        return _decoder.decode(text if isinstance(text, str) else text.decode())
    except UnicodeDecodeError:
        raise Malformed("not UTF-8") from None
    except json.JSONDecodeError as error:
        raise Malformed(f"not JSON: {error.msg.lower()} at character {error.pos + 1}") from None
    except RecursionError:
        raise Malformed("nested too deeply") from None


def write(value: Any) -> str:
    """Return JSON, compact; lone surrogates are escaped."""
    return _written(value, _fast, ordered=False)


def canonical(value: Any) -> str:
    """Return JSON in one form for each value: keys in order."""
    plain = jsonable(value) if isinstance(value, bytes | float | Decimal) else value
    return _written(plain, _sorted, ordered=True)


def jsonable(value: Any) -> Any:
    """Return a column's value as JSON has it; what JSON has no form for says what it is."""
    match value:
        case bytes():
            return {"bytes": value.hex()}
        case float() if not isfinite(value):
            return {"number": str(value)}
        case Decimal() if not value.is_finite():  # as a float 1e400 would be infinite
            return {"number": str(value)}
        case _:
            return value


def unjsonable(value: Any) -> Any:
    """Return the value that ``jsonable`` was given."""
    match value:
        case {"bytes": str(digits)} if len(value) == 1:
            return bytes.fromhex(digits)
        case {"number": str(word)} if len(value) == 1:
            return Decimal(word)
        case _:
            return value


def is_text(value: str) -> bool:
    """Tell whether a text can be stored: half a surrogate pair is no character."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_number(value: Any) -> bool:
    """Tell whether a value is a number; true is none."""
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def alike(one: Any, other: Any) -> bool:
    """Tell whether two values are the same to a column: 1 and 1.0 are one number."""
    if is_number(one) and is_number(other):
        return bool(one == other)
    return canonical(one) == canonical(other)


def kind_of(value: Any) -> str:
    """Name what a value is, in JSON's words."""
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float() | Decimal():
            return "number"
        case str():
            return "text"
        case list() | tuple():
            return "list"
        case dict():
            return "object"
        case _:
            return type(value).__name__


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Malformed(f"key {twice!r} stands twice")
    return found


def _no_constant(name: str) -> Any:
    raise Malformed(f"{name} is not JSON")


def _whole(text: str) -> int:
    if len(text) > _LONG:
        raise Malformed(f"a number of {len(text):,} digits")
    return int(text)


def _fraction(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise Malformed("a number with an exponent that is too large") from None


_decoder = json.JSONDecoder(
    parse_int=_whole, parse_float=_fraction, parse_constant=_no_constant, object_pairs_hook=_once
)


def _written(value: Any, encode: Callable[[Any], bytes], *, ordered: bool) -> str:
    try:
        return encode(value).decode()
    except (UnicodeEncodeError, OverflowError):  # lone surrogates; whole numbers past 64 bits
        return _slowly(value, ordered=ordered)


def _slowly(value: Any, *, ordered: bool) -> str:
    match value:
        case dict():
            pairs = sorted(value.items()) if ordered else value.items()
            parts = (f"{json.dumps(k)}:{_slowly(v, ordered=ordered)}" for k, v in pairs)
            return f"{{{','.join(parts)}}}"
        case list() | tuple():
            return f"[{','.join(_slowly(one, ordered=ordered) for one in value)}]"
        case Decimal():
            return str(value)
        case None | bool() | int() | float() | str():
            return json.dumps(value)
        case _:
            return _fast(value).decode()
