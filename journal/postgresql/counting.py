"""Rows written, as the server counts them and as images hold them.

The server counts every row that this transaction inserts, updates or deletes in a table, by
whatever name it was reached; what it counts is not taken back by ROLLBACK TO SAVEPOINT.
"""

from __future__ import annotations

from typing import Any

import msgspec

from journal.postgresql.connection import Session
from journal.postgresql.images import Imaged, Shape
from journal.values import TableRows

_COUNTS = """
SELECT c.oid::int8, pg_stat_get_xact_tuples_inserted(c.oid),
       pg_stat_get_xact_tuples_updated(c.oid), pg_stat_get_xact_tuples_deleted(c.oid),
       c.relfilenode::int8
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'clew')
"""

_SO_FAR = """
SELECT extract(epoch FROM transaction_timestamp()), sum(pg_stat_get_xact_tuples_inserted(c.oid))::int8,
       sum(pg_stat_get_xact_tuples_updated(c.oid))::int8,
       sum(pg_stat_get_xact_tuples_deleted(c.oid))::int8
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND n.nspname <> 'clew' AND c.relpersistence <> 't'
"""


class Counts(msgspec.Struct, frozen=True):
    """Rows of one table that the transaction wrote so far, and the file they stand in."""

    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    filenode: int = 0

    @property
    def written(self) -> tuple[int, int, int]:
        """The three counts."""
        return self.inserted, self.updated, self.deleted

    def since(self, former: Counts) -> Counts:
        """Return the growth from there, with the file only where it is another one."""
        return Counts(
            self.inserted - former.inserted,
            self.updated - former.updated,
            self.deleted - former.deleted,
            self.filenode if self.filenode != former.filenode else 0,
        )


def read(session: Session) -> dict[int, Counts]:
    """Read the counts of every table, by oid."""
    return {oid: Counts(*counts) for oid, *counts in session.query(_COUNTS)}


def so_far(session: Session) -> tuple[Any, ...]:
    """Return when the transaction began, and what it wrote to all tables and catalogs together."""
    (found,) = session.query(_SO_FAR)
    return found


def table_rows(shape: Shape, one: Imaged, run: str, *, family: bool = False) -> TableRows:
    """Return what was captured of one table as the journal has it.

    In a ``family`` a row that moves to another table is updated by the statement, yet it goes
    here and comes there; and row triggers tell no DELETE from an UPDATE.
    """
    inserted, updated, deleted = captured(one)
    removed, added = moved(one)
    if family:
        updated = min(removed - deleted, added - inserted)
        inserted, deleted = added - updated, removed - updated
    truncated = one.counts.get(("truncate", -1), 0)
    return TableRows(
        table=one.table,
        columns=tuple(column.id for column in shape.columns),
        key=tuple(column.id for column in shape.key),
        inserted=inserted,
        updated=updated,
        deleted=deleted + truncated,
        removed=removed + truncated,
        added=added,
        run=run,
        images=one.images,
    )


def captured(found: Imaged | None) -> tuple[int, int, int]:
    """Rows inserted, updated and deleted, by the events that told of them."""
    counts = found.counts if found else {}
    return (
        counts.get(("insert", 1), 0),
        counts.get(("update", 1), 0),
        counts.get(("delete", -1), 0),
    )


def moved(found: Imaged | None) -> tuple[int, int]:
    """Rows that went and rows that came, those of TRUNCATE left out."""
    counts = found.counts if found else {}
    gone = sum(n for (event, sign), n in counts.items() if sign < 0 and event != "truncate")
    return gone, sum(n for (_, sign), n in counts.items() if sign > 0)
