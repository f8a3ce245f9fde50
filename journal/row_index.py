"""An index of which entries hold images of which row: derived, and never trusted.

A block covers entries of one table whose rows are told apart by the same columns. It names the
chunks of their images, and holds two bytes for each row in them: enough to leave out all but
one in 65,536 of the chunks that do not hold the row. What is found so is looked at in entry and
image; entries behind the end of the index are looked through as if there were none.
"""

from __future__ import annotations

import hashlib
import sys
import zlib
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, islice
from typing import Any, Protocol

import msgspec

from journal.codec import open_entry
from journal.events import RowsChanged
from journal.values import TableRows

STRETCH = 50_000
"""Entries of one stretch, at most; each table that changed in it has a block, or a few."""
BLOCK_BYTES = 1_000_000
"""Size of the digests of a block, about, at which another is begun."""
AT_ONCE = 1_000
"""Entries whose images are read at a time."""

Columns = tuple[int, ...]


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """Entries of one table: ``places`` is compressed, ``digests`` two bytes for each row.

    ``columns`` tell rows apart; none where all of them do, and then there are no digests.
    Table 0 stands for the whole stretch from ``first`` to ``last``, so that all of it is covered.
    """

    table: int
    columns: Columns
    first: int
    last: int
    places: bytes = b""
    digests: bytes = b""


class Place(msgspec.Struct, frozen=True):
    """A chunk of images, of an entry, and how many rows it holds."""

    position: int
    number: int
    rows: int


class Keys(msgspec.Struct, frozen=True):
    """A chunk as it is indexed: where it is, and the digests of its rows."""

    place: Place
    digests: bytes


class Indexed(Protocol):
    """What indexing asks of a database."""

    def entries(
        self,
        *,
        after: int = 0,
        last: int | None = None,
        run: str | None = None,
        types: Sequence[str] = (),
    ) -> Iterator[Any]:
        """Yield entries."""

    def row_keys(self, changes: Sequence[tuple[int, TableRows]]) -> Iterator[Keys]:
        """Yield the chunks of entries with the digests of their rows."""


def digest(values: Iterable[bytes]) -> int:
    """Return two bytes that stand for the key of a row."""
    return zlib.crc32(b"\0".join(values)) & 0xFFFF


def digests(keys: Iterable[Iterable[bytes]]) -> bytes:
    """Return the digests of the rows of a chunk."""
    return _bytes(array("H", map(digest, keys)))


UNREADABLE = (zlib.error, ValueError, TypeError, IndexError, msgspec.MsgspecError)
"""What reading a block raises that nobody here made."""


def blocks(database: Indexed, *, after: int, last: int) -> Iterator[Block]:
    """Yield the blocks of what came after one position and up to another."""
    for first in range(after, last, STRETCH):
        end = min(first + STRETCH, last)
        yield from _stretch(database, first, end)
        yield Block(table=0, columns=(), first=first + 1, last=end)


def matching(block: Block, wanted: int | None) -> Iterator[int]:
    """Yield the numbers of the rows of a block that have a digest, counted from 0."""
    needle = b"" if wanted is None else _bytes(array("H", [wanted]))
    at = block.digests.find(needle) if needle else -1
    while at >= 0:
        if at % 2 == 0:
            yield at // 2
        at = block.digests.find(needle, at + 1)


def places(packed: bytes) -> list[Place]:
    """Return the chunks of a block."""
    positions, numbers, rows = _unpacked(packed)
    return [Place(*one) for one in zip(positions, numbers, rows, strict=True)]


def places_of(packed: bytes, rows: Iterable[int]) -> Iterator[Place]:
    """Yield the chunks in which rows stand, by their numbers in order."""
    found = _unpacked(packed)
    ends = list(accumulate(found[2]))
    last = -1
    for row in rows:
        at = bisect_right(ends, row)
        if at != last:
            yield Place(*(column[at] for column in found))
        last = at


class Fingerprint:
    """What an index says, however it is cut into blocks."""

    def __init__(self) -> None:
        self._hashes: dict[tuple[int, Columns], list[Any]] = {}

    def take(self, block: Block) -> None:
        """Go on by one block; those of a table come in order."""
        if not block.table:
            return
        name = (block.table, block.columns)
        hashes = self._hashes.setdefault(name, [hashlib.sha256() for _ in range(4)])
        for hashed, column in zip(hashes, (*_unpacked(block.places), block.digests), strict=True):
            hashed.update(column)

    def answer(self) -> dict[tuple[int, Columns], tuple[str, ...]]:
        """Return the digests of each table."""
        return {
            name: tuple(one.hexdigest() for one in hashes) for name, hashes in self._hashes.items()
        }


class _Making:
    """A block that grows."""

    def __init__(self, table: int, columns: Columns) -> None:
        self.table = table
        self.columns = columns
        self.places: list[Place] = []
        self.digests: list[bytes] = []
        self.size = 0

    def take(self, keys: Keys) -> None:
        self.places.append(keys.place)
        self.digests.append(keys.digests)
        self.size += len(keys.digests) + 8

    def block(self, first: int, last: int) -> Block:
        columns = zip(*((one.position, one.number, one.rows) for one in self.places), strict=True)
        packed = b"".join(_bytes(array("Q", column)) for column in columns)
        return Block(
            table=self.table,
            columns=self.columns,
            first=first,
            last=last,
            places=zlib.compress(packed, 1),
            digests=b"".join(self.digests),
        )


def _stretch(database: Indexed, after: int, last: int) -> Iterator[Block]:
    growing: dict[tuple[int, Columns], _Making] = {}
    stored = map(open_entry, database.entries(after=after, last=last, types=("RowsChanged",)))
    while some := list(islice(stored, AT_ONCE)):
        changes = {
            one.position: one.event.rows for one in some if isinstance(one.event, RowsChanged)
        }
        for keys in database.row_keys([*changes.items()]):
            rows = changes[keys.place.position]
            name = (rows.table, rows.key)
            making = growing.setdefault(name, _Making(*name))
            making.take(keys)
            if making.size > BLOCK_BYTES:
                yield growing.pop(name).block(after + 1, last)
    yield from (making.block(after + 1, last) for making in growing.values())


def _unpacked(packed: bytes) -> tuple[array[int], ...]:
    every = array("Q")
    every.frombytes(zlib.decompress(packed))
    if sys.byteorder == "big":
        every.byteswap()
    size = len(every) // 3
    return every[:size], every[size : 2 * size], every[2 * size :]


def _bytes(numbers: array[int]) -> bytes:
    """Return numbers as bytes, the lowest byte first."""
    if sys.byteorder == "big":
        numbers = numbers[:]
        numbers.byteswap()
    return numbers.tobytes()
