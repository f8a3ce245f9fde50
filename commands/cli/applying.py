"""The verb apply, and its dry run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from commands.apply import Applied
from commands.apply import apply as run_pending
from commands.cli.call import Call
from commands.cli.copied import tell_step
from commands.cli.options import lock_timeout, pending, verb, writing
from commands.cli.page import Page
from commands.cli.progress import stepping
from commands.cli.resetting import emptied
from commands.cli.summary import summary
from commands.cli.verified import tell_verification
from commands.dryrun import DryRun, Rehearsed, dry_run
from commands.folding import caught_up
from commands.rebuilt import in_words
from commands.transform.report import Transformed
from commands.words import count
from commands.workers import Crew
from journal.events import (
    AnyEvent,
    CheckRun,
    ConflictDecided,
    ConflictFound,
    FieldUnmapped,
    RecordRejected,
    RowsTransformed,
)
from projections.naming import Namer, NamingFold

SUMMED_UP = (
    CheckRun,
    ConflictDecided,
    ConflictFound,
    FieldUnmapped,
    RecordRejected,
    RowsTransformed,
)
"""Events that a text sums up below; JSON lists them."""


@verb(
    "apply",
    "clew apply",
    "clew apply migrations --dry-run",
    'clew apply migrations --to 0004_orders --reason "release 12" --ref "#481"',
    "clew apply --allow-late --lock-timeout 30",
    "clew apply --jobs 4",
)
@click.option("--dry-run", "dry", is_flag=True, help="Run all, show the very events, keep nothing.")
@pending
@click.option(
    "--max-rejects",
    type=click.IntRange(min=0),
    metavar="N",
    help="Refuse a migration of which more subjects are rejected; no limit by default.",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=1,
    metavar="N",
    help="Let N processes do the parts of batched transforms.",
)
@click.option(
    "--scheduler",
    default="",
    metavar="ADDRESS",
    help="Let the workers of a Dask cluster do them: tcp://HOST:8786.",
)
@click.option(
    "--wait",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="Wait so long while another run holds the journal; as --lock-timeout otherwise.",
)
@writing
@lock_timeout
def apply(
    call: Call,
    paths: tuple[Path, ...],
    to: str,
    allowed: tuple[str, ...],
    max_rejects: int | None,
    jobs: int,
    scheduler: str,
    wait: float | None,
    *,
    dry: bool,
    allow_late: bool,
) -> None:
    """Run pending migrations in the order of their names, each in one transaction.

    PATHS are directories or single files; "migrations" where none is given. The first that
    fails ends it: nothing of that one is kept, those before it stand.
    """
    target, asker, waived = call.target(), call.asker(), frozenset(allowed)
    with stepping() as progress:
        if dry:
            trial = dry_run(
                target,
                paths,
                asker=asker,
                to=to,
                allow_late=allow_late,
                allowed=waived,
                max_rejects=max_rejects,
                wait=wait,
                progress=progress,
            )
        else:
            done = run_pending(
                target,
                paths,
                asker=asker,
                to=to,
                allow_late=allow_late,
                allowed=waived,
                max_rejects=max_rejects,
                crew=Crew(jobs=jobs, scheduler=scheduler),
                wait=wait,
                progress=progress,
            )
    if not dry:
        call.answer(done, _tell_applied)
    elif call.format != "text":
        call.answer(trial, lambda *_: None)
    else:
        with call.journal() as journal:
            naming = caught_up(journal, NamingFold)
            next_one = journal.head().position + 1
        for event in _events(trial):
            naming.foresee(event, next_one)
        _tell_trial(call.page(), trial, Namer(naming.answer()).at(next_one))


def _tell_applied(page: Page, answer: Applied) -> None:
    for closed in answer.interrupted:
        what = f"{closed.verb} {closed.migration}".rstrip()
        page.line(f"found without an end, closed: {what} (position {closed.position})", "yellow")
        for stayed in closed.stayed:
            page.line(f"  {stayed}")
    for run in answer.runs:
        did = f"{count(run.statements, 'statement')}, {count(run.rows, 'row')}"
        page.line(f"applied {run.migration}: {did}; position {run.position}", "green")
        for done in run.transformed:
            transformed(page, done)
        tell_verification(page, run.checks)
        for one in run.backups:
            rows = f"{count(len(one.tables), 'table')}, {count(one.rows, 'row')}"
            page.line(f"  backup of {rows}, read back: {one.location}")
        for restored in run.restored:
            rows = f"{count(len(restored.tables), 'table')}, {count(restored.differing, 'row')}"
            page.line(f"  restored {rows} written, proved: {restored.directory}")
        for reset in run.resets:
            emptied(page, reset)
        for copied in run.copies:
            tell_step(page, copied)
        for note in run.notes:
            page.line(f"  note: {note}")
    if not answer.runs:
        page.line("nothing is pending")
    for waiting in answer.waiting:
        what = f"{count(waiting.subjects, 'subject')} of {waiting.transform}"
        page.line(f"incomplete {waiting.migration}: {what} wait; mend them, apply again", "yellow")
        for reason in waiting.reasons:
            page.line(f"  {reason}")
    for name in answer.left:
        page.line(f"still pending: {name}")
    for drift in answer.drift:
        page.line(f"drift, not touched: {drift}", "yellow")
    for name in answer.idle:
        page.line(f"nothing asked for --allow-irreversible {name}", "yellow")
    page.line(f"head {answer.head}")


def transformed(page: Page, done: Transformed) -> None:
    """Tell what became of a transform's subjects, and of each value that was read."""
    rows = ", ".join(f"{table} {number:,}" for table, number in done.rows.items()) or "no row"
    page.line(f"  {done.name}: {count(done.subjects, 'subject')}; rows: {rows}")
    fates = ", ".join(f"{number:,} {fate}" for fate, number in done.fates.items())
    page.line(f"    {count(done.values, 'value')} read = {fates or 'none'}")
    for number, what in (
        (done.conflicts, "conflicts"),
        (done.parked, "conflicts parked for a person"),
        (done.unmapped, "records with fields that have no home"),
        (done.rejected, "subjects rejected"),
    ):
        if number:
            page.line(f"    {what}: {number:,}", "yellow")
    if done.absent:
        page.line(f"    no record has: {', '.join(done.absent)}", "yellow")


def _tell_trial(page: Page, trial: DryRun, names: Mapping[int, str]) -> None:
    for one in trial.migrations:
        _tell_rehearsed(page, one, names)
    if not trial.migrations:
        page.line("nothing is pending")
        return
    for lock in trial.locks:
        page.line(f"lock: {lock.mode} on {lock.object}, until commit")
    for table in trial.dependents:
        page.line(f"depends on what is touched: {table}")
    for note in trial.notes:
        page.line(f"note: {note}")
    page.line(f"the journal would grow by about {trial.journal_bytes:,} bytes")
    page.line("dry run: nothing was kept", "bold")


def _tell_rehearsed(page: Page, one: Rehearsed, names: Mapping[int, str]) -> None:
    page.line(f"{one.migration}  ({one.verdict})", "bold")
    if one.untried:
        page.line(f"  not tried: {one.untried}", "yellow")
    for line in one.explained:
        page.line(f"  {line}")
    for event in one.events:
        if not isinstance(event, SUMMED_UP):
            page.line(f"  {_place(event)}{type(event).__name__}: {summary(event, names)}")
    for done in one.transformed:
        transformed(page, done)
    tell_verification(page, one.checks)
    for reset in one.resets:
        emptied(page, reset)
    for copied in one.copies:
        tell_step(page, copied)
    for verdict in one.verdicts:
        if verdict.verdict != "additive":
            said = f"{verdict.verdict}: {verdict.kind} {verdict.object}, {verdict.why}"
            page.line(f"  {said}", "yellow")
    for loss in one.losses:
        what = f"{loss.table} ({', '.join(loss.columns)})" if loss.columns else loss.table
        page.line(f"  line {loss.line} takes away: {what}, {count(loss.rows, 'row')}", "red")
    for rebuilt in in_words(one.rebuilt):
        page.line(f"  taking it back would write anew: {rebuilt}", "yellow")
    if one.no_way_back:
        page.line(f"  taking it back would be refused: {one.no_way_back}", "red")
    for note in one.notes:
        page.line(f"  note: {note}")


def _place(event: AnyEvent) -> str:
    statement = getattr(event, "statement", None)
    return f"line {statement.line}: " if statement is not None else ""


def _events(trial: DryRun) -> Iterator[AnyEvent]:
    for one in trial.migrations:
        yield from one.events
