"""What other tools did since their bookkeeping was imported: it must not run a second time."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from commands.adopt.bookkeeping import Bookkeeping
from commands.adopt.matching import AppliedElsewhere
from commands.adopt.reading import find, standing_books
from commands.sources import MigrationFile
from journal.database import Database
from journal.drift import Drift
from journal.errors import Refused
from projections.imported import Imported
from projections.schema import dotted


def refuse_done_meanwhile(
    database: Database, drift: Drift, pending: Iterable[MigrationFile], settled: Collection[str]
) -> None:
    """Refuse a file that some tool's bookkeeping says by now is done.

    Names in ``settled`` were stamped: somebody knows better. Bookkeeping that may not be read
    says nothing.

    Raises:
        Refused: naming the first such file.
        StatementFailed: a table could not be read.
    """
    waiting = [file for file in pending if file.name not in settled]
    live = drift.live
    if not waiting or not find(live):
        return
    for books in standing_books(database, live)[0]:
        known = AppliedElsewhere([_as_imported(books)])
        for file in waiting:
            if known.has(file):
                raise Refused(
                    f"{file.name} is done, says {books.tool} by now ({dotted(books.table)})",
                    hint="Take that in with: clew init --import. If it never ran, then say so with:"
                    " clew stamp --undone.",
                )


def _as_imported(books: Bookkeeping) -> Imported:
    return Imported(
        tool=books.tool,
        table=dotted(books.table),
        position=0,
        recorded_at="",
        actor="",
        migrations=tuple(one.name for one in books.applied),
        upto=books.upto,
    )
