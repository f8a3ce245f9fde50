"""What a journal says between two positions, for somebody who was not there.

Findings are counted, not kept: memory grows with runs and schema changes, and with conflicts
that are open, but not with what else was found, nor with statements.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from typing import assert_never

import msgspec

from journal import events as e
from journal.envelope import Entry
from journal.values import ObjectChange
from journal.verified import first_look
from projections.audited import OtherRun, RunAudit, Said, SchemaAct, said
from projections.drift import differences
from projections.runs import State
from projections.schema import dotted
from projections.standing import Standing
from projections.tallies import RunTally, StepTally

DETAILED = 200
"""How many completed runs, the newest, are told statement by statement; of others they are counted."""

_RANK = {"gone": 0, "partly": 1, "stands": 2}


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A position with the digest of its entry; position 0 is before the first one."""

    position: int = 0
    digest: str = "00" * 32
    recorded_at: str = ""


class Acting(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who wrote entries, and how many; ``decided`` counts conflicts they decided."""

    actor: str
    entries: int
    decided: int


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """Drift that was taken in."""

    position: int
    recorded_at: str
    actor: str
    reason: str
    changes: tuple[SchemaAct, ...]


class Audit(msgspec.Struct, frozen=True, kw_only=True):
    """All that happened after ``origin`` and up to ``target``.

    ``begun`` is the time of the first entry within. ``said`` are marks, stamps, sign-offs and
    the like, outside of runs; ``types`` counts entries by type. ``objects`` is the size of the
    baseline, where it was recorded here.
    """

    opened: e.JournalOpened | None = None
    origin: Place = msgspec.field(default=Place(), name="from")
    target: Place = msgspec.field(default=Place(), name="to")
    begun: str = ""
    entries: int = 0
    types: Mapping[str, int] = {}
    actors: tuple[Acting, ...] = ()
    objects: int = 0
    runs: tuple[RunAudit, ...] = ()
    said: tuple[Said, ...] = ()
    accepted: tuple[Accepted, ...] = ()

    @staticmethod
    def fold(after: int = 0) -> AuditFold:
        """Return a fold that has seen nothing yet; it tells of what comes ``after``."""
        return AuditFold(after)


class AuditFold:
    """Working state of ``Audit``; it takes the entries before the stretch too."""

    def __init__(self, after: int = 0) -> None:
        self._after = after
        self._opened: e.JournalOpened | None = None
        self._origin = self._target = Place()
        self._begun = ""
        self._types: Counter[str] = Counter()
        self._actors: Counter[str] = Counter()
        self._decided: Counter[str] = Counter()
        self._objects = 0
        self._runs: dict[str, RunTally] = {}
        self._said: list[Said] = []
        self._accepted: list[Accepted] = []
        self._names: dict[int, str] = {}
        self._standing = Standing()
        self._open: dict[str, StepTally] = {}
        self._detailed: deque[RunTally] = deque()

    def take(self, entry: Entry) -> None:
        """Go on by one entry."""
        event, within = entry.event, entry.position > self._after
        self._move(entry, within=within)
        run = self._runs.get(entry.run)
        if run is not None:
            run.last = entry.position
        match event:
            case e.RunStarted():
                self._runs[entry.run] = RunTally(entry, event)
            case e.RunCompleted():
                self._end(entry, event, "completed")
            case e.RunFailed():
                self._end(entry, event, "failed")
            case e.RunInterrupted():
                self._end(entry, event, "interrupted")
            case e.JournalOpened():
                self._opened = event
            case e.BaselineRecorded():
                self._name(ObjectChange(after=one) for one in event.objects)
                self._objects += len(event.objects) if within else 0
            case e.SchemaChanged():
                self._name(event.changes)
                if run is not None and within:
                    run.changed_schema(event.statement, _acts(entry, event.changes))
            case e.DriftAccepted():
                self._name(event.changes)
                if within:
                    self._accepted.append(_accepted(entry, event))
            case e.RowsChanged():
                if run is not None and within:
                    run.wrote(event.statement, event.rows)
            case e.RowsTransformed() | e.ConflictFound() | e.FieldUnmapped() | e.RowProvisioned():
                if run is not None and within:
                    self._transform(event, run.step(event.step))
            case e.ConflictDecided():
                self._decide(entry, event, within=within)
            case e.RecordRejected() | e.SequenceMoved() | e.StatementIntended():
                pass
            case e.CheckRun():
                self._check(entry, event, run, within=within)
            case e.BackupTaken() | e.BackupVerified() | e.BackupRestored():
                self._say(said(entry, event), run, within=within)
            case e.IrreversibleAllowed() | e.StatementSettled():
                self._say(said(entry, event), run, within=within)
            case e.MarkSet() | e.MarkRemoved() | e.Stamped() | e.HistoryImported():
                self._say(said(entry, event), run, within=within)
            case e.SignedOff() | e.ContentErased() | e.ArchiveSealed():
                self._say(said(entry, event), run, within=within)
            case _:
                assert_never(event)

    def answer(self) -> Audit:
        """Return the audit as of the last entry taken."""
        found = [run for run in self._runs.values() if run.last > self._after]
        for run in found:
            if run.ended is None:
                run.name(self._names)
        return Audit(
            opened=self._opened,
            origin=self._origin,
            target=self._target,
            begun=self._begun,
            entries=self._types.total(),
            types=dict(sorted(self._types.items())),
            actors=tuple(
                Acting(actor=actor, entries=entries, decided=self._decided[actor])
                for actor, entries in self._actors.items()
            ),
            objects=self._objects,
            runs=tuple(run.answer(self._standing) for run in found),
            said=tuple(self._said),
            accepted=tuple(self._accepted),
        )

    def _move(self, entry: Entry, *, within: bool) -> None:
        here = Place(position=entry.position, digest=entry.digest, recorded_at=entry.recorded_at)
        self._target = here
        if within:
            self._begun = self._begun or entry.recorded_at
            self._types[type(entry.event).__name__] += 1
            self._actors[entry.actor] += 1
        else:
            self._origin = here

    def _end(
        self, entry: Entry, event: e.RunCompleted | e.RunFailed | e.RunInterrupted, state: State
    ) -> None:
        run = self._runs.get(entry.run)
        if run is None:
            return
        run.end(entry, event, state)
        run.name(self._names)
        if state == "completed" and run.started.verb == "rollback":
            self._return(run, entry.position)
        elif state == "completed":
            self._detailed.append(run)
            if len(self._detailed) > DETAILED:
                self._detailed.popleft().forget()

    def _return(self, run: RunTally, position: int) -> None:
        """Tell which runs a rollback took back, and which it brought again."""
        target = run.started.target
        if target is None:
            return
        others = [one for one in self._runs.values() if one.changed and one is not run]
        was = [one.holds(self._standing) for one in others]
        self._standing.return_to(target, position=position)
        took: list[OtherRun] = []
        brought: list[OtherRun] = []
        for one, before in zip(others, was, strict=True):
            now = one.holds(self._standing)
            if _RANK[now] < _RANK[before]:
                took.append(one.other(part=now == "partly"))
                one.gone_at = position
            elif _RANK[now] > _RANK[before]:
                brought.append(one.other(part=now == "partly"))
                one.gone_at = one.gone_at if now == "partly" else None
        run.took, run.brought = tuple(took), tuple(brought)

    def _transform(
        self,
        event: e.RowsTransformed | e.ConflictFound | e.FieldUnmapped | e.RowProvisioned,
        step: StepTally,
    ) -> None:
        match event:
            case e.RowsTransformed():
                step.take(event)
            case e.ConflictFound():
                self._open[event.conflict] = step
            case e.FieldUnmapped():
                step.fields.update(event.fields)
            case e.RowProvisioned():
                step.provisioned[event.table] += 1

    def _decide(self, entry: Entry, event: e.ConflictDecided, *, within: bool) -> None:
        if not within:
            return
        step = self._open.pop(event.conflict, None)
        if step is not None:
            step.counts["by_rule" if event.rule else "by_person"] += 1
        if not event.rule:
            self._decided[entry.actor] += 1

    def _check(
        self, entry: Entry, event: e.CheckRun, run: RunTally | None, *, within: bool
    ) -> None:
        if not within or first_look(event.details):
            return
        if run is None:
            self._said.append(said(entry, event))
        else:
            run.verification.append(said(entry, event))

    def _say(self, one: Said, run: RunTally | None, *, within: bool) -> None:
        if within:
            (self._said if run is None else run.said).append(one)

    def _name(self, changes: Iterable[ObjectChange]) -> None:
        for change in changes:
            if change.after is not None:
                self._names[change.after.id] = dotted(change.after.path)


def _acts(entry: Entry, changes: Iterable[ObjectChange]) -> tuple[SchemaAct, ...]:
    return tuple(
        SchemaAct(
            position=entry.position,
            kind=one.kind,
            name=dotted(one.path),
            change=one.change,
            text=one.text,
        )
        for one in differences(changes)
    )


def _accepted(entry: Entry, event: e.DriftAccepted) -> Accepted:
    return Accepted(
        position=entry.position,
        recorded_at=entry.recorded_at,
        actor=entry.actor,
        reason=event.reason,
        changes=_acts(entry, event.changes),
    )
