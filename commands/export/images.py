"""The row images in an archive, held against the digests that its entries give them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from commands.export.lines import IMAGES, ImageLine, image_of, is_as_written
from commands.export.manifest import MANIFEST, Manifest
from journal.archived import StoredImage
from journal.codec import event_of
from journal.errors import ClewError
from journal.events import RowsChanged
from journal.values import TableRows

_line = msgspec.json.Decoder(ImageLine).decode

Found = tuple[str, str, int]
"""File, what is wrong with it, and the position of an entry or 0."""


class Torn(Exception):
    """A line is not what an archive holds."""


def read_images(file: Path) -> Iterator[StoredImage]:
    """Yield the chunks of a file. Raises ``Torn``."""
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                one = _line(line)
                image = image_of(one)
            except (msgspec.DecodeError, ValueError, RecursionError):
                raise Torn(f"line {number} cannot be read") from None
            if not is_as_written(line, one):
                raise Torn(f"line {number} holds more than the images, or something twice")
            yield image


class Images:
    """Hears the entries, in order, and reads the images that they name beside them."""

    def __init__(self, directory: Path, manifest: Manifest) -> None:
        self._manifest = manifest
        self._said = manifest.images
        self._found: list[Found] = []
        self._chunks = self._rows = 0
        self._erased = dict(self._said.erased) if self._said else {}
        file = directory / IMAGES
        self._images = read_images(file) if self._said and file.is_file() else iter(())
        self._over = self._said is None

    def take(self, position: int, body: bytes) -> None:
        """Go on by one entry; after something that is wrong nothing more is read."""
        if self._over or self._said is None or position <= self._said.after:
            return
        try:
            event = event_of(position, body)
            if isinstance(event, RowsChanged) and event.rows.images is not None:
                self._hold(position, event.rows)
        except ClewError as error:
            self._flaw(IMAGES, f"cannot be held against entry {position}: {error.message}")
        except Torn as torn:
            self._flaw(IMAGES, str(torn), position)

    def flaws(self) -> Iterator[Found]:
        """Yield what is wrong, when all entries were heard."""
        if not self._over and self._said is not None:
            if next(self._images, None) is not None:
                self._flaw(IMAGES, "holds more than the entries name")
            if (self._chunks, self._rows) != (self._said.chunks, self._said.rows):
                self._flaw(MANIFEST, "counts other row images than there are")
        yield from self._found

    def _hold(self, position: int, rows: TableRows) -> None:
        assert rows.images is not None
        whole = hashlib.sha256()
        last = rows.images.first - 1
        object_ = rows.table if self._manifest.database == "postgresql" else 0
        expected = self._erased.get(position, rows.images.digest)
        while whole.hexdigest() != expected:
            one = next(self._images, None)
            if one is None:
                raise Torn("ends too early: images are missing")
            within = last < one.number <= rows.images.last
            if not within or (one.run, one.object) != (rows.run, object_):
                raise Torn(f"images of position {position} are others, or are missing")
            whole.update(one.digest(self._manifest.database))
            last = one.number
            self._chunks += 1
            self._rows += one.rows

    def _flaw(self, file: str, text: str, position: int = 0) -> None:
        self._over = True
        self._found.append((file, text, position))
