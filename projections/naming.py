"""The names that schema objects bore, and from which position to which."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar, assert_never

import msgspec

from journal import events as e
from journal.envelope import Entry
from journal.known import TYPES
from journal.values import ObjectChange
from projections.fold import Saving
from projections.schema import dotted

__all__ = ["TYPES", "Namer", "Naming", "NamingFold", "Spell"]


class Spell(msgspec.Struct, frozen=True, kw_only=True):
    """An object bore a name from position ``since`` to ``until``, both included.

    ``until`` is ``None`` while it bears the name, and the position before the entry that
    renamed or dropped it otherwise.
    """

    id: int
    kind: str
    name: str
    since: int
    until: int | None = None


class Naming(msgspec.Struct, frozen=True, kw_only=True):
    """All names of all objects, dropped ones too, in order of the position they began at."""

    spells: tuple[Spell, ...] = ()

    @staticmethod
    def fold() -> NamingFold:
        """Return a fold that has seen nothing yet."""
        return NamingFold()

    def bearers(self, name: str) -> frozenset[int]:
        """Return the tables that ever bore a name: the whole of it, or its last part."""
        tables = [spell for spell in self.spells if spell.kind == "table"]
        exact = [spell.id for spell in tables if spell.name == name]
        short = [spell.id for spell in tables if spell.name.rpartition(".")[2] == name]
        return frozenset(exact or short)


class Namer:
    """Tells names at any position; what has none yet has its first one."""

    def __init__(self, naming: Naming) -> None:
        self._spells: dict[int, tuple[list[int], list[str]]] = {}
        for spell in naming.spells:
            since, names = self._spells.setdefault(spell.id, ([], []))
            since.append(spell.since)
            names.append(spell.name)

    def at(self, position: int) -> Mapping[int, str]:
        """Return the names of all objects at a position; one that is gone keeps its last."""
        return _Names(self._spells, position)


class _Names(Mapping[int, str]):
    """Names by identity, looked up when they are asked for."""

    def __init__(self, spells: Mapping[int, tuple[list[int], list[str]]], position: int) -> None:
        self._spells = spells
        self._position = position

    def __getitem__(self, identity: int) -> str:
        since, names = self._spells[identity]
        return names[max(bisect_right(since, self._position) - 1, 0)]

    def __iter__(self) -> Iterator[int]:
        return iter(self._spells)

    def __len__(self) -> int:
        return len(self._spells)


class NamingFold:
    """Working state of ``Naming``."""

    saving: ClassVar[Saving] = Saving(name="naming", layout=1, types=TYPES, state=Naming)

    def __init__(self) -> None:
        self._spells: list[Spell] = []
        self._places: dict[int, int] = {}

    def take(self, entry: Entry) -> None:
        """Go on by one entry; only those of ``TYPES`` count."""
        self.foresee(entry.event, entry.position)

    def foresee(self, event: e.AnyEvent, position: int) -> None:
        """Go on by an event as if it were the entry at a position."""
        match event:
            case e.BaselineRecorded():
                self._change((ObjectChange(after=o) for o in event.objects), position)
            case e.SchemaChanged() | e.DriftAccepted():
                self._change(event.changes, position)
            case e.RowsChanged() | e.SequenceMoved() | e.RunStarted() | e.RunCompleted():
                pass
            case e.RunFailed() | e.RunInterrupted() | e.StatementIntended():
                pass
            case e.StatementSettled() | e.JournalOpened() | e.HistoryImported():
                pass
            case e.RowsTransformed() | e.ConflictFound() | e.ConflictDecided():
                pass
            case e.FieldUnmapped() | e.RecordRejected() | e.RowProvisioned() | e.CheckRun():
                pass
            case e.BackupTaken() | e.BackupVerified() | e.BackupRestored() | e.MarkSet():
                pass
            case e.MarkRemoved() | e.Stamped() | e.IrreversibleAllowed() | e.SignedOff():
                pass
            case e.ContentErased() | e.ArchiveSealed():
                pass
            case _:
                assert_never(event)

    def answer(self) -> Naming:
        """Return the names as of the last entry taken."""
        return Naming(spells=tuple(self._spells))

    def state(self) -> Naming:
        """Return all that was gathered."""
        return self.answer()

    def restore(self, state: Naming) -> None:
        """Go on from a state."""
        self._spells = list(state.spells)
        self._places = {one.id: n for n, one in enumerate(self._spells) if one.until is None}

    def _change(self, changes: Iterable[ObjectChange], position: int) -> None:
        """Take what an entry left: what is dropped and made again in it was there throughout."""
        left: dict[int, tuple[str, str] | None] = {}
        for change in changes:
            if change.before is not None:
                left.setdefault(change.before.id, None)
            if change.after is not None:
                left[change.after.id] = (change.after.kind, dotted(change.after.path))
        for identity, named in left.items():
            self._settle(identity, named, position)

    def _settle(self, identity: int, named: tuple[str, str] | None, position: int) -> None:
        place = self._places.get(identity)
        known = self._spells[place] if place is not None else None
        if place is not None and known is not None:
            if named is not None and known.name == named[1]:
                return
            self._spells[place] = msgspec.structs.replace(known, until=position - 1)
            del self._places[identity]
        if named is not None:
            kind, name = named
            self._places[identity] = len(self._spells)
            self._spells.append(Spell(id=identity, kind=kind, name=name, since=position))
