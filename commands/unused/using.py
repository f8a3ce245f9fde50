"""Who read and wrote a table: by the server's counters, the journal, and source files."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from commands.unused.code import Searched
from commands.unused.look import Look, moment
from commands.words import count
from journal.signs import TableUse
from journal.values import SchemaObject
from journal.verified import Sign, Speaks
from projections.changes import TableChanges

OURS = "backups, dry runs and copies are among them"


def using_signs(table: SchemaObject, look: Look) -> Iterator[Sign]:
    """Yield signs of changes, reads and mentions."""
    changes = look.changes[table.id]
    yield _journaled(changes, look)
    yield from _counted(table, changes, look)
    for searched in look.searched:
        yield _coded(searched, table.path[-1])


def _coded(searched: Searched, name: str) -> Sign:
    """A file that was not read may name it."""
    found = searched.mentions[name]
    speaks: Speaks
    if found.count:
        more = found.count - len(found.places)
        said = f"named in {', '.join(found.places)}{f' and {more:,} more' if more else ''}"
        speaks = "used"
    else:
        unread = f"; {count(searched.unread, 'file')} not read" if searched.unread else ""
        said = f"nowhere in {count(searched.files, 'file')}{unread}"
        speaks = "unused" if searched.files and not unread else "unclear"
    return Sign(what="code", place=searched.directory, count=found.count, found=said, speaks=speaks)


def _journaled(changes: TableChanges, look: Look) -> Sign:
    """Only what ran under the journal is there; applications write past it."""
    if not changes.entries:
        return Sign(
            what="journal",
            place="the journal",
            count=0,
            found="no change by a run that stands",
            speaks="unused",
        )
    entries = "1 entry" if changes.entries == 1 else f"{changes.entries:,} entries"
    late = look.since is not None and moment(changes.last_at) > look.since
    return Sign(
        what="journal",
        place=f"position {changes.last}",
        count=changes.rows,
        found=f"{count(changes.rows, 'row')} changed in {entries}, the last {changes.last_at}",
        speaks="used" if late else "unclear",
    )


def _counted(table: SchemaObject, changes: TableChanges, look: Look) -> Iterator[Sign]:
    use = look.uses.get(table.path)
    if use is None or not look.counting:
        who = "SQLite" if look.kind == "sqlite" else "the server"
        yield Sign(
            what="reads and writes",
            place=look.database.server,
            found=f"{who} counts neither",
            speaks="unclear",
        )
        return
    begun = moment(use.since) if use.since else None
    late = look.since is not None and (begun is None or begun > look.since)
    yield _reads(use, look, late=late)
    yield _writes(use, changes, look, begun=begun, late=late)


def _reads(use: TableUse, look: Look, *, late: bool) -> Sign:
    number = use.reads + use.lookups
    last = f", the last {use.last_read}" if use.last_read else ""
    long_ago = bool(use.last_read and look.since and moment(use.last_read) < look.since)
    speaks: Speaks
    if number == 0:
        speaks, note = ("unclear", "") if late else ("unused", "")
    elif long_ago:
        speaks, note = "unused", ""
    elif number > look.reads:
        speaks, note = "used", f", more than {look.reads:,}"
    else:
        speaks, note = "unclear", f"; {OURS}"
    found = f"{count(number, 'read')}{_since(use, late=late)}{last}{note}"
    return Sign(what="reads", place=use.query, count=number, found=found, speaks=speaks)


def _writes(
    use: TableUse, changes: TableChanges, look: Look, *, begun: datetime | None, late: bool
) -> Sign:
    """Count what others than the journal's runs wrote to the table as it stands now."""
    number = max(use.writes - changes.written, 0)
    after = look.since is not None and begun is not None and begun >= look.since
    speaks: Speaks = "unclear"
    if number:
        speaks = "used" if after else "unclear"
    elif not late:
        speaks = "unused"
    ours = f"; {changes.written:,} more by runs of the journal" if changes.written else ""
    found = f"{count(number, 'row')} written{_since(use, late=late)}{ours}"
    return Sign(what="writes", place=use.query, count=number, found=found, speaks=speaks)


def _since(use: TableUse, *, late: bool) -> str:
    if not use.since:
        return ", since a time that the server does not tell"
    return f" since {use.since}{', which is later than asked for' if late else ''}"
