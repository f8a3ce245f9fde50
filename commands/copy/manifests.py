"""What a batch brought, as content of the journal: its keys' ends, and a digest of each row.

A line of JSON with the first and the last key, then for each row 16 bytes that stand for its
key and 16 that stand for the row; zeros where the row was deleted. So a later copy can tell
which rows somebody wrote since, though the journal's entries hold nothing of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256

from commands.copy.neutral import Neutral
from commands.visible import encode

SIZE = 16
GONE = bytes(SIZE)
"""Stands for a row that was deleted."""

Mark = tuple[bytes, bytes]
"""What stands for a row: for its key, and for all of it."""


def mark(canonical: bytes) -> bytes:
    """Return what stands for a key or a row in its canonical form: the half of its digest."""
    return sha256(canonical).digest()[:SIZE]


def packed(first: Sequence[Neutral], last: Sequence[Neutral], marks: Iterable[Mark]) -> bytes:
    """Return the manifest of a batch."""
    header = encode({"first": first, "last": last})
    return b"".join((header, b"\n", *(part for one in marks for part in one)))


def unpacked(content: bytes) -> Iterator[Mark]:
    """Yield what stands for each row of a manifest."""
    start = content.index(b"\n") + 1
    for at in range(start, len(content), 2 * SIZE):
        yield content[at : at + SIZE], content[at + SIZE : at + 2 * SIZE]
