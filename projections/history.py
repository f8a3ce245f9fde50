"""What single statements did: the smallest stretches of the journal that can be taken back.

Consecutive entries of one run and one statement are one step. A statement that fires deferred
triggers at its end makes a second step of the same number, so that no step holds the images of
one table twice.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from typing import assert_never

import msgspec

from journal import events as e
from journal.effect import Step
from journal.envelope import Entry
from journal.known import Known
from journal.values import (
    ContentChange,
    ObjectChange,
    SchemaObject,
    SequenceMove,
    Statement,
    TableRows,
)
from projections.obstacles import Irreversible, accepted, erased, outside, waived

TYPES = (
    "JournalOpened",
    "BaselineRecorded",
    "RunStarted",
    "RunCompleted",
    "StatementIntended",
    "StatementSettled",
    "SchemaChanged",
    "RowsChanged",
    "SequenceMoved",
    "DriftAccepted",
    "IrreversibleAllowed",
)
"""The types of the events that make steps, or tell what stands in their way."""


class Return(msgspec.Struct, frozen=True, kw_only=True):
    """A completed rollback that kept no row: the state at ``end`` is the state at ``target``."""

    end: int
    target: int


class History(msgspec.Struct, frozen=True, kw_only=True):
    """Steps in order of position, and what to know for going back over them.

    ``obstacles`` are keyed by the first position of their step. ``baseline`` is the position
    of its last entry, before which nothing is known; 0 without one.
    """

    head: int = 0
    baseline: int = 0
    steps: tuple[Step, ...] = ()
    obstacles: Mapping[int, tuple[Irreversible, ...]] = {}
    returns: tuple[Return, ...] = ()

    @staticmethod
    def fold() -> HistoryFold:
        """Return a fold that has seen nothing yet."""
        return HistoryFold()


class Gathered(msgspec.Struct, frozen=True, kw_only=True):
    """What ``HistoryFold`` needs to go on, the steps it has made apart.

    ``group`` is the step that the next entry may go on with; ``intended`` are statements outside
    a transaction, by run and number, that nothing was said of yet.
    """

    head: int = 0
    baseline: int = 0
    returns: tuple[Return, ...] = ()
    group: Group | None = None
    objects: tuple[SchemaObject, ...] = ()
    sqlite: bool = False
    targets: dict[str, int] = {}
    intended: tuple[tuple[str, int, str], ...] = ()


class HistoryFold:
    """Working state of ``History``; without ``steps`` only the rest of it is answered.

    A ``sparse`` one is given entries of some tables only: what one statement did to others may
    be left out between them.
    """

    def __init__(self, *, steps: bool = True, sparse: bool = False) -> None:
        self._keeps = steps
        self._sparse = sparse
        self._head = 0
        self._baseline = 0
        self._steps: list[Step] = []
        self._obstacles: dict[int, tuple[Irreversible, ...]] = {}
        self._returns: list[Return] = []
        self._group: Group | None = None
        self._known = Known(objects={})
        self._sqlite = False
        self._targets: dict[str, int] = {}
        self._intended: dict[tuple[str, int], str] = {}

    def take(self, entry: Entry) -> None:
        """Go on by one entry."""
        self._head = entry.position
        event = entry.event
        match event:
            case e.RowsChanged():
                self._gather(entry, event.statement, _ROWS).rows.append(event.rows)
            case e.SchemaChanged():
                group = self._gather(entry, event.statement, _SCHEMA)
                group.changes += event.changes
                group.contents += event.contents
                self._known.take(event.changes)
            case e.SequenceMoved():
                self._gather(entry, event.statement, _SEQUENCES).sequences.append(event.move)
            case e.IrreversibleAllowed():
                group = self._gather(entry, event.statement, _WAIVER)
                group.obstacles.append(waived(entry, event, self._known.objects))
            case e.StatementIntended():
                self._intended[entry.run, event.statement.number] = event.kind
            case e.StatementSettled():
                self._settle(entry, event)
            case e.DriftAccepted():
                self._accept(entry, event)
            case e.BaselineRecorded():
                self._baseline = entry.position
                self._known.take(ObjectChange(after=object_) for object_ in event.objects)
            case e.JournalOpened():
                self._sqlite = event.database == "sqlite"
            case e.RunStarted():
                if event.verb == "rollback" and event.target is not None:
                    self._targets[entry.run] = event.target
            case e.RunCompleted():
                target = self._targets.pop(entry.run, None)
                if target is not None and event.kept == 0:
                    self._returns.append(Return(end=entry.position, target=target))
            case e.RunFailed() | e.RunInterrupted() | e.HistoryImported():
                pass
            case e.RowsTransformed() | e.ConflictFound() | e.ConflictDecided():
                pass
            case e.FieldUnmapped() | e.RecordRejected() | e.RowProvisioned() | e.CheckRun():
                pass
            case e.BackupTaken() | e.BackupVerified() | e.BackupRestored() | e.MarkSet():
                pass
            case e.MarkRemoved() | e.Stamped() | e.SignedOff():
                pass
            case e.ContentErased():
                self._erase(entry, event)
            case e.ArchiveSealed():
                pass
            case _:
                assert_never(event)

    def answer(self) -> History:
        """Return the history as of the last entry taken."""
        self._close()
        return History(
            head=self._head,
            baseline=self._baseline,
            steps=tuple(self._steps),
            obstacles=dict(self._obstacles),
            returns=tuple(self._returns),
        )

    def within(self, position: int) -> bool:
        """Tell whether the next entry may go on with a step that a position lies in."""
        return self._group is not None and self._group.first <= position

    def gathered(self) -> Gathered:
        """Return what is needed to go on."""
        return Gathered(
            head=self._head,
            baseline=self._baseline,
            returns=tuple(self._returns),
            group=msgspec.convert(msgspec.to_builtins(self._group), Group | None),
            objects=tuple(self._known.objects.values()),
            sqlite=self._sqlite,
            targets=dict(self._targets),
            intended=tuple((*key, kind) for key, kind in self._intended.items()),
        )

    def go_on(self, state: Gathered) -> None:
        """Begin where a fold stopped."""
        self._head, self._baseline = state.head, state.baseline
        self._returns, self._group = list(state.returns), state.group
        self._known = Known(objects={one.id: one for one in state.objects})
        self._sqlite, self._targets = state.sqlite, dict(state.targets)
        self._intended = {(run, number): kind for run, number, kind in state.intended}

    def _add(self, step: Step, obstacles: tuple[Irreversible, ...]) -> None:
        if self._keeps:
            self._steps.append(step)
        if obstacles:
            self._obstacles[step.first] = obstacles

    def _gather(self, entry: Entry, statement: Statement, rank: int) -> Group:
        group = self._group
        if group is None or not group.goes_on(entry, statement, rank, self._sparse):
            self._close()
            group = Group.of(entry, statement.number)
        group.rank = rank
        group.last = entry.position
        self._group = group
        return group

    def _settle(self, entry: Entry, event: e.StatementSettled) -> None:
        kind = self._intended.pop((entry.run, event.statement.number), "")
        if event.outcome != "done" or not kind:
            return
        group = self._group
        if group is not None and group.goes_on(entry, event.statement, _SETTLED, self._sparse):
            return
        objects = self._known.objects if self._sqlite else {}
        found = outside(entry, event, kind, objects)
        if found is not None:
            self._gather(entry, event.statement, _SETTLED).obstacles.append(found)

    def _accept(self, entry: Entry, event: e.DriftAccepted) -> None:
        self._close()
        self._known.take(event.changes)
        group = Group.of(entry, 0)
        group.changes += event.changes
        group.obstacles += accepted(entry, event)
        self._group = group
        self._close()

    def _erase(self, entry: Entry, event: e.ContentErased) -> None:
        """Images that hold values no more cannot bring them back."""
        self._close()
        if event.images is None:
            return
        first = event.images.position
        if self._keeps:
            place = bisect_right(self._steps, first, key=lambda step: step.first)
            first = self._steps[place - 1].first if place else first
        found = erased(entry, event.images, self._known.objects)
        self._obstacles[first] = (*self._obstacles.get(first, ()), found)

    def _close(self) -> None:
        group, self._group = self._group, None
        if group is not None:
            self._add(group.step(), tuple(group.obstacles))


# The order in which the entries of one statement are written.
_WAIVER, _ROWS, _SCHEMA, _SEQUENCES, _SETTLED = range(5)


class Group(msgspec.Struct, kw_only=True):
    """Entries of one statement, as they come; ``rank`` is how far in its order they are."""

    run: str
    number: int
    first: int
    last: int
    rank: int = _WAIVER
    changes: list[ObjectChange] = []
    rows: list[TableRows] = []
    sequences: list[SequenceMove] = []
    contents: list[ContentChange] = []
    obstacles: list[Irreversible] = []

    @classmethod
    def of(cls, entry: Entry, number: int) -> Group:
        """Begin with the first entry of a statement."""
        return cls(run=entry.run, number=number, first=entry.position, last=entry.position)

    def goes_on(self, entry: Entry, statement: Statement, rank: int, sparse: bool) -> bool:
        """Tell whether an entry is this statement's, and no second effect of the number."""
        if (entry.run, statement.number) != (self.run, self.number):
            return False
        if (entry.position != self.last + 1 and not sparse) or rank < self.rank:
            return False
        if isinstance(entry.event, e.RowsChanged):
            new = entry.event.rows
            return all((new.table, new.cause) != (old.table, old.cause) for old in self.rows)
        return not (rank == _SCHEMA and (self.changes or self.contents))

    def step(self) -> Step:
        """Return the step that the entries make."""
        return Step(
            first=self.first,
            last=self.last,
            run=self.run,
            changes=tuple(self.changes),
            rows=tuple(self.rows),
            sequences=tuple(self.sequences),
            contents=tuple(self.contents),
        )
