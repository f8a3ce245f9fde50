"""Where values stand: in row images, in content, in entries themselves, and beyond the journal.

Images are found by key or column. Content is found by what names it, and by the values. What is
found in other rows is told, and left alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import msgspec
from msgspec.structs import replace

from commands.erasing.answer import (
    SHORT,
    Column,
    ContentPlace,
    ErasureAnswer,
    ImagePlace,
    Row,
    Stays,
    Subject,
    What,
)
from commands.erasing.columns import ColumnFinder
from commands.erasing.finder import Finder, Progress, Range
from commands.erasing.naming import contents_of
from commands.erasing.rows import RowFinder
from commands.erasing.subjects import SubjectFinder
from journal.codec import open_entry
from journal.envelope import Entry
from journal.erased import ARCHIVED, PREFIX, Wanted
from journal.events import ArchiveSealed, RowsChanged
from journal.store import Journal
from journal.values import SchemaObject, TableRows
from projections.fold import replay
from projections.schema import TYPES, Schema, dotted

_EVERY = Wanted(table=SchemaObject(id=0, kind="table", path=("",)))


class Places(msgspec.Struct, frozen=True, kw_only=True):
    """All places, as they are answered, and the images as they are erased."""

    answer: ErasureAnswer
    ranges: tuple[Range, ...]


def find(journal: Journal, what: What, *, keep: Sequence[str], progress: Progress) -> Places:
    """Find every place where what is meant stands; in a transaction.

    ``keep`` are the beginnings of digests of content that is to be left alone.

    Raises:
        NotFound, Usage, Refused: as ``scopes`` does; NotFound where no such subject was met.
    """
    finder = _finder(journal, what)
    try:
        finder.look(progress)
        return _Finding(journal, finder, tuple(keep), progress).places()
    finally:
        finder.close()


def _finder(journal: Journal, what: What) -> Finder:
    match what:
        case Row():
            return RowFinder(journal, what)
        case Column():
            return ColumnFinder(journal, what)
        case Subject():
            return SubjectFinder(journal, what)


def _archives(journal: Journal) -> Iterator[Stays]:
    """Yield the archives, those too whose content is back: their files hold it still."""
    for entry in journal.read(types=("ArchiveSealed",)):
        if isinstance(entry.event, ArchiveSealed) and not entry.event.restored:
            yield Stays(kind="archive", where=entry.event.location, position=entry.position)


class _Finding:
    """One pass over the content, then one over the entries that name it."""

    def __init__(
        self, journal: Journal, finder: Finder, keep: tuple[str, ...], progress: Progress
    ) -> None:
        self.journal = journal
        self.finder = finder
        self.keep = keep
        self.progress = progress
        self.names = replay(Schema, journal.read(types=TYPES)).names

    def places(self) -> Places:
        """Return all places."""
        sizes = dict(self._contents())
        chunks = self._chunks()
        named: dict[str, ContentPlace] = {}
        stays: list[Stays] = []
        for count, stored in enumerate(self.journal.stored(), start=1):
            entry = open_entry(stored)
            self._name(entry, sizes, named)
            stays += self.finder.stays(entry, stored.body)
            stays += self._others(entry, chunks)
            if count % 1000 == 0:
                self.progress("entries", count)
        kept = {one for one in named if self.keep and one.startswith(self.keep)}
        stays += [
            Stays(kind="kept", where=f"content {one}", position=named[one].position)
            for one in sorted(kept)
        ]
        stays += self.finder.beyond()
        stays += _archives(self.journal)
        answer = ErasureAnswer(
            what=self.finder.name,
            images=tuple(self._image(one) for one in self.finder.ranges),
            contents=tuple(one for digest, one in named.items() if digest not in kept),
            stays=tuple(stays),
            unsearched=tuple(dict.fromkeys(self.finder.unsearched)),
        )
        return Places(answer=answer, ranges=tuple(self.finder.ranges))

    def _contents(self) -> Iterator[tuple[str, int]]:
        """Yield digest and size of each content that holds what is meant."""
        for count, (name, content) in enumerate(self.journal.database.contents(), start=1):
            if not name.startswith((PREFIX, ARCHIVED)) and self.finder.is_in(name, content):
                yield name, len(content)
            if count % 1000 == 0:
                self.progress("contents", count)

    def _name(self, entry: Entry, sizes: dict[str, int], named: dict[str, ContentPlace]) -> None:
        for what, digest in contents_of(entry.event):
            if digest not in sizes:
                continue
            if digest in named:
                known = named[digest]
                named[digest] = replace(known, entries=known.entries + 1)
                continue
            named[digest] = ContentPlace(
                position=entry.position,
                what=what,
                digest=digest,
                size=sizes[digest],
                entries=1,
                short=sizes[digest] < SHORT,
            )

    def _chunks(self) -> dict[str, set[int]]:
        """Return the chunks, by run, in which a value stands that is long enough."""
        found: dict[str, set[int]] = defaultdict(set)
        texts = tuple(self.finder.texts())
        for one in self.journal.database.images_holding(texts) if texts else ():
            found[one.run].add(one.number)
        return found

    def _others(self, entry: Entry, chunks: dict[str, set[int]]) -> Iterator[Stays]:
        """Tell of images that will hold a value still, in whatever table."""
        if not isinstance(entry.event, RowsChanged):
            return
        rows = entry.event.rows
        if rows.images is None or not chunks.get(rows.run):
            return
        within = (n for n in chunks[rows.run] if rows.images.first <= n <= rows.images.last)
        count = sum(self._count_others(rows, number) for number in sorted(within))
        if count:
            where = self._named(rows.table)
            yield Stays(kind="other row", where=where, position=entry.position, count=count)

    def _count_others(self, rows: TableRows, number: int) -> int:
        assert rows.images is not None
        one = replace(rows, images=replace(rows.images, first=number, last=number))
        found = self.journal.database.images_of(one, _EVERY)
        return sum(self.finder.is_in_other(rows, values) for _, values in found)

    def _image(self, one: Range) -> ImagePlace:
        table = self._named(one.rows.table)
        return ImagePlace(position=one.position, run=one.rows.run, table=table, rows=one.count)

    def _named(self, table: int) -> str:
        path = self.names.get(table)
        return dotted(path) if path else str(table)
