"""Apply: pending migrations run, each in its own transaction, and are journaled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from commands.adopt.meanwhile import refuse_done_meanwhile
from commands.alone import check_attempt
from commands.begun import NOTHING
from commands.checked import AppliedRun, CheckedScript, check_scripts
from commands.derived import keep_derived
from commands.findings import findings
from commands.folding import folded
from commands.history import History, MigrationsFold
from commands.interrupted import ClosedRun, close_interrupted
from commands.opening import Asker, Target
from commands.pending import Comparison, compare, refuse_unaccepted, up_to
from commands.reset.early import refuse_broken
from commands.revision import revision_of
from commands.running import Progress, Runner
from commands.script import read_script
from commands.sources import Sources, read_sources
from commands.transform.findings import ANOTHER
from commands.transform.running import Limits, Waiting
from commands.unaccepted import hold_scripts, told, unaccepted
from commands.workers import ALONE, Crew
from journal.errors import ClewError, Refused
from journal.events import IrreversibleAllowed
from journal.store import Journal
from projections.findings import REJECTED

SHOWN = 3
"""Reasons named of each transform."""


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """What ``apply`` did: the runs, the runs it found without an end, and the new head.

    ``drift`` stands unaccepted beside what ran, and was not touched. ``idle`` are waivers that
    nothing asked for.
    """

    runs: tuple[AppliedRun, ...]
    interrupted: tuple[ClosedRun, ...]
    head: int
    left: tuple[str, ...] = ()
    waiting: tuple[WaitingSubjects, ...] = ()
    drift: tuple[str, ...] = ()
    idle: tuple[str, ...] = ()


class WaitingSubjects(msgspec.Struct, frozen=True, kw_only=True):
    """Subjects of an incomplete migration that were rejected, with the first reasons."""

    migration: str
    transform: str
    subjects: int
    reasons: tuple[str, ...]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What would run, held against journal, files and gate.

    ``incomplete`` are applied migrations with subjects that wait. ``drift`` stands unaccepted,
    and nothing that would run speaks of it.
    """

    sources: Sources
    history: History
    comparison: Comparison
    scripts: tuple[CheckedScript, ...]
    incomplete: tuple[CheckedScript, ...] = ()
    drift: tuple[str, ...] = ()


def apply(
    target: Target,
    paths: Sequence[Path] = (),
    *,
    asker: Asker,
    to: str = "",
    allow_late: bool = False,
    allowed: frozenset[str] = frozenset(),
    max_rejects: int | None = None,
    planned: str = "",
    crew: Crew = ALONE,
    wait: float | None = None,
    progress: Progress = lambda *_: None,
) -> Applied:
    """Run the pending migrations of ``paths``, up to and with ``to``.

    ``planned`` is the digest of the files that were looked at before; others are refused.
    ``crew`` does batched transforms. Subjects that were rejected are taken first, where they can
    be now; ``max_rejects`` refuses a migration that rejects more. Nothing runs unless everything
    may: files that are not as they were applied, statements that the gate does not know, and
    those that speak of drift are refused first. That a statement touches drift in another way
    shows when it ran.

    Raises:
        Busy: another run held the journal for ``wait`` seconds (``lock_timeout`` by default).
        Refused, NotKnownExact, NotFound: nothing was run.
        Drifted, StatementFailed, NotExact: nothing was run, or a migration failed, nothing of it
            was kept, RunFailed says so; those before it stand.
    """
    with target.journal() as journal:
        journal.database.hold(
            target.holder or asker.actor, wait=target.lock_timeout if wait is None else wait
        )
        interrupted = close_interrupted(journal, asker=asker)
        plan = make_plan(
            journal, paths, to=to, allow_late=allow_late, allowed=allowed, planned=planned
        )
        runner = Runner(
            target,
            journal,
            asker=asker,
            revision=revision_of(plan.sources.directory),
            allowed=allowed,
            limits=Limits(rejects=max_rejects),
            crew=crew,
            progress=progress,
        )
        again = (
            runner.run_again(script, waits(journal, script.name)) for script in plan.incomplete
        )
        runs = [run for run in again if run is not None]
        with _naming_what_stands(runs):
            for script in plan.scripts:
                attempt = plan.history.attempts.get(script.name, NOTHING)
                runs.append(runner.run(script, attempt=attempt))
        ran = {run.migration for run in runs}
        answer = Applied(
            runs=tuple(runs),
            interrupted=interrupted,
            head=journal.head().position,
            left=tuple(f.name for f in plan.comparison.pending if f.name not in ran),
            waiting=still_waiting(journal),
            drift=plan.drift,
            idle=tuple(sorted(allowed - _waived(journal, runs))),
        )
        keep_derived(journal, actor=asker.actor)
        return answer


@contextmanager
def _naming_what_stands(runs: Sequence[AppliedRun]) -> Iterator[None]:
    """Say with an error which migrations were applied before the one that failed."""
    try:
        yield
    except ClewError as error:
        if runs:
            names = ", ".join(run.migration for run in runs)
            error.hint = f"{error.hint} Applied before it, and standing: {names}.".lstrip()
        raise


def make_plan(
    journal: Journal,
    paths: Sequence[Path],
    *,
    to: str,
    allow_late: bool,
    allowed: frozenset[str],
    planned: str = "",
) -> Plan:
    """Read the files and hold them against journal, live schema and gate; nothing runs.

    Raises:
        Drifted, Refused, NotKnownExact, NotFound: as ``apply`` does.
    """
    database = journal.database
    sources = read_sources(paths, database.kind)
    if planned not in {"", sources.digest}:
        raise Refused(
            f"the migrations in {sources.directory} are not those that were planned",
            hint="Files were changed meanwhile, or another machine has others; plan again.",
        )
    past = folded(journal, MigrationsFold)
    comparison = compare(sources, past)
    refuse_unaccepted(comparison, allow_late=allow_late)
    pending = up_to(comparison.pending, to)
    drift = unaccepted(journal)
    stamped = {one.name for one in past.runs.stamps}
    refuse_done_meanwhile(database, drift, pending, stamped)
    scripts = check_scripts(
        (read_script(file, database.kind) for file in pending), database, allowed=allowed
    )
    for script in scripts:
        attempt = past.attempts.get(script.name, NOTHING)
        check_attempt(script, attempt)
        refuse_broken(script, attempt.statements, database)
    waiting = {one.name for one in past.applied.values() if one.rejected}
    incomplete = check_scripts(
        (read_script(file, database.kind) for file in sources.files if file.name in waiting),
        database,
        allowed=allowed,
    )
    hold_scripts(drift, scripts, past.attempts)
    return Plan(
        sources=sources,
        history=past,
        comparison=comparison,
        scripts=scripts,
        incomplete=incomplete,
        drift=told(drift),
    )


def _waived(journal: Journal, runs: Sequence[AppliedRun]) -> frozenset[str]:
    types = ("IrreversibleAllowed",)
    found = (entry.event for run in runs for entry in journal.read(run=run.run, types=types))
    return frozenset(event.name for event in found if isinstance(event, IrreversibleAllowed))


def waits(journal: Journal, migration: str) -> dict[str, list[Waiting]]:
    """Return the subjects of a migration that wait, by transform."""
    records: dict[str, dict[str, list[str]]] = {}
    for one in findings(journal, types=REJECTED).rejected:
        if one.migration == migration:
            records.setdefault(one.step, {}).setdefault(one.subject, []).append(one.record)
    return {
        step: [Waiting(subject=name, records=tuple(found)) for name, found in subjects.items()]
        for step, subjects in records.items()
    }


def still_waiting(journal: Journal) -> tuple[WaitingSubjects, ...]:
    """Tell which subjects wait, by migration and transform."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for one in findings(journal, types=REJECTED).rejected:
        reasons = found.setdefault((one.migration, one.step), {})
        if one.error != ANOTHER:
            reasons.setdefault(one.subject, one.error)
    return tuple(
        WaitingSubjects(
            migration=migration,
            transform=step,
            subjects=len(reasons),
            reasons=tuple(dict.fromkeys(reasons.values()))[:SHOWN],
        )
        for (migration, step), reasons in found.items()
    )
