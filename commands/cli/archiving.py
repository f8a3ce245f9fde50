"""The verb archive: take what old entries name out, list archives, bring one back."""

from __future__ import annotations

from pathlib import Path

import click

from commands.archiving.answer import ArchiveAnswer, ArchiveFact, RestoredArchive
from commands.archiving.archive import archive as take_out
from commands.archiving.archive import look
from commands.archiving.listing import listed
from commands.archiving.restoring import look as look_back
from commands.archiving.restoring import restore as bring_back
from commands.cli.call import Call
from commands.cli.options import group, lock_timeout, verb, writing
from commands.cli.page import Page
from commands.cli.progress import counting
from commands.words import count, moment
from journal.errors import AnswerIsNo, Usage

archive = group(
    "archive",
    "Write the row images and content of old entries out, and take them out of the database.\n\n"
    "The entries stay, and prove themselves as before. Positions before an archive's last cannot "
    "be gone back to until it is restored.",
    "clew archive take @release-11 --to archives/release-11 --dry-run",
    "clew archive take @release-11 --to archives/release-11 --reason 'kept for a year'",
    "clew archive list",
    "clew archive restore archives/release-11 --reason 'an audit'",
    "clew verify --archive archives/release-11",
)

_yes = click.option("--yes", is_flag=True, help="Do not ask.")


@verb(
    "take",
    "clew archive take @release-11 --to archives/release-11 --dry-run",
    "clew archive take 2025-12-31T23:59:59Z --to /mnt/safe/2025 --reason 'kept for a year'",
)
@click.argument("position", metavar="POSITION")
@click.option(
    "--to",
    "directory",
    required=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where to put it: a directory that is not there yet, or empty.",
)
@_yes
@click.option("--dry-run", is_flag=True, help="Only tell what would leave, and what it closes.")
@writing
@lock_timeout
def take(call: Call, position: str, directory: Path, *, yes: bool, dry_run: bool) -> None:
    """Archive what entries up to POSITION name: row images, statement texts, output.

    The archive is written, read back and proved; then what is in it leaves the database, in one
    transaction with the entry that seals it. What transforms found stays. Later positions are
    gone back to exactly, as before.
    """
    _expect(call, yes=yes, dry_run=dry_run)
    target = call.target()
    if dry_run or not yes:
        with counting("entries") as progress:
            seen = look(target, position, directory, progress=progress)
        call.answer(seen, _tell) if dry_run else _tell(call.page(), seen)
        if dry_run:
            return
        if not click.confirm("Take that out of the database?", err=True):
            raise AnswerIsNo("not archived")
    with counting("entries") as progress:
        done = take_out(target, position, directory, asker=call.asker(), progress=progress)
    call.answer(done, _tell if yes else _tell_done)


@verb("list", "clew archive list", "clew archive list --format json")
def list_archives(call: Call) -> None:
    """List the archives that the journal tells of: where they were put, and what they hold."""
    with call.journal() as journal:
        found = listed(journal)
    if call.format == "text":
        _tell_all(call.page(), found)
    else:
        call.stream(found)


@verb(
    "restore",
    "clew archive restore archives/release-11 --dry-run",
    "clew archive restore /mnt/safe/2025 --reason 'an audit'",
)
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@_yes
@click.option("--dry-run", is_flag=True, help="Only prove the archive, and tell what would return.")
@writing
@lock_timeout
def restore(call: Call, directory: Path, *, yes: bool, dry_run: bool) -> None:
    """Bring back what left for the archive in DIR, wherever it is now.

    Its files have to be those that the journal seals. All positions can be gone back to again.
    Where there are several archives, the newest comes back first.
    """
    _expect(call, yes=yes, dry_run=dry_run)
    target = call.target()
    if dry_run or not yes:
        seen = look_back(target, directory)
        call.answer(seen, _tell_back) if dry_run else _tell_back(call.page(), seen)
        if dry_run:
            return
        if not click.confirm("Bring that back into the database?", err=True):
            raise AnswerIsNo("not restored")
    with counting("pieces of content") as progress:
        done = bring_back(target, directory, asker=call.asker(), progress=progress)
    call.answer(done, _tell_back)


for _command in (take, list_archives, restore):
    archive.add_command(_command)


def _expect(call: Call, *, yes: bool, dry_run: bool) -> None:
    if not dry_run and not call.reason.strip():
        raise Usage("expected a reason", hint="Say why with --reason; it stays on record.")
    if not (dry_run or yes or call.format == "text"):
        raise Usage(
            "expected --dry-run or --yes where the answer is not text",
            hint="A question can only be asked at a terminal, in text.",
        )


def _tell(page: Page, answer: ArchiveAnswer) -> None:
    page.line(f"of the entries {answer.after + 1} to {answer.last}:", "bold")
    rows, size = count(answer.rows, "row image"), count(answer.image_bytes, "byte")
    page.line(f"  {rows}, {size} as stored")
    pieces, size = count(answer.contents, "piece"), count(answer.content_bytes, "byte")
    page.line(f"  {pieces} of content, {size}")
    for one in answer.stays:
        page.line(f"  stays, {one.why}: {count(one.contents, 'piece')}")
    page.line(f"  no position before {answer.last} can be gone back to then", "yellow")
    if answer.marks:
        page.line(f"  marks among them: {', '.join(answer.marks)}", "yellow")
    if answer.migrations:
        newest, number = answer.migrations[-1], len(answer.migrations)
        page.line(f"  migrations that cannot be taken back: {number:,}, up to {newest}", "yellow")
    _tell_done(page, answer)


def _tell_done(page: Page, answer: ArchiveAnswer) -> None:
    if not answer.done:
        return
    size = count(answer.written, "byte")
    page.line(f"archived: {answer.location}, {size}; position {answer.position}", "green")
    page.line(f"manifest SHA-256 {answer.manifest}")
    page.line(f"next: {answer.next};   -- gives the room back", "bold")


def _tell_all(page: Page, answer: tuple[ArchiveFact, ...]) -> None:
    for one in answer:
        _tell_fact(page, one)
    if not answer:
        page.line("no archives")


def _tell_fact(page: Page, one: ArchiveFact) -> None:
    back = f"; back since position {one.restored}" if one.restored else ""
    page.line(f"up to position {one.last}: {one.location}{back}", "bold")
    rows, pieces = count(one.rows, "row image"), count(one.contents, "piece")
    page.line(f"  {rows} of positions {one.after + 1} to {one.last}, {pieces} of content")
    page.line(f"  sealed at position {one.position}, {moment(one.recorded_at)}, by {one.actor}")
    page.line(f"  manifest SHA-256 {one.manifest}")


def _tell_back(page: Page, answer: RestoredArchive) -> None:
    rows, pieces = count(answer.rows, "row image"), count(answer.contents, "piece")
    page.line(f"{rows} of positions {answer.after + 1} to {answer.last}, {pieces} of content")
    if answer.erased_since:
        listed_ = ", ".join(map(str, answer.erased_since))
        page.line(
            f"  erased since it was archived: positions {listed_}; what was erased then may be"
            " among what comes back, so erase it once more",
            "yellow",
        )
    if answer.done:
        page.line(f"restored: position {answer.position}, run {answer.run}", "green")
