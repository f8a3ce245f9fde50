"""Values as a program expects them, from the text that PostgreSQL keeps without loss.

Whole numbers, floating-point numbers, truth values and bytes have one such form each. All other
types (numeric, json, times, arrays ...) stay the text that the database writes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from journal.effect import JournalIdentity
from journal.values import Column

Convert = Callable[[str], Any]


def natives(identity: JournalIdentity, columns: Iterable[Column]) -> dict[str, Convert]:
    """Return what turns the text of each column into its value; SQLite's values are that."""
    if identity.database != "postgresql":
        return {}
    found = ((column.name, _FORMS.get(column.definition.get("type", ""))) for column in columns)
    return {name: convert for name, convert in found if convert is not None}


def native(row: Mapping[str, Any], forms: Mapping[str, Convert]) -> dict[str, Any]:
    """Return a row with its values converted."""
    return {
        name: forms[name](value) if name in forms and isinstance(value, str) else value
        for name, value in row.items()
    }


def _truth(text: str) -> bool:
    return text in ("t", "true")


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("\\x"))


_FORMS: dict[str, Convert] = {
    "smallint": int,
    "integer": int,
    "bigint": int,
    "real": float,
    "double precision": float,
    "boolean": _truth,
    "bytea": _bytes,
}
