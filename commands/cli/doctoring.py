"""The verb doctor."""

from __future__ import annotations

from pathlib import Path

import click

from commands.cli.call import Call
from commands.cli.diagnosis import tell
from commands.cli.options import lock_timeout, pg_bin, scratch, verb
from commands.cli.progress import stepping
from commands.doctor.asked import Asked
from commands.doctor.doctor import doctor as examine
from commands.doctor.repair.plan import may_be_written, write
from journal.errors import AnswerIsNo
from journal.opening import parse_url
from journal.scratch import Wanted


@verb(
    "doctor",
    "clew doctor",
    "clew doctor migrations",
    "clew doctor migrations/0042_orders.sql --scratch postgresql://me@other-host/empty_database",
    "clew doctor --models app.models:metadata",
    "clew doctor --map",
    "clew doctor --plan migrations/0042_repair.sql",
    "clew doctor --format json > diagnosis.json",
)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--map", "mapped", is_flag=True, help="List what stands on which table, too.")
@click.option(
    "--plan",
    "plan",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the repair as a migration, to be read and edited; FILE is not there yet.",
)
@click.option(
    "--models",
    default="",
    metavar="MODULE:NAME",
    help="SQLAlchemy metadata that says what the database should be.",
)
@scratch
@pg_bin
@lock_timeout
def doctor(
    call: Call,
    paths: tuple[Path, ...],
    plan: Path | None,
    models: str,
    scratch: str | None,
    pg_bin: Path | None,
    *,
    mapped: bool,
) -> int:
    """Find what is broken in a database, with evidence, and propose the repair.

    The database is only read, in one transaction, with a journal or without one. PATHS are
    directories of migrations, Clew's own or another tool's, that say what it should be, and
    single files that are to run next; they are tried on scratch databases. Each finding shows
    the query that found it. Exit code 1 where something is wrong; notes alone are no such thing.
    """
    target = call.target()
    asked = Asked(
        paths=paths,
        models=models,
        scratch=Wanted(
            into=parse_url(scratch) if scratch else None,
            programs=pg_bin,
            lock_timeout=target.lock_timeout,
            journal=False,
        ),
    )
    if plan is not None:
        may_be_written(plan)
    with stepping() as progress:
        answer = examine(target, asked=asked, progress=progress)
    if plan is not None:
        write(answer, plan, now=target.clock())
        call.note(f"the repair is in {plan}: read it, edit it, and run it with clew apply {plan}")
    call.answer(answer, lambda page, found: tell(page, found, mapped=mapped))
    return 0 if answer.healthy else AnswerIsNo.exit_code
