"""Which values a column would change without a word: rounded, cut, converted, read as another.

What the database refuses by itself is not looked at here.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from struct import pack, unpack
from typing import Any

from commands.transform.values import is_number
from journal.values import DatabaseKind

_TYPE = re.compile(
    r"(?P<name>[^(]+?)(\((?P<size>\d+)(,(?P<scale>-?\d+))?\))?( with(out)? time zone)?"
)
_LIKE_A_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*", re.ASCII | re.IGNORECASE)
_DAY = r"\d{4,7}-\d\d-\d\d"
_CLOCK = r"\d\d:\d\d(:\d\d(\.(?P<fraction>\d+))?)?"
_ZONE = r" ?(Z|[+-]\d\d(:?\d\d(:?\d\d)?)?)"
_TIMES = {
    "date": _DAY,
    "time": _CLOCK,
    "timetz": _CLOCK + _ZONE,
    "timestamp": f"{_DAY}([ T]{_CLOCK})?",
    "timestamptz": f"{_DAY}[ T]{_CLOCK}{_ZONE}",
}
_MICROSECONDS = 6
_NAME = 63


def keeps(declared: str, kind: DatabaseKind, value: Any) -> bool:
    """Tell whether a column of a declared type, in lower case, keeps a value as it is."""
    if value is None:
        return True
    return (
        _sqlite_keeps(declared, value) if kind == "sqlite" else _postgresql_keeps(declared, value)
    )


def _sqlite_keeps(declared: str, value: Any) -> bool:
    """By the affinity of the column (SQLite manual, "Datatypes", 3)."""
    affinity = affinity_of(declared)
    if isinstance(value, bool):
        return declared.startswith("bool")
    if isinstance(value, str) and affinity in {"integer", "real", "numeric"}:
        return not _LIKE_A_NUMBER.fullmatch(value) or _same_in_json(declared, value)
    return not (affinity == "real" and isinstance(value, int)) or float(value) == value


@lru_cache(maxsize=1024)  # asked for each value
def affinity_of(declared: str) -> str:
    """Return what a column of SQLite prefers (SQLite manual, "Datatypes", 3.1)."""
    if "int" in declared:
        return "integer"
    if any(word in declared for word in ("char", "clob", "text")):
        return "text"
    if not declared or "blob" in declared:
        return "blob"
    return "real" if any(word in declared for word in ("real", "floa", "doub")) else "numeric"


def _same_in_json(declared: str, text: str) -> bool:
    """JSON of a number becomes the number; it may, where that is the same."""
    if not declared.startswith("json"):
        return False
    number = Decimal(text)
    return abs(number) < 2**63 if number == int(number) else _exact(float(number)) == number


def _postgresql_keeps(declared: str, value: Any) -> bool:
    found = _TYPE.fullmatch(declared)
    name, size, scale = found.group("name", "size", "scale") if found else (declared, None, None)
    if is_number(value):
        return _keeps_number(name, size, scale, value)
    if name == "bytea":
        return isinstance(value, bytes)
    if not isinstance(value, str):
        return True
    if name in {"date", "time", "timestamp"}:
        zone = "tz" if declared.endswith("with time zone") else ""
        return _keeps_time(name + zone, int(size or _MICROSECONDS), value)
    return _keeps_text(name, size, value)


def _keeps_text(name: str, size: str | None, value: str) -> bool:
    match name:
        case "character" | "bpchar":
            return not value.endswith(" ")
        case "character varying":
            return size is None or len(value) <= int(size)
        case '"char"':
            return len(value.encode(errors="replace")) <= 1
        case "name":
            return len(value.encode(errors="replace")) <= _NAME
        case _:
            return True


def _keeps_time(name: str, digits: int, value: str) -> bool:
    """Words such as now, orders of day and month, and times of no zone have to be guessed."""
    if value.lower() in {"infinity", "-infinity"}:
        return True
    found = re.fullmatch(f"{_TIMES[name]}( BC)?", value)
    fraction = found.groupdict().get("fraction") if found else None
    return found is not None and len((fraction or "").rstrip("0")) <= digits


def _keeps_number(name: str, size: str | None, scale: str | None, value: Any) -> bool:
    exact = _exact(value)
    if not exact.is_finite():
        return True
    match name:
        case "real":
            return _single(exact)
        case "double precision":
            return _exact(float(exact)) == exact
        case "numeric" if size is not None:
            return _places(exact) <= int(scale or 0)
        case "money":
            return _places(exact) <= 2
        case _:
            return True


def _exact(value: Any) -> Decimal:
    """A float means the shortest decimal that names it."""
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


def _single(value: Decimal) -> bool:
    try:
        (near,) = unpack("f", pack("f", value))
    except OverflowError:
        return True  # refused by the database
    return any(Decimal(f"{near:.{digits}g}") == value for digits in range(6, 10))


def _places(value: Decimal) -> int:
    """How many digits stand after the point, trailing zeros left out."""
    _, digits, exponent = value.as_tuple()
    text = "".join(map(str, digits))
    zeros = len(text) - len(text.rstrip("0"))
    return -(int(exponent) + zeros) if value else 0
