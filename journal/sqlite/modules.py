"""Modules of virtual tables: where what they hold stands, and how a change of it can be told."""

from __future__ import annotations

from journal.sqlite.ddl import module, tokens
from journal.values import SchemaObject

KEEPING = frozenset(("fts3", "fts4", "fts5", "rtree", "rtree_i32", "geopoly"))
"""Modules that keep all they hold in tables of their own, which are captured."""
HOLDING_NOTHING = frozenset(("fts5vocab", "fts4aux", "fts3tokenize", "dbstat", "csv"))
"""Modules that show what stands elsewhere: such a table is nothing but its text."""
EXACT = KEEPING | HOLDING_NOTHING


def module_of(virtual: SchemaObject) -> str:
    """Return the module of a virtual table, in lower case."""
    return module(tuple(tokens(virtual.definition["sql"])))


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
