"""The index of rows in schema ``clew``: a table of blocks, which may be dropped at any time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from journal import row_index
from journal.postgresql.connection import Session
from journal.row_index import Block, Keys, Place
from journal.values import TableRows

_MAKE = """
CREATE TABLE IF NOT EXISTS clew.row_index (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, object bigint NOT NULL,
    columns bigint[] NOT NULL, first bigint NOT NULL, last bigint NOT NULL, places bytea NOT NULL,
    digests bytea NOT NULL
);
ALTER TABLE clew.row_index ALTER COLUMN places SET STORAGE EXTERNAL;
ALTER TABLE clew.row_index ALTER COLUMN digests SET STORAGE EXTERNAL;
CREATE INDEX IF NOT EXISTS row_index_of ON clew.row_index (object, number);
"""
_PUT = """
INSERT INTO clew.row_index (object, columns, first, last, places, digests)
VALUES (%s, %s::bigint[], %s, %s, %s, %s)
"""
CHUNKS = 50
"""Chunks whose keys are fetched at a time."""


def make(session: Session) -> None:
    """Make the table, where it is not there."""
    session.run(_MAKE)


def there(session: Session) -> bool:
    """Tell whether the table is there, and may be read."""
    return bool(
        session.value(
            "SELECT has_table_privilege(c, 'SELECT') FROM to_regclass('clew.row_index') c"
            " WHERE c IS NOT NULL"
        )
    )


def hold(session: Session) -> None:
    """Let nobody else write the blocks until the transaction ends."""
    session.run("LOCK TABLE clew.row_index IN SHARE ROW EXCLUSIVE MODE")


def put(session: Session, blocks: Iterable[Block]) -> None:
    """Add blocks."""
    for one in blocks:
        columns = list(one.columns)
        session.query(_PUT, (one.table, columns, one.first, one.last, one.places, one.digests))


def clear(session: Session) -> None:
    """Take all blocks away."""
    session.run("DELETE FROM clew.row_index")


def end(session: Session) -> int:
    """Return the last position that is covered."""
    if not there(session):
        return 0
    return int(session.value("SELECT max(last) FROM clew.row_index WHERE object = 0") or 0)


def blocks(session: Session, tables: Sequence[int] = ()) -> Iterator[Block]:
    """Yield blocks in the order in which they were made, those of some tables or all."""
    wanted = "object = ANY (%s)" if tables else "%s::bigint[] IS NOT NULL"
    after = 0
    while True:
        found = session.query(
            "SELECT number, object, columns, first, last, places, digests FROM clew.row_index"
            f" WHERE {wanted} AND number > %s ORDER BY number LIMIT 8",
            (list(tables), after),
        )
        if not found:
            return
        for after, table, columns, first, last, places, digests in found:  # noqa: B007
            yield Block(
                table=table,
                columns=tuple(columns),
                first=first,
                last=last,
                places=bytes(places),
                digests=bytes(digests),
            )


def keys(session: Session, changes: Sequence[tuple[int, TableRows]]) -> Iterator[Keys]:
    """Yield the chunks of entries with the digests of their rows, in order of position."""
    found = [one for some in _alike(changes) for one in _keys(session, some)]
    yield from sorted(found, key=lambda one: (one.place.position, one.place.number))


def _alike(
    changes: Sequence[tuple[int, TableRows]],
) -> Iterator[list[tuple[int, TableRows]]]:
    """Bring together entries of which the same columns are asked for."""
    kept = sorted((one for one in changes if one[1].images), key=lambda one: _places(one[1]))
    yield from (list(some) for _, some in groupby(kept, lambda one: _places(one[1])))


def _places(rows: TableRows) -> tuple[int, ...]:
    return tuple(rows.columns.index(one) + 1 for one in rows.key)


def _keys(session: Session, changes: Sequence[tuple[int, TableRows]]) -> Iterator[Keys]:
    at = _places(changes[0][1])
    slices = ", ".join(f"(i.chunk[{place}:{place}])" for place in at)
    listed: list[list[object]] = [[], [], [], [], []]
    for position, rows in changes:
        assert rows.images is not None
        one = (position, rows.run, rows.images.first, rows.images.last, rows.table)
        for into, value in zip(listed, one, strict=True):
            into.append(value)
    for position, number, count, *columns in session.stream(
        f"SELECT w.position, i.number, i.rows{', ' + slices if slices else ''}"
        " FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[])"
        " AS w(position, run, first, last, object) JOIN clew.image i ON i.run = w.run"
        " AND i.number BETWEEN w.first AND w.last AND i.object = w.object",
        listed,
        size=CHUNKS,
    ):
        keys = zip(*(column[0] for column in columns), strict=True)
        found = row_index.digests(map(key_bytes, key) for key in keys)
        yield Keys(Place(position, number, count), found if at else b"")


def key_bytes(value: object) -> bytes:
    """Return the value of a key as the index digests it."""
    return str(value).encode()
