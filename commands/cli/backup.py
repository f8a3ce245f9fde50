"""The verb backup: take, verify, list; restore has a file of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from commands.backup.compression import COMPRESSIONS, DEFAULT, Compression
from commands.backup.listing import backups
from commands.backup.single import LIMIT
from commands.backup.take import Taken
from commands.backup.take import take as take_backup
from commands.backup.verify import Verified
from commands.backup.verify import verify as verify_backup
from commands.cli.call import Call
from commands.cli.options import at_option, group, lock_timeout, verb, writing
from commands.cli.page import Page
from commands.cli.progress import stepping
from commands.cli.restoring import restore
from commands.opening import Target
from commands.words import count, moment
from journal.errors import CheckFailed, Usage
from projections.backups import BackupFact

backup = group(
    "backup",
    "Copy tables out to plain files, prove that they are whole, list them, bring them back.",
    "clew backup take --to backups",
    "clew backup verify backups/20261121T093000Z-7f3c9a1e",
    "clew backup list",
    "clew backup restore backups/20261121T093000Z-7f3c9a1e --dry-run",
)


@verb(
    "take",
    "clew backup take --to backups",
    "clew backup take person letter --to backups --compress gzip",
    "clew backup take card --to backups --single",
    'clew backup take --to /mnt/safe --reason "before release 12" --format json',
)
@click.argument("tables", nargs=-1, metavar="[TABLE]...")
@click.option(
    "--to",
    required=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where to put it: in a new directory in DIR, which is made where it is not there.",
)
@click.option(
    "--compress",
    type=click.Choice(COMPRESSIONS),
    help=f"How the files are compressed ({DEFAULT}, unless told): zstdcat reads zstd, zcat gzip.",
)
@click.option(
    "--single",
    is_flag=True,
    help=f"Write one readable JSON file; for small tables, up to {LIMIT >> 20} MiB.",
)
@writing
@lock_timeout
def take(
    call: Call, tables: tuple[str, ...], to: Path, compress: Compression | None, *, single: bool
) -> None:
    """Copy tables, all without a name, as they were at one moment.

    Each table becomes a file of JSON lines, beside a manifest with digests; or all of it one
    JSON file. Everything is read back and compared before the backup gets its name and the
    journal is told.
    """
    target, asker = call.target(), call.asker()
    with stepping() as progress:
        taken = take_backup(
            target,
            tables,
            to=to,
            asker=asker,
            compress=compress,
            single=single,
            progress=progress,
        )
    call.answer(taken, _tell_taken)


@verb(
    "verify",
    "clew backup verify backups/20261121T093000Z-7f3c9a1e",
    "clew backup verify backups/20261121T093000Z-7f3c9a1e.json --format json",
)
@click.argument("directory", metavar="BACKUP", type=click.Path(path_type=Path))
@writing
@lock_timeout
def verify(call: Call, directory: Path) -> int:
    """Read a backup again and name everything that is wrong; ends with 5 where something is.

    The journal, where one can be reached, tells whether the manifest is the one that was
    written, and is told what was found.
    """
    target, asker = _target(call), call.asker()
    with stepping() as progress:
        answer = verify_backup(target, directory, asker=asker, progress=progress)
    call.answer(answer, _tell_verified)
    return 0 if answer.ok else CheckFailed.exit_code


@verb("list", "clew backup list", "clew backup list --at @release-12 --format json")
@at_option()
def listed(call: Call, at: str) -> None:
    """List the backups that the journal knows, oldest first, with their last verification."""
    with call.journal() as journal:
        found = backups(journal, at)
    if call.format != "text":
        call.stream(found)
    else:
        _tell_list(call.page(), found)


for one in (take, verify, listed, restore):
    backup.add_command(one)


def _target(call: Call) -> Target | None:
    """Find the database, if one is named: files can be held against their manifest without."""
    try:
        return call.target()
    except Usage:
        if call.db:
            raise
        return None


def _tell_taken(page: Page, answer: Taken) -> None:
    done = answer.backup
    for table, rows in done.tables.items():
        page.line(f"{table}: {count(rows, 'row')}")
    for table in done.left_out:
        page.line(f"left out, a virtual table: {table}", "yellow")
    size = f"{count(done.rows, 'row')}, {count(done.stored, 'byte')}, read back"
    page.line(f"backup of {count(len(done.tables), 'table')}: {size}", "green")
    page.line(f"{done.location}; position {answer.position}")


def _tell_verified(page: Page, answer: Verified) -> None:
    for problem in answer.problems:
        page.line(problem.text, "red")
    if answer.note:
        page.line(answer.note, "yellow")
    if not answer.ok:
        page.line(f"not whole: {count(len(answer.problems), 'problem')}", "red")
        return
    rows = count(sum(answer.tables.values()), "row")
    page.line(f"whole: {count(len(answer.tables), 'table')}, {rows}", "green")
    if answer.vouched:
        page.line("the manifest is the one that the journal knows")
    else:
        page.line("no journal vouches for the manifest", "yellow")


def _tell_list(page: Page, found: Sequence[BackupFact]) -> None:
    if not found:
        page.line("no backup")
        return
    page.table(
        ("position", "taken", "backup", "tables", "rows", "verified", "location"),
        (
            (
                str(one.position),
                moment(one.recorded_at),
                one.backup[:8],
                f"{len(one.tables):,}",
                f"{sum(one.tables.values()):,}",
                _verification(one),
                one.location,
            )
            for one in found
        ),
    )


def _verification(one: BackupFact) -> str:
    if one.verified is None:
        return "never"
    passed = "passed" if one.verified.passed else "FAILED"
    return f"{passed} {moment(one.verified.recorded_at)}"
