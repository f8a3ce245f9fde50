"""Runs, how each ended, and which migrations count as applied."""

from __future__ import annotations

from typing import Literal, assert_never

import msgspec

from journal import events as e
from journal.envelope import Entry
from journal.values import Verb
from projections.applied import Applied, AppliedSet, AppliedState
from projections.imported import Imported, ImportedSet
from projections.stamped import Stamp, Stamping, StampingState

State = Literal["started", "completed", "failed", "interrupted"]


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One execution; ``first`` is its RunStarted and ``last`` its newest entry.

    ``rows`` counts what its RowsChanged entries tell, ``size`` is the stored size of their
    images in bytes. ``stayed`` tells what a failed run left behind. ``fleet`` is what it has in
    common with runs in other databases.
    """

    run: str
    verb: Verb
    state: State
    first: int
    last: int
    migration: str = ""
    program: str = ""
    file: str = ""
    digest: str = ""
    origin: int | None = None
    target: int | None = None
    started_at: str = ""
    ended_at: str = ""
    actor: str = ""
    reason: str = ""
    ref: str = ""
    statements: int = 0
    rows: int = 0
    size: int = 0
    kept: int = 0
    rejected: int = 0
    error: str = ""
    sqlstate: str = ""
    statement: int | None = None
    line: int | None = None
    stayed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    fleet: str = ""


class Runs(msgspec.Struct, frozen=True, kw_only=True):
    """All runs in order of their start, and the migrations applied at the last entry.

    ``applied`` were run here, or stamped as done elsewhere; ``stamps`` are those that hold,
    whether done or undone. ``imported`` is what other tools' bookkeeping says, and part of
    neither. ``partly`` names a run that a rollback took back in part: its target lies within the run.
    """

    runs: tuple[Run, ...] = ()
    applied: tuple[Applied, ...] = ()
    stamps: tuple[Stamp, ...] = ()
    imported: tuple[Imported, ...] = ()
    partly: str = ""

    @staticmethod
    def fold() -> RunsFold:
        """Return a fold that has seen nothing yet."""
        return RunsFold()

    @property
    def open(self) -> tuple[Run, ...]:
        """Runs that started and have no end."""
        return tuple(run for run in self.runs if run.state == "started")

    @property
    def incomplete(self) -> tuple[Run, ...]:
        """Runs that left something half done: open, left behind, or taken back in part.

        All that a recorded program left behind is on record, so that nothing is half done.
        """
        settled = {applied.name: applied.position for applied in self.applied}
        settled |= {run.program: run.first for run in self.runs if _copied(run)}
        back = max((run.first for run in self.runs if _went_back(run)), default=0)
        return tuple(
            run
            for run in self.runs
            if run.state == "started"
            or run.run == self.partly
            or (
                run.stayed
                and run.verb != "record"
                and max(settled.get(run.migration or run.program, 0), back) < run.first
            )
        )

    def find(self, run: str) -> Run | None:
        """Return a run by its identity, or by the beginning of it where that is enough."""
        found = [known for known in self.runs if known.run.startswith(run)]
        return found[0] if len(found) == 1 else None


class RunsState(msgspec.Struct, frozen=True, kw_only=True):
    """What ``RunsFold`` has gathered; ``tally`` is beside each run: last, rows, size."""

    runs: tuple[Run, ...]
    tally: tuple[tuple[int, int, int], ...]
    applied: AppliedState
    stamping: StampingState
    imported: tuple[Imported, ...]
    partly: str


class RunsFold:
    """Working state of ``Runs``."""

    def __init__(self) -> None:
        self._runs: dict[str, Run] = {}
        self._tally: dict[str, list[int]] = {}
        self._applied = AppliedSet()
        self._stamping = Stamping(self._applied)
        self._imported = ImportedSet()
        self._partly = ""

    def take(self, entry: Entry) -> None:
        """Go on by one entry."""
        event = entry.event
        if (tally := self._tally.get(entry.run)) is not None:
            tally[0] = entry.position
        match event:
            case e.RowsChanged(rows=rows):
                if tally is not None:
                    tally[1] += max(rows.inserted + rows.updated + rows.deleted, 0)
                    tally[2] += rows.images.size if rows.images else 0
            case e.RunStarted():
                self._start(event, entry)
            case e.RunCompleted():
                self._complete(event, entry)
            case e.RunFailed() | e.RunInterrupted():
                self._fail(event, entry)
            case e.Stamped():
                self._stamping.take(event, entry)
            case e.HistoryImported():
                self._imported.take(event, entry)
            case e.SchemaChanged() | e.SequenceMoved() | e.StatementIntended():
                pass
            case e.StatementSettled() | e.JournalOpened() | e.BaselineRecorded():
                pass
            case e.RowsTransformed() | e.ConflictFound() | e.ConflictDecided():
                pass
            case e.FieldUnmapped() | e.RecordRejected() | e.RowProvisioned() | e.CheckRun():
                pass
            case e.BackupTaken() | e.BackupVerified() | e.BackupRestored() | e.MarkSet():
                pass
            case e.MarkRemoved() | e.DriftAccepted() | e.IrreversibleAllowed():
                pass
            case e.SignedOff() | e.ContentErased() | e.ArchiveSealed():
                pass
            case _:
                assert_never(event)

    def answer(self) -> Runs:
        """Return the runs as of the last entry taken."""
        runs = (
            msgspec.structs.replace(run, last=last, rows=rows, size=size)
            for run, (last, rows, size) in zip(
                self._runs.values(), self._tally.values(), strict=True
            )
        )
        return Runs(
            runs=tuple(runs),
            applied=self._applied.now(),
            stamps=self._stamping.hold(),
            imported=self._imported.now(),
            partly=self._partly,
        )

    def stamps_at(self, position: int) -> tuple[Stamp, ...]:
        """Return the stamps that held at a position."""
        return self._stamping.hold(at=position)

    def state(self) -> RunsState:
        """Return what was gathered."""
        return RunsState(
            runs=tuple(self._runs.values()),
            tally=tuple((last, rows, size) for last, rows, size in self._tally.values()),
            applied=self._applied.state(),
            stamping=self._stamping.state(),
            imported=self._imported.now(),
            partly=self._partly,
        )

    def restore(self, state: RunsState) -> None:
        """Begin where a fold of that state stopped."""
        self._runs = {one.run: one for one in state.runs}
        self._tally = {
            one.run: list(tally) for one, tally in zip(state.runs, state.tally, strict=True)
        }
        self._applied = AppliedSet.restored(state.applied)
        self._stamping = Stamping(self._applied)
        self._stamping.restore(state.stamping)
        self._imported.restore(state.imported)
        self._partly = state.partly

    def _start(self, event: e.RunStarted, entry: Entry) -> None:
        self._tally[entry.run] = [entry.position, 0, 0]
        self._runs[entry.run] = Run(
            run=entry.run,
            verb=event.verb,
            state="started",
            first=entry.position,
            last=entry.position,
            migration=event.migration,
            program=event.program,
            file=event.file,
            digest=event.digest,
            origin=event.origin,
            target=event.target,
            started_at=entry.recorded_at,
            actor=entry.actor,
            reason=event.reason,
            ref=event.ref,
            notes=event.notes,
            fleet=event.fleet,
        )

    def _complete(self, event: e.RunCompleted, entry: Entry) -> None:
        run = self._runs.get(entry.run)
        if run is None:
            return
        self._runs[entry.run] = msgspec.structs.replace(
            run,
            state="completed",
            ended_at=entry.recorded_at,
            statements=event.statements,
            kept=event.kept,
            rejected=event.rejected,
        )
        if run.verb == "rollback" and run.target is not None:
            self._applied.return_to(run.target, position=entry.position)
            self._stamping.accept_again(run.target, position=entry.position)
            self._partly = self._within(run.target)
        elif run.migration:
            applied = Applied(
                name=run.migration,
                digest=run.digest,
                file=run.file,
                position=entry.position,
                run=entry.run,
                recorded_at=entry.recorded_at,
                actor=entry.actor,
                rejected=event.rejected,
            )
            self._applied.add(applied, position=entry.position)
            if self._partly and self._runs[self._partly].migration == run.migration:
                self._partly = ""

    def _fail(self, event: e.RunFailed | e.RunInterrupted, entry: Entry) -> None:
        run = self._runs.get(entry.run)
        if run is None:
            return
        failed = isinstance(event, e.RunFailed)
        statement = event.statement if isinstance(event, e.RunFailed) else None
        self._runs[entry.run] = msgspec.structs.replace(
            run,
            state="failed" if failed else "interrupted",
            ended_at=entry.recorded_at,
            error=event.error if isinstance(event, e.RunFailed) else "",
            sqlstate=event.sqlstate if isinstance(event, e.RunFailed) else "",
            statement=statement.number if statement else None,
            line=statement.line if statement else None,
            stayed=event.stayed,
        )

    def _within(self, target: int) -> str:
        """Name the run of a migration that ``target`` lies inside of, changes on both sides."""
        for key, run in self._runs.items():
            if run.migration and run.first < target < self._tally[key][0]:
                return key
        return ""


def _copied(run: Run) -> bool:
    return run.verb == "copy" and run.state == "completed"


def _went_back(run: Run) -> bool:
    return run.verb == "rollback" and run.state == "completed"
