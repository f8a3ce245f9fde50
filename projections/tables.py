"""Every table that ever was, in each of its versions: what a row's history is read by."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from typing import assert_never

import msgspec

from journal import events as e
from journal.envelope import Entry
from journal.known import Known
from journal.values import ObjectChange, SchemaObject, Statement
from projections.schema import Path, dotted

_NONE = Statement(number=0)


class Version(msgspec.Struct, frozen=True):
    """A table from a position on, ``None`` where it is gone, and the entry that tells of it.

    ``statement`` is that of a run; drift and the baseline have none.
    """

    position: int
    table: SchemaObject | None
    run: str = ""
    statement: Statement = _NONE
    recorded_at: str = ""
    actor: str = ""
    evidence: str = ""


class Bearer(msgspec.Struct, frozen=True):
    """A table that bore a name, until a position: that of the question, or of losing the name."""

    table: int
    until: int


class Relabel(msgspec.Struct, frozen=True):
    """Values of a type of PostgreSQL's that took another text though nobody wrote them."""

    position: int
    type: Path
    labels: Mapping[str, str]


class Tables(msgspec.Struct, frozen=True, kw_only=True):
    """Versions of each table by identity, and of which table one was ever a partition."""

    versions: Mapping[int, tuple[Version, ...]] = {}
    parents: Mapping[int, frozenset[int]] = {}
    relabels: tuple[Relabel, ...] = ()
    renamed: tuple[int, ...] = ()
    """Positions at which objects took other names: texts of regclass and its like change then."""

    @staticmethod
    def fold() -> TablesFold:
        """Return a fold that has seen nothing yet."""
        return TablesFold()

    def at(self, table: int, position: int) -> SchemaObject | None:
        """Return a table as it was at a position."""
        versions = self.versions.get(table, ())
        place = bisect_right(versions, position, key=lambda one: one.position)
        return versions[place - 1].table if place else None

    def bearers(self, name: str, at: int) -> tuple[Bearer, ...]:
        """Return the tables that bore a name up to a position, the last to bear it first.

        ``name`` is a whole path, or its last part; where several schemas have a table of that
        name, the one that is there decides, and then the latest.
        """
        found = {path for path in self._paths(at) if name in (dotted(path), path[-1])}
        exact = {path for path in found if dotted(path) == name} or found
        latest = max(exact, key=lambda path: self._last(path, at), default=None)
        if latest is None:
            return ()
        bearing = (self._bearer(one, latest, at) for one in self.versions)
        return tuple(sorted((b for b in bearing if b), key=lambda b: (-b.until, -b.table)))

    def family(self, table: int) -> tuple[int, ...]:
        """Return a table with everything that ever was a partition of it."""
        found = [table]
        for one in found:
            found += [leaf for leaf, of in self.parents.items() if one in of and leaf not in found]
        return tuple(found)

    def _paths(self, at: int) -> Iterator[Path]:
        for versions in self.versions.values():
            yield from (v.table.path for v in versions if v.table and v.position <= at)

    def _last(self, path: Path, at: int) -> tuple[int, int]:
        bearers = [b for one in self.versions if (b := self._bearer(one, path, at))]
        return max(((b.until, b.table) for b in bearers), default=(0, 0))

    def _bearer(self, table: int, path: Path, at: int) -> Bearer | None:
        """Tell until when a table bore a path; a table that was dropped bore it until then."""
        versions = [one for one in self.versions[table] if one.position <= at]
        ends = [one.position for one in versions[1:]] + [at]
        for version, end in reversed(list(zip(versions, ends, strict=True))):
            if version.table is not None and version.table.path == path:
                return Bearer(table, end)
        return None


class TablesFold:
    """Working state of ``Tables``."""

    def __init__(self) -> None:
        self._known = Known(objects={})
        self._versions: dict[int, list[Version]] = {}
        self._parents: dict[int, set[int]] = {}
        self._relabels: list[Relabel] = []
        self._renamed: list[int] = []

    def take(self, entry: Entry) -> None:
        """Go on by one entry."""
        event = entry.event
        match event:
            case e.SchemaChanged():
                self._change(event.changes, entry, event.statement)
            case e.DriftAccepted():
                self._change(event.changes, entry)
            case e.BaselineRecorded():
                self._change((ObjectChange(after=o) for o in event.objects), entry)
            case e.RowsChanged() | e.RunStarted() | e.RunCompleted() | e.RunFailed():
                pass
            case e.RunInterrupted() | e.StatementIntended() | e.StatementSettled():
                pass
            case e.JournalOpened() | e.HistoryImported() | e.RowsTransformed() | e.ConflictFound():
                pass
            case e.ConflictDecided() | e.FieldUnmapped() | e.RecordRejected() | e.RowProvisioned():
                pass
            case e.CheckRun() | e.BackupTaken() | e.BackupVerified() | e.BackupRestored():
                pass
            case e.MarkSet() | e.MarkRemoved() | e.Stamped() | e.IrreversibleAllowed():
                pass
            case e.SequenceMoved() | e.SignedOff() | e.ContentErased() | e.ArchiveSealed():
                pass
            case _:
                assert_never(event)

    def answer(self) -> Tables:
        """Return the tables as of the last entry taken."""
        return Tables(
            versions={one: tuple(versions) for one, versions in self._versions.items()},
            parents={one: frozenset(of) for one, of in self._parents.items()},
            relabels=tuple(self._relabels),
            renamed=tuple(self._renamed),
        )

    def _change(
        self, changes: Iterable[ObjectChange], entry: Entry, statement: Statement = _NONE
    ) -> None:
        changes = tuple(changes)
        self._known.take(changes)
        for change in changes:
            before, after = change.before, change.after
            if before and after and before.path != after.path:
                self._renamed.append(entry.position)
            if before and after and after.kind == "enum":
                self._relabel(before, after, entry.position)
            one = after or before
            if one is not None and one.kind == "table":
                self._versions.setdefault(one.id, []).append(_version(after, entry, statement))
                if after is not None and "partition_of" in after.definition:
                    self._join(after)

    def _join(self, leaf: SchemaObject) -> None:
        wanted = {tuple(path) for path in leaf.definition.get("inherits", ())}
        for one in self._known.objects.values():
            if one.kind == "table" and one.path in wanted:
                self._parents.setdefault(leaf.id, set()).add(one.id)

    def _relabel(self, before: SchemaObject, after: SchemaObject, position: int) -> None:
        old, new = before.definition["labels"], after.definition["labels"]
        if len(old) == len(new) and old != new:
            labels = {one: other for one, other in zip(old, new, strict=True) if one != other}
            self._relabels.append(Relabel(position, after.path, labels))


def _version(table: SchemaObject | None, entry: Entry, statement: Statement) -> Version:
    return Version(
        position=entry.position,
        table=table,
        run=entry.run,
        statement=statement,
        recorded_at=entry.recorded_at,
        actor=entry.actor,
        evidence=entry.evidence,
    )
