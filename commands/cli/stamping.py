"""The verb that stamps: done, or undone, elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from commands.cli.call import Call
from commands.cli.options import lock_timeout, verb, writing
from commands.cli.page import Page
from commands.stamp import StampAnswer, StampedMigration
from commands.stamp import stamp as stamp_migrations


@verb(
    "stamp",
    'clew stamp 0007_orders --reason "run by hand on 3 May, before there was a journal"',
    'clew stamp 0007 0008 --directory db/migrations --reason "see the ticket" --ref OPS-12',
    'clew stamp 20240103-carts.js --undone --reason "marked as done, and never ran"',
    "clew stamp 0007_orders --dry-run",
)
@click.argument("names", nargs=-1, metavar="NAME...")
@click.option(
    "--directory",
    "paths",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help='Where the migrations are; "migrations" by default.',
)
@click.option("--undone", is_flag=True, help="It counts as not done, and is pending again.")
@click.option("--without-file", is_flag=True, help="Stamp as done what has no file here.")
@click.option("--dry-run", is_flag=True, help="Tell what would be stamped, and write nothing.")
@writing
@lock_timeout
def stamp(
    call: Call,
    names: tuple[str, ...],
    paths: tuple[Path, ...],
    *,
    undone: bool,
    without_file: bool,
    dry_run: bool,
) -> None:
    """Accept that a migration was done, or undone, elsewhere, with a reason.

    Nothing is run, and no answer takes a stamp for a run. NAME is a file of the directory, or
    the beginning of its name; "clew apply" skips it from then on, and tells when its file
    changes. With --undone it is pending again, whoever applied it: a run here, an earlier
    stamp, or another tool as its bookkeeping says. A rollback to a position before the stamp
    takes the stamp back; there is no before:NAME, since nothing ran here.
    """
    answer = stamp_migrations(
        call.target(),
        names,
        paths,
        asker=call.asker(),
        undone=undone,
        without_file=without_file,
        dry_run=dry_run,
    )
    call.answer(answer, _tell)


def _tell(page: Page, answer: StampAnswer) -> None:
    would = "would be stamped" if answer.position is None else "stamped"
    done = "done" if answer.done else "undone"
    for one in answer.migrations:
        page.line(f"{would} as {done} elsewhere: {one.name}{_file(one)}", "cyan")
        for note in _notes(one, done=answer.done):
            page.line(f"  {note}")
    if answer.position is None:
        page.line("nothing was written", "bold")
    else:
        page.line(f"head {answer.position}", "green")


def _file(one: StampedMigration) -> str:
    return f" ({one.file}, SHA-256 {one.digest[:16]})" if one.file else " (no file)"


def _notes(one: StampedMigration, *, done: bool) -> Iterator[str]:
    if not done and one.ran is not None:
        yield f"the run that ended at position {one.ran} stays on record"
    if not done and one.imported:
        yield "the other tool's bookkeeping is left as it is"
