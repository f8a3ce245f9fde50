"""Dry run: pending migrations run in a transaction that is aborted, and their events are told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal
from uuid import uuid4

import msgspec

from commands.alone import so_far as begun
from commands.apply import Plan, make_plan
from commands.backup.writing import Written
from commands.begun import NOTHING, Attempt
from commands.checked import CheckedPart, CheckedScript
from commands.copy.answer import CopyAnswer
from commands.dependents import dependents, touched
from commands.folding import folded
from commands.history import MigrationsFold
from commands.losses import Loss, losses
from commands.observing import known_schema
from commands.opening import Asker, Target
from commands.performing import Manner, perform
from commands.rebuilt import RebuiltTable
from commands.reset.answer import Emptied
from commands.restore.answer import Restored
from commands.running import Progress
from commands.sofar import SoFar
from commands.transform.explaining import explain
from commands.transform.loading import StepPart
from commands.transform.report import Transformed
from commands.transform.running import Limits
from commands.way_back import ways_back
from journal.chain import GENESIS
from journal.codec import seal
from journal.database import Database
from journal.errors import ClewError
from journal.events import AnyEvent, CheckRun, RowsChanged, RunCompleted, RunStarted, SchemaChanged
from journal.known import Known
from journal.recording import Recording
from journal.store import Journal, timestamp
from journal.values import Lock, SchemaObject
from projections.verdict import Verdict, Word, gravest, judge, judge_deleted

DIGESTS = 64
"""Bytes of the two digests that are stored beside an entry."""


class Rehearsed(msgspec.Struct, frozen=True, kw_only=True):
    """One migration as it would run; ``untried`` tells why it was not run.

    ``explained`` says in words what its steps do that are no SQL. ``rebuilt`` lists the tables
    that stand and are written anew when it is taken back, ``no_way_back`` tells why it cannot be.
    """

    migration: str
    file: str
    events: tuple[AnyEvent, ...] = ()
    rows: int = 0
    losses: tuple[Loss, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    verdict: Word | Literal["unknown"] = "additive"
    notes: tuple[str, ...] = ()
    untried: str = ""
    explained: tuple[str, ...] = ()
    transformed: tuple[Transformed, ...] = ()
    checks: tuple[CheckRun, ...] = ()
    backups: tuple[Written, ...] = ()
    restored: tuple[Restored, ...] = ()
    resets: tuple[Emptied, ...] = ()
    copies: tuple[CopyAnswer, ...] = ()
    rebuilt: tuple[RebuiltTable, ...] = ()
    no_way_back: str = ""


class DryRun(msgspec.Struct, frozen=True, kw_only=True):
    """What ``apply`` would do. Nothing of it was kept; ``notes`` tell what else to know."""

    migrations: tuple[Rehearsed, ...]
    locks: tuple[Lock, ...] = ()
    dependents: tuple[str, ...] = ()
    journal_bytes: int = 0
    notes: tuple[str, ...] = ()


def dry_run(
    target: Target,
    paths: Sequence[Path] = (),
    *,
    asker: Asker,
    to: str = "",
    allow_late: bool = False,
    allowed: frozenset[str] = frozenset(),
    max_rejects: int | None = None,
    wait: float | None = None,
    progress: Progress = lambda *_: None,
) -> DryRun:
    """Run the pending migrations in one transaction, abort it, and tell what they did.

    Raises:
        Busy, Drifted, Refused, NotKnownExact, NotFound: as ``apply`` does.
        StatementFailed, NotExact: a migration would fail.
    """
    with target.journal() as journal:
        journal.database.hold(
            target.holder or asker.actor, wait=target.lock_timeout if wait is None else wait
        )
        plan = make_plan(journal, paths, to=to, allow_late=allow_late, allowed=allowed)
        notes = [*_found_open(journal), *_found_waiting(plan)]
        notes += [f"drift, which nothing here touches: {one}" for one in plan.drift]
        with target.database() as session:
            return _Trial(
                journal,
                session=session,
                plan=plan,
                asker=asker,
                allowed=allowed,
                limits=Limits(rejects=max_rejects),
                progress=progress,
            ).run(notes)


def _found_open(journal: Journal) -> list[str]:
    found = folded(journal, MigrationsFold).unended
    return [
        f"run {run.run} ({run.started.verb} {run.started.migration}) has no end; "
        "apply will close it as interrupted"
        for run in found
    ]


def _found_waiting(plan: Plan) -> list[str]:
    counts = {name: one.rejected for name, one in plan.history.applied.items() if one.rejected}
    return [
        f"{number:,} subjects of {name} wait; apply will take those that can go now"
        for name, number in counts.items()
    ]


class _Trial:
    def __init__(
        self,
        journal: Journal,
        *,
        session: Database,
        plan: Plan,
        asker: Asker,
        allowed: frozenset[str],
        limits: Limits,
        progress: Progress,
    ) -> None:
        self.journal = journal
        self.session = session
        self.plan = plan
        self.asker = asker
        self.allowed = allowed
        self.limits = limits
        self.progress = progress
        self.known: Known = known_schema(journal)
        self.size = 0

    def run(self, notes: list[str]) -> DryRun:
        scripts = self.plan.scripts
        foreign_keys = scripts[0].script.foreign_keys if scripts else True
        before = dict(self.known.objects)
        done: list[Rehearsed] = []
        untried = ""
        self.session.begin(foreign_keys=foreign_keys)
        try:
            recording = self._recording()
            for script in scripts:
                untried = untried or _untriable(script, foreign_keys=foreign_keys)
                done.append(_untried(script, untried) if untried else self._try(recording, script))
            locks = self.session.locks()
            done = _with_ways_back(recording, done, before)
        finally:
            self.session.abort()
        tables = touched(event for one in done for event in one.events)
        return DryRun(
            migrations=tuple(done),
            locks=locks,
            dependents=dependents(tables, {**before, **recording.known.objects}),
            journal_bytes=self.size,
            notes=(*notes, *_settings(scripts)),
        )

    def _recording(self) -> Recording:
        """One recording for all: there is one transaction, and its watchers stay on."""
        return Recording(
            self.session,
            known=self.known,
            run=str(uuid4()),
            actor=self.asker.actor,
            reason=self.asker.reason,
            clock=self.journal.clock,
        )

    def _try(self, recording: Recording, checked: CheckedScript) -> Rehearsed:
        tables, known = dict(recording.known.objects), len(recording.events)
        done = self._execute(recording, checked)
        events = tuple(recording.events[known:])
        self.size += self._size(checked, events)
        rows = [event.rows for event in events if isinstance(event, RowsChanged)]
        found = tuple(losses(checked.name, events, tables | recording.known.objects))
        changes = (
            change
            for event in events
            if isinstance(event, SchemaChanged)
            for change in event.changes
        )
        verdicts = (*judge(changes), *judge_deleted(o.table for o in found if o.deleted))
        return Rehearsed(
            migration=checked.name,
            file=checked.script.file.path,
            events=events,
            rows=sum(max(one.removed, one.added) for one in rows),
            losses=found,
            explained=tuple(_explained(checked)),
            transformed=done.transformed,
            checks=done.checks,
            backups=done.backups,
            restored=done.restored,
            resets=done.resets,
            copies=done.copies,
            verdicts=verdicts,
            verdict=gravest(verdicts),
            notes=checked.script.notes,
        )

    def _execute(self, recording: Recording, checked: CheckedScript) -> SoFar:
        """Run what does not stand from an earlier attempt."""
        total = len(checked.parts)
        attempt = self.plan.history.attempts.get(checked.name, NOTHING)
        so_far, manner = begun(attempt), self._manner(checked.name, attempt)
        current: CheckedPart | None = None
        try:
            recording.foresee([one.part.text for one in checked.parts])
            for count, current in enumerate(checked.parts):
                self.progress(checked.name, count, total)
                if current.part.number not in attempt.statements:
                    perform(recording, current.part, manner, so_far)
            recording.settle()
        except ClewError as error:
            checked.locate(error, current)
            raise
        self.progress(checked.name, total, total)
        return so_far

    def _manner(self, migration: str, attempt: Attempt) -> Manner:
        return Manner(
            migration=migration,
            allowed=self.allowed,
            trial=True,
            limits=self.limits,
            left={
                name: tuple(hole.between for hole in one.holes())
                for name, one in attempt.reached.items()
            },
        )

    def _size(self, checked: CheckedScript, events: Sequence[AnyEvent]) -> int:
        """Bytes of entries, statement texts and images, as they would be stored."""
        started = RunStarted(verb="apply", digest="0" * DIGESTS)
        sealed = (
            seal(
                event,
                after=GENESIS,
                run=str(uuid4()),
                recorded_at=timestamp(self.journal.clock()),
                actor=self.asker.actor,
                evidence="captured",
            )
            for event in (started, *events, RunCompleted())
        )
        entries = sum(len(entry.body) + DIGESTS for entry in sealed)
        texts = sum(len(part.part.text.encode("utf-8", "surrogatepass")) for part in checked.parts)
        rows = [event.rows for event in events if isinstance(event, RowsChanged)]
        images = sum(one.images.size for one in rows if one.images is not None)
        return entries + texts + images


def _with_ways_back(
    recording: Recording, done: list[Rehearsed], before: dict[int, SchemaObject]
) -> list[Rehearsed]:
    """Tell of each migration what taking it back would write anew; nothing can run after it."""
    ways = ways_back(recording, [one.events for one in done], before)
    return [
        msgspec.structs.replace(one, rebuilt=way.rebuilt, no_way_back=way.refused)
        for one, way in zip(done, ways, strict=True)
    ]


def _untriable(checked: CheckedScript, *, foreign_keys: bool) -> str:
    if not checked.script.transaction and not checked.script.batched:
        return f"{checked.name} runs without a transaction, so nothing from there on was tried"
    if checked.script.foreign_keys != foreign_keys:
        return (
            f"{checked.name} switches foreign_keys, which cannot be done within one transaction, "
            "so nothing from there on was tried"
        )
    return ""


def _explained(checked: CheckedScript) -> Iterator[str]:
    for one in checked.parts:
        if isinstance(one.part, StepPart):
            yield from explain(one.part.step)


def _untried(checked: CheckedScript, why: str) -> Rehearsed:
    return Rehearsed(
        migration=checked.name,
        file=checked.script.file.path,
        explained=tuple(_explained(checked)),
        notes=checked.script.notes,
        verdict="unknown",
        untried=why,
    )


def _settings(scripts: Sequence[CheckedScript]) -> list[str]:
    """Apply gives each migration a new session; a dry run has one for all."""
    setting = [s.name for s in scripts[:-1] if any(part.kind == "setting" for part in s.parts)]
    return [f"settings of {name} stayed in force for the migrations after it" for name in setting]
