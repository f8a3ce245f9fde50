"""What is wrong with the bookkeeping of other tools: in itself, with its files, with the schema."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from commands.adopt.bookkeeping import Bookkeeping, Record, Tool
from commands.adopt.reading import standing_books
from commands.doctor.finding import Evidence, Finding
from commands.doctor.ledger.agreement import agree, twice
from commands.doctor.ledger.effect_findings import effect_findings
from commands.doctor.ledger.effects import effects
from commands.doctor.ledger.file_findings import file_findings
from commands.doctor.ledger.row import find, forget
from commands.doctor.ledger.toolfiles import tool_files
from commands.folding import folded
from commands.history import MigrationsFold
from commands.quoting import quoted
from journal.database import Database
from journal.errors import NotFound
from journal.opening import journal_in
from projections.schema import dotted

_DELIBERATE = ("undone", "deleted by repair")
"""What somebody wanted so, and the tool knows what follows."""
_FAILED: Mapping[Tool, tuple[str, str]] = {
    "prisma": (
        "prisma migrate deploy refuses to run anything",
        "Mend what it left, then: prisma migrate resolve.",
    ),
    "golang-migrate": (
        "golang-migrate refuses to run anything",
        "Mend what it left, then: migrate force VERSION.",
    ),
    "flyway": (
        "flyway refuses to run anything",
        "Mend what it left, then: flyway repair.",
    ),
}
_LOCKS: Mapping[Tool, str] = {"knex": "knex_migrations_lock", "liquibase": "databasechangeloglock"}


def bookkeeping_findings(database: Database, directory: Path | None = None) -> Iterator[Finding]:
    """Look at the bookkeeping of every tool that is found, and at its files in ``directory``.

    Nothing is written; the session must have no transaction open. Files are held against the
    tools that they have names in common with. What was stamped as done, or undone, in the
    journal is settled, and not told again.

    Raises:
        NotFound: there is no such directory.
        StatementFailed: a table of bookkeeping could not be read.
    """
    if directory is not None and not directory.is_dir():
        raise NotFound(f"no directory of migrations at {directory}")
    books, unread = standing_books(database)
    for table in unread:
        yield Finding(
            kind="bookkeeping-unreadable",
            severity="note",
            where=dotted(table),
            what="it looks like the bookkeeping of a migration tool and may not be read",
            evidence=(Evidence(query=f"SELECT * FROM {quoted(*table)}"),),
            consequence="what that tool did is not known here",
            advice="Look as a user who may read it.",
        )
    settled = _settled(database)
    for one in books:
        yield from _of_records(one, settled)
        if directory is not None:
            with database.snapshot(()):
                found = tuple(_of_files(database, one, directory, settled))
            yield from found


def _settled(database: Database) -> frozenset[str]:
    """Return the names that somebody stamped in the journal, where there is one."""
    if database.identity() is None:
        return frozenset()
    stamps = folded(journal_in(database), MigrationsFold).runs.stamps
    return frozenset(one.name for one in stamps)


# --- the rows alone -------------------------------------------------------------------


def _of_records(books: Bookkeeping, settled: Collection[str]) -> Iterator[Finding]:
    for record in books.unapplied:
        if record.why not in _DELIBERATE and record.name not in settled:
            yield _failed(books, record)
    for stem, names in twice(books).items():
        yield Finding(
            kind="bookkeeping-listed-twice",
            severity="warning",
            where=stem,
            what=f"{books.tool} has it as done {len(names)} times: {', '.join(names)}",
            evidence=(Evidence(query=find(books, names), count=len(names)),),
            consequence="it ran more than once, or was written in by hand",
            repair=forget(books, names[-1]) if len(set(names)) == len(names) else (),
            advice="See which of the runs is real; one row is enough.",
        )
    if books.locked:
        yield _locked(books)


def _failed(books: Bookkeeping, record: Record) -> Finding:
    consequence, advice = _FAILED.get(
        books.tool, (f"{books.tool} does not count it as done", "Mend what it left, and run it.")
    )
    rolled_back = record.why == "rolled back"
    return Finding(
        kind="bookkeeping-failed",
        severity="note" if rolled_back else "error",
        where=record.name,
        what=f"{books.tool} does not have it as done: {record.why}",
        evidence=(Evidence(query=find(books, (record.name,)), count=_count(books, record.name)),),
        consequence=f"{books.tool} will run it again" if rolled_back else consequence,
        advice="" if rolled_back else advice,
    )


def _count(books: Bookkeeping, name: str) -> int:
    return sum(one.name == name for one in books.records)


def _locked(books: Bookkeeping) -> Finding:
    table = (*books.table[:-1], _LOCKS[books.tool])
    return Finding(
        kind="bookkeeping-locked",
        severity="warning",
        where=dotted(table),
        what=f"{books.tool} says that it is at work; the lock is held by {books.locked}",
        evidence=(Evidence(query=f"SELECT * FROM {quoted(*table)}", count=1),),
        consequence=f"{books.tool} runs nothing until it is given free",
        advice="If no such process is alive, give it free with the tool's own command.",
    )


# --- with files and schema ------------------------------------------------------------


def _of_files(
    database: Database, books: Bookkeeping, directory: Path, settled: Collection[str]
) -> Iterator[Finding]:
    files = tool_files(books.tool, directory)
    found = agree(books, files)
    if found is None or not files:
        return
    open_ = {name: file for name, file in found.files.items() if name not in settled}
    made = effects(files, database.kind)
    missing = tuple(effect_findings(database, books, open_, made, found.missing))
    nowhere = frozenset(one.where for one in missing)
    for one in file_findings(books, found, nowhere):
        if one.where not in settled:
            yield one
    yield from missing
