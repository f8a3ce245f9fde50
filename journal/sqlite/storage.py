"""Entries, head and content in a SQLite file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence

from journal.envelope import Head, StoredEntry
from journal.errors import Tampered
from journal.known import TYPES as SCHEMA
from journal.sqlite.connection import Session

OF_SCHEMA = f"type IN ({', '.join(repr(name) for name in SCHEMA)})"
"""Entries that tell of schema objects; an index holds their positions."""
PAGE = 2000
"""Entries read at a time."""
_HOLDERS = 500
_NAMES = ("position", "run", "type", "version", "body", "previous", "digest")
_COLUMNS = f"SELECT {', '.join(_NAMES)} FROM clew_entry"


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
    session.run_many(
        "INSERT INTO clew_entry (position, run, type, version, body, previous, digest)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        ((e.position, e.run, e.type, e.version, e.body, e.previous, e.digest) for e in entries),
    )
    last = entries[-1]
    session.run("UPDATE clew_head SET position = ?, digest = ?", (last.position, last.digest))


def entries(
    session: Session,
    *,
    after: int,
    last: int | None,
    run: str | None,
    types: Sequence[str],
    holding: Sequence[bytes] = (),
    tables: Sequence[int] = (),
) -> Iterator[StoredEntry]:
    """Yield entries in order, a page at a time, so that writers are not held up.

    With ``holding`` only those whose body holds one of these bytes.
    """
    conditions = ["position > ?"]
    fixed: list[object] = []
    if last is not None:
        conditions.append("position <= ?")
        fixed.append(last)
    if run is not None:
        conditions.append("run = ?")
        fixed.append(run)
    if types:
        conditions.append(f"type IN ({', '.join('?' * len(types))})")
        fixed += types
    if types and set(types) <= set(SCHEMA):  # the words of the index, which is found by them
        conditions.append(OF_SCHEMA)
    if holding:
        conditions.append(f"({' OR '.join('instr(body, ?)' for _ in holding)})")
        fixed += holding
    if tables:
        found = " OR ".join("instr(body, ?)" for _ in tables)
        conditions.append(f"(type <> 'RowsChanged' OR {found})")
        fixed += (b'"rows":{"table":%d,' % one for one in tables)
    sql = (
        "SELECT position, run, type, version, body, previous, digest FROM clew_entry"
        f" WHERE {' AND '.join(conditions)} ORDER BY position LIMIT {PAGE}"
    )
    while page := session.run(sql, (after, *fixed)):
        for position, of_run, kind, version, body, previous, digest in page:
            yield StoredEntry(
                position=position,
                run=of_run,
                type=kind,
                version=version,
                body=body,
                previous=previous,
                digest=digest,
            )
        after = page[-1][0]


def entries_at(session: Session, positions: Sequence[int]) -> Iterator[StoredEntry]:
    """Yield the entries at some positions, in order."""
    for start in range(0, len(positions), _HOLDERS):
        some = positions[start : start + _HOLDERS]
        sql = f"{_COLUMNS} WHERE position IN ({', '.join('?' * len(some))}) ORDER BY position"
        yield from (
            StoredEntry(**dict(zip(_NAMES, row, strict=True))) for row in session.run(sql, some)
        )


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


def content(session: Session, digest: str) -> bytes | None:
    """Return content by digest."""
    found = session.value("SELECT content FROM clew_content WHERE digest = ?", (digest,))
    return None if found is None else bytes(found)


def content_digests(session: Session) -> Iterator[tuple[str, str]]:
    """Yield for each content its name and the digest of its bytes."""
    for batch in session.stream("SELECT digest, content FROM clew_content", size=100):
        for name, stored in batch:
            yield name, hashlib.sha256(stored).hexdigest() if type(stored) is bytes else "no bytes"
