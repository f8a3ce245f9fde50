"""The verb bisect."""

from __future__ import annotations

from pathlib import Path

import click

from commands.bisect.answer import Bisection, Change, Result
from commands.bisect.bisect import Range, find_change
from commands.cli.call import Call
from commands.cli.options import POSITION, lock_timeout, pg_bin, scratch, verb
from commands.cli.page import Page
from commands.cli.progress import stepping
from commands.cli.rehearsing import ending
from commands.visible import shown
from commands.words import count
from journal.errors import AnswerIsNo
from journal.opening import parse_url

LISTED = 5
"""How many rows of an answer are shown in text; JSON has 20."""


@verb(
    "bisect",
    "clew bisect 'select email from person where id = 190'",
    "clew bisect 'select count(*) from orders' --from @release-11 --all",
    "clew bisect 'select sum(price) from cart' --expect 1250 --format json",
)
@click.argument("query", metavar="SELECT")
@click.option("--from", "origin", default="", metavar="POSITION", help=f"Look after it: {POSITION}")
@click.option("--to", default="head", metavar="POSITION", help="Look up to it; head by default.")
@click.option(
    "--expect", metavar="VALUE", help="Find where the answer became this value, or ceased to be."
)
@click.option("--all", "every", is_flag=True, help="Ask at each statement, and tell each change.")
@scratch
@pg_bin
@lock_timeout
def bisect(
    call: Call,
    query: str,
    origin: str,
    to: str,
    expect: str | None,
    scratch: str | None,
    pg_bin: Path | None,
    *,
    every: bool,
) -> int:
    """Find the statement that changed the answer of SELECT, and whose it was.

    Looks from the end back: what it finds is a change to the answer as it is at the end. The
    database is only read; a scratch copy of what the query may read is walked back (PostgreSQL:
    needs CREATEDB, or --scratch). Exit code 0: a change was found, 1: there is none.
    """
    target = call.target()
    with stepping() as progress, ending():
        answer = find_change(
            target,
            query,
            Range(origin=origin, target=to, every=every),
            expect=expect,
            scratch=parse_url(scratch) if scratch else None,
            programs=pg_bin,
            progress=progress,
        )
    call.answer(answer, _tell)
    return 0 if answer.changes else AnswerIsNo.exit_code


def _tell(page: Page, answer: Bisection) -> None:
    for change in answer.changes:
        _tell_change(page, change)
    if not answer.changes:
        where = f"{answer.origin} to {answer.target}"
        page.line(f"no change found from {where}", "yellow")
        _tell_result(page, "answer", answer.last)
    asked = f"asked {answer.probes:,} times, {count(answer.candidates, 'statement')} in question"
    page.line(f"{asked}, {answer.seconds:.1f} s", "dim")
    if answer.everything:
        page.line(f"nothing was left out: {answer.everything}", "dim")
    if answer.written_since:
        rows = count(answer.written_since, "row")
        page.line(
            f"written beside the journal: {rows}; before that they stand as it knows them",
            "yellow",
        )
    if not answer.complete:
        page.line("the answer may have changed at other places too: --all asks at each", "yellow")


def _tell_change(page: Page, change: Change) -> None:
    whose = " ".join(part for part in (change.verb, change.migration) if part)
    page.line(f"position {change.position}: {whose}", "bold")
    who = f"  {change.actor}, {change.recorded_at}"
    page.line(who + (f", {change.reason}" if change.reason else ""))
    if change.run:
        page.line(f"  run {change.run}")
    if change.statement:
        line = f", line {change.line}" if change.line else ""
        page.line(f"  statement {change.statement}{line}")
    if change.text:
        page.block(change.text, indent="      ")
    _tell_result(page, "before", change.before)
    _tell_result(page, "after", change.after)
    if change.others:
        rows = count(change.others, "row")
        said = f"  others wrote {rows} of it since, beside the journal: that is in the answer too"
        page.line(said, "yellow")


def _tell_result(page: Page, when: str, result: Result) -> None:
    if result.error:
        page.line(f"  {when + ':':7} error: {result.error}")
        return
    if not result.count:
        page.line(f"  {when + ':':7} no row")
        return
    for number, row in enumerate(result.rows[:LISTED]):
        values = ", ".join(
            f"{name}={shown(value)}" for name, value in zip(result.columns, row, strict=True)
        )
        page.line(f"  {when + ':' if not number else '':7} {values}")
    if result.count > LISTED:
        page.line(f"  {'':7} ... and {count(result.count - LISTED, 'more row')}")
