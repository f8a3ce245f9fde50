"""The verb checkout."""

from __future__ import annotations

from pathlib import Path

import click

from commands.checkout.answer import Checkout
from commands.checkout.checkout import check_out
from commands.cli.call import Call
from commands.cli.options import lock_timeout, pg_bin, verb, way_of_copying
from commands.cli.page import Page
from commands.cli.progress import stepping
from commands.cli.rehearsing import ending
from commands.words import count
from journal.opening import parse_url
from journal.scratch import Way

LISTED = 40
"""How many tables are listed in text; JSON has them all."""


@verb(
    "checkout",
    "clew checkout before:0002_profiles --to sqlite:///then.db",
    "clew checkout 2026-11-21T09:30 --to postgresql://me@localhost/shop_then",
    "clew checkout @release-11 --to sqlite:///then.db --dry-run --format json",
)
@click.argument("position")
@click.option(
    "--to",
    required=True,
    metavar="URL",
    help="A SQLite file that is not there yet; a PostgreSQL database that is not there yet, or "
    "is empty.",
)
@click.option("--dry-run", is_flag=True, help="Only say what it would do.")
@way_of_copying
@pg_bin
@lock_timeout
def checkout(
    call: Call, position: str, to: str, way: Way, pg_bin: Path | None, *, dry_run: bool
) -> None:
    """Write the database as it was at POSITION into a new one, so that any SQL can ask it.

    The database is only read, as of one moment. The copy is taken back as a rollback would, is
    proved as that is, and does not hold the journal. It appears whole, or not at all.
    """
    target, asker = call.target(), call.asker()
    with stepping() as progress, ending():
        answer = check_out(
            target,
            position,
            parse_url(to),
            asker=asker,
            way=way,
            programs=pg_bin,
            dry_run=dry_run,
            progress=progress,
        )
    call.answer(answer, _tell)


def _tell(page: Page, answer: Checkout) -> None:
    if not answer.done:
        page.line(f"position {answer.position} of {answer.head}, to {answer.url}", "bold")
        page.line(f"  copy {answer.source_bytes:,} bytes")
        page.line(f"  take back {count(answer.steps, 'step')}, {count(answer.rows, 'row')}")
        page.line("  leave the journal out")
        _tell_inexact(page, answer)
        return
    page.line(f"the database as of position {answer.position}: {answer.url}", "green")
    back = f"{count(answer.steps, 'step')} taken back, {count(answer.rows, 'row')}"
    page.line(f"  {answer.how}; {back}; {answer.bytes:,} bytes, {answer.seconds:.1f} s")
    _tell_inexact(page, answer)
    for one in answer.tables[:LISTED]:
        page.line(f"  {one.table}: {count(one.rows, 'row')}, sha256 {one.digest}")
    if len(answer.tables) > LISTED:
        page.line(f"  ... and {count(len(answer.tables) - LISTED, 'more table')}")


def _tell_inexact(page: Page, answer: Checkout) -> None:
    if answer.written_since:
        rows = count(answer.written_since, "row")
        page.line(f"  {rows} written since, brought back as the journal knows them", "yellow")
    for drift in answer.drift:
        page.line(f"  drift, as it is now: {drift}", "yellow")
    for note in answer.notes:
        page.line(f"  note: {note}", "yellow")
