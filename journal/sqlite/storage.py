"""Entries, head and content in a SQLite file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Unpack

from msgspec.structs import astuple

from journal import reading
from journal.envelope import Head, StoredEntry
from journal.erased import Erased, archived_name, name_of, told
from journal.errors import Tampered
from journal.reading import Chosen, Words
from journal.sqlite.connection import Session

_HOLDERS = 500
_ROWS = 100
"""Entries written by one statement, which asks once what types an index is over."""
_WORDS = Words(
    table="clew_entry",
    value="?",
    bytes="?",
    place="instr(body, ?)",
    part="substr(body, {start}, {size})",
)


def head(session: Session) -> Head:
    """Return the head row."""
    rows = session.run("SELECT position, digest FROM clew_head")
    if len(rows) != 1:
        raise Tampered("expected one head row, found none")
    return Head(position=rows[0][0], digest=rows[0][1])


def append(session: Session, entries: Sequence[StoredEntry]) -> None:
    """Insert entries and move the head to the last, inside the open transaction."""
    if not entries:
        return
    for start in range(0, len(entries), _ROWS):
        some = entries[start : start + _ROWS]
        session.run(
            "INSERT INTO clew_entry (position, run, type, version, body, previous, digest)"
            f" VALUES {', '.join(['(?, ?, ?, ?, ?, ?, ?)'] * len(some))}",
            chain.from_iterable(map(astuple, some)),
        )
    last = entries[-1]
    session.run("UPDATE clew_head SET position = ?, digest = ?", (last.position, last.digest))


def entries(session: Session, **chosen: Unpack[Chosen]) -> Iterator[StoredEntry]:
    """Yield entries in order."""
    return reading.entries(chosen, _WORDS, session.run, _opened)


def _opened(row: Sequence[Any]) -> StoredEntry:
    position, run, kind, version, body, previous, digest = row
    return StoredEntry(
        position=position,
        run=run,
        type=kind,
        version=version,
        body=body,
        previous=previous,
        digest=digest,
    )


def entries_at(session: Session, positions: Sequence[int]) -> Iterator[StoredEntry]:
    """Yield the entries at some positions, in order."""
    for start in range(0, len(positions), _HOLDERS):
        some = positions[start : start + _HOLDERS]
        sql = f"{_WORDS.columns} WHERE position IN ({', '.join('?' * len(some))}) ORDER BY position"
        yield from map(_opened, session.run(sql, some))


def put_content(session: Session, digest: str, content: bytes) -> None:
    """Store content unless it is there."""
    session.run(
        "INSERT INTO clew_content SELECT ?, ? WHERE NOT EXISTS"
        " (SELECT 1 FROM clew_content WHERE digest = ?)",
        (digest, content, digest),
    )


def put_contents(session: Session, contents: Mapping[str, bytes]) -> None:
    """Store contents that are not there."""
    session.run_many(
        "INSERT INTO clew_content SELECT ?, ? WHERE NOT EXISTS"
        " (SELECT 1 FROM clew_content WHERE digest = ?)",
        ((digest, content, digest) for digest, content in contents.items()),
    )


def content(session: Session, digest: str) -> bytes | Erased | None:
    """Return content by digest, or that it was erased, or left for an archive."""
    names = (digest, name_of(digest), archived_name(digest))
    found: dict[str, Any] = dict(
        session.run("SELECT digest, content FROM clew_content WHERE digest IN (?, ?, ?)", names)
    )
    for name in names:
        if name in found:
            content = bytes(found[name])
            return content if name == digest else told(name, content)
    return None


def content_digests(session: Session) -> Iterator[tuple[str, str]]:
    """Yield for each content its name and the digest of its bytes."""
    for batch in session.stream("SELECT digest, content FROM clew_content", size=100):
        for name, stored in batch:
            yield name, hashlib.sha256(stored).hexdigest() if type(stored) is bytes else "no bytes"
