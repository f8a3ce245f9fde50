"""Defaults of one database in the words of the other."""

from __future__ import annotations

import re

from commands.copy.plan import ColumnPlan
from commands.copy.unfit import Unfit
from commands.quoting import literal

_TEXT = re.compile(r"'(?P<text>([^']|'')*)'(::[\w \"().\[\]]+)?")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_QUOTED_NUMBER = re.compile(r"'(?P<number>-\d+(\.\d+)?)'::[\w ]+")
_NOW = re.compile(
    r"(CURRENT_TIMESTAMP|now\(\)|datetime\('now'\)|transaction_timestamp\(\))", re.IGNORECASE
)
_UTC_NOW = "(CURRENT_TIMESTAMP AT TIME ZONE 'UTC')"
_SECONDS = "'YYYY-MM-DD HH24:MI:SS'"
_PLAIN = frozenset({"text", "jsonb", "json"})


def to_postgresql(default: str, column: ColumnPlan) -> str | None:
    """Return a default of SQLite for a column of PostgreSQL; ``None`` where none is the same."""
    text = _unwrapped(default)
    if text.upper() == "NULL":
        return ""
    if _NOW.fullmatch(text):
        return {
            "timestamptz": "CURRENT_TIMESTAMP",
            "timestamp": f"{_UTC_NOW}",
            "date": f"({_UTC_NOW}::date)",
            "text": f"to_char({_UTC_NOW}, {_SECONDS})",
        }.get(column.logical)
    if text.upper() in {"CURRENT_DATE", "DATE('NOW')"} and column.logical == "date":
        return f"({_UTC_NOW}::date)"
    value = _value(text)
    if value is None:
        return None
    from commands.copy.converting import converter  # noqa: PLC0415 - it reads this package's rules

    try:
        neutral = converter(column)(value)
    except Unfit:
        return None
    return None if neutral is None else _written(neutral, column)


def to_sqlite(default: str, column: ColumnPlan) -> str | None:
    """Return a default of PostgreSQL for a column of SQLite; ``None`` where none is the same."""
    text = _unwrapped(default)
    if text.upper().startswith("NULL"):
        return ""
    if _NOW.fullmatch(text):
        return {
            "timestamptz": "(strftime('%Y-%m-%d %H:%M:%f', 'now') || '+00:00')",
        }.get(column.logical)
    if text in {"true", "false"}:
        return str(int(text == "true"))
    if negative := _QUOTED_NUMBER.fullmatch(text):
        return negative["number"] if column.logical in {"integer", "float", "single"} else None
    if _NUMBER.fullmatch(text):
        quoted_number = literal(text) if column.logical == "numeric" else text
        return (
            quoted_number if column.logical in {"integer", "float", "single", "numeric"} else None
        )
    found = _TEXT.fullmatch(text)
    if not found or column.logical not in {*_PLAIN, "verbatim", "date", "uuid"}:
        return None
    # What PostgreSQL reads as text of a type may be written otherwise: 'now' of a date.
    if column.logical in {"date", "verbatim"} and not _settled(found["text"]):
        return None
    return f"'{found['text']}'"


def _value(text: str) -> str | int | float | None:
    if found := _TEXT.fullmatch(text):
        return found["text"].replace("''", "'")
    if _NUMBER.fullmatch(text):
        return float(text) if "." in text else int(text)
    return {"TRUE": 1, "FALSE": 0}.get(text.upper())


def _written(neutral: str, column: ColumnPlan) -> str:
    if column.logical in {"integer", "numeric", "float", "single", "boolean"}:
        return neutral
    return literal(neutral)


def _settled(text: str) -> bool:
    return bool(re.fullmatch(r"\d{4}-\d\d-\d\d|[A-Za-z_][A-Za-z_0-9 -]*|\{\}", text)) and (
        text.lower() not in {"now", "today", "tomorrow", "yesterday", "epoch"}
    )


def _unwrapped(text: str) -> str:
    """Expressions of SQLite stand in parentheses."""
    found = text.strip()
    while found.startswith("(") and found.endswith(")") and _balanced(found[1:-1]):
        found = found[1:-1].strip()
    return found


def _balanced(text: str) -> bool:
    depth = 0
    for character in text:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth < 0:
            return False
    return depth == 0
