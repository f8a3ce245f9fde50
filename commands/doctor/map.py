"""Which tables, views, triggers and functions stand on which tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from commands.doctor.tables import Tables
from journal.mentions import named_in_definition
from journal.values import SchemaObject

SPEAKING = ("view", "materialized view", "trigger", "function", "policy", "rule")
"""Kinds of objects whose texts may name a table."""


class Edge(msgspec.Struct, frozen=True, kw_only=True):
    """One object that stands on a table; ``kind`` says as what, ``foreign key`` or its own kind.

    A function's text is not understood: it stands on a table whose name it says.
    """

    kind: str
    source: tuple[str, ...]
    table: tuple[str, ...]


def edges(tables: Tables, objects: Iterable[SchemaObject]) -> Iterator[Edge]:
    """Yield them in the order of the catalog."""
    for table in tables.values():
        for reference in table.references:
            yield Edge(kind="foreign key", source=table.path, table=reference.parent)
    named: dict[str, list[tuple[str, ...]]] = {}
    for path in tables:
        named.setdefault(path[-1].lower(), []).append(path)
    for one in objects:
        if one.kind in SPEAKING:
            words = {word for chain in named_in_definition(one) for word in chain}
            for word in sorted(words & named.keys()):
                for path in named[word]:
                    yield Edge(kind=one.kind, source=one.path, table=path)
