"""The index of rows in a SQLite file: a table of blocks, which may be dropped at any time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from journal import row_index
from journal.one_row import ROWID
from journal.row_index import Block, Keys, Place
from journal.sqlite.connection import Session
from journal.sqlite.images import decode_chunk, encode_value
from journal.values import TableRows

_TABLE = (
    "CREATE TABLE IF NOT EXISTS clew_row_index (number INTEGER PRIMARY KEY, object INTEGER NOT NULL,"
    " columns TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, places BLOB NOT NULL,"
    " digests BLOB NOT NULL)"
)
_BY_TABLE = "CREATE INDEX IF NOT EXISTS clew_row_index_of ON clew_row_index (object, number)"
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(tuple[int, ...]).decode


def make(session: Session) -> None:
    """Make the table, where it is not there."""
    session.run(_TABLE)
    session.run(_BY_TABLE)


def there(session: Session) -> bool:
    """Tell whether the table is there."""
    return bool(session.value("SELECT 1 FROM sqlite_master WHERE name = 'clew_row_index'"))


def hold(session: Session) -> None:
    """Fail where there is no index: a transaction has the whole file as it is."""
    session.run("SELECT 1 FROM clew_row_index LIMIT 1")


def put(session: Session, blocks: Iterable[Block]) -> None:
    """Add blocks."""
    session.run_many(
        "INSERT INTO clew_row_index (object, columns, first, last, places, digests)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            (b.table, _encode(b.columns).decode(), b.first, b.last, b.places, b.digests)
            for b in blocks
        ),
    )


def clear(session: Session) -> None:
    """Take all blocks away."""
    session.run("DELETE FROM clew_row_index")


def end(session: Session) -> int:
    """Return the last position that is covered."""
    if not there(session):
        return 0
    return int(session.value("SELECT max(last) FROM clew_row_index WHERE object = 0") or 0)


def blocks(session: Session, tables: Sequence[int] = ()) -> Iterator[Block]:
    """Yield blocks in the order in which they were made, those of some tables or all."""
    wanted = f" WHERE object IN ({', '.join('?' * len(tables))})" if tables else ""
    sql = f"SELECT object, columns, first, last, places, digests FROM clew_row_index{wanted} ORDER BY number"
    for batch in session.stream(sql, tables, size=1):
        for table, columns, first, last, places, digests in batch:
            yield Block(
                table=table,
                columns=_decode(columns),
                first=first,
                last=last,
                places=places,
                digests=digests,
            )


def keys(session: Session, changes: Sequence[tuple[int, TableRows]]) -> Iterator[Keys]:
    """Yield the chunks of entries with the digests of their rows."""
    for position, rows in changes:
        if rows.images is None:
            continue
        columns = (ROWID, *rows.columns)
        at = [columns.index(one) for one in rows.key or (ROWID,)]
        for number, chunk in session.run(
            "SELECT number, chunk FROM clew_image WHERE run = ? AND number BETWEEN ? AND ?",
            (rows.run, rows.images.first, rows.images.last),
        ):
            found = decode_chunk(chunk)
            digests = row_index.digests([encode_value(row[n]) for n in at] for row in found)
            yield Keys(Place(position, number, len(found)), digests)
