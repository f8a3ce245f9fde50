"""What leaves for an archive of the entries up to a position, and what stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import msgspec

from commands.archiving.answer import ArchiveAnswer, Stays
from commands.archiving.sealed import archives
from commands.erasing.proving import Erasures
from commands.folding import folded
from commands.history import MigrationsFold
from commands.places import position_of
from commands.way import expect_place
from journal import events as e
from journal.errors import Refused
from journal.store import Journal
from journal.values import TableRows
from projections.leaving import leaves
from projections.named import named_content

Progress = Callable[[int], None]

_FOUND = "what transforms found: decisions can be revised, and fields be a source later"
_VOUCHES = "what vouches for saved folds, or lists what left before"
_LATER = "later entries name it too"


class Ranged(msgspec.Struct, frozen=True):
    """Row images that leave, of the entry at ``position``; ``digest`` is what they have today."""

    position: int
    rows: TableRows
    digest: str


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What leaves; ``head`` is the position up to which entries were looked at."""

    head: int
    last: int
    after: int
    contents: tuple[str, ...]
    ranges: tuple[Ranged, ...]
    answer: ArchiveAnswer


def plan(journal: Journal, at: str, *, location: str, progress: Progress = lambda _: None) -> Plan:
    """Read every entry, and tell what leaves.

    Raises:
        NotFound, Usage: there is no such position.
        Refused: it cannot be gone back to anyway, was archived already, or a migration is
            incomplete.
    """
    last, head = position_of(journal, at), journal.head().position
    expect_place(journal, last, origin=head)
    found = archives(journal)
    after = found[-1].last if found else 0
    if last <= after:
        raise found[-1].refusal()
    _refuse_incomplete(journal)
    look = _Look(journal, last, after)
    for count, entry in enumerate(journal.read(last=head), start=1):
        look.take(entry.position, entry.event)
        if count % 1000 == 0:
            progress(count)
    contents = {
        digest: len(content)
        for digest in sorted(look.old - look.found.keys() - look.later)
        if isinstance(content := journal.database.content(digest), bytes)
    }
    return Plan(
        head=head,
        last=last,
        after=after,
        contents=tuple(contents),
        ranges=tuple(look.ranges),
        answer=ArchiveAnswer(
            location=location,
            last=last,
            after=after,
            contents=len(contents),
            content_bytes=sum(contents.values()),
            chunks=0,
            rows=sum(one.rows.removed + one.rows.added for one in look.ranges),
            image_bytes=sum(one.rows.images.size for one in look.ranges if one.rows.images),
            stays=tuple(look.stays()),
            marks=tuple(sorted(name for name, place in look.marks.items() if place < last)),
            migrations=tuple(look.migrations),
        ),
    )


def since(journal: Journal, plan: Plan) -> frozenset[str]:
    """Return what entries name that were appended since the plan.

    Raises:
        Refused: something was erased or archived meanwhile.
    """
    named: set[str] = set()
    for entry in journal.read(after=plan.head):
        if isinstance(entry.event, e.ContentErased | e.ArchiveSealed):
            raise Refused(
                f"position {entry.position} erased or archived something meanwhile",
                hint="Do it again, into another directory.",
            )
        named.update(named_content(entry.event))
    return frozenset(named)


def _refuse_incomplete(journal: Journal) -> None:
    history = folded(journal, MigrationsFold)
    for name in history.attempts:
        raise Refused(
            f"migration {name} is incomplete: what takes it back may not leave",
            hint="Complete it, or take it back, first: clew status tells how.",
        )


class _Look:
    """Hears every entry."""

    def __init__(self, journal: Journal, last: int, after: int) -> None:
        self._last = last
        self._after = after
        self._erasures = Erasures(journal)
        self.old: set[str] = set()
        self.found: dict[str, str] = {}
        self.later: set[str] = set()
        self.ranges: list[Ranged] = []
        self.migrations: dict[str, None] = {}
        self.marks: dict[str, int] = {}

    def take(self, position: int, event: e.AnyEvent) -> None:
        """Go on by one entry."""
        named = {digest for digest in named_content(event) if digest}
        if isinstance(event, e.MarkSet):
            self.marks[event.name] = event.at
        if isinstance(event, e.MarkRemoved):
            self.marks.pop(event.name, None)
        if position > self._last:
            self.later |= named
            return
        leaving = {digest for digest in leaves(event) if digest}
        self.old |= leaving
        why = _VOUCHES if isinstance(event, e.CheckRun | e.ArchiveSealed) else _FOUND
        self.found |= dict.fromkeys(named - leaving, why)
        if isinstance(event, e.RunStarted) and event.migration:
            self.migrations[event.migration] = None
        if isinstance(event, e.RowsChanged) and event.rows.images is not None:
            images = self._erasures.rows(event.rows).images
            if position > self._after and images is not None:
                self.ranges.append(Ranged(position, event.rows, images.digest))

    def stays(self) -> Iterator[Stays]:
        """Yield what stays, and why."""
        counted = Counter(self.found.values())
        counted[_LATER] = len((self.old & self.later) - self.found.keys())
        for why, number in counted.items():
            if number:
                yield Stays(why=why, contents=number)


def rows_of(ranges: Iterable[Ranged]) -> Iterator[TableRows]:
    """Yield what the entries say of the rows."""
    return (one.rows for one in ranges)
