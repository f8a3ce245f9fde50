"""Journals made up for tests: entries from events, sealed and opened as real ones are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from journal import events as e
from journal.chain import GENESIS
from journal.codec import open_entry, seal
from journal.envelope import Entry, Head
from journal.events import AnyEvent
from journal.store import timestamp
from journal.values import Column, ImageRange, ObjectChange, SchemaObject, Statement, TableRows

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


class Made:
    """A journal that grows; each call of ``add`` is one second later."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.head: Head = GENESIS
        self.runs = 0

    def add(self, *events: AnyEvent, run: str = "") -> int:
        """Append events recorded at one moment and return the last position."""
        moment = timestamp(START + timedelta(seconds=len(self.entries)))
        for event in events:
            stored = seal(
                event,
                after=self.head,
                run=run,
                recorded_at=moment,
                actor="dana",
                evidence="captured",
            )
            self.head = Head(position=stored.position, digest=stored.digest)
            self.entries.append(open_entry(stored))
        return self.head.position

    def opened(self, *objects: SchemaObject) -> int:
        """Begin a journal: opened, and a baseline of ``objects``."""
        self.add(e.JournalOpened(journal="j", name="main", database="sqlite", server="S", clew="0"))
        return self.add(e.BaselineRecorded(part=1, parts=1, objects=objects))

    def run(
        self, *events: AnyEvent, migration: str = "", target: int | None = None, kept: int = 0
    ) -> str:
        """Append a completed run; with a target it is a rollback."""
        self.runs += 1
        run = f"run-{self.runs}"
        verb = "apply" if target is None else "rollback"
        origin = None if target is None else self.head.position
        self.add(
            e.RunStarted(
                verb=verb,
                migration=migration,
                digest=f"d-{migration}",
                origin=origin,
                target=target,
            ),
            run=run,
        )
        self.add(*events, e.RunCompleted(kept=kept), run=run)
        return run


def table(
    id_: int, name: str, *columns: Column, kind: str = "table", **definition: object
) -> SchemaObject:
    """Return an object with columns."""
    return SchemaObject(
        id=id_, kind=kind, path=(name,), columns=columns, definition=dict(definition)
    )


def column(id_: int, name: str, type_: str = "text", **definition: object) -> Column:
    """Return a column."""
    return Column(id=id_, name=name, definition={"type": type_, **definition})


def changed(
    number: int, *pairs: tuple[SchemaObject | None, SchemaObject | None]
) -> e.SchemaChanged:
    """Return a change of objects by one statement."""
    changes = tuple(ObjectChange(before=before, after=after) for before, after in pairs)
    return e.SchemaChanged(statement=Statement(number=number), changes=changes)


def wrote(
    number: int, table_id: int, rows: int = 1, cause: str = "written", first: int = 1
) -> e.RowsChanged:
    """Return rows updated by one statement."""
    images = ImageRange(first=first, last=first, digest="00" * 32, size=10 * rows)
    return e.RowsChanged(
        statement=Statement(number=number),
        rows=TableRows(
            table=table_id,
            cause=cause,
            updated=rows,
            removed=rows,
            added=rows,
            run="r",
            images=images,
        ),
    )
