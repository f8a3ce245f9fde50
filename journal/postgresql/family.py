"""Tables that share rows: partitions of a table, and heirs of one.

A statement that names a table reaches the rows of all tables below it. A row stands in one of
them, and its image belongs there.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from journal.errors import NotKnownExact
from journal.postgresql.catalog.settings import plain
from journal.postgresql.connection import Session

_KIN = """
SELECT c.relkind = 'p', c.relispartition, NOT c.relispartition AND c.relkind <> 'p' AND EXISTS (
    SELECT FROM pg_catalog.pg_inherits i WHERE c.oid IN (i.inhrelid, i.inhparent))
FROM pg_catalog.pg_class c WHERE c.oid = %s
"""
_LEAVES = """
SELECT c.oid::int8, c.relkind::text,
       coalesce(pg_catalog.pg_get_partition_constraintdef(c.oid), 'true')
FROM pg_catalog.pg_partition_tree(%s::oid::regclass) t
JOIN pg_catalog.pg_class c ON c.oid = t.relid WHERE t.isleaf AND c.relkind <> 'p' ORDER BY 1
"""
_TREE = """
SELECT t.relid::oid::int8 FROM pg_catalog.pg_partition_tree(
    pg_catalog.pg_partition_root(%s::oid::regclass)) t ORDER BY 1
"""
_BELOW = "SELECT t.relid::oid::int8 FROM pg_catalog.pg_partition_tree(%s::oid::regclass) t"
_HEIRS = """
WITH RECURSIVE x(oid) AS (
    SELECT %s::oid UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN x
    ON i.inhparent = x.oid)
SELECT c.oid::int8 FROM x JOIN pg_catalog.pg_class c USING (oid)
WHERE c.relkind = 'r' AND c.relpersistence <> 't' ORDER BY 1
"""
_ABOVE = """
SELECT x.oid::int8, coalesce(a.relid::oid, x.oid)::int8 FROM unnest(%s::oid[]) x(oid)
LEFT JOIN LATERAL pg_catalog.pg_partition_ancestors(x.oid::regclass) a ON true
"""


class Kin(msgspec.Struct, frozen=True):
    """How a table stands to others: divided, a part of one, or a parent or heir of others."""

    partitioned: bool
    partition: bool
    heirs: bool


class Leaf(msgspec.Struct, frozen=True):
    """A partition that holds rows, and the SQL condition of those it holds."""

    oid: int
    condition: str


def kin(session: Session, oid: int) -> Kin:
    """Tell how a table stands to others."""
    return Kin(*session.query(_KIN, (oid,))[0])


def leaves(session: Session, oid: int) -> tuple[Leaf, ...]:
    """Return the partitions below a partitioned table that hold its rows.

    Raises:
        NotKnownExact: one of them is a foreign table.
    """
    with plain(session):
        found = session.query(_LEAVES, (oid,))
    if any(kind != "r" for _, kind, _ in found):
        raise NotKnownExact("foreign-table", "rows of a partitioned table, partly elsewhere")
    return tuple(Leaf(leaf, condition) for leaf, _, condition in found)


def tree(session: Session, oid: int) -> tuple[int, ...]:
    """Return every table of the tree of partitions that a table belongs to."""
    return tuple(row[0] for row in session.query(_TREE, (oid,)))


def below(session: Session, oid: int) -> tuple[int, ...]:
    """Return a partitioned table and all partitions below it; nothing for other tables."""
    return tuple(row[0] for row in session.query(_BELOW, (oid,)))


def heirs(session: Session, oid: int) -> tuple[int, ...]:
    """Return a table and its heirs, those of other sessions left out."""
    return tuple(row[0] for row in session.query(_HEIRS, (oid,)))


def above(session: Session, oids: Sequence[int]) -> dict[int, set[int]]:
    """Return for each table itself and the partitioned tables that it is a part of."""
    found: dict[int, set[int]] = {oid: {oid} for oid in oids}
    for oid, ancestor in session.query(_ABOVE, (list(oids),)):
        found[oid].add(ancestor)
    return found
