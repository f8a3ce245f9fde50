"""When it is likely to be an object's turn, among all that is dropped, changed and made."""

from __future__ import annotations

from journal.postgresql.catalog.identities import KINDS
from journal.values import SchemaObject

DROP, GROUND, CHANGE, MAKE = 0, 500, 1000, 2000
CONSTRAINTS = ("not null", "primary key", "unique", "exclude", "check", "foreign key")

_LATE = KINDS.index("statistics")
JOIN = MAKE + _LATE + 0.4
"""When tables join their parents: their indexes are made, foreign keys to them are not."""


def drop_turn(one: SchemaObject, depth: int) -> float:
    """Return when an object goes: what comes of a table before the table."""
    return DROP + 100 - _rank(one) - depth / 100


def change_turn(depth: int) -> float:
    """Return when an object is changed: parents first, as what they are told is passed on."""
    return CHANGE + depth / 100


def make_turn(one: SchemaObject, depth: int, *, last: bool) -> float:
    """Return when an object is made, perhaps the last of its kind.

    A parent's part takes up those of its children, if they are there already. What is changed
    may need the types of an extension.
    """
    if one.kind in ("schema", "extension"):
        return GROUND + _rank(one)
    return MAKE + _rank(one) + (depth if one.kind == "table" else -depth) / 100 + last / 20


def join_turn(table: SchemaObject, depth: int) -> float:
    """Return when a table joins its parents; a default partition is read by all that follow.

    Identity is handed on to what is attached to a parent, not to what was attached before.
    """
    handed = any("identity" in c.definition for c in table.columns)
    last = "DEFAULT" in table.definition.get("partition_bound", "")
    return JOIN + (depth if handed else -depth) / 100 + last / 1000


def _rank(one: SchemaObject) -> float:
    rank = float(KINDS.index(one.kind))
    if one.kind == "operator" and one.definition.get("shell"):
        rank -= 0.5  # what names it would make it as well
    if one.kind == "constraint":
        kind = one.definition["type"]
        rank += CONSTRAINTS.index(kind) / 10
        if kind == "foreign key":
            # One of a partition comes first, to be taken up by its parent's when that is made.
            rank = _LATE + (0.3 if "parent" in one.definition else 0.5)
    return rank
