"""One row of a SQLite file: its images, the live one, and how a key may be stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import product
from typing import Any

from journal.codec import rows_of
from journal.effect import Row
from journal.envelope import StoredEntry
from journal.folded import RowImage
from journal.one_row import ROWID
from journal.row_index import Block, Keys, digest
from journal.sqlite import row_index, storage
from journal.sqlite.archiving import expect
from journal.sqlite.connection import Session, quote
from journal.sqlite.images import chunks, decode_chunk, encode_value
from journal.sqlite.own_tables import SqliteTables
from journal.sqlite.shape import shape_of
from journal.values import Column, SchemaObject, TableRows


class SqliteTraces(SqliteTables):
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
        needles = [encode_value(value) for value in match.values()]
        for position, rows in changes:
            columns = (ROWID, *rows.columns)
            if match.keys() <= set(columns):
                yield from _matching(self.session, position, rows, match, needles)
        expect(self.session, [rows for _, rows in changes])  # nothing left meanwhile

    def live_rows(self, table: SchemaObject, match: Mapping[int, Any]) -> list[dict[int, Any]]:
        """Return live rows whose columns equal these values."""
        shape = shape_of(table)
        names = {column.id: quote(column.name) for column in shape.columns}
        if shape.rowid:
            names[ROWID] = shape.rowid
        conditions = " AND ".join(f"{names[identity]} IS ?" for identity in match)
        columns = ", ".join([shape.rowid or "NULL", *shape.names])
        sql = f"SELECT {columns} FROM main.{quote(shape.table)} WHERE {conditions or '1'} LIMIT 2"
        identities = (ROWID, *(column.id for column in shape.columns))
        return [
            dict(zip(identities, row, strict=True))
            for batch in self.session.stream(sql, match.values())
            for row in batch
        ]

    def stored_forms(self, columns: Sequence[Column], given: Row) -> list[Row]:
        """Return how images may hold values that somebody wrote, by the columns' affinity."""
        every = (self._forms(column, value) for column, value in zip(columns, given, strict=True))
        return list(product(*every))

    def row_key(self, table: SchemaObject) -> tuple[int, ...]:
        """Return the primary key, or else the rowid."""
        return tuple(column.id for column in shape_of(table).key) or (ROWID,)

    def fillings(self, columns: Sequence[Column]) -> dict[int, Any]:
        """Return the constants that adding columns gave to each row."""
        stored = (one for one in columns if "generated" not in one.definition)
        return {
            one.id: self._taken(one, f"({one.definition.get('default', 'NULL')})") for one in stored
        }

    # --- the index of rows --------------------------------------------------------------

    def row_index_end(self) -> int:
        """Return the last position that the index covers."""
        return row_index.end(self.session)

    def row_blocks(self, tables: Sequence[int] = ()) -> Iterator[Block]:
        """Yield the blocks of some tables, or all."""
        return row_index.blocks(self.session, tables)

    def row_digest(self, values: Row) -> int:
        """Return what stands for a key in the index."""
        return digest(map(encode_value, values))

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

    def _forms(self, column: Column, value: Any) -> list[Any]:
        forms = [self._taken(column, "?", value), value]
        if isinstance(value, str):
            forms += _numbers(value)
        return list({encode_value(form): form for form in forms}.values())

    def _taken(self, column: Column, expression: str, *values: Any) -> Any:
        """Return what a column makes of a value that it is given."""
        kind = quote(column.definition.get("type") or "blob")
        with self.session.nested():
            self.session.run(f"CREATE TABLE temp.clew_given (one {kind})")
            self.session.run(f"INSERT INTO temp.clew_given VALUES ({expression})", values)
            (batch,) = self.session.stream("SELECT one FROM temp.clew_given")
            return batch[0][0]


def _numbers(text: str) -> Iterator[int | float]:
    for kind in (int, float):
        with suppress(ValueError, OverflowError):
            yield kind(text)


def _matching(
    session: Session,
    position: int,
    rows: TableRows,
    match: Mapping[int, Any],
    needles: Sequence[bytes],
) -> Iterator[RowImage]:
    columns = (ROWID, *rows.columns)
    places = [(columns.index(one), needle) for one, needle in zip(match, needles, strict=True)]
    for sign, chunk in chunks(session, rows):
        if not all(needle in chunk for needle in needles):
            continue
        for row in decode_chunk(chunk):
            if all(encode_value(row[place]) == needle for place, needle in places):
                values = dict(zip(columns, row, strict=True))
                yield RowImage(position=position, sign=sign, event=_event(rows), values=values)


def _event(rows: TableRows) -> str:
    """Tell what a statement did to its rows, where it did but one thing."""
    done = {"insert": rows.inserted, "update": rows.updated, "delete": rows.deleted}
    found = [name for name, count in done.items() if count]
    return found[0] if len(found) == 1 else ""
