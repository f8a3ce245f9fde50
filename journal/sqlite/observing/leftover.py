"""What a program did beside schema and rows: what cannot be taken back, and what stays."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from journal.effect import Schema
from journal.observing import Lost
from journal.sqlite import modules, reading
from journal.sqlite.connection import Session
from journal.sqlite.observing.keeping import KEPT
from journal.values import ObjectChange, SchemaObject

_STAYING = ("journal_mode", "auto_vacuum", "page_size")
"""Settings of the file that say nothing of schema or rows."""


def lost(
    session: Session, after: Schema, changes: Iterable[ObjectChange], written: Container[int]
) -> Iterator[Lost]:
    """Yield what cannot be taken back; rows of the tables ``written`` changed."""
    for change in changes:
        one = change.after or change.before
        if one is not None and _uncaptured(one):
            yield Lost(name="create-virtual-table", what=f"virtual table {one.path[0]}")
    for virtual in filter(_uncaptured, after.values()):
        name = virtual.path[0]
        if any(s.id in written for s in after.values() if s.definition.get("shadow") == name):
            yield Lost(name="virtual-table", what=f"rows of virtual table {name}")
    yield from _counters(session, after)
    yield from _ours(session)


def notes(session: Session) -> tuple[str, ...]:
    """Tell which settings of the file were changed; they stay as they are."""
    found = []
    for name in _STAYING:
        was, now = (session.value(f"PRAGMA {of}.{name}") for of in (KEPT, "main"))
        if was != now:
            found.append(f"{name} was {was} and is {now}: it stays so")
    return tuple(found)


def _uncaptured(one: SchemaObject) -> bool:
    return one.kind == "virtual" and not modules.captured(one)


def _counters(session: Session, after: Schema) -> Iterator[Lost]:
    """Counters are kept by the table that owns them."""
    if not any(one.kind == "internal" for one in after.values()):
        return
    owners = {
        one.path[0]
        for one in after.values()
        if one.kind == "table" and one.definition.get("autoincrement")
    }
    odd = "SELECT name, count(*), min(seq) FROM {}.sqlite_sequence GROUP BY 1"
    known = session.run(odd.format(KEPT)) if _has_counters(session) else []
    for name, count, seq in session.run(odd.format("main")):
        if (count > 1 or name not in owners) and (name, count, seq) not in known:
            yield Lost(
                name="sqlite-sequence", what=f"a row {name!r} in sqlite_sequence that no table owns"
            )


def _has_counters(session: Session) -> bool:
    found = session.value(f"SELECT 1 FROM {KEPT}.sqlite_master WHERE name = 'sqlite_sequence'")
    return found is not None


def _ours(session: Session) -> Iterator[Lost]:
    """Names of the journal's that somebody else made, changed or dropped."""
    texts = "SELECT name, tbl_name, sql FROM {}.sqlite_master"
    before, after = (set(session.run(texts.format(of))) for of in (KEPT, "main"))
    names = {name for name, table, _ in before ^ after if reading.own(name) or reading.own(table)}
    for name in sorted(names):
        yield Lost(name="journal-names", what=f"{name}, whose name belongs to the journal")
