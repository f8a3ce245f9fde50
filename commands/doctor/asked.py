"""What a database is held against: migration files, another tool's bookkeeping, models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from commands.adopt.reading import standing_books
from commands.doctor.finding import Finding
from commands.doctor.ledger.agreement import agree
from commands.doctor.ledger.bookkeeping import bookkeeping_findings
from commands.doctor.ledger.toolfiles import tool_files
from commands.doctor.patient import Patient
from commands.doctor.wanted.migrations import Told, migration_findings
from commands.doctor.wanted.models import read_models
from commands.folding import folded
from commands.history import MigrationsFold
from commands.sources import MigrationFile, read_sources
from journal.database import Database
from journal.errors import NotFound, Refused
from journal.opening import journal_in
from journal.scratch import Wanted


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What was named beside the database.

    ``paths`` are directories of migrations, and single files that are to run next. ``models``
    is ``package.module:name`` of SQLAlchemy metadata. ``scratch`` says where statements may be
    tried.
    """

    paths: tuple[Path, ...] = ()
    models: str = ""
    scratch: Wanted = Wanted(journal=False)

    def __post_init__(self) -> None:
        for path in self.paths:
            if not path.exists():
                raise NotFound(f"no file or directory at {path}", hint="Name the migrations.")

    @property
    def directories(self) -> tuple[Path, ...]:
        """The directories among the paths."""
        return tuple(path for path in self.paths if path.is_dir())

    @property
    def files(self) -> tuple[Path, ...]:
        """The single files among the paths."""
        return tuple(path for path in self.paths if not path.is_dir())


def ledger_findings(patient: Patient, asked: Asked) -> Iterator[Finding]:
    """Yield what is wrong with the bookkeeping of other tools, in a session of its own."""
    seen: set[tuple[str, str]] = set()
    with patient.target.database() as database:
        for directory in asked.directories or (None,):
            for one in bookkeeping_findings(database, directory):
                if (one.kind, one.where) not in seen:
                    seen.add((one.kind, one.where))
                    yield one


def wanted_findings(patient: Patient, asked: Asked) -> Iterator[Finding]:
    """Yield what is wanted and not there, out of order, or bound to fail.

    Where no scratch database may be made, that is all that is said.
    """
    told = _told(patient, asked)
    if not (told.files or told.coming or told.models):
        return
    try:
        yield from migration_findings(
            patient.target.url, patient.kind, patient.objects, patient.ask, told, asked.scratch
        )
    except Refused as error:
        yield Finding(
            kind="not-tried",
            severity="note",
            where=patient.target.shown,
            what=f"nothing could be tried on a scratch database: {error.message}",
            consequence="what the migrations want was not held against what is there",
            advice=error.hint,
        )


def _told(patient: Patient, asked: Asked) -> Told:
    files = _sql(asked.directories, patient) if asked.directories else ()
    return Told(
        files=files,
        applied=_applied(patient, asked, files) if files else None,
        coming=_sql(asked.files, patient) if asked.files else (),
        models=read_models(asked.models, patient.kind) if asked.models else None,
    )


def _sql(paths: Sequence[Path], patient: Patient) -> tuple[MigrationFile, ...]:
    """Read files of SQL; those of other tools in Python are nothing that runs here."""
    files = read_sources(paths, patient.kind).files
    return tuple(one for one in files if one.path.endswith(".sql"))


def _applied(
    patient: Patient, asked: Asked, files: Sequence[MigrationFile]
) -> frozenset[str] | None:
    """Name the migrations that are said to be done; ``None`` where nobody says anything."""
    with patient.target.database() as database:
        names, told = set(_journaled(database)), False
        books, _ = standing_books(database)
    for directory in asked.directories:
        by_path = {directory / one.path: one.name for one in files}
        for book in books:
            theirs = tool_files(book.tool, directory)
            found = agree(book, theirs) if theirs else None
            if found is not None:
                told = True
                names |= {by_path[one.path] for one in found.files.values() if one.path in by_path}
    return frozenset(names) if names or told else None


def _journaled(database: Database) -> frozenset[str]:
    if database.identity() is None:
        return frozenset()
    return frozenset(folded(journal_in(database), MigrationsFold).applied)
