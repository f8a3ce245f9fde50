"""Bookkeeping whose names and files do not fit: renamed, missing, late, pending."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from commands.adopt.bookkeeping import Bookkeeping, Tool
from commands.doctor.finding import Evidence, Finding, Severity
from commands.doctor.ledger.agreement import Agreement
from commands.doctor.ledger.row import find, rename
from commands.words import count

NAMED = 5
"""How many pending files one line names."""

_MISSING: Mapping[Tool, tuple[Severity, str]] = {
    "alembic": ("error", "alembic cannot find the revision and refuses every command"),
    "knex": ("error", "knex takes the directory for corrupt and refuses to run any migration"),
    "prisma": ("warning", "prisma migrate dev asks to reset the database"),
    "flyway": ("warning", "flyway's validation fails, and with it the next migrate"),
    "django": ("note", "nobody can tell what it did"),
    "rails": ("note", "nobody can tell what it did"),
}
_UNTOLD: tuple[Severity, str] = ("warning", "nobody can tell what it did, and it is in no new copy")
_LATE: Mapping[Tool, str] = {
    "flyway": "flyway ignores it, or refuses to go on, unless outOfOrder is on",
    "golang-migrate": "golang-migrate goes by the newest version and never runs it",
    "django": "django refuses where what is applied depends on it",
}


def file_findings(
    books: Bookkeeping, found: Agreement, nowhere: frozenset[str]
) -> Iterator[Finding]:
    """Tell of names and files; the effects of the names in ``nowhere`` are nowhere."""
    for old, file in found.renamed.items():
        yield _renamed(books, old, file.name, mend=old not in nowhere)
    for name in found.missing:
        yield _missing(books, name)
    for file in found.late:
        yield Finding(
            kind="bookkeeping-late-file",
            severity="warning",
            where=file.path.name,
            what=f"sorts before {found.newest}, which {books.tool} has as done, and is not done",
            evidence=(_seen(books, (found.newest,)),),
            consequence=_LATE.get(
                books.tool, f"{books.tool} runs it after what was written to come later"
            ),
            advice="Give it a name that sorts after what is done, or run it knowingly.",
        )
    if found.pending:
        yield _pending(books, found)


def _renamed(books: Bookkeeping, old: str, new: str, *, mend: bool) -> Finding:
    return Finding(
        kind="bookkeeping-renamed-file",
        severity="error",
        where=old,
        what=f"{books.tool} has it as done, and its file is named {new} now",
        evidence=(_seen(books, (old,)),),
        consequence=f"{books.tool} knows migrations by name: it runs {new} as a new one",
        repair=rename(books, old, new) if mend else (),
        advice=(
            "Give the row the name of the file, or the file its old name."
            if mend
            else "What it makes is nowhere: mend that first, and then it bears the new name."
        ),
        needs=() if mend else (f"bookkeeping-effect-missing:{old}",),
    )


def _missing(books: Bookkeeping, name: str) -> Finding:
    severity, consequence = _MISSING.get(books.tool, _UNTOLD)
    return Finding(
        kind="bookkeeping-missing-file",
        severity=severity,
        where=name,
        what=f"{books.tool} has it as done, and there is no such file",
        evidence=(_seen(books, (name,)),),
        consequence=consequence,
        advice="Bring the file back from version control.",
    )


def _pending(books: Bookkeeping, found: Agreement) -> Finding:
    names = ", ".join(one.path.name for one in found.pending[:NAMED])
    more = f" and {len(found.pending) - NAMED} more" if len(found.pending) > NAMED else ""
    return Finding(
        kind="bookkeeping-pending-files",
        severity="note",
        where=".".join(books.table),
        what=f"{count(len(found.pending), 'file')} not done yet, says {books.tool}: {names}{more}",
        evidence=(Evidence(query=books.query, count=len(books.records)),),
        consequence=f"{books.tool} runs them next",
    )


def _seen(books: Bookkeeping, names: tuple[str, ...]) -> Evidence:
    rows = [one for one in books.records if one.name in names]
    return Evidence(query=find(books, names), count=len(rows))
