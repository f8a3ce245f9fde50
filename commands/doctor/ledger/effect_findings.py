"""Migrations that are marked as done, and what they make is nowhere, or not all of it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence

from commands.adopt.bookkeeping import Bookkeeping
from commands.doctor.finding import Evidence, Finding
from commands.doctor.ledger.effect import Effect
from commands.doctor.ledger.existence import can_be, look
from commands.doctor.ledger.row import forget
from commands.doctor.ledger.toolfiles import ToolFile
from commands.words import count
from journal.database import Database

NAMED = 4
"""How many missing things one line names."""


def effect_findings(
    database: Database,
    books: Bookkeeping,
    files: Mapping[str, ToolFile],
    made: Mapping[str, Sequence[Effect]],
    missing: Sequence[str],
) -> Iterator[Finding]:
    """Look for what the files of applied names make, within the open transaction.

    A file that is ``missing`` may have taken away what an earlier one made; that is said.
    """
    for name, file in files.items():
        wanted = [one for one in made.get(file.name, ()) if can_be(one, database.kind)]
        seen = [(one, look(database, one, file.path.name)) for one in dict.fromkeys(wanted)]
        gone = [(one, evidence) for one, evidence in seen if not evidence.count]
        if gone:
            unseen = tuple(one for one in missing if _later(books, one, name))
            yield _finding(books, name, gone, len(seen), unseen)


def _later(books: Bookkeeping, one: str, name: str) -> bool:
    """Whether a migration came after another, as far as the bookkeeping tells."""
    names = [record.name for record in books.records]
    return not {one, name} <= set(names) or names.index(one) > names.index(name)


def _finding(
    books: Bookkeeping,
    name: str,
    gone: Sequence[tuple[Effect, Evidence]],
    of: int,
    unseen: Sequence[str],
) -> Finding:
    names = ", ".join(one.shown for one, _ in gone[:NAMED])
    more = f" and {len(gone) - NAMED} more" if len(gone) > NAMED else ""
    never = len(gone) == of
    lacking = "nothing that it makes is there" if never else f"{len(gone)} of {of} are not there"
    return Finding(
        kind="bookkeeping-effect-missing",
        severity="error",
        where=name,
        what=f"{books.tool} has it as done, and {lacking}: {names}{more}",
        evidence=tuple(evidence for _, evidence in gone),
        consequence=(
            f"{books.tool} never runs it again, and what comes after may need"
            f" {'it' if len(gone) == 1 else 'them'}"
        ),
        repair=forget(books, name) if never and not unseen else (),
        advice=_unseen(unseen) + _advice(name, gone, never=never),
    )


def _unseen(names: Sequence[str]) -> str:
    return f"See first if {names[0]}, whose file is missing, took it away. " if names else ""


def _advice(name: str, gone: Sequence[tuple[Effect, Evidence]], *, never: bool) -> str:
    stamp = f"clew stamp --undone {shlex.quote(name)} --reason WHY"
    if never:
        return f"Mark it as not done, here with {stamp}, and run it; or write it anew."
    return (
        f"It ran in part, or {count(len(gone), 'thing')} went since: write what is missing as a"
        f" migration. If none of it was to be, say so with {stamp}."
    )
