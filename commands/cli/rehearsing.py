"""The verb rehearse."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import current_thread, main_thread
from typing import Any

import click

from commands.cli.call import Call
from commands.cli.options import lock_timeout, pending, pg_bin, scratch, verb, way_of_copying
from commands.cli.page import Page
from commands.cli.progress import stepping
from commands.cli.rehearsed import as_markdown
from commands.rebuilt import in_words
from commands.rehearse.answer import Item, Rehearsal, RehearsedMigration
from commands.rehearse.rehearse import Asked
from commands.rehearse.rehearse import rehearse as run_rehearsal
from commands.rehearse.verdict import Bounds
from commands.words import count
from journal.errors import AnswerIsNo
from journal.opening import parse_url
from journal.scratch import Wanted, Way

MEGABYTE = 1 << 20
STYLES = {"go": "green", "no-go": "red", "note": "yellow"}


@verb(
    "rehearse",
    "clew rehearse",
    "clew rehearse migrations --to 0004_orders --lock-limit 2",
    "clew rehearse --sample 10000",
    "clew rehearse --scratch postgresql://me@other-host/empty_database",
    "clew rehearse --format json > rehearsal.json && clew apply",
)
@pending
@click.option(
    "--max-rejects",
    type=click.IntRange(min=0),
    metavar="N",
    help="Accept that so many subjects of a migration are rejected; none by default.",
)
@click.option(
    "--sample",
    type=click.IntRange(min=1),
    metavar="N",
    help="Copy about N rows a table, with those that they refer to; the answer is weaker then.",
)
@scratch
@way_of_copying
@pg_bin
@click.option(
    "--lock-limit",
    type=click.FloatRange(min=0),
    default=5.0,
    show_default=True,
    metavar="SECONDS",
    help="No-go where a lock that others feel is held longer.",
)
@click.option(
    "--rewrite-limit",
    type=click.FloatRange(min=0),
    default=1024.0,
    show_default=True,
    metavar="MB",
    help="No-go where a larger table is written anew.",
)
@click.option(
    "--summary",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Append the answer to this file too, as Markdown.",
)
@click.option("--keep", is_flag=True, help="Keep the copy, and tell where it is.")
@lock_timeout
def rehearse(
    call: Call,
    paths: tuple[Path, ...],
    to: str,
    allowed: tuple[str, ...],
    max_rejects: int | None,
    sample: int | None,
    scratch: str | None,
    way: Way,
    pg_bin: Path | None,
    lock_limit: float,
    rewrite_limit: float,
    summary: Path | None,
    *,
    allow_late: bool,
    keep: bool,
) -> int:
    """Try all that is pending on a scratch copy: there, back, and there again.

    The database is only read. Each migration runs on the copy, is taken back, and runs again;
    full digests that share nothing with the journal prove each step. The answer is a list that
    ends in GO, or in NO-GO with exit code 1.

    PostgreSQL: the copy is a new database of the same server, so that the role needs CREATEDB,
    or the one that --scratch names. SQLite: a file in a directory of its own.
    """
    target, asker = call.target(), call.asker()
    wanted = Wanted(
        way=way,
        sample=sample,
        into=parse_url(scratch) if scratch else None,
        programs=pg_bin,
        kept=keep,
        lock_timeout=target.lock_timeout,
    )
    with stepping() as progress, ending():
        answer = run_rehearsal(
            target,
            Asked(
                paths=paths,
                to=to,
                allow_late=allow_late,
                allowed=frozenset(allowed),
                max_rejects=max_rejects,
            ),
            asker=asker,
            wanted=wanted,
            bounds=Bounds(
                lock_seconds=lock_limit,
                rewrite_bytes=int(rewrite_limit * MEGABYTE),
                rejects=max_rejects or 0,
            ),
            progress=progress,
        )
    if summary:
        with summary.open("a", encoding="utf-8") as file:
            file.write(as_markdown(answer))
    call.answer(answer, _tell)
    return 0 if answer.go else AnswerIsNo.exit_code


@contextmanager
def ending() -> Iterator[None]:
    """Let a request to end the process remove the copy first, as Ctrl-C does."""

    def end(number: int, _: Any) -> None:
        raise SystemExit(128 + number)

    if current_thread() is not main_thread():
        yield
        return
    former = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)


def _tell(page: Page, answer: Rehearsal) -> None:
    for one in answer.migrations:
        _tell_migration(page, one)
    for item in answer.items:
        _tell_item(page, item)
    if answer.copy.kept:
        page.line(f"the copy is kept: {answer.copy.url}")
    page.line("GO" if answer.go else "NO-GO", "bold green" if answer.go else "bold red")


def _tell_migration(page: Page, one: RehearsedMigration) -> None:
    page.line(one.migration, "bold")
    if not one.applied:
        page.line(f"  {one.error or 'not tried'}", "red")
        return
    did = f"{count(one.statements, 'statement')}, {count(one.rows, 'row')}"
    took = f"there {one.seconds:.3f} s ({one.cpu_seconds:.3f} s CPU here)"
    page.line(f"  {did}; {took}, back {one.back_seconds:.3f} s, again {one.again_seconds:.3f} s")
    page.line(f"  journal: {one.journal_bytes:,} bytes")
    for lock in one.locks:
        new = ", new" if lock.new else ""
        page.line(f"  lock: {lock.mode} on {lock.object}{new}, {lock.seconds:.3f} s")
    for table in one.rewritten:
        page.line(f"  written anew: {table.table}, {table.bytes:,} bytes")
    for rebuilt in in_words(one.rebuilt):
        page.line(f"  written anew on the way back: {rebuilt}")
    for scan in one.scanned:
        page.line(f"  read through: {scan.object}, {count(scan.rows, 'row')}")
    for note in one.notes:
        page.line(f"  note: {note}")


def _tell_item(page: Page, item: Item) -> None:
    where = f"{item.migration}: " if item.migration else ""
    page.line(f"{item.verdict:5}  {where}{item.what}: {item.evidence}", STYLES[item.verdict])
