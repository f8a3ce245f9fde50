"""JSON as PostgreSQL's jsonb understands it: what it refuses or would lose is told first."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from commands.copy.unfit import Unfit

_BEFORE_POINT = 131_072
_AFTER_POINT = 16_383
DEEPEST = 400
"""Levels of lists and objects that are taken."""
_LONG = 4000
"""Digits of a whole number beyond which Python reads none."""
_NOT_HELD = "a number in JSON that jsonb does not hold"
_SPACE = " \t\n\r"


class Fraction(str):
    """The digits of a number, behind a NUL: no string of JSON that is taken has one."""

    __slots__ = ()


def checked(text: str) -> str:
    """Return JSON text as it is. Raises ``Unfit`` where jsonb would refuse or change it."""
    read(text)
    return text


def canonical(text: str) -> str:
    """Return JSON in one text for each value: keys in order, numbers by what they count."""
    return _encode(read(text))


@lru_cache(maxsize=8)  # a row is checked first, and then made canonical
def read(text: str) -> Any:
    """Return what JSON text says; a number with a fraction is a ``Fraction``.

    Raises:
        Unfit: not JSON, a key twice, NUL or half a character in a string, a number too large.
    """
    try:
        found = _decoder.decode(text)
    except json.JSONDecodeError:
        reason = "empty text, which is no JSON" if not text.strip(_SPACE) else "not JSON"
        raise Unfit(reason) from None
    except RecursionError:
        raise Unfit("JSON nested too deeply") from None
    if text.count("[") + text.count("{") > DEEPEST:
        _refuse_deep(found)
    if "\\u" in text:
        _refuse_odd(found)
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Unfit("a key stands twice in a JSON object")
    return found


def _constant(_: str) -> Any:
    raise Unfit("NaN or an infinity in JSON")


def _whole(text: str) -> int | str:
    if len(text) < _LONG:
        return int(text)
    return _number(text)


def _number(text: str) -> int | str:
    try:
        value = Decimal(text)
    except InvalidOperation:  # an exponent of twenty digits
        raise Unfit(_NOT_HELD) from None
    if value.adjusted() >= _BEFORE_POINT or _places(value) > _AFTER_POINT:
        raise Unfit(_NOT_HELD)
    if not value:
        return 0
    plain = format(value, "f")
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    short = "." not in plain and len(plain) < _LONG
    return int(plain) if short else Fraction(f"\0{plain}")


def _places(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def _refuse_deep(found: Any) -> None:
    """What is read must also be written, and compared, without running out of stack."""
    level = [found]
    for _ in range(DEEPEST):
        inner = [one for one in level if isinstance(one, dict | list)]
        if not inner:
            return
        level = [e for one in inner for e in (one.values() if isinstance(one, dict) else one)]
    raise Unfit("JSON nested too deeply")


def _refuse_odd(found: Any) -> None:
    """Escapes may hold what no text of PostgreSQL can."""
    match found:
        case dict():
            for name, one in found.items():
                _refuse_text(name)
                _refuse_odd(one)
        case list():
            for one in found:
                _refuse_odd(one)
        case str() if not isinstance(found, Fraction):
            _refuse_text(found)
        case _:
            pass


def _refuse_text(text: str) -> None:
    if "\0" in text:
        raise Unfit("NUL in a string of JSON")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Unfit("half a surrogate pair in a string of JSON") from None


_decoder = json.JSONDecoder(
    parse_float=_number, parse_int=_whole, parse_constant=_constant, object_pairs_hook=_once
)
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
