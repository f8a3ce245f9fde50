"""A copy of a SQLite file that stays: made beside its place, and put there when it is whole."""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from journal.errors import Busy, Refused, Unreachable, Usage
from journal.scratch import Lasting, Wanted
from journal.sqlite.connection import mapped, quote
from journal.sqlite.scratch import (
    MARKER,
    back_up,
    check_space,
    empty_file,
    in_use,
    open_source,
)
from journal.url import URL

UNFINISHED = "-clew-unfinished"
"""Ends the name of the directory, beside the file to be, in which it is made."""
_OWN = "FROM sqlite_master WHERE name LIKE 'clew\\_%' ESCAPE '\\'"
_READERS = (
    "SELECT type || ' ' || name FROM sqlite_master WHERE name NOT LIKE 'clew\\_%' ESCAPE '\\'"
    " AND sql LIKE '%clew\\_%' ESCAPE '\\' AND type IN ('view', 'trigger') ORDER BY name"
)


@contextmanager
def lasting_copy(url: URL, to: URL, wanted: Wanted) -> Iterator[Lasting]:
    """Copy a file; as ``journal.copying.lasting_copy``."""
    place = expect_nothing(url, to)
    with _workshop(place) as directory:
        unfinished = directory / "copy.db"
        with closing(open_source(url, wanted)) as source:
            hint = "Name a file on another disk."
            check_space(source, directory, hint)
            with mapped(), closing(empty_file(unfinished)) as copy:
                back_up(source, copy, wanted.lock_timeout)
        yield Lasting(
            url=URL(drivername="sqlite", database=str(unfinished)),
            how="by SQLite's backup",
            leave_journal_out=lambda: leave_journal_out(unfinished),
        )
        _put(unfinished, place)


def expect_nothing(url: URL, to: URL) -> Path:
    """Return the path of a file that is not there yet.

    Raises:
        Usage: the URL names no file.
        Refused: something is there.
        Unreachable: there is no such directory.
    """
    if not to.database or to.database == ":memory:" or to.database.startswith("file:"):
        raise Usage(
            "expected the path of a SQLite file", hint="Write sqlite:///path/to/new/file.db."
        )
    place, source = Path(to.database), Path(str(url.database))
    if os.path.lexists(place):
        itself = source.exists() and place.exists() and place.samefile(source)
        found = "the database itself" if itself else "one"
        raise Refused(
            f"expected no file at {place}, found {found}",
            hint="Name a file that is not there yet: nothing is ever overwritten.",
        )
    for side in ("-wal", "-journal"):
        if Path(f"{place}{side}").exists():
            raise Refused(
                f"{place}{side} is left of another database",
                hint="SQLite would take it for the new one's; move it, or name another file.",
            )
    if not place.parent.is_dir():
        raise Unreachable(f"no directory {place.parent}", hint="Check the path of the URL.")
    return place


def size_of(url: URL) -> int:
    """Return the bytes of a file. Raises ``Unreachable``."""
    path = Path(str(url.database))
    try:
        return path.stat().st_size
    except OSError as error:
        raise Unreachable(f"no SQLite file at {path}") from error


def leave_journal_out(path: Path) -> tuple[str, ...]:
    """Drop the journal, its bytes too, and tell what is to be known of that.

    VACUUM would give new rowids to rows whose key is not the rowid. Where there are such, the
    room that the journal took stays in the file, empty.
    """
    with mapped(), closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA foreign_keys = OFF")
        db.execute("PRAGMA secure_delete = ON")
        db.execute("BEGIN IMMEDIATE")
        own = db.execute(f"SELECT type, name {_OWN}").fetchall()
        for wanted in ("view", "trigger", "table"):
            for kind, name in own:
                if kind == wanted:
                    db.execute(f"DROP {kind.upper()} IF EXISTS {quote(name)}")
        readers = [name for (name,) in db.execute(_READERS)]
        db.execute("COMMIT")
        notes = [f"{name} reads the journal, which is not in the copy" for name in readers]
        if not _rows_have_places(db):
            db.execute("VACUUM")
        elif empty := db.execute("PRAGMA freelist_count").fetchone()[0]:
            size = empty * db.execute("PRAGMA page_size").fetchone()[0]
            notes.append(f"{size:,} bytes of the file are empty: VACUUM would renumber rows")
        return tuple(notes)


def _rows_have_places(db: sqlite3.Connection) -> bool:
    """Tell whether rows stand under rowids that no column holds fast."""
    tables = db.execute(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'shadow')"
        " AND NOT wr AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    ).fetchall()
    return any(not _is_rowid(db, name) and _has_rows(db, name) for (name,) in tables)


def _has_rows(db: sqlite3.Connection, table: str) -> bool:
    return db.execute(f"SELECT 1 FROM main.{quote(table)} LIMIT 1").fetchone() is not None


def _is_rowid(db: sqlite3.Connection, table: str) -> bool:
    """A key of one INTEGER column is the rowid; any other has an index of its own."""
    key = db.execute(
        "SELECT count(*) FROM pragma_table_xinfo(?) WHERE pk > 0", (table,)
    ).fetchone()[0]
    indexed = db.execute(
        "SELECT count(*) FROM pragma_index_list(?) WHERE origin = 'pk'", (table,)
    ).fetchone()[0]
    return key == 1 and not indexed


@contextmanager
def _workshop(place: Path) -> Iterator[Path]:
    """Make a directory beside the place, and remove it at the end, with all that is in it.

    One that a killed command left is removed first. Raises ``Busy`` where somebody works in it.
    """
    directory = Path(f"{place}{UNFINISHED}")
    if directory.is_dir():
        marker = directory / MARKER
        if marker.exists() and in_use(marker):
            raise Busy(f"another command, which is making {place}")
        shutil.rmtree(directory)
    directory.mkdir(mode=0o700)
    try:
        with (directory / MARKER).open("w") as marker_file:
            fcntl.flock(marker_file, fcntl.LOCK_EX)
            yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _put(unfinished: Path, place: Path) -> None:
    """Give a whole file its name; never in place of another."""
    _write_through(unfinished)
    try:
        os.link(unfinished, place)
    except FileExistsError:
        raise Refused(
            f"expected no file at {place}, found one", hint="Somebody made it meanwhile."
        ) from None
    except OSError:  # a file system without links
        unfinished.rename(place)
    _write_through(place.parent)


def _write_through(path: Path) -> None:
    """Have the disk hold what was written, or named in a directory."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
