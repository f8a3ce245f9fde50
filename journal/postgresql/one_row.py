"""One row of a PostgreSQL database: its images, the live one, and how a key may be stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import Any

from journal.codec import rows_of
from journal.effect import Row
from journal.envelope import StoredEntry
from journal.errors import StatementFailed
from journal.folded import RowImage
from journal.postgresql import row_index, storage
from journal.postgresql.archiving import expect
from journal.postgresql.catalog.settings import plain
from journal.postgresql.connection import quote
from journal.postgresql.erased import with_erased
from journal.postgresql.hidden import refuse_hidden
from journal.postgresql.images import key_of, shape_of
from journal.postgresql.made import filling
from journal.postgresql.own_tables import PostgresqlTables
from journal.postgresql.reading import value
from journal.row_index import Block, Keys, digest
from journal.values import Column, SchemaObject, TableRows

BATCH = 1000
"""Ranges of images that are looked through by one query."""


class PostgresqlTraces(PostgresqlTables):
    """One session's half of the port that tells what happened to one row."""

    def row_entries(
        self, tables: Sequence[int], *, after: int = 0, last: int | None = None
    ) -> Iterator[StoredEntry]:
        """Yield the entries of changed rows that may be of these tables."""
        return storage.entries(
            self.session,
            after=after,
            last=last,
            run=None,
            types=("RowsChanged",),
            holding=rows_of(tables),
        )

    def entries_at(self, positions: Sequence[int]) -> Iterator[StoredEntry]:
        """Yield the entries at some positions, in order."""
        return storage.entries_at(self.session, positions)

    def row_images(
        self, changes: Sequence[tuple[int, TableRows]], match: Mapping[int, Any]
    ) -> Iterator[RowImage]:
        """Yield the images that bear exactly these values."""
        expect(self.session, [rows for _, rows in changes])
        wanted = (one for one in changes if match.keys() <= set(one[1].columns) and one[1].images)
        for (table, columns), group in groupby(wanted, lambda one: (one[1].table, one[1].columns)):
            ranges = list(group)
            for start in range(0, len(ranges), BATCH):
                yield from self._matching(table, columns, ranges[start : start + BATCH], match)
        expect(self.session, [rows for _, rows in changes])  # nothing left meanwhile

    def live_rows(self, table: SchemaObject, match: Mapping[int, Any]) -> list[dict[int, Any]]:
        """Return live rows whose columns equal these values."""
        with self._looking():
            oid = self._oid(table)
            refuse_hidden(self.session, [oid])
            shape = shape_of(self.session, table, oid)
            kinds = {column.id: (quote(column.name), _kind(column)) for column in shape.columns}
            conditions = " AND ".join(
                f"{kinds[one][0]} IS NULL"
                if held is None
                else f"{kinds[one][0]} = {value('%s::text', kinds[one][1])}"
                for one, held in match.items()
            )
            sql = (
                f"SELECT ARRAY[{', '.join(_bound(text) for text in shape.texts)}]::text[]"
                f" FROM ONLY {_bound(shape.name)} WHERE {conditions or 'true'} LIMIT 2"
            )
            identities = [column.id for column in shape.columns]
            found = self.session.query(sql, [held for held in match.values() if held is not None])
        return [dict(zip(identities, values, strict=True)) for (values,) in found]

    def stored_forms(self, columns: Sequence[Column], given: Row) -> list[Row]:
        """Return the text that each column's type makes of what somebody wrote."""
        asked = tuple(map(_written, given))
        with self._looking():
            texts = (f"format('%%s', {value('%s::text', _kind(column))})" for column in columns)
            (found,) = self.session.query(f"SELECT {', '.join(texts)}", asked)
        return [found] if found == asked else [found, asked]

    def row_key(self, table: SchemaObject) -> tuple[int, ...]:
        """Return the columns of the primary key, or of a plain unique index without nulls."""
        names = {column.name: column.id for column in table.columns}
        return tuple(names[one] for one in key_of(self.session, self._oid(table)))

    def fillings(self, columns: Sequence[Column]) -> dict[int, Any]:
        """Return the constants that adding columns gave to each row, as text."""
        found: dict[int, Any] = {}
        for column in columns:
            constant = filling(column)
            if constant is None:
                continue
            try:
                with self._looking():
                    filled = f"({constant})::{_kind(column)}"
                    sql = f"SELECT CASE WHEN {filled} IS NOT NULL THEN format('%s', {filled}) END"
                    found[column.id] = self.session.value(sql)
            except StatementFailed:  # of a type that is gone
                continue
        return found

    # --- the index of rows --------------------------------------------------------------

    def row_index_end(self) -> int:
        """Return the last position that the index covers."""
        return row_index.end(self.session)

    def row_blocks(self, tables: Sequence[int] = ()) -> Iterator[Block]:
        """Yield the blocks of some tables, or all."""
        return row_index.blocks(self.session, tables)

    def row_digest(self, values: Row) -> int:
        """Return what stands for a key in the index."""
        return digest(map(row_index.key_bytes, values))

    def row_keys(self, changes: Sequence[tuple[int, TableRows]]) -> Iterator[Keys]:
        """Yield the chunks of entries with the digests of their rows."""
        return row_index.keys(self.session, changes)

    def hold_row_index(self) -> None:
        """Let nobody else write the index until the open transaction ends."""
        row_index.hold(self.session)

    def put_row_blocks(self, blocks: Iterable[Block]) -> None:
        """Add blocks to the index."""
        row_index.put(self.session, blocks)

    def clear_row_index(self) -> None:
        """Take all blocks away."""
        row_index.clear(self.session)

    def _matching(
        self,
        table: int,
        columns: tuple[int, ...],
        ranges: Sequence[tuple[int, TableRows]],
        match: Mapping[int, Any],
    ) -> Iterator[RowImage]:
        """Look through chunks: the first of the columns is unfolded, others are asked for then."""
        places = [columns.index(one) + 1 for one in match] or [1]
        tests = [f"i.chunk[{place}][u.n] IS NOT DISTINCT FROM %s" for place in places[1:]]
        tests += ["u.v IS NOT DISTINCT FROM %s"] if match else []
        given = list(match.values())
        sql = (
            "SELECT w.position, i.sign::integer, i.event,"
            " ARRAY(SELECT i.chunk[c][u.n] FROM generate_series(1, %s) c ORDER BY c),"
            " i.chunk[%s][u.n]"
            " FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::bigint[])"
            " AS w(position, run, first, last)"
            " JOIN clew.image i ON i.run = w.run AND i.number BETWEEN w.first AND w.last"
            f" AND i.object = %s CROSS JOIN LATERAL unnest(i.chunk[{places[0]}:{places[0]}])"
            f" WITH ORDINALITY AS u(v, n) WHERE {' AND '.join(tests) or 'true'}"
            " ORDER BY w.position, i.number, u.n"
        )
        listed: list[list[Any]] = [[], [], [], []]
        for position, rows in ranges:
            assert rows.images is not None
            for into, one in zip(
                listed, (position, rows.run, rows.images.first, rows.images.last), strict=True
            ):
                into.append(one)
        width = len(columns)
        for position, sign, event, values, erased in self.session.query(
            sql, [width, width + 1, *listed, table, *given[1:], *given[:1]]
        ):
            named = with_erased(dict(zip(columns, values, strict=True)), erased)
            yield RowImage(position=position, sign=sign, event=event, values=named)

    @contextmanager
    def _looking(self) -> Iterator[None]:
        """Read values as images hold them, in a transaction that keeps nothing."""
        own = not self.session.in_transaction
        self.session.run("BEGIN READ ONLY" if own else "SAVEPOINT clew_looking")
        try:
            with plain(self.session):
                yield
        finally:
            self.session.run("ROLLBACK" if own else "ROLLBACK TO clew_looking")
            if not own:
                self.session.run("RELEASE clew_looking")

    def _oid(self, table: SchemaObject) -> int:
        return int(self.session.value("SELECT %s::regclass::oid::int8", (quote(*table.path),)))


def _kind(column: Column) -> str:
    return _bound(str(column.definition["type"]))


def _bound(sql: str) -> str:
    """Return SQL for a query with parameters."""
    return sql.replace("%", "%%")


def _written(given: Any) -> str | None:
    """Return a value of Python's as text that its type reads."""
    if isinstance(given, bytes):
        return f"\\x{given.hex()}"
    return None if given is None else str(given)
