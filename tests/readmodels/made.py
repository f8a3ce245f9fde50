"""Journals made up for tests: events appended within an open transaction, and asked with SQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from commands.init import init
from commands.opening import Asker, Target
from commands.rebuild import prove
from commands.transform.values import write
from journal import events as e
from journal.database import Database
from journal.events import AnyEvent
from journal.opening import journal_in, parse_url
from journal.session import OpenJournal
from journal.store import append_within, text_digest
from journal.values import Verb

DANA = Asker(actor="dana")


class Made:
    """A journal that grows within one transaction."""

    def __init__(self, journal: OpenJournal) -> None:
        self.journal = journal
        self.database: Database = journal.database
        self.runs = 0

    @property
    def head(self) -> int:
        """The last position."""
        return self.database.head().position

    def add(self, *events: AnyEvent, run: str = "") -> int:
        """Append events and return the last position."""
        append_within(
            self.database, events, run=run, actor="dana", evidence="captured",
            clock=self.journal.clock,
        )  # fmt: skip
        return self.head

    def run(
        self, *events: AnyEvent, target: int | None = None, ends: bool = True, migration: str = ""
    ) -> int:
        """Append a run, with a target a rollback; return the last position."""
        self.runs += 1
        verb: Verb = "apply" if target is None else "rollback"
        origin = None if target is None else self.head
        started = e.RunStarted(verb=verb, migration=migration, origin=origin, target=target)
        end = e.RunCompleted() if ends else e.RunFailed(error="StatementFailed")
        return self.add(started, *events, end, run=f"run-{self.runs}")

    def keep(self, value: Any) -> str:
        """Store JSON as content and return its digest."""
        text = write(value)
        self.database.put_content(text_digest(text), text.encode())
        return text_digest(text)

    def conflict(
        self, name: str, *values: Any, field: str = "f", source: str = ""
    ) -> e.ConflictFound:
        """A conflict of candidates with these values, which stood in the field ``source``."""
        found = [
            {"record": write([number]), "field": source or field, "value": value}
            for number, value in enumerate(values)
        ]
        return e.ConflictFound(
            conflict=name, step="s", subject="1", field=f"t.{field}", candidates=self.keep(found),
            count=len(found),
        )  # fmt: skip

    def homeless(self, values: dict[str, Any], record: str = "[1]") -> e.FieldUnmapped:
        """A record with fields that have no home."""
        return e.FieldUnmapped(
            step="s", subject="1", record=record, fields=tuple(values), content=self.keep(values)
        )

    def rejected(self, values: dict[str, Any], error: str = "no number") -> e.RecordRejected:
        """A record of the wrong shape."""
        return e.RecordRejected(
            step="s", subject="1", record="[1]", error=error, content=self.keep(values)
        )

    def prove(self) -> dict[str, int]:
        """Hold each view against the fold, and count its rows."""
        return prove(self.journal, self.head)

    def ask(self, view: str, *columns: str) -> list[tuple[Any, ...]]:
        """Return columns of a view in the order of the first two."""
        session = self.database.session  # type: ignore[attr-defined]
        name = f"clew{'_' if self.database.kind == 'sqlite' else '.'}{view}"
        ask = session.run if self.database.kind == "sqlite" else session.query
        order = ", ".join(map(str, range(1, len(columns) + 1)[:2]))
        rows: list[tuple[Any, ...]] = ask(
            f"SELECT {', '.join(columns)} FROM {name} ORDER BY {order}"
        )
        return rows


@contextmanager
def made(url: str) -> Iterator[Made]:
    """A journal in a transaction that is not kept."""
    target = Target(url=parse_url(url))
    init(target, asker=DANA)
    with target.database() as database:
        database.begin()
        yield Made(journal_in(database))
        database.abort()
