"""The schema as the journal tells it: objects by identity, at any position."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar, assert_never

import msgspec

from journal import events as e
from journal.envelope import Entry
from journal.errors import NotFound, Usage
from journal.known import TYPES as OBJECT_TYPES
from journal.known import Known
from journal.values import ObjectChange, SchemaObject, SequenceState
from projections.fold import Saving

TYPES = (*OBJECT_TYPES, "SequenceMoved")
"""The types of the events this projection listens to; reading only these is enough."""
_HEARD = frozenset(getattr(e, name) for name in TYPES)

Path = tuple[str, ...]


class Rename(msgspec.Struct, frozen=True, kw_only=True):
    """An object (or, with ``column``, a column of it) took another name at a position."""

    position: int
    id: int
    kind: str
    before: Path
    after: Path


class Schema(msgspec.Struct, frozen=True, kw_only=True):
    """The schema at ``position``, the last entry folded.

    ``next_id`` is one more than every identity of an object or column ever seen. ``names``
    holds the latest path of every identity of an object, dropped ones too.
    """

    position: int = 0
    objects: Mapping[int, SchemaObject] = {}
    sequences: Mapping[int, SequenceState] = {}
    names: Mapping[int, Path] = {}
    renames: tuple[Rename, ...] = ()
    next_id: int = 1

    @staticmethod
    def fold() -> SchemaFold:
        """Return a fold that has seen nothing yet."""
        return SchemaFold()

    def find(self, kind: str, path: Path) -> SchemaObject | None:
        """Return the object of a kind at a path."""
        for object_ in self.objects.values():
            if object_.kind == kind and object_.path == path:
                return object_
        return None

    def of_kind(self, kind: str) -> tuple[SchemaObject, ...]:
        """Return all objects of a kind in order of their path."""
        found = (object_ for object_ in self.objects.values() if object_.kind == kind)
        return tuple(sorted(found, key=lambda object_: object_.path))

    def belonging_to(self, identity: int) -> tuple[SchemaObject, ...]:
        """Return the constraints, indexes, triggers ... of a table, by kind and path."""
        found = (object_ for object_ in self.objects.values() if object_.parent == identity)
        return tuple(sorted(found, key=lambda object_: (object_.kind, object_.path)))

    def table(self, name: str) -> SchemaObject:
        """Return the table of a name: its whole path, or its last part where that is enough.

        Raises:
            NotFound: no table has that name at this position.
            Usage: several schemas have a table of that name.
        """
        tables = self.of_kind("table")
        exact = [table for table in tables if dotted(table.path) == name]
        found = exact or [table for table in tables if table.path[-1] == name]
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(dotted(table.path) for table in found)
            raise Usage(f"{name} is the name of several tables: {names}")
        raise NotFound(f"no table {name} at position {self.position}", hint=self._once(name))

    def holding(self, table: SchemaObject) -> tuple[SchemaObject, ...]:
        """Return the tables that hold a table's rows: its partitions, or itself.

        Rows of heirs are theirs: they have columns that the parent does not.
        """
        if "partition_by" not in table.definition:
            return (table,)
        return tuple(leaf for part in self.partitions(table) for leaf in self.holding(part))

    def partitions(self, table: SchemaObject) -> tuple[SchemaObject, ...]:
        """Return the tables right beneath a partitioned one; none of another."""
        return tuple(
            one
            for one in self.of_kind("table")
            if "partition_of" in one.definition
            and list(table.path) in map(list, one.definition.get("inherits", ()))
        )

    def _once(self, name: str) -> str:
        for rename in reversed(self.renames):
            if rename.kind == "table" and name in (dotted(rename.before), rename.before[-1]):
                return f"It was renamed to {dotted(rename.after)} at position {rename.position}."
        if any(name in (dotted(path), path[-1]) for path in self.names.values()):
            return "It was there at an earlier position: see clew log."
        return "List the tables with: clew schema."


class SchemaState(msgspec.Struct, frozen=True, kw_only=True):
    """What ``SchemaFold`` has gathered."""

    position: int
    objects: tuple[SchemaObject, ...]
    next_id: int
    sequences: dict[int, SequenceState]
    names: dict[int, Path]
    renames: tuple[Rename, ...]


class SchemaFold:
    """Working state of ``Schema``; schemas of the past are asked for, so many are saved."""

    saving: ClassVar[Saving] = Saving(
        name="schema", layout=1, types=TYPES, state=SchemaState, kept=64
    )

    def __init__(self) -> None:
        self._known = Known(objects={})
        self._sequences: dict[int, SequenceState] = {}
        self._names: dict[int, Path] = {}
        self._renames: list[Rename] = []
        self._position = 0

    def take(self, entry: Entry) -> None:
        """Go on by one entry."""
        self._position = entry.position
        event = entry.event
        if type(event) not in _HEARD:
            return
        match event:
            case e.SchemaChanged() | e.DriftAccepted():
                self._change(event.changes, entry.position)
            case e.BaselineRecorded():
                self._change((ObjectChange(after=o) for o in event.objects), entry.position)
                self._sequences.update(event.sequences)
            case e.SequenceMoved():
                self._sequences[event.move.object] = event.move.after
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
            case e.SignedOff() | e.ContentErased() | e.ArchiveSealed():
                pass
            case _:
                assert_never(event)

    def answer(self) -> Schema:
        """Return the schema as of the last entry taken."""
        objects = dict(self._known.objects)
        return Schema(
            position=self._position,
            objects=objects,
            sequences={i: state for i, state in self._sequences.items() if i in objects},
            names=dict(self._names),
            renames=tuple(self._renames),
            next_id=self._known.next_id,
        )

    def state(self) -> SchemaState:
        """Return what was gathered."""
        return SchemaState(
            position=self._position,
            objects=tuple(self._known.objects.values()),
            next_id=self._known.next_id,
            sequences=dict(self._sequences),
            names=dict(self._names),
            renames=tuple(self._renames),
        )

    def restore(self, state: SchemaState) -> None:
        """Begin where a fold of that state stopped."""
        objects = {one.id: one for one in state.objects}
        self._known = Known(objects=objects, next_id=state.next_id)
        self._sequences = dict(state.sequences)
        self._names = dict(state.names)
        self._renames = list(state.renames)
        self._position = state.position

    def _change(self, changes: Iterable[ObjectChange], position: int) -> None:
        changes = tuple(changes)
        self._known.take(changes)
        for change in changes:
            if change.after is not None:
                self._names[change.after.id] = change.after.path
            if change.before is not None and change.after is not None:
                self._renames += _renames(change.before, change.after, position)


def dotted(path: Path) -> str:
    """Return a path as people write it."""
    return ".".join(path)


def _renames(before: SchemaObject, after: SchemaObject, position: int) -> Iterator[Rename]:
    if before.path != after.path:
        yield Rename(
            position=position, id=after.id, kind=after.kind, before=before.path, after=after.path
        )
    names = {column.id: column.name for column in before.columns}
    for column in after.columns:
        once = names.get(column.id, column.name)
        if once != column.name:
            yield Rename(
                position=position,
                id=column.id,
                kind="column",
                before=(*before.path, once),
                after=(*after.path, column.name),
            )
