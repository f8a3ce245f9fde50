"""Parquet files by range of positions: what each holds, where it begins and ends in the chain."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import msgspec

from commands.partial import make_directories, partial_file, reach_disk, sync
from commands.words import reason
from journal.errors import ClewError, Refused
from journal.values import DatabaseKind

RANGES = "ranges.json"
VERSION = 2
"""2 has files of runs and of conflicts; a directory is of one version."""
_NAME = re.compile(
    r"(entries|changes|runs|conflicts|content)-[0-9]{10,}-[0-9]{10,}\.parquet(\.partial)?"
)


class RangeFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a range: its path below the directory, its rows and bytes, its SHA-256."""

    path: str
    rows: int
    bytes: int
    sha256: str


class Range(msgspec.Struct, frozen=True, kw_only=True):
    """The entries ``first`` to ``last``, both included, in files that are never written again.

    ``previous`` is the digest of the entry before the first, ``digest`` that of the last, both
    in hexadecimal: ranges without a gap bear each other's digests.
    """

    first: int
    last: int
    previous: str
    digest: str
    exported_at: str
    files: tuple[RangeFile, ...]


class Ranges(msgspec.Struct, frozen=True, kw_only=True):
    """What a directory of Parquet files holds of one journal, in order of position."""

    format: Literal["clew-parquet"] = "clew-parquet"
    version: int = VERSION
    journal: str
    name: str
    database: DatabaseKind
    clew: str
    left_out: tuple[str, ...]
    ranges: tuple[Range, ...] = ()

    @property
    def last(self) -> int:
        """The last position that the files hold."""
        return self.ranges[-1].last if self.ranges else 0


def name_of(kind: str, first: int, last: int) -> str:
    """Return the path of a file: its name says its range."""
    return f"{kind}/{kind}-{first:010}-{last:010}.parquet"


def read_ranges(directory: Path) -> Ranges | None:
    """Read what a directory holds; ``None`` where there is nothing yet.

    Raises:
        Refused: it holds something else, or files of another version, or a file that belongs to
            it is gone or was changed.
        ClewError: the list of ranges is torn.
    """
    file = directory / RANGES
    if not file.exists():
        if directory.exists() and (not directory.is_dir() or _strange(directory)):
            raise Refused(
                f"{directory} holds something else than Parquet files of a journal",
                hint="Name another directory for them.",
            )
        return None
    found = told_ranges(file)
    for one in (one for range_ in found.ranges for one in range_.files):
        path = directory / one.path
        if not path.is_file() or path.stat().st_size != one.bytes:
            raise Refused(
                f"{path} is not as it was exported",
                hint="Bring the file back, or export into a new directory.",
            )
    return found


def told_ranges(file: Path) -> Ranges:
    """Read the list of ranges.

    Raises:
        ClewError: it is torn.
        Refused: it is of another version.
    """
    try:
        found = msgspec.json.decode(file.read_bytes(), type=Ranges)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise ClewError(f"{file} cannot be read: {error}") from None
    if found.version != VERSION:
        raise Refused(
            f"{file} is of version {found.version}, this release writes {VERSION}",
            hint="Export into a new directory.",
        )
    return found


def write_ranges(directory: Path, ranges: Ranges) -> None:
    """Write what the directory holds; a file takes the place of the one before at once."""
    with partial_file(directory / RANGES, mode=0o666) as (partial, file):
        file.write(msgspec.json.format(msgspec.json.encode(ranges), indent=2) + b"\n")
        reach_disk(file)
        partial.replace(directory / RANGES)
    sync(directory)


def clear_unfinished(directory: Path, ranges: Ranges | None) -> None:
    """Remove files of an export that was killed: no range names them, but a query would read them."""
    known = {one.path for range_ in (ranges.ranges if ranges else ()) for one in range_.files}
    for path in directory.glob("*/*"):
        if path.relative_to(directory).as_posix() not in known and _NAME.fullmatch(path.name):
            path.unlink()


@contextmanager
def alone(directory: Path) -> Iterator[None]:
    """Make the directory, and be the only one that exports into it.

    Raises:
        Refused: another export is at work there, or it cannot be made.
    """
    handle = _opened(directory)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise Refused(
            f"another export is writing into {directory}", hint="Wait until it is done."
        ) from None
    finally:
        os.close(handle)


@contextmanager
def one_at_a_time(directory: Path) -> Iterator[None]:
    """Make the directory, and wait until nobody else writes into it.

    Raises:
        Refused: it cannot be made.
    """
    handle = _opened(directory)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _opened(directory: Path) -> int:
    try:
        make_directories(directory, mode=0o700)
        return os.open(directory, os.O_RDONLY)
    except OSError as error:
        what = f"{directory} cannot be made: {reason(error)}"
        raise Refused(what, hint="Name another directory.") from None


def _strange(directory: Path) -> bool:
    """Tell whether there is anything but what a first export that was killed left behind."""
    return any(
        not _NAME.fullmatch(path.name) and not path.name.startswith(f".{RANGES}.")
        for path in directory.rglob("*")
        if not path.is_dir()
    )
