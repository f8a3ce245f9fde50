"""Values as SQLite stores them: into the neutral form, and out of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from commands.copy.converting import converter
from commands.copy.plan import ColumnPlan
from commands.copy.unfit import Unfit
from commands.transform.keeping import affinity_of, keeps

One = Callable[[Any], Any]
_LIKE_A_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*", re.ASCII | re.IGNORECASE)
_NO_NUMBERS = frozenset({"NaN", "Infinity", "-Infinity"})


def parser(column: ColumnPlan, *, target: bool = False) -> One:
    """Return what makes a stored value neutral; that of a ``target`` is as ``renderer`` left it."""
    return _back(column) if target else converter(column)


def renderer(column: ColumnPlan) -> One | None:
    """Return what makes a neutral value one that SQLite keeps; ``None`` where it is one.

    It raises ``Unfit`` where the column would keep it otherwise than it is.
    """
    declared = column.target_type.lower()
    if column.logical == "stored":
        same = affinity_of(declared) == affinity_of(column.source_type.lower())
        return _storable if same else _storable_as(declared)
    give = _giver(column, affinity_of(declared))
    if give is None and affinity_of(declared) in {"text", "blob"}:
        return None

    def render(text: Any) -> Any:
        value = give(text) if give else text
        if not keeps(declared, "sqlite", value):
            raise Unfit("the column would not keep it as it is")
        return value

    return render


def _storable(value: Any) -> Any:
    """Between files of SQLite, only text that cannot be bound as text stays behind."""
    if isinstance(value, str):
        if "\0" in value:
            raise Unfit("NUL in text")
    elif isinstance(value, bytes) and type(value) is not bytes:
        raise Unfit("text that is not UTF-8")
    return value


def _storable_as(declared: str) -> One:
    affinity = affinity_of(declared)

    def render(value: Any) -> Any:
        if not _stays(affinity, _storable(value)):
            raise Unfit("the column would not keep it as it is")
        return value

    return render


def _stays(affinity: str, value: Any) -> bool:
    """Tell whether a value keeps its storage class (SQLite manual, "Datatypes", 3)."""
    match value:
        case str():
            return affinity in {"text", "blob"} or not _LIKE_A_NUMBER.fullmatch(value)
        case int():
            return affinity not in {"text", "real"}
        case float():
            whole = value.is_integer() and abs(value) < 1 << 63
            return affinity != "text" and not (affinity in {"integer", "numeric"} and whole)
        case _:
            return True


def _giver(column: ColumnPlan, affinity: str) -> One | None:
    numbers = affinity in {"integer", "numeric", "real"}
    match column.logical:
        case "boolean":
            return lambda text: int(text == "true")
        case "integer" if affinity != "text":
            return int
        case "float" | "single":
            return _real
        case "numeric" if numbers:
            return _number
        case "bytes":
            return lambda text: bytes.fromhex(text[2:])
        case "timestamptz":
            return _with_offset
        case _:
            return None


def _real(text: str) -> float:
    value = float(text)
    if text == "NaN":
        raise Unfit("NaN, which SQLite stores as null")
    if value == 0 and text.startswith("-"):
        raise Unfit("-0, which SQLite stores as 0")
    return value


def _number(text: str) -> int | float:
    """A column that prefers numbers makes a real of what is none of its whole numbers."""
    if text in _NO_NUMBERS:
        raise Unfit("no number that the column holds")
    exact = Decimal(text)
    if exact == int(exact) and abs(exact) < 1 << 63:
        return int(exact)
    value = float(text)
    if Decimal(repr(value)) != exact:
        raise Unfit("more digits than the column holds")
    return value


def _with_offset(text: str) -> str:
    """SQLite's own functions read an offset in hours and minutes."""
    return f"{text}:00" if text.endswith("+00") else text


def _back(column: ColumnPlan) -> One:
    match column.logical:
        case "boolean":
            return lambda value: {0: "false", 1: "true"}.get(value, str(value))
        case "bytes":
            return lambda value: f"\\x{value.hex()}" if isinstance(value, bytes) else str(value)
        case "timestamptz":
            return lambda value: str(value).removesuffix(":00") if _offset(value) else str(value)
        case "float" | "single":
            return _shortest
        case "numeric":
            return _digits
        case _:
            return _as_text


def _offset(value: Any) -> bool:
    return isinstance(value, str) and value.endswith("+00:00")


def _shortest(value: Any) -> str:
    if isinstance(value, float) and value - value != 0:
        return "Infinity" if value > 0 else "-Infinity"
    return repr(value) if isinstance(value, int | float) else str(value)


def _digits(value: Any) -> str:
    if isinstance(value, float) and value - value == 0:
        return format(Decimal(repr(value)), "f")
    return _as_text(value)


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return value.hex() if isinstance(value, bytes) else str(value)
