"""Row images: rows as MessagePack in chunks, hashed, and brought back.

A row is stored as a list: its rowid (``None`` in a WITHOUT ROWID table), then its values in
their storage class. Text that is not UTF-8 is an extension of code 1 that holds its bytes; what
was erased is one of code 2: the position of the erasure (8 bytes) and the value's token.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from itertools import groupby
from typing import Any

import msgspec

from journal.chunks import chunk_digest
from journal.effect import RawText
from journal.erased import Erased
from journal.errors import NotKnownExact
from journal.folded import ImageCheck
from journal.sqlite.connection import Batches, Row, Session
from journal.values import ImageRange, TableRows

CHUNK_ROWS = 1000
"""Rows of one chunk, at most."""
CHUNK_BYTES = 4_000_000
"""Size of a chunk at most, unless it holds a single row."""
_RAW_TEXT = 1
_ERASED = 2


def _unhook(code: int, content: memoryview) -> RawText | Erased:
    if code == _ERASED:
        return Erased(int.from_bytes(content[:8], "big"), bytes(content[8:]))
    if code != _RAW_TEXT:
        raise msgspec.DecodeError(f"extension {code} is not known")
    return RawText(content)


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[list[Any]], ext_hook=_unhook).decode
_decode_raw = msgspec.msgpack.Decoder(list[msgspec.Raw]).decode


def encode_row(row: Row) -> bytes:
    """Return one row as it stands in a chunk; equal bytes mean equal rows."""
    return _encode(tuple(map(_plain, row)))


def encode_value(value: Any) -> bytes:
    """Return one value as it stands in a row; a chunk that lacks these bytes lacks the value."""
    return _encode(_plain(value))


def decode_row(content: bytes) -> list[Any]:
    """Return a row from its bytes."""
    return _decode(b"\x91" + content)[0]


def encode_rows(rows: list[list[Any]]) -> bytes:
    """Return the chunk of these rows."""
    return _encode([list(map(_plain, row)) for row in rows])


def read_rows(chunk: bytes) -> list[list[Any]]:
    """Return the rows of a chunk: rowid first, then the values."""
    return _decode(chunk)


class Writer:
    """Writes the images of one run; chunk numbers count from 1."""

    def __init__(self, session: Session, run: str) -> None:
        self.session = session
        self.run = run
        self.number: int = session.value(
            "SELECT coalesce(max(number), 0) FROM clew_image WHERE run = ?", (run,)
        )

    def write(self, signed: Iterable[tuple[int, Batches]]) -> tuple[ImageRange | None, int, int]:
        """Store batches of rows by sign; return their range, and rows removed and added."""
        first, size = self.number + 1, 0
        counts = {-1: 0, 1: 0}
        whole = hashlib.sha256()
        for sign, batches in signed:
            with closing(batches):
                for rows, chunk in self._chunks(batches):
                    self.number += 1
                    self.session.run(
                        "INSERT INTO clew_image VALUES (?, ?, ?, ?, ?)",
                        (self.run, self.number, sign, rows, chunk),
                    )
                    whole.update(chunk_digest(sign, rows, chunk))
                    counts[sign] += rows
                    size += len(chunk)
        if self.number < first:
            return None, 0, 0
        found = ImageRange(first=first, last=self.number, digest=whole.hexdigest(), size=size)
        return found, counts[-1], counts[1]

    def _chunks(self, batches: Batches) -> Iterator[tuple[int, bytes]]:
        for batch in batches:
            self._refuse_lossy(batch)
            yield from _encoded(batch)

    def _refuse_lossy(self, rows: list[Row]) -> None:
        """Bytes that are no text go back as they were into UTF-8 only."""
        if any(map(has_raw, rows)) and self.session.value("PRAGMA main.encoding") != "UTF-8":
            raise NotKnownExact("broken-utf-16", "text that is not UTF-16 in a UTF-16 database")


def _encoded(rows: list[Row]) -> Iterator[tuple[int, bytes]]:
    """Encode rows, in two parts where their values would make a chunk too big."""
    if any(map(has_raw, rows)):
        rows = [tuple(map(_plain, row)) for row in rows]
    chunk = _encode(rows)
    if len(chunk) <= CHUNK_BYTES or len(rows) == 1:
        yield len(rows), chunk
        return
    half = len(rows) // 2
    yield from _encoded(rows[:half])
    yield from _encoded(rows[half:])


def has_raw(row: Sequence[Any]) -> bool:
    """Tell whether a row holds text that is not UTF-8."""
    return RawText in map(type, row)


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind is RawText:
        return msgspec.msgpack.Ext(_RAW_TEXT, bytes(value))
    if kind is Erased:
        content = value.position.to_bytes(8, "big") + value.token
        return msgspec.msgpack.Ext(_ERASED, content)
    return value


def insert(session: Session, into: str, batches: Iterable[list[list[Any]]]) -> None:
    """Insert rows of values in their storage class; ``into`` ends before VALUES."""
    for batch in batches:
        for raw, rows in groupby(batch, has_raw):
            values = list(rows)
            if not raw:
                holders = ", ".join("?" * len(values[0]))
                session.run_many(f"{into} VALUES ({holders})", values)
                continue
            for row in values:
                cast = ("CAST(? AS TEXT)" if type(v) is RawText else "?" for v in row)
                session.run(f"{into} VALUES ({', '.join(cast)})", row)


def chunks(
    session: Session, rows: TableRows, sign: int | None = None
) -> Iterator[tuple[int, bytes]]:
    """Yield sign and bytes of the chunks of a range, in order, or those of one sign."""
    if rows.images is None:
        return
    number = rows.images.first - 1
    while True:
        found = session.run(
            "SELECT number, sign, chunk FROM clew_image WHERE run = ? AND number > ?"
            " AND number <= ? ORDER BY number LIMIT 4",
            (rows.run, number, rows.images.last),
        )
        if not found:
            return
        for number, of_sign, chunk in found:  # noqa: B007 - the last one is where to go on
            if sign in (None, of_sign):
                yield of_sign, chunk


def decode_chunk(chunk: bytes) -> list[list[Any]]:
    """Return the rows of a chunk: rowid first, then the values."""
    return _decode(chunk)


def decoded(session: Session, rows: TableRows, sign: int) -> Iterator[list[list[Any]]]:
    """Yield the images of one sign, chunk by chunk: rowid first, then the values."""
    for _, chunk in chunks(session, rows, sign):
        yield _decode(chunk)


def row_bytes(session: Session, rows: TableRows) -> Iterator[tuple[int, list[bytes]]]:
    """Yield sign and the rows of each chunk as bytes, undecoded."""
    for sign, chunk in chunks(session, rows):
        yield sign, [bytes(raw) for raw in _decode_raw(chunk)]


def check(session: Session, rows: Sequence[TableRows]) -> Iterator[ImageCheck]:
    """Hash the stored chunks of each range again."""
    for index, one in enumerate(rows):
        if one.images is None:
            continue
        whole, found, size = hashlib.sha256(), 0, one.images.last - one.images.first + 1
        for _, sign, count, chunk in stored(session, one):
            whole.update(_digest_of(sign, count, chunk))
            found += 1
        if found != size:
            problem = "missing" if found < size else "altered"
        else:
            problem = "" if whole.hexdigest() == one.images.digest else "altered"
        yield ImageCheck(index=index, chunks=found, problem=problem)


def _digest_of(sign: object, rows: object, chunk: object) -> bytes:
    """Return the digest of a chunk as it stands there, or of none that was ever written."""
    try:
        if type(sign) is int and sign in {-1, 1} and type(rows) is int and type(chunk) is bytes:
            return chunk_digest(sign, rows, chunk)
    except OverflowError:  # a negative number of rows
        pass
    return b"?"


def stored(session: Session, rows: TableRows) -> Iterator[Row]:
    """Yield the chunks of a range in order: number, sign, count of rows, and the chunk."""
    assert rows.images is not None
    sql = (
        "SELECT number, sign, rows, chunk FROM clew_image"
        " WHERE run = ? AND number BETWEEN ? AND ? ORDER BY number"
    )
    for batch in session.stream(sql, (rows.run, rows.images.first, rows.images.last), size=4):
        yield from batch
