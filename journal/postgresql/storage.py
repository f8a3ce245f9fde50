"""Entries, head and content in schema ``clew``."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from journal.codec import MOMENT, RECORDED
from journal.envelope import Head, StoredEntry
from journal.erased import Erased, name_of, told
from journal.errors import Tampered
from journal.findings import found_among
from journal.postgresql.connection import Session, mapped
from journal.reading import PAGE, Page, merged, paged

_LAST = 2**63 - 1
_COLUMNS = "SELECT position, run, type, version, body, previous, digest FROM clew.entry"
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
    holding_all: Sequence[bytes] = (),
    since: str = "",
    until: str = "",
    backwards: bool = False,
) -> Iterator[StoredEntry]:
    """Yield entries in order; those of types that an index leads to, by one query a type."""
    conditions, fixed = _conditions(holding, holding_all, since, until)
    if run is not None:
        conditions.append("run = %s")
        fixed.append(run)
    groups = found_among(tuple(types)) if run is None else {}
    if types and not groups:
        conditions.append("type = ANY (%s)")
        fixed.append(list(types))

    if len(groups) > 1 and last is None:  # what is appended meanwhile would be seen in part
        last = session.value("SELECT max(position) FROM clew.entry") or 0

    def stream(*more: str) -> Iterator[StoredEntry]:
        return _stream(session, [*conditions, *more], fixed, after, last, backwards=backwards)

    streams = [stream(f"type = '{kind}'", f"type IN {group}") for kind, group in groups.items()]
    return merged(streams or [stream()], backwards=backwards)


def _stream(
    session: Session,
    conditions: Sequence[str],
    fixed: Sequence[object],
    after: int,
    last: int | None,
    *,
    backwards: bool,
) -> Iterator[StoredEntry]:
    """Yield entries that meet the conditions, a page at a time."""
    order = "DESC" if backwards else "ASC"
    bounds = ["position > %s", "position <= %s"]
    sql = (
        f"{_COLUMNS} WHERE {' AND '.join([*bounds, *conditions])} ORDER BY position {order} LIMIT %s"
    ).encode()
    end = _LAST if last is None else last

    def ask(start: int, limit: int) -> Page:
        bound = (after, start - 1) if backwards else (start, end)
        with mapped(), session.raw.cursor(binary=True) as cursor:
            return cursor.execute(sql, (*bound, *fixed, limit)).fetchall()

    return paged(ask, min(end, _LAST - 1) + 1 if backwards else after, _opened)


def _conditions(
    holding: Sequence[bytes], holding_all: Sequence[bytes], since: str, until: str
) -> tuple[list[str], list[object]]:
    """Conditions on the bytes of an entry."""
    one = "position(%s::bytea IN body) > 0"
    conditions = [one] * len(holding_all)
    if holding:
        conditions.append(f"({' OR '.join([one] * len(holding))})")
    fixed: list[object] = [*holding_all, *holding]
    for sign, moment in ((">=", since), ("<", until)):
        if moment:
            place = f"position(%s::bytea IN body) + {len(RECORDED)} FOR {MOMENT}"
            conditions.append(f"substring(body FROM {place}) {sign} %s::bytea")
            fixed += (RECORDED, moment.encode())
    return conditions, fixed


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
    sql = f"{_COLUMNS} WHERE position = ANY (%s) ORDER BY position"
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
    """Return content by digest, or that it was erased."""
    rows = session.query(
        "SELECT content, digest = %s FROM clew.content WHERE digest IN (%s, %s)"
        " ORDER BY 2 DESC LIMIT 1",
        (digest, digest, name_of(digest)),
    )
    if not rows:
        return None
    return bytes(rows[0][0]) if rows[0][1] else told(bytes(rows[0][0]))


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
