"""What left for an archive, by the entries that say so, and the port's half that moves it.

Entries never leave. Row images up to a position do, and content that nothing after it names: in
the place of content stands that it was archived, and since when; nothing stands in the place of
images, for the position of their entry tells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Protocol

import msgspec

from journal.chunks import chunk_digest, text_chunk_digest
from journal.codec import open_entry
from journal.envelope import StoredEntry
from journal.errors import Archived
from journal.events import ArchiveSealed
from journal.values import DatabaseKind, TableRows

TYPES = ("ArchiveSealed",)
"""The types of the events that tell of archives."""


class StoredImage(msgspec.Struct, frozen=True, kw_only=True):
    """A chunk of row images as it is stored: on PostgreSQL an array as text, in UTF-8.

    ``object`` and ``event`` are PostgreSQL's: the table's identity, and what the statement was.
    """

    run: str
    number: int
    sign: int
    rows: int
    chunk: bytes
    object: int = 0
    event: str = ""

    def digest(self, kind: DatabaseKind) -> bytes:
        """Return the digest over which that of the range is laid."""
        if kind == "sqlite":
            return chunk_digest(self.sign, self.rows, self.chunk)
        return text_chunk_digest(self.event, self.sign, self.rows, self.chunk)


class Archiving(Protocol):
    """The port's half that takes content and images out, and puts them back.

    All of it within ``lifted``, in the open transaction; by the owner of the tables alone.
    """

    def stored_images(self, rows: TableRows) -> Iterator[StoredImage]:
        """Yield the chunks of a range, in order of their numbers; outside ``lifted`` too."""

    def take_images(self, ranges: Iterable[TableRows]) -> int:
        """Take the images of ranges out; return how many chunks these were."""

    def put_images(self, images: Iterable[StoredImage]) -> None:
        """Put chunks back under their numbers."""

    def take_content(self, digests: Iterable[str], position: int) -> int:
        """Put in the place of contents that they were archived; return how many were there."""

    def put_back(self, contents: Mapping[str, bytes]) -> None:
        """Put contents back, and take away what stood in their place."""


class Seal(msgspec.Struct, frozen=True, kw_only=True):
    """An archive that holds what left: ``position`` is that of the entry that says so."""

    position: int
    event: ArchiveSealed

    @property
    def last(self) -> int:
        """The position up to which row images left."""
        return self.event.last

    def refusal(self) -> Archived:
        """Return the error of whoever needs what left."""
        one = self.event
        return Archived(
            f"row images of positions up to {one.last} are in the archive {one.location}"
            f" (SHA-256 {one.manifest}), sealed at position {self.position}",
            hint=f"Stay at position {one.last} or later, or bring them back:"
            f" clew archive restore {one.location}.",
        )


def seals(entries: Iterable[StoredEntry]) -> tuple[Seal, ...]:
    """Return the archives that hold what left, oldest first, of entries of ``TYPES``.

    The newest that was not brought back tells up to which position images are away.
    """
    found: list[Seal] = []
    for stored in entries:
        event = open_entry(stored).event
        if not isinstance(event, ArchiveSealed):
            continue
        if event.restored:
            found = [one for one in found if one.event.manifest != event.manifest]
        else:
            found.append(Seal(position=stored.position, event=event))
    return tuple(found)


def expect_images(entries: Iterable[StoredEntry], lack: Callable[[], bool]) -> None:
    """Raise ``Archived`` where there is an archive, and images lack that are asked for."""
    found = seals(entries)
    if found and lack():
        raise found[-1].refusal()


def listed(names: Iterable[str]) -> bytes:
    """Return the digests of contents as the content that lists what left: sorted, 32 bytes each."""
    return b"".join(sorted(map(bytes.fromhex, names)))


def unlisted(content: bytes) -> frozenset[str]:
    """Return the digests of the contents that left."""
    return frozenset(content[n : n + 32].hex() for n in range(0, len(content), 32))


def set_digest(names: Iterable[str]) -> str:
    """Return the SHA-256, in hexadecimal, over the names of contents, sorted, a line each."""
    return sha256("".join(f"{name}\n" for name in sorted(names)).encode()).hexdigest()


def imaged(rows: Sequence[TableRows]) -> Iterator[TableRows]:
    """Yield those that name images."""
    return (one for one in rows if one.images is not None)
