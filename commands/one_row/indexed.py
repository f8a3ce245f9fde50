"""Where to look for a row: what the index of rows names, for one chapter."""

from __future__ import annotations

from collections.abc import Iterator

from commands.one_row.chapter import Chapter, Values
from journal.database import Database
from journal.errors import Tampered
from journal.one_row import ROWID
from journal.row_index import UNREADABLE, Block, Place, matching, places, places_of


class IndexedRows:
    """The index of one database; ``end`` is the last position that it covers."""

    def __init__(self, database: Database, chapter: Chapter, *, head: int) -> None:
        end = database.row_index_end()
        self.end = end if end <= head else 0  # made for another journal
        self.database = database
        self.chapter = chapter
        self.asked: set[int] = set()

    def chunks(self, known: Values, *, after: int, last: int) -> dict[int, list[int]]:
        """Return the entries that may hold the row, each with the numbers of its chunks.

        Raises:
            Tampered: the index is not what was ever written.
        """
        try:
            return self._chunks(known, after=after, last=last)
        except UNREADABLE as error:
            raise Tampered(
                "the index of rows cannot be read",
                hint="Make it anew with clew rebuild, or go without it: --no-index.",
            ) from error

    def _chunks(self, known: Values, *, after: int, last: int) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for block in self.database.row_blocks(self.chapter.family):
            if block.first > last or block.last <= after:
                continue
            for place in self._places(block, known):
                if after < place.position <= last:
                    found.setdefault(place.position, []).append(place.number)
        return found

    def _places(self, block: Block, known: Values) -> Iterator[Place]:
        """Yield all chunks of a block where rows are told apart by other columns than its own."""
        columns = block.columns or ((ROWID,) if self.database.kind == "sqlite" else ())
        own = tuple(self.chapter.own.get(column, column) for column in columns)
        self.asked.update(own)
        if not own or (not block.columns and self.chapter.named not in ((), own)):
            yield from places(block.places)
        elif all(column in known for column in own):
            wanted = self.database.row_digest([known[column] for column in own])
            rows = list(matching(block, wanted))
            if rows:
                yield from places_of(block.places, rows)
