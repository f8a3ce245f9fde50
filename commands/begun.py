"""What was begun outside a transaction and not finished, at the head and at every earlier place."""

from __future__ import annotations

from bisect import bisect_right

import msgspec

from commands.reached import Reached
from commands.transform.report import Transformed
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
    """A run that has not ended: what of it stands, and what was intended and not settled.

    ``copied`` counts rows from another database, by table.
    """

    run: str
    position: int
    started: RunStarted
    unsettled: list[Statement] = []
    stands: dict[str, str] = {}
    copied: dict[str, int] = {}

    def kept(self) -> OpenRun:
        """Return the run as it is, which going on does not change."""
        return msgspec.structs.replace(
            self,
            unsettled=list(self.unsettled),
            stands=dict(self.stands),
            copied=dict(self.copied),
        )

    def copy(self, event: RowsTransformed) -> None:
        """Go on by a batch of rows from another database."""
        for name in event.created:
            self.stands[f"table {name}"] = f"table {name}"
        if event.table:
            rows = self.copied.get(event.table, 0) + event.subjects
            self.copied[event.table] = rows
            self.stands[event.step] = f"{rows:,} rows of {event.table}"


class Change(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One more thing that stands of a migration's attempt, or with none of them: nothing does.

    ``below`` is the place of the change before it in the log, -1 where nothing stood.
    """

    below: int
    migration: str
    statement: tuple[int, str] | None = None
    reached: tuple[str, Reached] | None = None
    seen: tuple[str, Details] | None = None

    def on(self, known: Attempt) -> Attempt | None:
        """Return the attempt with this; ``None`` where nothing stands of it any more."""
        if self.statement is not None:
            number, digest = self.statement
            statements = known.statements | {number: digest}
            return msgspec.structs.replace(known, statements=statements)
        if self.reached is not None:
            step, reached = self.reached
            return msgspec.structs.replace(known, reached=known.reached | {step: reached})
        if self.seen is not None:
            name, details = self.seen
            return msgspec.structs.replace(known, seen={name: details} | known.seen)
        return None


class BegunState(msgspec.Struct, frozen=True, kw_only=True):
    """What ``Begun`` has gathered; ``moves`` tell which change was the last from a position on."""

    open: tuple[OpenRun, ...]
    log: tuple[Change, ...]
    moves: tuple[tuple[int, int], ...]


class Begun:
    """Keeps what led to the attempts of each time: a rollback returns to one of them."""

    def __init__(self) -> None:
        self.attempts: Attempts = {}
        self.open: dict[str, OpenRun] = {}
        self._log: list[Change] = []
        self._moves: list[tuple[int, int]] = [(0, -1)]

    def take(self, entry: Entry) -> None:
        """Go on by one entry."""
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

    def state(self) -> BegunState:
        """Return what was gathered."""
        return BegunState(
            open=tuple(one.kept() for one in self.open.values()),
            log=tuple(self._log),
            moves=tuple(self._moves),
        )

    def restore(self, state: BegunState) -> None:
        """Begin where a fold of that state stopped."""
        self.open = {one.run: one for one in state.open}
        self._log, self._moves = list(state.log), list(state.moves)
        self.attempts = self._at(self._moves[-1][1])

    def _complete(self, entry: Entry) -> None:
        found = self.open.pop(entry.run, None)
        if found is None:
            return
        target = found.started.target
        if found.started.verb == "rollback" and target is not None:
            place = bisect_right(self._moves, target, key=lambda move: move[0]) - 1
            last = self._moves[place][1]
            self._moves.append((entry.position, last))
            self.attempts = self._at(last)
        else:
            self._forget(entry.position, found.started.migration)

    def _settle(self, entry: Entry, settled: StatementSettled) -> None:
        found = self.open[entry.run]
        number = settled.statement.number
        found.unsettled = [one for one in found.unsettled if one.number != number]
        if settled.outcome == "done":
            found.stands[str(number)] = f"statement {number} (line {settled.statement.line})"
            done = (number, settled.statement.digest)
            change = Change(
                below=self._moves[-1][1], migration=found.started.migration, statement=done
            )
            self._move(entry.position, change)

    def _batch(self, entry: Entry, event: RowsTransformed) -> None:
        """A batch of a run in one transaction is part of the whole; others stand alone."""
        if not self.open[entry.run].started.batched:
            return
        if event.copied:
            self.open[entry.run].copy(event)
            return
        known = self.attempts.get(event.migration, NOTHING)
        begun = Reached(report=Transformed(name=event.step))
        now = known.reached.get(event.step, begun).after(event)
        stands = f"{now.report.subjects:,} subjects of {event.step}"
        self.open[entry.run].stands[event.step] = stands
        change = Change(
            below=self._moves[-1][1], migration=event.migration, reached=(event.step, now)
        )
        self._move(entry.position, change)

    def _see(self, entry: Entry, event: CheckRun) -> None:
        """What is seen again at the end is not needed by anybody."""
        started = self.open[entry.run].started
        if not started.batched or event.details is None:
            return
        change = Change(
            below=self._moves[-1][1],
            migration=started.migration,
            seen=(event.name, event.details),
        )
        self._move(entry.position, change)

    def _forget(self, position: int, migration: str) -> None:
        if migration in self.attempts:
            self._move(position, Change(below=self._moves[-1][1], migration=migration))

    def _move(self, position: int, change: Change) -> None:
        self.attempts = _after(self.attempts, change)
        if self.attempts:
            self._log.append(change)
            self._moves.append((position, len(self._log) - 1))
        else:  # nothing stands, as in the beginning
            self._moves.append((position, -1))

    def _at(self, last: int) -> Attempts:
        """Return the attempts that a change and those below it led to."""
        way: list[Change] = []
        while last >= 0:
            way.append(self._log[last])
            last = way[-1].below
        attempts: Attempts = {}
        for change in reversed(way):
            attempts = _after(attempts, change)
        return attempts


def _after(attempts: Attempts, change: Change) -> Attempts:
    after = change.on(attempts.get(change.migration, NOTHING))
    rest = {name: one for name, one in attempts.items() if name != change.migration}
    if after is None:
        return rest
    return attempts | {change.migration: after}
