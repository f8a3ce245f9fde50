"""What people write for a position: ``42``, ``head~3``, ``@mark``, ``before:NAME``, a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import ClassVar, assert_never

import msgspec

from journal import events as e
from journal.envelope import Entry
from journal.errors import NotFound, Usage
from projections.fold import Saving, replay

FORMS = (
    "Write 42, head, head~3, @mark, before:NAME, after:NAME, or a time such as 2026-11-21T09:30."
)
TYPES = (
    "MarkSet",
    "MarkRemoved",
    "RunStarted",
    "RunCompleted",
    "RunFailed",
    "RunInterrupted",
    "Stamped",
    "HistoryImported",
)
"""The types of the events that give names to positions; times need every entry."""

ByTime = Callable[[str], int]
"""Finds the last entry that was recorded at a moment or before it; 0 where none was."""

_HEAD = re.compile(r"head(?:~([0-9]{1,18}))?")
_NUMBER = re.compile(r"[0-9]{1,18}")


class Elsewhere(msgspec.Struct, frozen=True):
    """Why a migration has no position: what was said of it, at ``position``."""

    said: str
    position: int


class Places(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that positions can be named by.

    ``before`` and ``after`` hold the last applied run of each migration; ``elsewhere`` tells of
    those that were stamped or imported, and have no position of their own.
    """

    head: int = 0
    marks: Mapping[str, int] = {}
    before: Mapping[str, int] = {}
    after: Mapping[str, int] = {}
    elsewhere: Mapping[str, Elsewhere] = {}

    @staticmethod
    def fold() -> PlacesFold:
        """Return a fold that has seen nothing yet."""
        return PlacesFold()

    def resolve(self, text: str, *, by_time: ByTime = lambda _: 0) -> int:
        """Return the position that ``text`` names; ``by_time`` finds that of a time.

        Raises:
            NotFound: there is no such position, mark or applied migration, or no entry yet.
            Usage: the text is none of the forms, or the name fits several migrations.
        """
        if _NUMBER.fullmatch(text):
            return self._within(int(text), text)
        if head := _HEAD.fullmatch(text):
            return self._within(self.head - int(head[1] or 0), text)
        if text.startswith("@"):
            return _mark(self.marks, text.removeprefix("@"))
        if text.startswith("before:"):
            return self._migration(self.before, text.removeprefix("before:"))
        if text.startswith("after:"):
            return self._migration(self.after, text.removeprefix("after:"))
        return _at(text, by_time)

    def _within(self, position: int, text: str) -> int:
        if not 1 <= position <= self.head:
            raise NotFound(f"no position {text}: the journal has 1 to {self.head}")
        return position

    def _migration(self, places: Mapping[str, int], name: str) -> int:
        """Find a migration by its name, or by the beginning of it where that is enough."""
        wanted = name.removesuffix(".sql").removesuffix(".py")
        if wanted in places:
            return places[wanted]
        if wanted in self.elsewhere:
            known = self.elsewhere[wanted]
            raise NotFound(
                f"{wanted} {known.said} at position {known.position}, and not run here",
                hint="What others did has no position; name that of an entry, see clew log.",
            )
        found = [known for known in places if wanted and known.startswith(wanted)]
        if len(found) == 1:
            return places[found[0]]
        if found:
            raise Usage(f"{name!r} fits several migrations: {', '.join(found[:5])}")
        raise NotFound(f"no applied migration named {name!r}", hint=_listed("Applied", places))


class PlacesState(msgspec.Struct, frozen=True, kw_only=True):
    """What ``PlacesFold`` has gathered."""

    head: int
    marks: dict[str, int]
    before: dict[str, int]
    after: dict[str, int]
    begun: dict[str, tuple[e.RunStarted, int]]
    undone: tuple[str, ...]
    renamed: dict[str, tuple[int, int]]
    elsewhere: dict[str, Elsewhere]
    stands: dict[str, int]


class PlacesFold:
    """Working state of ``Places``."""

    saving: ClassVar[Saving] = Saving(name="places", layout=1, types=TYPES, state=PlacesState)

    def __init__(self) -> None:
        self._head = 0
        self._marks: dict[str, int] = {}
        self._before: dict[str, int] = {}
        self._after: dict[str, int] = {}
        self._begun: dict[str, tuple[e.RunStarted, int]] = {}
        self._undone: set[str] = set()
        self._renamed: dict[str, tuple[int, int]] = {}
        self._elsewhere: dict[str, Elsewhere] = {}
        self._stands: dict[str, int] = {}

    def take(self, entry: Entry) -> None:
        """Go on by one entry."""
        self._head = entry.position
        event = entry.event
        match event:
            case e.MarkSet():
                self._marks[event.name] = event.at
            case e.MarkRemoved():
                self._marks.pop(event.name, None)
            case e.RunStarted():
                self._begun[entry.run] = (event, entry.position - 1)
            case e.RunCompleted():
                if begun := self._begun.pop(entry.run, None):
                    self._complete(*begun, entry.position, incomplete=event.rejected > 0)
            case e.RunFailed() | e.RunInterrupted():
                if begun := self._begun.pop(entry.run, None):
                    self._fail(*begun, stayed=bool(event.stayed))
            case e.Stamped():
                self._stamp(event, entry.position)
            case e.RowsChanged() | e.SchemaChanged() | e.SequenceMoved() | e.StatementIntended():
                pass
            case e.StatementSettled() | e.JournalOpened() | e.BaselineRecorded():
                pass
            case e.HistoryImported():
                said = f"was imported from {event.tool}"
                self._elsewhere |= {
                    name: Elsewhere(said, entry.position) for name in event.migrations
                }
            case e.RowsTransformed() | e.ConflictFound():
                pass
            case e.ConflictDecided() | e.FieldUnmapped() | e.RecordRejected() | e.RowProvisioned():
                pass
            case e.CheckRun() | e.BackupTaken() | e.BackupVerified() | e.BackupRestored():
                pass
            case e.DriftAccepted() | e.IrreversibleAllowed():
                pass
            case e.SignedOff() | e.ContentErased() | e.ArchiveSealed():
                pass
            case _:
                assert_never(event)

    def _complete(
        self, started: e.RunStarted, before: int, position: int, *, incomplete: bool
    ) -> None:
        if started.migration:
            before = self._stands.pop(started.migration, before)
            if incomplete:  # a later run takes what waits, and the way back leads before both
                self._stands[started.migration] = before
            self._before[started.migration] = before
            self._after[started.migration] = position
            self._undone.discard(started.migration)
        elif started.verb == "rollback" and started.target is not None:
            self._undone = {name for name, end in self._after.items() if end > started.target}
            stands = self._stands.items()
            self._stands = {name: place for name, place in stands if place < started.target}

    def _fail(self, started: e.RunStarted, before: int, *, stayed: bool) -> None:
        """Where statements stand of a failed attempt, the way back leads before it."""
        if started.migration and stayed:
            self._before[started.migration] = self._stands.setdefault(started.migration, before)

    def _stamp(self, event: e.Stamped, position: int) -> None:
        name = event.migration
        if event.file:
            self._accept(event)
        elif event.done:
            self._before.pop(name, None)
            self._after.pop(name, None)
            self._elsewhere[name] = Elsewhere("was stamped as done", position)
        else:
            self._elsewhere.pop(name, None)
            self._undone.add(name)

    def _accept(self, event: e.Stamped) -> None:
        """A stamp on a file leaves the migration where it is; another name takes its place."""
        name = event.migration
        if not event.done:
            if name in self._after and name not in self._undone:
                self._renamed[event.digest] = (self._before[name], self._after[name])
            self._undone.add(name)
        elif places := self._renamed.pop(event.digest, None):
            self._before[name], self._after[name] = places
            self._undone.discard(name)

    def answer(self) -> Places:
        """Return the places as of the last entry taken."""
        return Places(
            head=self._head,
            marks=dict(self._marks),
            before=dict(self._before),
            after=dict(self._after),
            elsewhere={
                name: one for name, one in self._elsewhere.items() if name not in self._after
            },
        )

    def state(self) -> PlacesState:
        """Return what was gathered."""
        return PlacesState(
            head=self._head,
            marks=dict(self._marks),
            before=dict(self._before),
            after=dict(self._after),
            begun=dict(self._begun),
            undone=tuple(sorted(self._undone)),
            renamed=dict(self._renamed),
            elsewhere=dict(self._elsewhere),
            stands=dict(self._stands),
        )

    def restore(self, state: PlacesState) -> None:
        """Begin where a fold of that state stopped."""
        self._head = state.head
        self._marks, self._stands = dict(state.marks), dict(state.stands)
        self._before, self._after = dict(state.before), dict(state.after)
        self._begun, self._undone = dict(state.begun), set(state.undone)
        self._renamed, self._elsewhere = dict(state.renamed), dict(state.elsewhere)


def resolve(text: str, entries: Iterable[Entry]) -> int:
    """Return the position that ``text`` names in a journal. Raises as ``Places`` does."""
    every = tuple(entries)

    def by_time(moment: str) -> int:
        return max((one.position for one in every if one.recorded_at <= moment), default=0)

    return replay(Places, every).resolve(text, by_time=by_time)


def _at(text: str, by_time: ByTime) -> int:
    try:
        moment = parse_time(text)
    except (ValueError, OverflowError):
        raise Usage(f"expected a position, found {text!r}", hint=FORMS) from None
    if position := by_time(moment):
        return position
    raise NotFound(f"no entry was recorded by {text}")


def parse_time(text: str) -> str:
    """Return an ISO time in the form that entries bear; without an offset it is UTC.

    Raises:
        ValueError: it is no ISO time.
    """
    moment = datetime.fromisoformat(text)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _mark(marks: Mapping[str, int], name: str) -> int:
    if name in marks:
        return marks[name]
    raise NotFound(f"no mark named {name!r}", hint=_listed("Marks", marks))


def _listed(what: str, names: Iterable[str]) -> str:
    newest = list(names)[-5:]
    return f"{what}: {', '.join(newest)}." if newest else f"{what}: none."
