"""Entries, head and content in schema ``clew``."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Unpack

from journal import reading
from journal.envelope import Head, StoredEntry
from journal.erased import Erased, archived_name, name_of, told
from journal.errors import Tampered
from journal.postgresql.connection import Session, mapped
from journal.reading import PAGE, Chosen, Page, Words

_WORDS = Words(
    table="clew.entry",
    value="%s",
    bytes="%s::bytea",
    place="position(%s::bytea IN body)",
    part="substring(body FROM {start} FOR {size})",
)
BATCH = 1000
"""Entries appended by one call."""
_CONTENT_PAGE = 100


def head(session: Session) -> Head:
    """Return the head row without locking it."""
    rows = session.query("SELECT position, digest FROM clew.head")
    if len(rows) != 1:
        raise Tampered("expected one head row, found none")
    return Head(position=rows[0][0], digest=bytes(rows[0][1]))


def take_head(session: Session) -> Head:
    """Lock the head row and return it; under a stale snapshot the server refuses (40001)."""
    ((position, digest),) = session.query("SELECT * FROM clew.take_head()")
    if position is None:
        raise Tampered("expected one head row, found none")
    return Head(position=position, digest=bytes(digest))


def append(session: Session, entries: Sequence[StoredEntry]) -> None:
    """Append entries through the definer's function, which checks that they follow."""
    for start in range(0, len(entries), BATCH):
        batch = entries[start : start + BATCH]
        columns = (
            [e.position for e in batch],
            [e.run for e in batch],
            [e.type for e in batch],
            [e.version for e in batch],
            [e.body for e in batch],
            [e.previous for e in batch],
            [e.digest for e in batch],
        )
        with mapped(), session.raw.cursor() as cursor:
            cursor.execute(
                "SELECT clew.append(%b::bigint[], %b::text[], %b::text[], %b::integer[],"
                " %b::bytea[], %b::bytea[], %b::bytea[])",
                columns,
            )


def entries(session: Session, **chosen: Unpack[Chosen]) -> Iterator[StoredEntry]:
    """Yield entries in order."""

    def ask(sql: str, values: Sequence[object]) -> Page:
        with mapped(), session.raw.cursor(binary=True) as cursor:
            return cursor.execute(sql.encode(), values).fetchall()

    return reading.entries(chosen, _WORDS, ask, _opened)


def _opened(row: Sequence[Any]) -> StoredEntry:
    position, run, kind, version, body, previous, digest = row
    return StoredEntry(
        position=position,
        run=run,
        type=kind,
        version=version,
        body=bytes(body),
        previous=bytes(previous),
        digest=bytes(digest),
    )


def entries_at(session: Session, positions: Sequence[int]) -> Iterator[StoredEntry]:
    """Yield the entries at some positions, in order."""
    sql = f"{_WORDS.columns} WHERE position = ANY (%s) ORDER BY position"
    for start in range(0, len(positions), PAGE):
        yield from map(_opened, session.query(sql, (list(positions[start : start + PAGE]),)))


def put_content(session: Session, digest: str, content: bytes) -> None:
    """Store content unless it is there."""
    session.query("SELECT clew.put_content(%s, %s)", (digest, content))


def put_contents(session: Session, contents: Mapping[str, bytes]) -> None:
    """Store contents that are not there, in one round trip."""
    session.query(
        "SELECT clew.put_content(x.digest, x.content)"
        " FROM unnest(%s::text[], %s::bytea[]) x(digest, content)",
        (list(contents), list(contents.values())),
    )


def content(session: Session, digest: str) -> bytes | Erased | None:
    """Return content by digest, or that it was erased, or left for an archive."""
    names = (digest, name_of(digest), archived_name(digest))
    found: dict[str, Any] = dict(
        session.query(
            "SELECT digest, content FROM clew.content WHERE digest IN (%s, %s, %s)", names
        )
    )
    for name in names:
        if name in found:
            content = bytes(found[name])
            return content if name == digest else told(name, content)
    return None


def content_digests(session: Session) -> Iterator[tuple[str, str]]:
    """Yield for each content its name and the digest of its bytes."""
    last = ""
    while True:
        page = session.query(
            "SELECT digest, content FROM clew.content WHERE digest > %s"
            f" ORDER BY digest LIMIT {_CONTENT_PAGE}",
            (last,),
        )
        if not page:
            return
        for name, stored in page:
            yield name, hashlib.sha256(stored).hexdigest()
        last = page[-1][0]
