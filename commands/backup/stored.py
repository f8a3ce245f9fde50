"""A backup as it stands in its place, and the rows of its tables as they are read."""

from __future__ import annotations

from collections.abc import Iterator
from errno import EFBIG, EINVAL, ENOENT
from pathlib import Path
from stat import S_ISREG

import msgspec

from commands.backup.compression import Damaged, blocks_of
from commands.backup.manifest import (
    MANIFEST,
    BackedUpTable,
    Layout,
    Manifest,
    Unreadable,
    digest_of,
    read,
)
from commands.backup.single import LIMIT, contents_of
from commands.words import reason
from journal.effect import Row
from journal.errors import CheckFailed, NotFound, Refused
from journal.lines import LineDigest, row
from projections.schema import dotted

HINT = "Look at it with clew backup verify."
LISTED = "Name a directory, or a file, that clew backup list shows."


class StoredBackup(msgspec.Struct, frozen=True, kw_only=True):
    """A backup that was opened: its place, its manifest, and the digest of that.

    The digest is the one that ``BackupTaken`` bears where the manifest is the one written.
    ``contents`` are the lines of each table, where all stands in a single file.
    """

    location: Path
    manifest: Manifest
    digest: str
    contents: tuple[bytes, ...] = ()

    def rows(self, table: BackedUpTable) -> Iterator[Row]:
        """Yield the rows of a table in order, values as ``Database.dump`` yields them.

        Names of the values are ``table.keys``. What is wrong may come out only at the end: no
        row counts before the iterator is exhausted. Memory stays flat.

        Raises:
            CheckFailed: the file is not the one that was written.
        """
        names, kind, number = table.keys, self.manifest.database, 0
        try:
            for line in self._lines(table):
                number += 1
                yield row(line, names, kind)
        except (ValueError, OSError) as error:
            what = reason(error) if isinstance(error, OSError) else str(error)
            raise self._failed(table, f"line {number:,}: {what}") from None

    def blocks(self, table: BackedUpTable) -> Iterator[bytes]:
        """Yield the lines of a table in blocks of whole ones. Raises as ``rows`` does."""
        try:
            yield from self._blocks(table)
        except (ValueError, OSError) as error:
            what = reason(error) if isinstance(error, OSError) else str(error)
            raise self._failed(table, what) from None

    def _lines(self, table: BackedUpTable) -> Iterator[bytes]:
        for block in self._blocks(table):
            yield from block.split(b"\n")[:-1]

    def _blocks(self, table: BackedUpTable) -> Iterator[bytes]:
        read = LineDigest()
        begun: list[bytes] = []  # pieces of a line that goes on in the next block
        for block in self._stored(table):
            read.take(block)
            if read.size > table.bytes:
                break
            end = block.rfind(b"\n") + 1
            if end:
                whole = b"".join([*begun, block[:end]])
                begun.clear()
                yield whole
            begun.append(block[end:])
        if (read.size, read.rows, read.hex()) != (table.bytes, table.rows, table.digest):
            raise Damaged("size, number of rows or digest are not those that were written")

    def _stored(self, table: BackedUpTable) -> Iterator[bytes]:
        if self.manifest.layout == "single":
            yield self.contents[self.manifest.tables.index(table)]
            return
        with _plain(self.location / table.file).open("rb") as file:
            yield from blocks_of(file, self.manifest.compression)

    def _failed(self, table: BackedUpTable, what: str) -> CheckFailed:
        file = table.file or f"table {dotted(table.path)}"
        return CheckFailed(f"{file} of {self.location} cannot be read: {what}", hint=HINT)


def open_backup(location: Path) -> StoredBackup:
    """Open a backup by its directory, or its single file.

    Rows are read, and checked, when they are asked for.

    Raises:
        NotFound: nothing is there.
        Refused: what is there is no backup.
        CheckFailed: its manifest cannot be read.
    """
    location = location.resolve()
    if not location.exists():
        raise NotFound(f"no backup at {location}", hint=LISTED)
    try:
        content, layout = read_manifest(location)
    except OSError as error:
        raise Refused(f"{location} is no backup: {reason(error)}", hint=LISTED) from error
    try:
        manifest = read(content, layout)
        contents = contents_of(content) if layout == "single" else ()
    except Unreadable as error:
        if layout == "single":
            raise Refused(f"{location} is no backup: {error}", hint=LISTED) from None
        raise CheckFailed(f"{location / MANIFEST} cannot be read: {error}", hint=HINT) from None
    return StoredBackup(
        location=location, manifest=manifest, digest=digest_of(content), contents=contents
    )


def read_manifest(location: Path) -> tuple[bytes, Layout]:
    """Return what stands in the manifest of a directory, or in a single file.

    Raises:
        OSError: it cannot be read, or is larger than a single file may be.
    """
    if location.is_dir():
        if not (location / MANIFEST).exists():
            raise OSError(ENOENT, f"it has no {MANIFEST}")
        return _plain(location / MANIFEST).read_bytes(), "directory"
    if _plain(location).stat().st_size > LIMIT:
        raise OSError(EFBIG, f"larger than the {LIMIT >> 20} MiB of a single file")
    return location.read_bytes(), "single"


def _plain(path: Path) -> Path:
    """Return the path of a plain file; a pipe would keep the reader waiting."""
    if not S_ISREG(path.lstat().st_mode):
        raise OSError(EINVAL, "no plain file")
    return path
