"""The backup that must hold exactly the rows that are about to go."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import msgspec

from commands.backup.manifest import Manifest
from commands.backup.reading import Progress, problems_in
from commands.reset.answer import Covering
from commands.reset.candidates import Candidate, asked_for, candidates, opened, unknown
from commands.verification.contents import state_of
from journal.codec import open_entry
from journal.errors import ClewError, Refused
from journal.events import AnyEvent, BackupTaken, RowsChanged, SchemaChanged
from journal.recording import Recording
from journal.values import SchemaObject
from projections.schema import dotted

SHOWN = 3
"""Backups of which a refusal says why they do not count."""

HINT = (
    "Take one with clew backup take, or with a step Backup before this one; or say why none is"
    " wanted: without_backup=."
)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What must be covered: tables with the rows that go. ``named`` is the backup asked for.

    ``trial`` names backups that a trial took, whose files are gone again.
    """

    tables: Mapping[int, SchemaObject]
    rows: Mapping[int, int]
    named: str = ""
    trial: Collection[str] = ()


def covering(wanted: Wanted, recording: Recording, progress: Progress) -> Covering:
    """Find the newest backup that is whole now, and holds exactly what is about to go.

    Raises:
        Refused: there is none; says of the newest ones why they do not count.
    """
    known = [*candidates(recording.database, recording.events)]
    asked = asked_for(known[::-1], wanted.named)
    if not asked:
        raise Refused(unknown(wanted.named), hint=HINT)
    search, reasons = _Search(wanted, recording, progress), []
    for one in asked:
        wrong = search.why_not(one)
        if not wrong:
            return Covering(backup=one.backup, location=one.location, position=one.position)
        reasons.append(f"backup {one.backup[:8]}: {wrong}")
    more = f"; and {len(reasons) - SHOWN} more" if len(reasons) > SHOWN else ""
    raise Refused(
        f"no backup holds exactly the rows that would go: {'; '.join(reasons[:SHOWN])}{more}",
        hint=HINT,
    )


class _Search:
    """Holds candidates against the rows that are about to go; each table is read once."""

    def __init__(self, wanted: Wanted, recording: Recording, progress: Progress) -> None:
        self.wanted = wanted
        self.recording = recording
        self.progress = progress
        self._digests: dict[int, str] = {}

    def why_not(self, one: Candidate) -> str:
        """Say why a backup does not count; empty where it does."""
        if one.passed and one.backup in self.wanted.trial:
            return self._changed_since(one)
        try:
            stored = opened(one)
        except ClewError as error:
            return error.message
        unlike = self._unlike(stored.manifest)
        if unlike:
            return unlike
        problems = problems_in(stored.location, stored.manifest, self.progress)
        return next((problem.text for problem in problems), "")

    def _unlike(self, manifest: Manifest) -> str:
        """Hold the manifest against the rows: whether the table is there, counts, digests."""
        held = {table.path: table for table in manifest.tables}
        for identity, rows in self.wanted.rows.items():
            path = self.wanted.tables[identity].path
            if path not in held:
                return f"it does not hold table {dotted(path)}"
            if held[path].rows != rows:
                return (
                    f"table {dotted(path)} holds {rows:,} rows now, the backup {held[path].rows:,}"
                )
        for identity in self.wanted.rows:
            path = self.wanted.tables[identity].path
            if self._digest(identity) != held[path].digest:
                return f"table {dotted(path)} holds other rows now than the backup"
        return ""

    def _digest(self, identity: int) -> str:
        if identity not in self._digests:
            table = self.wanted.tables[identity]
            found = state_of(self.recording.database, table, self.progress)
            self._digests[identity] = found.digest
        return self._digests[identity]

    def _changed_since(self, one: Candidate) -> str:
        """The files of a trial's backup are gone; what happened since is known exactly."""
        names = {name.replace('"', "") for name in one.tables}
        for identity in self.wanted.rows:
            path = self.wanted.tables[identity].path
            if dotted(path) not in names:
                return f"it does not hold table {dotted(path)}"
        for event in _since(one, self.recording):
            for identity in _touched(event) & self.wanted.rows.keys():
                path = self.wanted.tables[identity].path
                return f"table {dotted(path)} holds other rows now than the backup"
        return ""


def _since(one: Candidate, recording: Recording) -> Iterator[AnyEvent]:
    types = ("RowsChanged", "SchemaChanged")
    if one.position is not None:
        for entry in recording.database.entries(after=one.position, types=types):
            yield open_entry(entry).event
    seen = one.position is not None
    for event in recording.events:
        seen = seen or (isinstance(event, BackupTaken) and event.backup == one.backup)
        if seen:
            yield event


def _touched(event: AnyEvent) -> set[int]:
    match event:
        case RowsChanged(rows=rows):
            return {rows.table}
        case SchemaChanged(changes=changes):
            return {
                one.before.id
                for one in changes
                if one.before and (one.after is None or one.before.columns != one.after.columns)
            }
        case _:
            return set()
