"""The verb ``log``: entries line by line, through a pager where a terminal reads."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import Any

import click
import msgspec

from commands.cli.call import Call
from commands.cli.options import at_option, verb
from commands.cli.page import Page
from commands.cli.pager import paged
from commands.cli.summary import summary
from commands.folding import folded
from commands.log import Wanted
from commands.log import follow as follow_log
from commands.log import log as read_log
from commands.words import moment
from journal.envelope import Entry
from journal.errors import Usage
from journal.store import Journal
from projections.naming import Namer, NamingFold

POLL = 0.2
"""Seconds between two looks at the head of a journal that is followed."""

_HEADER = ("position", "recorded", "actor", "run", "type", "what")


@verb(
    "log",
    "clew log",
    "clew log -n 20",
    "clew log --table person --since 7d --oneline",
    "clew log --migration 0002_profiles --type RowsChanged",
    "clew log --actor dana --grep 'disk|lock' --reverse",
    "clew log --after @release --format jsonl",
    "clew log -n 0 --follow --format jsonl",
)
@at_option("")
@click.option("--after", default="", metavar="POSITION", help="Only what came after it.")
@click.option("--run", default="", metavar="ID", help="Only one run, by the beginning of its id.")
@click.option("--migration", default="", metavar="NAME", help="Only the runs of a migration.")
@click.option("--type", "types", multiple=True, metavar="TYPE", help="Only this type of event.")
@click.option("--table", default="", metavar="NAME", help="Only a table, through its renames.")
@click.option("--actor", "by", default="", metavar="NAME", help="Only what this one asked for.")
@click.option("--since", default="", metavar="TIME", help="Since 2026-11-21, or 7d ago (m h d w).")
@click.option("--until", default="", metavar="TIME", help="Before a time, written likewise.")
@click.option("--grep", default="", metavar="REGEX", help="Only where it is found in the event.")
@click.option("--statements", is_flag=True, help="Let --grep look into the SQL, values and all.")
@click.option("-n", "newest", type=click.IntRange(min=0), help="Only the newest so many.")
@click.option("--reverse", is_flag=True, help="Newest first.")
@click.option("--follow", "-f", is_flag=True, help="Go on with what is appended, until Ctrl-C.")
@click.option("--oneline", is_flag=True, help="Position, type and what happened, no more.")
@click.option("--no-pager", is_flag=True, help="Write to the terminal itself.")
def log(
    call: Call,
    at: str,
    after: str,
    by: str,
    newest: int | None,
    *,
    reverse: bool,
    follow: bool,
    oneline: bool,
    no_pager: bool,
    **wanted: Any,
) -> None:
    """List the entries of the journal, oldest first.

    In a terminal a pager shows them: CLEW_PAGER, else PAGER, else less. Times are those that
    entries bear; clocks may have gone back in between. With --follow each new entry is told as
    it is appended, as with --oneline; no position is left out or comes twice, and Ctrl-C ends it
    with exit code 130.
    """
    if follow and (at or reverse or call.format == "json"):
        raise Usage(
            "a log that is followed has no end",
            hint="Leave --at and --reverse out; for programs there is --format jsonl.",
        )
    with call.journal() as journal:
        if follow:
            _follow(call, journal, Wanted(actor=by, **wanted), after=after, newest=newest)
            return
        entries = read_log(
            journal, Wanted(actor=by, **wanted), at=at, after=after, newest=newest, reverse=reverse
        )
        if call.format != "text":
            call.stream(entries, encoder=_encode_entry)
            return
        namer = Namer(folded(journal, NamingFold))
        with paged(wanted=not no_pager) as page:
            tell = _lines if oneline else _table
            if not tell(page, entries, namer):
                call.note("no entry fits")


def _follow(
    call: Call, journal: Journal, wanted: Wanted, *, after: str, newest: int | None
) -> None:
    """Tell entries as they come; nothing is held back while one waits for the next."""

    def pause() -> None:
        sys.stdout.flush()
        time.sleep(POLL)

    entries = follow_log(journal, wanted, pause=pause, after=after, newest=newest)
    if call.format == "jsonl":
        call.stream(entries, encoder=_encode_entry)
        return
    page = call.page()
    known, namer = -1, Namer(NamingFold().answer())
    for entry in entries:
        if entry.position > known:
            known = journal.head().position
            namer = Namer(folded(journal, NamingFold, last=known))
        _lines(page, iter([entry]), namer)


def _table(page: Page, entries: Iterator[Entry], namer: Namer) -> int:
    rows = (
        (
            str(entry.position),
            moment(entry.recorded_at),
            entry.actor,
            entry.run[:8],
            type(entry.event).__name__,
            summary(entry.event, namer.at(entry.position)),
        )
        for entry in entries
    )
    return page.table(_HEADER, rows)


def _lines(page: Page, entries: Iterator[Entry], namer: Namer) -> int:
    count = 0
    for entry in entries:
        what = summary(entry.event, namer.at(entry.position))
        page.line(f"{entry.position} {type(entry.event).__name__} {what}".rstrip())
        count += 1
    return count


def _encode_entry(entry: Entry) -> bytes:
    """What an entry holds came out of JSON, so that nothing of it needs another form."""
    return msgspec.json.encode(entry_object(entry))


def entry_object(entry: Entry) -> dict[str, Any]:
    """Return an entry as the log prints it in JSON."""
    return {
        "position": entry.position,
        "type": type(entry.event).__name__,
        "run": entry.run,
        "recorded_at": entry.recorded_at,
        "actor": entry.actor,
        "evidence": entry.evidence,
        "digest": entry.digest,
        "previous": entry.previous,
        "data": entry.event,
    }
