"""What the journal says of migrations: which are applied, which were begun, what is unsettled."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from commands.transform.report import Transformed, added
from journal.envelope import Entry
from journal.events import (
    CheckRun,
    RowsTransformed,
    RunCompleted,
    RunFailed,
    RunInterrupted,
    RunStarted,
    Stamped,
    StatementIntended,
    StatementSettled,
)
from journal.values import Statement
from journal.verified import Details
from projections.applied import Applied
from projections.runs import Runs

TYPES = (
    "HistoryImported",
    "RunStarted",
    "RunCompleted",
    "RunFailed",
    "RunInterrupted",
    "StatementIntended",
    "StatementSettled",
    "Stamped",
    "RowsTransformed",
    "CheckRun",
)
"""The types of the events that tell of migrations."""


class Reached(msgspec.Struct, frozen=True, kw_only=True):
    """How far a batched transform came: the number and the end of its last batch, and a sum."""

    batch: int = 0
    last: str | None = None
    report: Transformed

    def after(self, event: RowsTransformed) -> Reached:
        """Return how far it came with one batch more."""
        return Reached(batch=event.batch, last=event.last, report=added(self.report, event))


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """What stands of a migration that did not end: statements, by number, and transforms.

    A statement is told by the digest of its text, a transform by its name. ``seen`` is what
    verification saw before the first step, by name.
    """

    statements: dict[int, str] = {}
    reached: dict[str, Reached] = {}
    seen: dict[str, Details] = {}


NOTHING = Attempt()
Attempts = dict[str, Attempt]
"""By migration."""


class OpenRun(msgspec.Struct, kw_only=True):
    """A run that has not ended: what of it stands, and what was intended and not settled."""

    run: str
    position: int
    started: RunStarted
    unsettled: list[Statement] = []
    stands: dict[str, str] = {}


class History(msgspec.Struct, frozen=True, kw_only=True):
    """Runs and applied migrations; what was begun outside a transaction and not finished.

    ``unended`` are runs without an end.
    """

    runs: Runs
    applied: dict[str, Applied]
    attempts: Attempts
    unended: tuple[OpenRun, ...]


def history(entries: Iterable[Entry]) -> History:
    """Fold entries in order from the first one on; only those of ``TYPES`` count."""
    runs, begun = Runs.fold(), _Begun()
    for entry in entries:
        runs.take(entry)
        begun.take(entry)
    answer = runs.answer()
    return History(
        runs=answer,
        applied={one.name: one for one in answer.applied},
        attempts=begun.attempts,
        unended=tuple(begun.open.values()),
    )


class _Begun:
    """Keeps the attempts as they were after each change: a rollback returns to one of them."""

    def __init__(self) -> None:
        self.attempts: Attempts = {}
        self.open: dict[str, OpenRun] = {}
        self._past: list[tuple[int, Attempts]] = [(0, {})]

    def take(self, entry: Entry) -> None:
        match entry.event:
            case RunStarted() as started:
                self.open[entry.run] = OpenRun(
                    run=entry.run, position=entry.position, started=started
                )
            case RunCompleted():
                self._complete(entry)
            case RunFailed() | RunInterrupted():
                self.open.pop(entry.run, None)
            case StatementIntended(statement=statement) if entry.run in self.open:
                self.open[entry.run].unsettled.append(statement)
            case StatementSettled() as settled if entry.run in self.open:
                self._settle(entry, settled)
            case RowsTransformed() as done if entry.run in self.open:
                self._batch(entry, done)
            case CheckRun() as check if entry.run in self.open:
                self._see(entry, check)
            case Stamped(migration=migration):
                self._forget(entry.position, migration)
            case _:
                pass

    def _complete(self, entry: Entry) -> None:
        found = self.open.pop(entry.run, None)
        if found is None:
            return
        target = found.started.target
        if found.started.verb == "rollback" and target is not None:
            past = [attempts for position, attempts in self._past if position <= target]
            self._move(entry.position, past[-1])
        else:
            self._forget(entry.position, found.started.migration)

    def _settle(self, entry: Entry, settled: StatementSettled) -> None:
        found = self.open[entry.run]
        number = settled.statement.number
        found.unsettled = [one for one in found.unsettled if one.number != number]
        if settled.outcome == "done":
            found.stands[str(number)] = f"statement {number} (line {settled.statement.line})"
            name = found.started.migration
            known = self.attempts.get(name, NOTHING)
            stands = known.statements | {number: settled.statement.digest}
            attempt = msgspec.structs.replace(known, statements=stands)
            self._move(entry.position, self.attempts | {name: attempt})

    def _batch(self, entry: Entry, event: RowsTransformed) -> None:
        """A batch of a run in one transaction is part of the whole; others stand alone."""
        if not self.open[entry.run].started.batched:
            return
        known = self.attempts.get(event.migration, NOTHING)
        begun = Reached(report=Transformed(name=event.step))
        now = known.reached.get(event.step, begun).after(event)
        stands = f"{now.report.subjects:,} subjects of {event.step}"
        self.open[entry.run].stands[event.step] = stands
        attempt = msgspec.structs.replace(known, reached=known.reached | {event.step: now})
        self._move(entry.position, self.attempts | {event.migration: attempt})

    def _see(self, entry: Entry, event: CheckRun) -> None:
        """What is seen again at the end is not needed by anybody."""
        started = self.open[entry.run].started
        if not started.batched or event.details is None:
            return
        known = self.attempts.get(started.migration, NOTHING)
        seen = {event.name: event.details} | known.seen
        attempt = msgspec.structs.replace(known, seen=seen)
        self._move(entry.position, self.attempts | {started.migration: attempt})

    def _forget(self, position: int, migration: str) -> None:
        if migration in self.attempts:
            rest = {name: stands for name, stands in self.attempts.items() if name != migration}
            self._move(position, rest)

    def _move(self, position: int, attempts: Attempts) -> None:
        self.attempts = attempts
        self._past.append((position, attempts))
