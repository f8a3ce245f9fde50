"""The verb record: another program runs, and what it did is told."""

from __future__ import annotations

import sys

import click

from commands.cli.call import Call
from commands.cli.options import lock_timeout, verb, writing
from commands.cli.page import Page
from commands.cli.progress import stepping
from commands.interrupted import ClosedRun
from commands.opening import environment
from commands.record import Recorded, Unfinished, finish_open
from commands.record import record as run_recorded
from journal.errors import Usage

SHOWN = 20
"""Lines of one sort that a text shows; JSON has them all."""


@verb(
    "record",
    "clew record -- alembic upgrade head",
    'clew record --reason "release 12" -- python manage.py migrate',
    "clew record -- psql -f fix.sql",
    "clew record --finish",
)
@click.argument("command", nargs=-1, type=click.UNPROCESSED, metavar="-- COMMAND...")
@click.option("--finish", is_flag=True, help="Only finish the record of a run that was killed.")
@writing
@lock_timeout
def record(call: Call, command: tuple[str, ...], *, finish: bool) -> int:
    """Run another program, and journal what it did to the database.

    It finds the database under DATABASE_URL. Its input and output are its own, and its exit
    code is returned: 127 where there is no such program, 128 and the signal where one ended
    it. Where it fails, what stayed is on record, and can be taken back.
    """
    if finish:
        if command:
            raise Usage("expected no command with --finish", hint="It runs nothing.")
        call.answer(finish_open(call.target(), asker=call.asker()), _tell_finished)
        return 0
    sys.stdout.flush()
    text = call.format == "text"
    answer = run_recorded(
        call.target(),
        command,
        asker=call.asker(),
        environment=environment(),
        stdout=1 if text else 2,
        stepping=stepping,
    )
    if text:
        _tell(Page(sys.stderr), answer)
    else:
        call.answer(answer, lambda *_: None)
    return answer.exit_code


def _tell(page: Page, answer: Recorded) -> None:
    """Tell what is on record; on stderr, for stdout is the program's."""
    for closed in answer.interrupted:
        _tell_closed(page, closed)
    if answer.error:
        page.line(f"error: {answer.error}", "red")
    _some(page, answer.schema)
    _some(page, tuple(one.text for one in answer.tables))
    _some(page, answer.sequences)
    for other in answer.others:
        page.line(f"  also there: {other.text}", "yellow")
    for who in answer.left:
        page.line(f"  still at work: {who}", "yellow")
    for lost in answer.lost:
        page.line(f"  cannot be taken back: {lost.what} ({lost.name})", "red")
    for note in answer.notes:
        page.line(f"  note: {note}")
    if not answer.back:
        page.line("it changed nothing" if not answer.error else "nothing was changed")
    ended = "" if answer.exit_code == 0 else f", exit code {answer.exit_code}"
    page.line(
        f"recorded: positions {answer.first} to {answer.head}{ended}, {answer.seconds:.1f} s",
        "green",
    )
    if answer.back:
        page.line(f"take it back with: {answer.back}", "bold")


def _some(page: Page, texts: tuple[str, ...]) -> None:
    for text in texts[:SHOWN]:
        page.line(f"  {text}")
    if len(texts) > SHOWN:
        page.line(f"  ... and {len(texts) - SHOWN:,} more: clew show")


def _tell_finished(page: Page, answer: Unfinished) -> None:
    for closed in answer.interrupted:
        _tell_closed(page, closed)
    if not answer.interrupted:
        page.line("nothing is unfinished")
    page.line(f"head {answer.head}")


def _tell_closed(page: Page, closed: ClosedRun) -> None:
    what = f"{closed.verb} {closed.migration}".rstrip()
    page.line(f"found without an end, closed: {what} (position {closed.position})", "yellow")
    for stayed in closed.stayed:
        page.line(f"  {stayed}")
    page.line(f"  {closed.todo}")
