"""Status: where journal, files and database stand, and what to type next."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from commands.check import named
from commands.copy.places import again
from commands.folding import folded
from commands.history import History, MigrationsFold
from commands.naming import order_of
from commands.observing import beside
from commands.opening import Target
from commands.pending import Comparison, compare
from commands.sources import DIRECTORY, Sources, read_sources
from journal.store import Journal
from projections.drift import Difference
from projections.imported import Imported
from projections.stamped import Stamp
from projections.undecided import UndecidedFold


class JournalName(msgspec.Struct, frozen=True, kw_only=True):
    """Which journal it is."""

    id: str
    name: str


class HeadAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The last position, its digest in hexadecimal, and when it was appended."""

    position: int
    digest: str
    recorded_at: str = ""


class Renamed(msgspec.Struct, frozen=True, kw_only=True):
    """An applied migration whose file bears another name now."""

    name: str
    file: str


class Incomplete(msgspec.Struct, frozen=True, kw_only=True):
    """A run that has no end, or left something half done."""

    run: str
    verb: str
    migration: str
    state: str
    position: int
    stayed: tuple[str, ...] = ()
    started_at: str = ""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """Everything ``status`` says.

    ``applied`` ran here; ``stamped`` count as done, or not, because somebody said so;
    ``imported`` is what other tools applied, and ``elsewhere`` the files of those.
    ``drift`` says each difference in words, ``drift_ddl`` in the statements that would bring
    all of them about. ``waiting`` counts the rejected subjects of a migration, which make it incomplete.
    ``clean`` is false where somebody must decide something; ``held_by`` names who runs now.
    ``files_read`` and ``drift_read`` tell whether files and the live schema were looked at.
    """

    journal: JournalName
    head: HeadAnswer
    applied: tuple[str, ...]
    pending: tuple[str, ...]
    changed_files: tuple[str, ...]
    renamed_files: tuple[Renamed, ...]
    missing_files: tuple[str, ...]
    late_files: tuple[str, ...]
    open_conflicts: int
    incomplete: tuple[Incomplete, ...]
    waiting: dict[str, int]
    drift: tuple[str, ...]
    drift_ddl: tuple[str, ...]
    next: str
    clean: bool
    held_by: str = ""
    stamped: tuple[Stamp, ...] = ()
    imported: tuple[Imported, ...] = ()
    elsewhere: tuple[str, ...] = ()
    files_read: bool = True
    drift_read: bool = True

    @property
    def idle(self) -> bool:
        """Tell whether nothing is to be done, and nobody must decide anything."""
        return self.clean and not self.pending and not self.open_conflicts


def status(target: Target, paths: Sequence[Path] = (), *, quick: bool = False) -> Status:
    """Compare journal, files and live schema; nothing is written.

    Without ``paths`` the usual directory is taken if it is there. ``quick`` leaves out the live
    schema, whose reading grows with the number of objects.

    Raises:
        NotFound: there is no journal, or no such directory.
        Refused: a file's name or bytes are not understood.
    """
    with target.journal() as journal:
        past, held_by = _standing(journal)
        sources = _sources(paths, journal)
        found = compare(sources, past) if sources else Comparison()
        differing = () if quick else _drift(journal)
        drift = tuple(one.text for one in differing)
        running = {one.run for one in past.unended} if held_by else set()
        incomplete = tuple(
            Incomplete(
                run=run.run,
                verb=run.verb,
                migration=run.migration or run.program,
                state="running" if run.run in running else run.state,
                position=run.first,
                stayed=run.stayed,
                started_at=run.started_at,
            )
            for run in past.runs.incomplete
        )
        waiting = {one.name: one.rejected for one in past.applied.values() if one.rejected}
        head = journal.head()
        return Status(
            journal=JournalName(id=journal.identity.id, name=journal.identity.name),
            head=HeadAnswer(
                position=head.position,
                digest=head.digest.hex(),
                recorded_at=_recorded_at(journal, head.position),
            ),
            applied=tuple(sorted(_ran(past), key=order_of)),
            pending=tuple(file.name for file in found.pending),
            changed_files=found.changed,
            renamed_files=tuple(Renamed(name=old, file=new) for old, new in found.renamed),
            missing_files=found.missing,
            late_files=found.late,
            open_conflicts=open_conflicts(journal),
            incomplete=incomplete,
            waiting=waiting,
            drift=drift,
            drift_ddl=tuple(sql for one in differing for sql in one.ddl),
            next="" if held_by else _next(found, past, drift, _shown(paths)),
            held_by=held_by,
            stamped=past.runs.stamps,
            imported=past.runs.imported,
            elsewhere=found.elsewhere,
            files_read=sources is not None,
            drift_read=not quick,
            clean=not (_unaccepted(found) or found.late or drift or incomplete or waiting),
        )


def open_conflicts(journal: Journal) -> int:
    """Count conflicts that wait for a person."""
    return len(folded(journal, UndecidedFold).conflicts)


def _standing(journal: Journal) -> tuple[History, str]:
    """Return what was done so far, and who runs now.

    A run without an end was killed where nobody runs, unless it ended before that was asked.
    """
    past = folded(journal, MigrationsFold)
    while True:
        held_by = journal.database.holder()
        again = folded(journal, MigrationsFold)
        known = {one.run for one in past.unended}
        if held_by or known.issuperset(one.run for one in again.unended):
            return again, held_by
        past = again


def _drift(journal: Journal) -> tuple[Difference, ...]:
    _, changes = beside(journal)
    return named(journal.database, changes)


def _recorded_at(journal: Journal, position: int) -> str:
    for entry in journal.read(after=position - 1, last=position):
        return entry.recorded_at
    return ""


def _ran(past: History) -> list[str]:
    return [name for name, one in past.applied.items() if one.how == "run"]


def _sources(paths: Sequence[Path], journal: Journal) -> Sources | None:
    if not paths and not DIRECTORY.is_dir():
        return None
    return read_sources(paths, journal.database.kind)


def _unaccepted(found: Comparison) -> tuple[object, ...]:
    return (*found.changed, *found.renamed, *found.missing)


def _shown(paths: Sequence[Path]) -> str:
    return "".join(f" {path}" for path in paths)


def _next(found: Comparison, past: History, drift: tuple[str, ...], paths: str) -> str:
    """Return the next command to type; empty where there is nothing to do."""
    if past.unended:  # the next run closes them, and what they left is no drift then
        started = past.unended[-1].started
        if started.verb == "rollback":
            return f"clew rollback {started.target}"
        if started.verb == "record":
            return "clew record --finish"
        if started.verb == "copy":
            return again(started.program)
        return f"clew apply{paths}"
    if cut := [run for run in past.runs.incomplete if run.verb == "copy"]:
        return again(cut[-1].program)
    if drift:
        return "clew check"
    if _unaccepted(found):
        return f"clew accept --files{paths} --reason WHY"
    if found.late:
        return f"clew apply{paths} --allow-late"
    if found.pending:
        return f"clew apply{paths}"
    return ""
