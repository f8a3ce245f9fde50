"""The entries that changed one row, with its images: searched in the database, by key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import msgspec

from commands.archiving.sealed import away
from commands.one_row.chapter import Chapter, Values
from commands.one_row.indexed import IndexedRows
from journal.codec import open_entry
from journal.envelope import Entry, StoredEntry
from journal.events import RowsChanged
from journal.folded import RowImage
from journal.store import Journal
from journal.values import TableRows

BATCH = 500
"""Entries whose images are looked through at a time."""


AROUND = 1000
"""Entries of one statement stand no farther apart."""


NONE: Mapping[int, list[int]] = {}


class Hit(msgspec.Struct, frozen=True):
    """An entry that changed the row, what it names, and the images of the row."""

    entry: Entry
    rows: TableRows
    images: tuple[RowImage, ...]


class Search:
    """Finds the images of a row in the entries of one chapter."""

    def __init__(self, journal: Journal, chapter: Chapter, indexed: IndexedRows | None) -> None:
        self.journal = journal
        self.chapter = chapter
        self.indexed = indexed
        self.gone = away(journal)
        """The position up to which images left for archives; nothing is found before it."""
        self.asked: set[int] = set()
        """Columns by which entries so far told rows apart."""

    def find(self, known: Values, *, after: int = 0, last: int) -> list[Hit]:
        """Return the entries in which the row of these values stands, in order of position.

        A row is found by the key that each entry names; entries whose key is not known are
        left out. The index tells where to look, as far as it goes.
        """
        after = max(after, self.gone)
        covered = self.indexed.end if self.indexed else 0
        found: list[Hit] = []
        if self.indexed and after < covered:
            chunks = self.indexed.chunks(known, after=after, last=min(last, covered))
            self.asked |= self.indexed.asked
            entries = self._opened(self.journal.database.entries_at(sorted(chunks)))
            found += self._all(entries, known, chunks)
        rest = self.journal.database.row_entries(
            self.chapter.family, after=max(after, covered), last=last
        )
        return found + self._all(self._opened(rest), known)

    def _all(
        self, entries: Iterator[Entry], known: Values, chunks: Mapping[int, list[int]] = NONE
    ) -> list[Hit]:
        found: list[Hit] = []
        while batch := list(islice(entries, BATCH)):
            found += self._hits(batch, known, chunks)
        return found

    def beside(self, hit: Hit) -> list[Entry]:
        """Return all entries in which the statement of one changed rows of the chapter's table."""
        at, statement = hit.entry.position, _statement(hit.entry)
        around = self.journal.database.row_entries(
            self.chapter.family, after=max(at - AROUND, 0), last=at + AROUND
        )
        return [
            entry
            for entry in self._opened(around)
            if (entry.run, _statement(entry)) == (hit.entry.run, statement)
        ]

    def images(
        self, rows: Iterable[TableRows], match: Mapping[int, Any]
    ) -> Iterator[tuple[int, RowImage]]:
        """Yield table and images of entries that bear values, by the columns of the chapter."""
        for one in rows:
            columns = self._columns(one)
            if match.keys() <= columns.keys():
                given = {columns[own]: value for own, value in match.items()}
                for image in self.journal.database.row_images([(0, one)], given):
                    yield one.table, image

    def _opened(self, stored: Iterable[StoredEntry]) -> Iterator[Entry]:
        for entry in map(open_entry, stored):
            if (
                isinstance(entry.event, RowsChanged)
                and entry.event.rows.table in self.chapter.family
            ):
                yield entry

    def _hits(
        self, entries: list[Entry], known: Values, chunks: Mapping[int, list[int]]
    ) -> Iterator[Hit]:
        """Entries that ask for the same columns are looked through at once."""
        asked: dict[tuple[int, ...], list[tuple[int, TableRows]]] = {}
        by_position: dict[int, tuple[Entry, TableRows, list[RowImage]]] = {}
        for entry in entries:
            assert isinstance(entry.event, RowsChanged)
            rows = entry.event.rows
            key = self.chapter.key(rows)
            self.asked.update(map(self._own, key))
            if rows.images is None or not all(self._own(one) in known for one in key):
                continue
            parts = _parts(rows, chunks.get(entry.position))
            asked.setdefault(key, []).extend((entry.position, part) for part in parts)
            by_position[entry.position] = (entry, rows, [])
        for key, changes in asked.items():
            match = {column: known[self._own(column)] for column in key}
            for image in self.journal.database.row_images(changes, match):
                by_position[image.position][2].append(image)
        for entry, rows, images in by_position.values():
            if images:
                yield Hit(entry, rows, tuple(images))

    def _columns(self, rows: TableRows) -> dict[int, int]:
        return {0: 0} | {self._own(column): column for column in rows.columns}

    def _own(self, column: int) -> int:
        return self.chapter.own.get(column, column)


def _parts(rows: TableRows, numbers: list[int] | None) -> Iterator[TableRows]:
    """Yield what an entry names, narrowed to some of its chunks where these are known."""
    if numbers is None or rows.images is None:
        yield rows
        return
    for number in sorted(set(numbers)):
        if rows.images.first <= number <= rows.images.last:
            images = msgspec.structs.replace(rows.images, first=number, last=number)
            yield msgspec.structs.replace(rows, images=images)


def _statement(entry: Entry) -> int:
    assert isinstance(entry.event, RowsChanged)
    return entry.event.statement.number
