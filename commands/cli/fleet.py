"""The verb fleet: one verb of ours, asked of many databases."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from commands.cli.call import Call
from commands.cli.fleet_told import tell
from commands.cli.options import group, lock_timeout, pending, verb, writing
from commands.cli.progress import stepping
from commands.fleet.answer import FleetAnswer
from commands.fleet.errand import Form
from commands.fleet.fleet import (
    Fleet,
    apply_fleet,
    export_fleet,
    fleet_status,
    roll_back_fleet,
    verify_fleet,
)
from commands.fleet.targets import only, read_targets
from commands.opening import environment
from commands.workers import Crew
from journal.errors import AnswerIsNo, Usage
from journal.opening import LOCK_TIMEOUT
from journal.values import IfChanged

F = TypeVar("F", bound=Callable[..., Any])

fleet = group(
    "fleet",
    "Ask it of many databases: canaries first, then group after group; one journal each.",
    "clew fleet apply --targets fleet.toml --plan",
    "clew fleet apply --targets fleet.toml migrations --jobs 4",
    "clew fleet status --targets fleet.toml",
    "clew fleet rollback before:0007_prices --targets fleet.toml --plan",
)


def _of_fleet(command: F) -> F:
    """Add which databases are meant, and who works."""
    for option in (
        click.option(
            "--scheduler",
            default="",
            metavar="URL",
            help="Let the workers of this Dask scheduler do it; needs the extra clew[dask].",
        ),
        click.option(
            "--jobs",
            type=int,
            default=1,
            metavar="N",
            help="Databases worked on at a time, each by a process; one by default.",
        ),
        click.option(
            "--only", "names", multiple=True, metavar="NAME", help="Only this target; repeatable."
        ),
        click.option(
            "--targets",
            "file",
            required=True,
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="TOML with [[target]] tables, or one URL a line; see docs/fleets.md.",
        ),
    ):
        command = option(command)
    return command


def _careful(command: F) -> F:
    """Add how a fleet stops."""
    for option in (
        click.option(
            "--keep-going",
            is_flag=True,
            help="Go on past databases that are refused or fail, canaries excepted.",
        ),
        click.option(
            "--canaries",
            type=int,
            metavar="N",
            help="The first N databases go one at a time before all others; those marked, else.",
        ),
    ):
        command = option(command)
    return command


@verb(
    "apply",
    "clew fleet apply --targets fleet.toml --plan",
    "clew fleet apply --targets fleet.toml migrations --dry-run --jobs 4",
    'clew fleet apply --targets fleet.toml --canaries 2 --reason "release 12" --ref "#481"',
    "clew fleet apply --targets fleet.toml --scheduler tcp://scheduler:8786 --keep-going",
)
@_of_fleet
@_careful
@click.option("--plan", is_flag=True, help="Only look at every database, and tell what is pending.")
@click.option("--dry-run", "dry", is_flag=True, help="Run it everywhere, and keep nothing.")
@pending
@click.option(
    "--max-rejects",
    type=click.IntRange(min=0),
    metavar="N",
    help="Refuse a migration of which more subjects are rejected; no limit by default.",
)
@writing
@lock_timeout
def apply(
    call: Call,
    file: Path,
    names: tuple[str, ...],
    jobs: int,
    scheduler: str,
    canaries: int | None,
    paths: tuple[Path, ...],
    to: str,
    allowed: tuple[str, ...],
    max_rejects: int | None,
    *,
    keep_going: bool,
    plan: bool,
    dry: bool,
    allow_late: bool,
) -> int:
    """Run pending migrations in every database, each journaled where it runs.

    All databases are looked at first; nothing begins unless every one may. Canaries go one at a
    time, then group after group. The first that fails stops it: what is under way ends, no
    other begins. Run it again to go on: what is done is left alone.
    """
    made = _fleet(call, file, names, jobs, scheduler, canaries=canaries, keep_going=keep_going)
    with stepping() as progress:
        answer = apply_fleet(
            made,
            paths,
            asker=call.asker(),
            to=to,
            allow_late=allow_late,
            allowed=frozenset(allowed),
            max_rejects=max_rejects,
            dry=dry,
            plan=plan,
            progress=progress,
        )
    return _answered(call, answer)


@verb(
    "status",
    "clew fleet status --targets fleet.toml",
    "clew fleet status --targets fleet.toml migrations --jobs 8 --format json",
)
@_of_fleet
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
def status(
    call: Call,
    file: Path,
    names: tuple[str, ...],
    jobs: int,
    scheduler: str,
    paths: tuple[Path, ...],
) -> int:
    """Tell where every database stands; ends with 1 where one is not current."""
    made = _fleet(call, file, names, jobs, scheduler)
    with stepping() as progress:
        answer = fleet_status(made, paths, asker=call.asker(), progress=progress)
    return _answered(call, answer)


@verb(
    "rollback",
    "clew fleet rollback before:0007_prices --targets fleet.toml --plan",
    "clew fleet rollback before:0007_prices --targets fleet.toml --yes --reason 'wrong prices'",
    "clew fleet rollback @release-11 --targets fleet.toml --only north --yes",
)
@click.argument("to", metavar="TO")
@_of_fleet
@_careful
@click.option("--plan", is_flag=True, help="Only show what it would do.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--if-changed",
    type=click.Choice(["refuse", "keep", "overwrite"]),
    default="refuse",
    show_default=True,
    help="What to do with rows that others wrote since.",
)
@writing
@lock_timeout
def rollback(
    call: Call,
    to: str,
    file: Path,
    names: tuple[str, ...],
    jobs: int,
    scheduler: str,
    canaries: int | None,
    if_changed: IfChanged,
    *,
    keep_going: bool,
    plan: bool,
    yes: bool,
) -> int:
    """Take every database to the position that TO names in its own journal.

    Where a migration was never applied there is nothing to do. Each way is tried first, in a
    transaction that is aborted; nothing begins unless every database may go.
    """
    if not (plan or yes or call.format == "text"):
        raise Usage(
            "expected --plan or --yes where the answer is not text",
            hint="A question can only be asked at a terminal, in text.",
        )
    made = _fleet(call, file, names, jobs, scheduler, canaries=canaries, keep_going=keep_going)
    asker = call.asker()
    if plan or not yes:
        with stepping() as progress:
            seen = roll_back_fleet(
                made, to, asker=asker, if_changed=if_changed, plan=True, progress=progress
            )
        code = _answered(call, seen)
        if plan or seen.interrupted or (code and not keep_going):
            return code
        if not click.confirm(f"Take {seen.counts.get('pending', 0)} of them back?", err=True):
            raise AnswerIsNo("not rolled back")
    with stepping() as progress:
        answer = roll_back_fleet(made, to, asker=asker, if_changed=if_changed, progress=progress)
    return _answered(call, answer)


@verb(
    "verify",
    "clew fleet verify --targets fleet.toml",
    "clew fleet verify --targets fleet.toml --jobs 4 --format json",
)
@_of_fleet
def verify(call: Call, file: Path, names: tuple[str, ...], jobs: int, scheduler: str) -> int:
    """Prove the record of every database."""
    made = _fleet(call, file, names, jobs, scheduler)
    with stepping() as progress:
        answer = verify_fleet(made, asker=call.asker(), progress=progress)
    return _answered(call, answer)


@verb(
    "export",
    "clew fleet export lake --targets fleet.toml --parquet",
    "clew fleet export tables --targets fleet.toml --delta",
)
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@_of_fleet
@click.option("--parquet", "form", flag_value="parquet", help="Parquet files, a directory each.")
@click.option("--delta", "form", flag_value="delta", help="Delta tables that hold all journals.")
def export(
    call: Call,
    directory: Path,
    file: Path,
    names: tuple[str, ...],
    jobs: int,
    scheduler: str,
    form: Form | None,
) -> int:
    """Add what every journal has recorded since the last time to one lake.

    The column or partition "journal" is the name of the target. One that fails stops no other.
    """
    if form is None:
        raise Usage("expected --parquet or --delta", hint="See docs/analytics.md.")
    made = _fleet(call, file, names, jobs, scheduler)
    with stepping() as progress:
        answer = export_fleet(made, directory, asker=call.asker(), form=form, progress=progress)
    return _answered(call, answer)


for _one in (apply, status, rollback, verify, export):
    fleet.add_command(_one)


def _fleet(
    call: Call,
    file: Path,
    names: tuple[str, ...],
    jobs: int,
    scheduler: str,
    *,
    canaries: int | None = None,
    keep_going: bool = False,
) -> Fleet:
    if call.db is not None:
        raise Usage("--db names one database", hint="Leave it out: --targets names them all.")
    call.logs()
    return Fleet(
        targets=only(read_targets(file, environment()), names),
        crew=Crew(jobs=jobs, scheduler=scheduler),
        canaries=canaries,
        keep_going=keep_going,
        lock_timeout=LOCK_TIMEOUT if call.lock_timeout is None else call.lock_timeout,
    )


def _answered(call: Call, answer: FleetAnswer) -> int:
    call.answer(answer, tell)
    return answer.exit_code
