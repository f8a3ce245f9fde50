"""The schema at both ends of a stretch, and what was touched in between."""

from __future__ import annotations

from collections import Counter
from typing import assert_never

from journal import events as e
from journal.envelope import Entry
from journal.known import Known
from journal.values import ObjectChange, SchemaObject

Names = dict[int, set[str]]
"""Identity of a column: every ``table.column`` that it was ever called, in lower case."""


class StretchFold:
    """Takes all entries; ``then`` is the schema after position ``after``, ``now`` the newest.

    ``seen`` are the objects that the stretch changed, as they were last; ``rows`` counts rows
    written in it by identity of the table; ``people`` are conflicts that people decided in it.
    ``columns`` and ``specs`` are of the whole journal: names of columns, and the digests of the
    descriptions of each transform.
    """

    def __init__(self, after: int) -> None:
        self._after = after
        self._known = Known(objects={})
        self.then: dict[int, SchemaObject] = {}
        self._begun = False
        self.seen: dict[int, SchemaObject] = {}
        self.rows: Counter[int] = Counter()
        self.people: set[str] = set()
        self.columns: Names = {}
        self.specs: dict[str, dict[str, None]] = {}

    @property
    def now(self) -> dict[int, SchemaObject]:
        """The schema as of the last entry taken."""
        return self._known.objects

    def take(self, entry: Entry) -> None:
        """Go on by one entry."""
        within = entry.position > self._after
        if within and not self._begun:
            self.begin()
        match entry.event:
            case e.BaselineRecorded() as event:
                self._change([ObjectChange(after=one) for one in event.objects])
                if within:  # a database as found is where the stretch begins
                    self.then = dict(self._known.objects)
            case e.SchemaChanged(changes=changes) | e.DriftAccepted(changes=changes):
                self._change(changes)
                if within:
                    self._see(changes)
            case e.RowsChanged(rows=rows) if within:
                self.rows[rows.table] += max(rows.removed, rows.added)
            case e.ConflictDecided() as event if within and not event.rule:
                self.people.add(event.conflict)
            case e.RowsTransformed() as event:
                self.specs.setdefault(event.step, {})[event.spec] = None
            case e.RowsChanged() | e.ConflictDecided() | e.SequenceMoved() | e.JournalOpened():
                pass
            case e.RunStarted() | e.RunCompleted() | e.RunFailed() | e.RunInterrupted():
                pass
            case e.StatementIntended() | e.StatementSettled() | e.HistoryImported():
                pass
            case e.ConflictFound() | e.FieldUnmapped() | e.RecordRejected() | e.RowProvisioned():
                pass
            case e.CheckRun() | e.BackupTaken() | e.BackupVerified() | e.BackupRestored():
                pass
            case e.MarkSet() | e.MarkRemoved() | e.Stamped() | e.IrreversibleAllowed():
                pass
            case e.SignedOff() | e.ContentErased() | e.ArchiveSealed():
                pass
            case _:
                assert_never(entry.event)

    def begin(self) -> None:
        """Keep the schema as the one before the stretch; to be called where it is empty."""
        if not self._begun:
            self._begun = True
            self.then = dict(self._known.objects)

    def _see(self, changes: tuple[ObjectChange, ...]) -> None:
        for change in changes:
            one = change.after or change.before
            if one is not None and one.kind != "internal":
                self.seen[one.id] = one

    def _change(self, changes: list[ObjectChange] | tuple[ObjectChange, ...]) -> None:
        self._known.take(changes)
        for change in changes:
            if change.after is not None:
                path = [part.lower() for part in change.after.path]
                for column in change.after.columns:
                    names = self.columns.setdefault(column.id, set())
                    names.add(f"{'.'.join(path)}.{column.name.lower()}")
                    names.add(f"{path[-1]}.{column.name.lower()}")
