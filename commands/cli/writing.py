"""Verbs that write to the journal and leave the data alone: init, mark, accept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from commands.accept import Acceptance
from commands.accept import accept as accept_drift
from commands.accept_files import AcceptedFiles, accept_files
from commands.adopt.importing import ImportedTable
from commands.cli.call import Call
from commands.cli.options import POSITION, lock_timeout, verb, writing
from commands.cli.page import Page
from commands.init import Initialised
from commands.init import init as create_journal
from commands.mark import Marked, remove_mark
from commands.mark import mark as set_mark
from commands.words import count
from journal.errors import Usage
from projections.drift import differences


@verb(
    "init",
    "clew init",
    "clew --db sqlite:///app.db init --name development",
    "clew init --import --actor dana   # what other tools did since",
)
@click.option("--name", default="", metavar="NAME", help="The environment; main by default.")
@click.option(
    "--import", "take_in", is_flag=True, help="Take in what other tools' bookkeeping says now."
)
@writing
@lock_timeout
def init(call: Call, name: str, *, take_in: bool) -> None:
    """Create the journal beside the data, and record the database as found.

    The bookkeeping of other migration tools (Alembic, dbmate, Django, Flyway, golang-migrate,
    Knex, Liquibase, Prisma, Rails, Sequelize, Sqitch, yoyo) is imported; what they applied is
    never taken for a run of Clew's.

    A SQLite file that is not there is made. Where a journal stands, nothing changes without
    --import.
    """
    answer = create_journal(call.target(), asker=call.asker(), name=name, take_in=take_in)
    call.answer(answer, _tell_init)


@verb(
    "mark",
    "clew mark release-12",
    "clew mark before-cleanup --at before:0007_cleanup",
    'clew mark release-12 --sign-off "checked with accounting" --actor dana',
    "clew mark release-12 --remove",
)
@click.argument("name")
@click.option("--at", default="head", metavar="POSITION", help=f"What to name: {POSITION}")
@click.option("--sign-off", default="", metavar="TEXT", help="A person's verdict, recorded too.")
@click.option("--remove", is_flag=True, help="Take the name off.")
@writing
def mark(call: Call, name: str, at: str, sign_off: str, *, remove: bool) -> None:
    """Give a position a name, that is then written @NAME."""
    if remove and (sign_off or at != "head"):
        raise Usage("--remove stands alone")
    target, asker = call.target(), call.asker()
    answer = (
        remove_mark(target, name, asker=asker)
        if remove
        else set_mark(target, name, asker=asker, at=at, sign_off=sign_off)
    )
    call.answer(answer, _tell_mark)


@verb(
    "accept",
    'clew accept --reason "index added by hand on 3 May"',
    'clew accept app.person --reason "column added by hand"',
    "clew accept 2 3 --reason 'grants of the new team'",
    'clew accept --files --reason "comments only"',
    "clew accept --files migrations --name 0003_orders --reason renamed",
)
@click.argument("what", nargs=-1)
@click.option("--files", is_flag=True, help="Accept changed, renamed and missing files instead.")
@click.option("--name", "names", multiple=True, metavar="NAME", help="Only this migration's file.")
@writing
@lock_timeout
def accept(call: Call, what: tuple[str, ...], names: tuple[str, ...], *, files: bool) -> None:
    """Take drift into the journal as it is now, with a reason.

    All of it, or only the objects that WHAT names: by name, or by their number in clew check.
    With --files, take migration files as they are now; WHAT are their directories.
    """
    if not files and names:
        raise Usage("--name is for files", hint="Write: clew accept --files ...")
    if files:
        call.answer(_files(call, what, names), _tell_files)
        return
    found = accept_drift(call.target(), what, asker=call.asker())
    if call.format == "text":
        _tell_drift(call.page(), found)
    else:
        call.answer(_drift_object(found), lambda *_: None)


def _files(call: Call, what: tuple[str, ...], names: tuple[str, ...]) -> AcceptedFiles:
    paths = tuple(Path(one) for one in what)
    return accept_files(call.target(), paths, asker=call.asker(), names=names)


def _drift_object(found: Acceptance) -> dict[str, Any]:
    drift = differences(found.changes)
    return {"position": found.position, "drift": drift, "left": found.left}


def _tell_init(page: Page, answer: Initialised) -> None:
    if not answer.created:
        page.line(f"a journal stands here already: {answer.name} ({answer.id})")
        _tell_imports(page, answer)
        changed = "" if answer.imported else "; nothing was changed"
        page.line(f"head {answer.head}{changed}")
        return
    page.line(f"journal {answer.name} created ({answer.id})", "green")
    found = f"{count(answer.tables, 'table')}, {count(answer.objects, 'object')} in all"
    page.line(f"baseline recorded: {found}; head {answer.head}")
    _tell_imports(page, answer)
    page.line("next: clew apply DIRECTORY", "bold")


def _tell_imports(page: Page, answer: Initialised) -> None:
    for one in answer.imported:
        page.line(f"imported from {_books(one)}", "green")
        _tell_unapplied(page, one)
    for one in answer.unimported:
        page.line(f"other than imported: {_books(one)}", "yellow")
        _tell_unapplied(page, one)
    if answer.unimported:
        page.line("take it in with: clew init --import", "bold")
    for table in answer.unread:
        page.line(f"not imported: {table} may not be read", "yellow")


def _books(one: ImportedTable) -> str:
    upto = f", all up to {one.upto}" if one.upto else ""
    return f"{one.tool} ({one.table}): {count(one.migrations, 'migration')}{upto}"


def _tell_unapplied(page: Page, one: ImportedTable) -> None:
    for name, why in one.unapplied:
        page.line(f"  does not count as applied: {name}, {why}", "yellow")


def _tell_mark(page: Page, answer: Marked) -> None:
    if answer.removed:
        page.line(f"@{answer.name} removed; it was {answer.at}")
        return
    page.line(f"@{answer.name} is position {answer.at}", "green")
    if answer.sign_off:
        page.line(f"signed off: {answer.sign_off}")


def _tell_drift(page: Page, answer: Acceptance) -> None:
    for difference in differences(answer.changes):
        page.line(f"accepted: {difference.text}")
    for text in answer.left:
        page.line(f"still drift: {text}", "yellow")
    page.line(f"the journal knows it from position {answer.position} on", "green")


def _tell_files(page: Page, answer: AcceptedFiles) -> None:
    for name in answer.changed:
        page.line(f"accepted as it is now: {name}")
    for old, new in answer.renamed:
        page.line(f"accepted under its new name: {old}, is now {new}")
    for name in answer.missing:
        page.line(f"accepted as gone: {name}")
    page.line(f"head {answer.position}", "green")
