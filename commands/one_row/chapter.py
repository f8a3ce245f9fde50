"""One table in a row's history, with all its partitions, under one identity for each column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from commands.native import native, natives
from journal.effect import JournalIdentity
from journal.one_row import ROWID
from journal.values import Column, SchemaObject, TableRows
from projections.schema import dotted
from projections.tables import Bearer, Tables

Values = dict[int, Any]
"""Values of a row, by the identity of a column of the chapter's table."""


class Chapter(msgspec.Struct, frozen=True, kw_only=True):
    """A table from its first version to ``until``; ``family`` are it and its partitions.

    ``own`` tells which column of the table a partition's column stands for. ``named`` are the
    columns that the question names: they tell rows apart where the table has no key.
    """

    tables: Tables
    identity: JournalIdentity
    table: int
    until: int
    family: tuple[int, ...]
    own: Mapping[int, int]
    named: tuple[int, ...] = ()

    def values(self, images: Mapping[int, Any]) -> Values:
        """Return the values of an image by the table's own columns."""
        return {self.own.get(column, column): value for column, value in images.items()}

    def key(self, rows: TableRows) -> tuple[int, ...]:
        """Return the columns of an entry by which its rows are told apart.

        Without a key those are the columns that were asked for, where the images hold them, or
        else the rowid, and on PostgreSQL every column.
        """
        if rows.key:
            return rows.key
        columns = {self.own.get(column, column): column for column in (ROWID, *rows.columns)}
        if self.named and set(self.named) <= columns.keys():
            return tuple(columns[one] for one in self.named)
        return (ROWID,) if self.identity.database == "sqlite" else rows.columns

    def version(self, table: int, position: int) -> SchemaObject | None:
        """Return a table of the family at a position, or as it was last."""
        found = self.tables.at(table, position)
        if found is not None:
            return found
        there = [v.table for v in self.tables.versions[table] if v.position <= position and v.table]
        return there[-1] if there else None

    def shown(self, values: Mapping[int, Any], table: int, position: int) -> dict[str, Any]:
        """Return values by the names of a position, as a program expects them."""
        columns = self.columns(table, position)
        forms = natives(self.identity, columns)
        found = {c.name: values[c.id] for c in columns if c.id in values}
        if not found and ROWID in values:
            return {"rowid": values[ROWID]}
        return native(found, forms)

    def columns(self, table: int, position: int) -> tuple[Column, ...]:
        """Return the columns at a position, under the identities of the chapter."""
        version = self.version(table, position)
        columns = version.columns if version else ()
        return tuple(msgspec.structs.replace(c, id=self.own.get(c.id, c.id)) for c in columns)

    def name(self, table: int, position: int) -> str:
        """Return what a table was called at a position."""
        version = self.version(table, position)
        return dotted(version.path) if version else str(table)


def chapter_of(tables: Tables, identity: JournalIdentity, bearer: Bearer) -> Chapter:
    """Return the chapter of a table that bore the name."""
    family = tables.family(bearer.table)
    own: dict[int, int] = {}
    for leaf in family[1:]:
        for version in tables.versions[leaf]:
            parent = tables.at(bearer.table, version.position)
            if version.table is None or parent is None:
                continue
            names = {column.name: column.id for column in parent.columns}
            own |= {c.id: names[c.name] for c in version.table.columns if c.name in names}
    return Chapter(
        tables=tables,
        identity=identity,
        table=bearer.table,
        until=bearer.until,
        family=family,
        own=own,
    )
