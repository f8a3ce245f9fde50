"""Entries, head and content in schema ``clew``."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence

from journal.envelope import Head, StoredEntry
from journal.errors import Tampered
from journal.known import TYPES as SCHEMA
from journal.postgresql.connection import Session, mapped

OF_SCHEMA = f"type IN ({', '.join(repr(name) for name in SCHEMA)})"
"""Entries that tell of schema objects; an index holds their positions."""
PAGE = 2000
"""Entries read at a time."""
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
    """Yield entries in order, a page at a time.

    With ``holding`` only those whose body holds one of these bytes.
    """
    conditions = ["position > %s"]
    fixed: list[object] = []
    if last is not None:
        conditions.append("position <= %s")
        fixed.append(last)
    if run is not None:
        conditions.append("run = %s")
        fixed.append(run)
    if types:
        conditions.append("type = ANY (%s)")
        fixed.append(list(types))
    if types and set(types) <= set(SCHEMA):  # the words of the index, which is found by them
        conditions.append(OF_SCHEMA)
    if holding:
        conditions.append(f"({' OR '.join('position(%s in body) > 0' for _ in holding)})")
        fixed += holding
    if tables:
        found = " OR ".join("position(%s::bytea IN body) > 0" for _ in tables)
        conditions.append(f"(type <> 'RowsChanged' OR {found})")
        fixed += (b'"rows":{"table":%d,' % one for one in tables)
    sql = (
        "SELECT position, run, type, version, body, previous, digest FROM clew.entry"
        f" WHERE {' AND '.join(conditions)} ORDER BY position LIMIT {PAGE}"
    )
    while True:
        with mapped(), session.raw.cursor(binary=True) as cursor:
            page = cursor.execute(sql.encode(), (after, *fixed)).fetchall()
        if not page:
            return
        for position, of_run, kind, version, body, previous, digest in page:
            yield StoredEntry(
                position=position,
                run=of_run,
                type=kind,
                version=version,
                body=bytes(body),
                previous=bytes(previous),
                digest=bytes(digest),
            )
        after = page[-1][0]


def entries_at(session: Session, positions: Sequence[int]) -> Iterator[StoredEntry]:
    """Yield the entries at some positions, in order."""
    sql = (
        "SELECT position, run, type, version, body, previous, digest FROM clew.entry"
        " WHERE position = ANY (%s) ORDER BY position"
    )
    for start in range(0, len(positions), PAGE):
        for row in session.query(sql, (list(positions[start : start + PAGE]),)):
            position, run, kind, version, *rest = row
            body, previous, digest = map(bytes, rest)
            yield StoredEntry(
                position=position,
                run=run,
                type=kind,
                version=version,
                body=body,
                previous=previous,
                digest=digest,
            )


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


def content(session: Session, digest: str) -> bytes | None:
    """Return content by digest."""
    found = session.value("SELECT content FROM clew.content WHERE digest = %s", (digest,))
    return None if found is None else bytes(found)


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
