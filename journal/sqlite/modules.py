"""Modules of virtual tables: where what they hold stands, and how a change of it can be told."""

from __future__ import annotations

from collections.abc import Mapping

from journal.sqlite.ddl import module, tokens
from journal.values import SchemaObject

_SEARCH = ("content", "segments", "segdir", "docsize", "stat")
_TREE = ("node", "rowid", "parent")
WITHIN: Mapping[str, tuple[str, ...]] = {
    "fts3": _SEARCH,
    "fts4": _SEARCH,
    "fts5": ("data", "idx", "content", "docsize", "config"),
    "rtree": _TREE,
    "rtree_i32": _TREE,
    "geopoly": _TREE,
}
"""How the names of the tables end in which a module keeps what it holds."""
KEEPING = frozenset(WITHIN)
"""Modules that keep all they hold in tables of their own, which are captured."""
HOLDING_NOTHING = frozenset(("fts5vocab", "fts4aux", "fts3tokenize", "dbstat", "csv"))
"""Modules that show what stands elsewhere: such a table is nothing but its text."""
EXACT = KEEPING | HOLDING_NOTHING


def module_of(virtual: SchemaObject) -> str:
    """Return the module of a virtual table, in lower case."""
    return module(tuple(tokens(virtual.definition["sql"])))


def within(sql: str) -> tuple[str, ...]:
    """Return how the names end of the tables that belong to a virtual table of this text."""
    return WITHIN.get(module(tuple(tokens(sql))), ())


def captured(virtual: SchemaObject) -> bool:
    """Whether all that a virtual table holds can be captured."""
    return module_of(virtual) in EXACT


def keeps(virtual: SchemaObject) -> bool:
    """Whether a virtual table keeps what it holds in tables of its own."""
    return module_of(virtual) in KEEPING


def told_whole(shadow: SchemaObject, virtual: SchemaObject) -> bool:
    """Whether a table within is imaged whole, so that any later write shows.

    An index of fts4 and fts5 keeps a count that each write moves. One of fts3 keeps none, but
    has a short list of its segments, to which each write adds.
    """
    listing = f"{virtual.path[0]}_segdir".lower()
    return shadow.path[0].lower() == listing and module_of(virtual) == "fts3"
