"""The directory of a backup: written aside, synced, read back, and only then put in place."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import msgspec

from commands.backup.compression import Compression, Compressor, compressor
from commands.backup.manifest import (
    MANIFEST,
    BackedUpScript,
    BackedUpTable,
    Manifest,
    backed_up,
    digest_of,
    file_name,
    written,
)
from commands.backup.reading import Problem, Progress, problems_in
from commands.backup.scripts import scripts_of
from commands.backup.single import Gathered
from commands.partial import clear, make_directories, partial_directory, reach_disk, sync
from commands.words import reason
from journal import spans
from journal.database import Database
from journal.errors import CheckFailed, ClewError, Refused
from journal.lines import LineDigest
from journal.script import Script
from journal.values import SchemaObject

_NAMES = "????????T??????Z-????????*"
"""How backups are named, whoever takes them."""


@contextmanager
def aside(to: Path, name: str) -> Iterator[Path]:
    """Make a directory to write in; it is gone at the end, unless it was put in place.

    Raises:
        Refused: ``to`` cannot be a directory that is written to.
        ClewError: the disk is full, or fails.
    """
    check_place(to)
    new = [path for path in (to, *to.parents) if not path.exists()]
    try:
        with ExitStack() as within:
            try:
                make_directories(to)
                clear(to, _NAMES)
                partial = within.enter_context(partial_directory(to / name))
            except OSError as error:
                what = f"{to} cannot hold a backup: {reason(error)}"
                no_room = error.errno in (errno.ENOSPC, errno.EDQUOT)
                kind = ClewError if no_room else Refused
                raise kind(what, hint="Name another directory for the backup.") from error
            try:
                yield partial
            except OSError as error:
                what = reason(error)
                hint = "Nothing of it was kept."
                raise ClewError(f"cannot write the backup to {to}: {what}", hint=hint) from error
    finally:
        with suppress(OSError):  # those that hold something now stay
            for path in new:
                with suppress(FileNotFoundError):  # it was not made
                    path.rmdir()


def check_place(to: Path) -> None:
    """Tell beforehand whether a directory can be written to; nothing is made.

    Raises:
        Refused: it cannot.
    """
    nearest = next(path for path in (to, *to.parents) if path.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        what = "cannot be written to" if nearest.is_dir() else "is a file"
        raise Refused(f"{nearest} {what}", hint="Name another directory for the backup.")


class InDirectory:
    """A backup being written in a directory: a file for each table, and the manifest."""

    def __init__(self, directory: Path, compress: Compression) -> None:
        self.path = directory
        self._compress: Compression = compress

    def take(
        self, database: Database, table: SchemaObject, number: int, progress: Progress
    ) -> BackedUpTable:
        """Write the rows of one table to its file."""
        file = self.path / file_name(number, self._compress)
        found = database.dump_lines(table)
        with spans.table("backup table", table.path), _created(file) as write:
            written = _Written(write, compressor(self._compress))
            for block in found.blocks:
                written.take(block)
                progress("rows backed up", written.lines.rows, 0)
            written.end()
        return backed_up(
            table,
            found.columns,
            rows=written.lines.rows,
            bytes=written.lines.size,
            digest=written.lines.hex(),
            file=file.name,
            stored=file.stat().st_size,
        )

    @property
    def stored(self) -> int:
        """The size of all files."""
        return sum(file.stat().st_size for file in self.path.iterdir())

    def word(self, manifest: Manifest, script: Script) -> Manifest:
        """Write scripts that make the objects elsewhere; return the manifest that names them."""
        scripts = []
        for file, content in scripts_of(script):
            with _created(self.path / file) as write:
                write(content)
            scripts.append(BackedUpScript(file=file, bytes=len(content), digest=digest_of(content)))
        return msgspec.structs.replace(manifest, scripts=tuple(scripts))

    def finish(self, manifest: Manifest, progress: Progress) -> str:
        """Write the manifest, read everything back, and return the manifest's digest.

        Raises:
            CheckFailed: what is read is not what was written.
        """
        return _finish(self.path, self.path / MANIFEST, written(manifest), manifest, progress)


class InOneFile:
    """A backup being written as a single file, from memory."""

    def __init__(self, directory: Path, name: str) -> None:
        self.path = directory / name
        self._gathered = Gathered()

    def take(
        self, database: Database, table: SchemaObject, number: int, progress: Progress
    ) -> BackedUpTable:
        """Read the rows of one table. Raises ``Refused`` where they are too many."""
        del number
        with spans.table("backup table", table.path):
            found = self._gathered.take(database, table)
        progress("rows backed up", found.rows, found.rows)
        return found

    @property
    def stored(self) -> int:
        """The size of the file."""
        return self.path.stat().st_size

    def word(self, manifest: Manifest, script: Script) -> Manifest:
        """Return the manifest with the statements that make the objects elsewhere."""
        return msgspec.structs.replace(manifest, ddl=script)

    def finish(self, manifest: Manifest, progress: Progress) -> str:
        """Write the file, read it back, and return its digest.

        Raises:
            CheckFailed: what is read is not what was written.
            Refused: it is too large.
        """
        content = self._gathered.document(manifest)
        return _finish(self.path, self.path, content, manifest, progress)


class _Written:
    """What went into a file so far."""

    def __init__(self, write: Callable[[bytes], int], stream: Compressor) -> None:
        self.lines = LineDigest()
        self._write = write
        self._stream = stream

    def take(self, block: bytes) -> None:
        """Write a block of lines."""
        self._write(self._stream.compress(block))
        self.lines.take(block)

    def end(self) -> None:
        """Write what the compressor still holds."""
        self._write(self._stream.flush())


def _finish(
    backup: Path, file: Path, content: bytes, manifest: Manifest, progress: Progress
) -> str:
    with _created(file) as write:
        write(content)
    sync(file.parent)
    with spans.span("backup read back"):
        problems = list(problems_in(backup, manifest, progress))
    if file.read_bytes() != content:
        problems.append(Problem(kind="manifest-edited", file=file.name))
    if problems:
        raise CheckFailed(
            f"the backup read back is not what was written: {problems[0].text}",
            hint="Nothing of it was kept. Is the disk sound, and not full?",
        )
    return digest_of(content)


def put_in_place(partial: Path, place: Path) -> None:
    """Give a finished backup its name, for good."""
    partial.rename(place)
    sync(place.parent)


def remove(place: Path) -> None:
    """Take a backup away again that nobody was told of."""
    if place.is_dir():
        shutil.rmtree(place, ignore_errors=True)
    else:
        place.unlink(missing_ok=True)


@contextmanager
def _created(path: Path) -> Iterator[Callable[[bytes], int]]:
    """Make a file that only its owner reads, and see to it that it reaches the disk."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        yield file.write
        reach_disk(file)
