"""Scratch copies of a SQLite file: by the backup API, into a directory of their own."""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from journal.errors import Busy, NotFound, Refused, Unreachable
from journal.scratch import Copied, Wanted
from journal.sqlite.connection import mapped
from journal.sqlite.sample import sample
from journal.url import URL

PREFIX = "clew-rehearsal-"
MARKER = "in-use"
"""A file that is locked while somebody works on the copy beside it."""
PAGES = 4096
"""Pages copied at a time: between them Ctrl-C is heard."""
SIDES = ("", "-wal", "-shm", "-journal", "-clew-lock")


@contextmanager
def scratch_copy(url: URL, wanted: Wanted) -> Iterator[Copied]:
    """Copy a file; as ``journal.copying.scratch_copy``."""
    with closing(open_source(url, wanted)) as source, _place(url, wanted) as place:
        check_space(source, place)
        with mapped(), closing(empty_file(place)) as copy:
            if wanted.sample is None:
                back_up(source, copy, wanted.lock_timeout)
                how = "all rows, by SQLite's backup"
                notes: tuple[str, ...] = ()
            else:
                notes = sample(copy, _read_only(url), wanted.sample)
                how = f"a sample of {wanted.sample:,} rows a table"
        source.close()
        yield Copied(
            url=URL(drivername="sqlite", database=str(place)),
            how=how,
            size=place.stat().st_size,
            notes=notes,
        )


@contextmanager
def scratch_empty(url: URL, wanted: Wanted) -> Iterator[URL]:
    """Make an empty file; as ``journal.copying.scratch_empty``."""
    with _place(url, wanted) as place:
        empty_file(place).close()
        yield URL(drivername="sqlite", database=str(place))


def leftovers() -> tuple[str, ...]:
    """Name the directories of copies that nobody works on."""
    found = []
    for path in sorted(Path(tempfile.gettempdir()).glob(f"{PREFIX}*")):
        try:
            if path.stat().st_uid == os.getuid() and not in_use(path / MARKER):
                found.append(str(path))
        except OSError:
            continue
    return tuple(found)


def in_use(marker: Path) -> bool:
    """Tell whether somebody works on the copy beside a marker."""
    with marker.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def open_source(url: URL, wanted: Wanted) -> sqlite3.Connection:
    """Open a file for reading only, so that not even its write-ahead log is folded in."""
    path = Path(str(url.database or ""))
    if not path.is_file():
        raise Unreachable(f"no SQLite file at {path}", hint="Check the path of the URL.")
    db = sqlite3.connect(_read_only(url), uri=True, isolation_level=None)
    try:
        db.execute(f"PRAGMA busy_timeout = {int(wanted.lock_timeout * 1000)}")
        db.execute("BEGIN")
        known = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'clew_journal'").fetchone()
    except sqlite3.Error as error:
        db.close()
        if getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY"):
            raise Busy("a writer of the file") from error
        raise Unreachable(
            f"cannot read {path}: {error}",
            hint="Is it a SQLite database that its last writer closed, in a directory that "
            "can be read?",
        ) from error
    if wanted.journal and not known:
        db.close()
        raise NotFound(
            "expected a journal in this database, found none", hint="Create one with: clew init"
        )
    return db


def _read_only(url: URL) -> str:
    return f"{Path(str(url.database)).resolve().as_uri()}?mode=ro"


def empty_file(place: Path) -> sqlite3.Connection:
    """Make a file that only its owner reads, and open it."""
    place.touch(mode=0o600)
    return sqlite3.connect(place.resolve().as_uri(), uri=True, isolation_level=None)


@contextmanager
def _place(url: URL, wanted: Wanted) -> Iterator[Path]:
    """Find a place for the copy that nobody else reads, and clear it at the end."""
    if wanted.into is not None:
        place = Path(str(wanted.into.database))
        if place.is_dir() or (place.exists() and place.stat().st_size):
            raise Refused(
                f"expected no file at {place}, found one",
                hint="Name a file that is not there yet: the copy is removed at the end.",
            )
        if not place.parent.is_dir():
            raise Unreachable(f"no directory {place.parent}", hint="Check the scratch URL.")
        try:
            yield place
        finally:
            if not wanted.kept:
                for side in SIDES:
                    Path(f"{place}{side}").unlink(missing_ok=True)
        return
    directory = Path(tempfile.mkdtemp(prefix=PREFIX))
    try:
        with (directory / MARKER).open("w") as marker:
            fcntl.flock(marker, fcntl.LOCK_EX)
            yield directory / Path(str(url.database)).name
    finally:
        if not wanted.kept:
            shutil.rmtree(directory, ignore_errors=True)


def check_space(
    source: sqlite3.Connection,
    place: Path,
    hint: str = "Name another place with --scratch sqlite:///FILE, or with TMPDIR.",
) -> None:
    """Raise ``Refused`` where a copy finds no room."""
    with mapped():
        pages = source.execute("PRAGMA page_count").fetchone()[0]
        needed = pages * source.execute("PRAGMA page_size").fetchone()[0]
    free = shutil.disk_usage(place.parent).free
    if free < needed:
        raise Refused(
            f"expected {needed:,} bytes free in {place.parent}, found {free:,}",
            hint=hint,
        )


def back_up(source: sqlite3.Connection, copy: sqlite3.Connection, lock_timeout: float) -> None:
    """Copy within the one open read transaction, so that all pages are of one moment."""
    until = time.monotonic() + lock_timeout
    left = [-1]

    def progress(status: int, remaining: int, _: int) -> None:
        nonlocal until
        if remaining != left[0]:
            left[0], until = remaining, time.monotonic() + lock_timeout
        elif status and time.monotonic() > until:
            raise Busy("a writer of the file")

    source.backup(copy, pages=PAGES, progress=progress)
