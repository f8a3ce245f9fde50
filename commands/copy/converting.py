"""Plain values into the neutral form, as the column's conversion says; nothing is guessed.

What is converted: ``int``, ``float``, ``str`` and ``bytes``, as SQLite stores them. Text that is
not UTF-8 comes as a subclass of ``bytes``. All functions raise ``Unfit``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from commands.copy import json_values
from commands.copy.converting_times import NUMBER, times
from commands.copy.holding import holding
from commands.copy.plan import ColumnPlan
from commands.copy.spec import Conversion
from commands.copy.unfit import Unfit

One = Callable[[Any], str]
TRUE = frozenset({"true", "t", "yes", "y", "on", "1"})
FALSE = frozenset({"false", "f", "no", "n", "off", "0"})
_WHOLE = re.compile(r"-?(0|[1-9]\d*)", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_EXACT = 1 << 53


def converter(column: ColumnPlan) -> Callable[[Any], str | None]:
    """Return what makes values of a column neutral."""
    read = _reader(column)
    fits = holding(column.logical, column.limits) if column.limits else None
    nulls = frozenset((type(value), value) for value in column.conversion.null)
    if not fits and not nulls:
        return read

    def convert(value: Any) -> str | None:
        if nulls and (type(value), value) in nulls:
            return None
        found = read(value)
        return fits(found) if fits else found

    return convert


def nullifying(values: tuple[Any, ...]) -> Callable[[Any], Any] | None:
    """Return what makes these values null, and leaves all others; ``None`` without any."""
    nulls = frozenset((type(value), value) for value in values)
    return (lambda value: None if (type(value), value) in nulls else value) if nulls else None


def _reader(column: ColumnPlan) -> One:
    rule = column.conversion
    match column.logical:
        case "boolean":
            return _boolean(rule)
        case "integer":
            return _integer
        case "numeric":
            return _numeric
        case "float" | "single":
            return _float
        case "bytes":
            return _bytes(rule)
        case "date" | "time" | "timestamp" | "timestamptz":
            return times(column)
        case "uuid":
            return _uuid
        case "json" | "jsonb":
            return _json
        case _:
            return _text(rule)


def _boolean(rule: Conversion) -> One:
    true = {(type(value), value) for value in rule.true} | {(int, 1)}
    false = {(type(value), value) for value in rule.false} | {(int, 0)}

    def boolean(value: Any) -> str:
        kind = (type(value), value)
        if kind in true:
            return "true"
        if kind in false:
            return "false"
        if isinstance(value, str):
            word = value.lower()
            if word in TRUE:
                return "true"
            if word in FALSE:
                return "false"
            if not word.strip():
                raise Unfit("empty text where true or false is wanted")
        raise Unfit("neither true nor false")

    return boolean


def _integer(value: Any) -> str:
    if type(value) is int:
        return str(value)
    if isinstance(value, str):
        if _WHOLE.fullmatch(value) and value != "-0":
            if len(value) > 20 or not -(1 << 63) <= int(value) < 1 << 63:
                raise Unfit("past 2^63")
            return value
        raise Unfit(_no_number(value, "a whole number"))
    if isinstance(value, float):
        if abs(value) >= 1 << 63:
            raise Unfit("past 2^63")
        if not value.is_integer():
            raise Unfit("not a whole number")
        if abs(value) >= _EXACT:
            raise Unfit("a real past 2^53, which may have been rounded")
        return str(int(value))
    raise Unfit("bytes where a whole number is wanted")


def _numeric(value: Any) -> str:
    """A real counts as the fewest digits that tell it from others."""
    if type(value) is int:
        return str(value)
    if isinstance(value, float):
        if value - value != 0:
            return "Infinity" if value > 0 else "-Infinity"
        return format(Decimal(repr(value)), "f")
    if isinstance(value, str):
        if value in {"NaN", "Infinity", "-Infinity"}:
            return value
        if NUMBER.fullmatch(value):
            return _plain(value)
        raise Unfit(_no_number(value, "a number"))
    raise Unfit("bytes where a number is wanted")


def _plain(text: str) -> str:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise Unfit("past what numeric holds") from None
    if number.adjusted() >= 131_072 or number.as_tuple().exponent < -16_383:  # type: ignore[operator]
        raise Unfit("past what numeric holds")
    return format(number, "f")


def _float(value: Any) -> str:
    if isinstance(value, float):
        if value - value != 0:
            return "Infinity" if value > 0 else "-Infinity"
        return repr(value)
    if type(value) is int:
        if float(value) != value:
            raise Unfit("a whole number past 2^53, which would be rounded")
        return repr(float(value))
    if isinstance(value, str):
        return _float_in(value)
    raise Unfit("bytes where a number is wanted")


def _float_in(text: str) -> str:
    if text in {"NaN", "Infinity", "-Infinity"}:
        return text
    if not NUMBER.fullmatch(text):
        raise Unfit(_no_number(text, "a number"))
    found = repr(float(text))
    try:
        same = Decimal(found) == Decimal(text)
    except InvalidOperation:  # an exponent of twenty digits
        same = False
    if found in {"inf", "-inf"} or not same:
        raise Unfit("more digits than a float holds")
    return found


def _bytes(rule: Conversion) -> One:
    of_text = "bytes" in rule.forms

    def octets(value: Any) -> str:
        if type(value) is bytes:
            return f"\\x{value.hex()}"
        if of_text and isinstance(value, str | bytes):
            return f"\\x{(value.encode() if isinstance(value, str) else value).hex()}"
        raise Unfit(f"{_kind(value)} where bytes are wanted")

    return octets


def _uuid(value: Any) -> str:
    if type(value) is bytes and len(value) == 16:
        digits = value.hex()
    elif isinstance(value, str) and _UUID.fullmatch(value):
        digits = value.replace("-", "").lower()
    else:
        raise Unfit("not a UUID")
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _json(value: Any) -> str:
    if isinstance(value, str):
        if "\0" in value:
            raise Unfit("NUL in text")
        return json_values.checked(value)
    if type(value) is int:
        return str(value)
    if isinstance(value, float):
        if value - value != 0:
            raise Unfit("an infinite number in JSON")
        return repr(value)
    raise Unfit(f"{_kind(value)} where JSON is wanted")


def _text(rule: Conversion) -> One:
    digits = "text" in rule.forms

    def text(value: Any) -> str:
        if type(value) is str:
            if "\0" in value:
                raise Unfit("NUL in text")
            return value
        if digits and isinstance(value, int | float):
            return repr(value)
        raise Unfit(f"{_kind(value)} where text is wanted")

    return text


def _no_number(text: str, wanted: str) -> str:
    if not text.strip():
        return f"empty text where {wanted} is wanted"
    return f"not {wanted}"


def _kind(value: Any) -> str:
    match value:
        case bytes():
            return "bytes" if type(value) is bytes else "text that is not UTF-8"
        case str():
            return "text"
        case _:
            return "a number"
