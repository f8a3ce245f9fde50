"""Entries, head and content in a SQLite file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from journal.codec import MOMENT, RECORDED
from journal.envelope import Head, StoredEntry
from journal.erased import Erased, name_of, told
from journal.errors import Tampered
from journal.findings import found_among
from journal.reading import Page, merged, paged
from journal.sqlite.connection import Session

_LAST = 2**63 - 1
_HOLDERS = 500
_COLUMNS = "SELECT position, run, type, version, body, previous, digest FROM clew_entry"


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
    holding_all: Sequence[bytes] = (),
    since: str = "",
    until: str = "",
    backwards: bool = False,
) -> Iterator[StoredEntry]:
    """Yield entries in order; those of types that an index leads to, by one query a type."""
    conditions, fixed = _conditions(holding, holding_all, since, until)
    if run is not None:
        conditions.append("run = ?")
        fixed.append(run)
    groups = found_among(tuple(types)) if run is None else {}
    if types and not groups:
        conditions.append(f"type IN ({', '.join('?' * len(types))})")
        fixed += types

    if len(groups) > 1 and last is None:  # what is appended meanwhile would be seen in part
        last = session.value("SELECT max(position) FROM clew_entry") or 0

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
    bounds = ["position > ?", "position <= ?"]
    sql = (
        f"{_COLUMNS} WHERE {' AND '.join([*bounds, *conditions])} ORDER BY position {order} LIMIT ?"
    )
    end = _LAST if last is None else last

    def ask(start: int, limit: int) -> Page:
        bound = (after, start - 1) if backwards else (start, end)
        return session.run(sql, (*bound, *fixed, limit))

    return paged(ask, min(end, _LAST - 1) + 1 if backwards else after, _opened)


def _conditions(
    holding: Sequence[bytes], holding_all: Sequence[bytes], since: str, until: str
) -> tuple[list[str], list[object]]:
    """Conditions on the bytes of an entry."""
    conditions = ["instr(body, ?)"] * len(holding_all)
    if holding:
        conditions.append(f"({' OR '.join(['instr(body, ?)'] * len(holding))})")
    fixed: list[object] = [*holding_all, *holding]
    for sign, moment in ((">=", since), ("<", until)):
        if moment:
            conditions.append(f"substr(body, instr(body, ?) + {len(RECORDED)}, {MOMENT}) {sign} ?")
            fixed += (RECORDED, moment.encode())
    return conditions, fixed


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
        sql = f"{_COLUMNS} WHERE position IN ({', '.join('?' * len(some))}) ORDER BY position"
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
    """Return content by digest, or that it was erased."""
    rows = session.run(
        "SELECT content, digest = ? FROM clew_content WHERE digest IN (?, ?)"
        " ORDER BY 2 DESC LIMIT 1",
        (digest, digest, name_of(digest)),
    )
    if not rows:
        return None
    return bytes(rows[0][0]) if rows[0][1] else told(bytes(rows[0][0]))


def content_digests(session: Session) -> Iterator[tuple[str, str]]:
    """Yield for each content its name and the digest of its bytes."""
    for batch in session.stream("SELECT digest, content FROM clew_content", size=100):
        for name, stored in batch:
            yield name, hashlib.sha256(stored).hexdigest() if type(stored) is bytes else "no bytes"
