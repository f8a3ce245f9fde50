"""Reading a backup back: each file held against the manifest, and everything wrong named."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from stat import S_ISREG

import msgspec

from commands.backup.compression import Compression, Damaged, blocks_of
from commands.backup.manifest import (
    MANIFEST,
    BackedUpScript,
    BackedUpTable,
    Manifest,
    digest_of,
    named,
)
from commands.backup.single import contents_of
from commands.words import reason
from journal.lines import LineDigest, fits

LONGEST = 1 << 28
"""Bytes of the longest line that is looked at for what is wrong with it."""

Progress = Callable[[str, int, int], None]
"""Called with what is done, how much of it, and how much there is (0 where not known)."""

_KINDS = {
    "not-a-backup": "is no backup",
    "manifest-unreadable": "cannot be read",
    "manifest-edited": "is not the manifest that was written",
    "unknown": "is not known to its journal",
    "missing": "is missing",
    "no-file": "is no plain file",
    "unreadable": "cannot be read",
    "empty": "has 0 bytes",
    "size": "has another size",
    "damaged": "cannot be decompressed",
    "digest": "has another digest",
    "count": "has another number of rows",
    "line": "holds a line that is no row of the table",
    "extra": "does not belong to the backup",
}


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that is wrong with a file of a backup."""

    kind: str
    file: str
    table: str = ""
    expected: str = ""
    found: str = ""

    @property
    def text(self) -> str:
        """The problem in one line."""
        table = f" (table {self.table})" if self.table else ""
        said = ""
        if self.expected:
            said = f": expected {self.expected}, found {self.found}"
        elif self.found:
            said = f": {self.found}"
        return f"{self.file}{table} {_KINDS[self.kind]}{said}"


def problems_in(backup: Path, manifest: Manifest, progress: Progress) -> Iterator[Problem]:
    """Yield everything about a backup that is not as its manifest says.

    ``backup`` is its directory, or the single file.
    """
    names = named([table.path for table in manifest.tables])
    looks = _looks_at_file if manifest.layout == "single" else _looks_at_directory
    for name, found in zip(names, looks(backup, manifest, progress), strict=False):
        for problem in found:
            yield msgspec.structs.replace(problem, table=name)
    if manifest.layout == "directory":
        for script in manifest.scripts:
            yield from _look_at_script(backup / script.file, script)
        known = {MANIFEST, *(table.file for table in manifest.tables)}
        known |= {script.file for script in manifest.scripts}
        for extra in sorted(path.name for path in backup.iterdir()):
            if extra not in known:
                yield Problem(kind="extra", file=extra)


def _looks_at_directory(
    directory: Path, manifest: Manifest, progress: Progress
) -> Iterator[Iterator[Problem]]:
    for table in manifest.tables:
        yield _look_at(directory / table.file, table, manifest, progress)


def _looks_at_file(
    file: Path, manifest: Manifest, progress: Progress
) -> Iterator[Iterator[Problem]]:
    contents = contents_of(file.read_bytes())
    for table, lines in zip(manifest.tables, contents, strict=True):
        source = partial(iter, (lines,))
        yield _Look(file.name, source, table.stored, table, manifest, progress).problems()


def _look_at_script(path: Path, script: BackedUpScript) -> Iterator[Problem]:
    try:
        found = path.lstat()
        if not S_ISREG(found.st_mode):
            yield Problem(kind="no-file", file=path.name)
        elif found.st_size != script.bytes:
            sizes = {"expected": f"{script.bytes:,} bytes", "found": f"{found.st_size:,}"}
            yield Problem(kind="size", file=path.name, **sizes)
        elif (digest := digest_of(path.read_bytes())) != script.digest:
            yield Problem(kind="digest", file=path.name, expected=script.digest, found=digest)
    except FileNotFoundError:
        yield Problem(kind="missing", file=path.name)
    except OSError as error:
        yield Problem(kind="unreadable", file=path.name, found=reason(error))


def _look_at(
    path: Path, table: BackedUpTable, manifest: Manifest, progress: Progress
) -> Iterator[Problem]:
    try:
        found = path.lstat()
        if not S_ISREG(found.st_mode):
            yield Problem(kind="no-file", file=path.name)
        elif found.st_size == 0 and (table.stored or table.bytes):
            expected = f"{table.stored or table.bytes:,} bytes"
            yield Problem(kind="empty", file=path.name, expected=expected, found="none")
        else:
            source = partial(_blocks, path, manifest.compression)
            look = _Look(path.name, source, found.st_size, table, manifest, progress)
            yield from look.problems()
    except FileNotFoundError:
        yield Problem(kind="missing", file=path.name)
    except OSError as error:
        yield Problem(kind="unreadable", file=path.name, found=reason(error))


def _blocks(path: Path, compression: Compression) -> Iterator[bytes]:
    with path.open("rb") as file:
        _forget_cached(file.fileno())
        yield from blocks_of(file, compression)


class _Look:
    """One reading of a file from its first byte to its last; blocks, so that memory stays flat."""

    def __init__(
        self,
        file: str,
        blocks: Callable[[], Iterator[bytes]],
        stored: int,
        table: BackedUpTable,
        manifest: Manifest,
        progress: Progress,
    ) -> None:
        self.file = file
        self.table = table
        self.manifest = manifest
        self.stored = stored
        self._blocks = blocks
        self.read = LineDigest()
        self.damage = ""
        self._read(progress)

    def _read(self, progress: Progress) -> None:
        try:
            for block in self._blocks():
                self.read.take(block)
                progress("rows read back", self.read.rows, self.table.rows)
                if self._too_much:
                    break
        except Damaged as error:
            self.damage = str(error)

    @property
    def _too_much(self) -> bool:
        """A few compressed bytes may become any number of others."""
        return self.manifest.compression != "none" and self.read.size > self.table.bytes

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong; lines are looked at where they are not those that were written."""
        table = self.table
        if self.manifest.compression != "none" and self.stored != table.stored:
            yield self._problem("size", f"{table.stored:,} bytes", f"{self.stored:,}")
        if self.damage:
            yield Problem(kind="damaged", file=self.file, found=self.damage)
            return
        if self._too_much:
            what = f"{table.bytes:,} bytes decompressed"
            yield self._problem("size", what, "more")
            return
        read, digest = self.read, self.read.hex()
        if read.size != table.bytes:
            yield self._problem("size", f"{table.bytes:,} bytes", f"{read.size:,}")
        if digest != table.digest:
            yield self._problem("digest", table.digest, digest)
        if read.rows != table.rows:
            yield self._problem("count", f"{table.rows:,}", f"{read.rows:,}")
        if digest != table.digest and (odd := self._odd_line()):
            yield Problem(kind="line", file=self.file, found=f"line {odd:,}")

    def _odd_line(self) -> int:
        """Return the number of the first line that is no row of the table; 0 if all are."""
        keys, kind = self.table.keys, self.manifest.database
        rest, number = b"", 0
        for block in self._blocks():
            *lines, rest = (rest + block).split(b"\n")
            for line in lines:
                number += 1
                if not fits(line, keys, kind):
                    return number
            if len(rest) > LONGEST:
                return number + 1
        return number + 1 if rest else 0

    def _problem(self, kind: str, expected: str, found: str) -> Problem:
        return Problem(kind=kind, file=self.file, expected=expected, found=found)


def _forget_cached(handle: int) -> None:
    """Ask for what the disk holds, not for what is still in memory of its being written."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
