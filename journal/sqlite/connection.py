"""A session with one SQLite file: the raw connection, explicit transactions, errors."""

from __future__ import annotations

import fcntl
import os
import re
import sqlite3
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from math import copysign
from pathlib import Path
from typing import Any
from weakref import WeakSet

from journal.effect import RawText
from journal.errors import Busy, Refused, StatementFailed, Unreachable
from journal.sqlite.advice import advice
from journal.url import URL

Row = tuple[Any, ...]
Batches = Generator[list[Row], None, None]
"""Rows as they are read; closed, it lets go of the table."""
OLDEST = (3, 38)
"""The first SQLite with ``->`` and ``->>``, in which the journal's views are written."""
_UNDECODABLE = "Could not decode to UTF-8"
_SIGN = partial(copysign, 1.0)
"""Tells -0.0 from 0.0, which SQL holds to be equal."""
_IN_PLACE = (
    "It keeps a write-ahead log, which needs a directory that can be written to: let the directory"
    " be written to, or copy the file to another one."
)
_TICK = 1_000_000
"""Steps of SQLite's machine, some 10 ms of them, after which Python looks for signals."""


def quote(name: str) -> str:
    """Return an identifier, quoted."""
    return '"' + name.replace('"', '""') + '"'


class Connection(sqlite3.Connection):
    """A connection that knows its cursors: one left half read keeps a lock on the file."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.cursors: WeakSet[sqlite3.Cursor] = WeakSet()

    def cursor(self, *args: Any, **settings: Any) -> Any:
        """Return a cursor, remembered as long as somebody has it."""
        cursor = super().cursor(*args, **settings)
        self.cursors.add(cursor)
        return cursor

    def execute(self, *args: Any) -> sqlite3.Cursor:
        """Run a statement; the driver's own would make a cursor that nobody knows."""
        cursor: sqlite3.Cursor = self.cursor()
        return cursor.execute(*args)


class Session:
    """One connection; nothing runs outside the statements named here.

    ``attached`` tells that a statement attached another file, ``temporary`` that temporary
    tables may be there.
    """

    def __init__(
        self,
        raw: sqlite3.Connection,
        path: str,
        again: Callable[[], sqlite3.Connection] | None = None,
    ) -> None:
        self.raw = raw
        self.path = path
        self.resting = False
        self.attached = False
        self.temporary = False
        self._again = again

    def rest(self) -> None:
        """Give the connection up, so that nothing of it is in another program's way."""
        self.let_go()
        self.raw.close()
        self.resting = True

    def wake(self) -> None:
        """Connect again after ``rest``. Raises as ``connect`` does."""
        if self.resting and self._again is not None:
            self.raw = self._again()
            self.resting = False

    def run(self, sql: str, parameters: Iterable[Any] = ()) -> list[Row]:
        """Run one statement of ours and return its rows. Raises ``StatementFailed``."""
        with mapped():
            return self.raw.execute(sql, tuple(parameters)).fetchall()

    def value(self, sql: str, parameters: Iterable[Any] = ()) -> Any:
        """Return the first value of the first row, or ``None``."""
        rows = self.run(sql, parameters)
        return rows[0][0] if rows else None

    def let_go(self) -> None:
        """End what is half read, though an exception on its way still holds the cursor."""
        if isinstance(self.raw, Connection):
            for cursor in tuple(self.raw.cursors):
                cursor.close()

    def run_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement for each row of parameters."""
        with mapped():
            self.raw.executemany(sql, rows)

    def stream(self, sql: str, parameters: Iterable[Any] = (), *, size: int = 1000) -> Batches:
        """Yield rows in batches; text that is not UTF-8 comes as ``RawText``."""
        with mapped():
            cursor = self.raw.execute(sql, tuple(parameters))
            done = 0
            while True:
                try:
                    batch = cursor.fetchmany(size)
                except sqlite3.OperationalError as error:
                    if _UNDECODABLE not in str(error):
                        raise
                    yield from self._careful(sql, parameters, size, done)
                    return
                if not batch:
                    return
                done += len(batch)
                yield batch

    def _careful(
        self, sql: str, parameters: Iterable[Any], size: int, done: int
    ) -> Iterator[list[Row]]:
        """Read again from the start with a slower text decoder, and skip what was yielded."""
        cursor = self.raw.cursor()
        with self.careful_text():
            cursor.execute(sql, tuple(parameters))
            while batch := cursor.fetchmany(size):
                rest, done = batch[done:] if done else batch, max(done - len(batch), 0)
                if rest:
                    yield rest

    @contextmanager
    def careful_text(self) -> Iterator[None]:
        """Decode text one by one, so that bytes that are not UTF-8 survive."""
        former = self.raw.text_factory
        self.raw.text_factory = _text
        try:
            yield
        finally:
            self.raw.text_factory = former

    def theirs(self) -> AbstractContextManager[None]:
        """Have the connection as its owner set it up, for statements on cursors of the owner's."""
        return nullcontext()

    @contextmanager
    def unnoticed(self) -> Iterator[None]:
        """Leave last_insert_rowid() as it is, whatever the block inserts."""
        last = self.last_rowid()
        yield
        self.put_last_rowid(last)

    def last_rowid(self) -> int:
        """Return what last_insert_rowid() tells on this connection."""
        return int(self.value("SELECT last_insert_rowid()"))

    def put_last_rowid(self, last: int) -> None:
        """Let last_insert_rowid() tell this."""
        self.run("CREATE TABLE temp.clew_last (one)")
        self.run("INSERT INTO temp.clew_last (rowid) VALUES (?)", (last,))
        self.run("DROP TABLE temp.clew_last")

    @contextmanager
    def nested(self) -> Iterator[None]:
        """Open an SQL savepoint that is rolled back at the end, whatever happened."""
        self.run("SAVEPOINT clew_probe")
        try:
            yield
        finally:
            self.run("ROLLBACK TO clew_probe")
            self.run("RELEASE clew_probe")

    @contextmanager
    def point(self, name: str = "clew_point") -> Iterator[None]:
        """Open an SQL savepoint; an error takes the session back to it."""
        self.run(f"SAVEPOINT {name}")
        try:
            yield
        except BaseException:
            if self.raw.in_transaction:
                self.run(f"ROLLBACK TO {name}")
                self.run(f"RELEASE {name}")
            raise
        self.run(f"RELEASE {name}")


def connect(url: URL, *, lock_timeout: float, create: bool) -> Session:
    """Open a SQLite file.

    Raises:
        Unreachable: no such file, no database, or it cannot be opened.
        Refused: the URL names a database in memory.
    """
    if url.host:
        place = "/".join(one for one in (url.host, url.database) if one)
        raise Refused("expected three slashes, found two", hint=f"Write sqlite:///{place}.")
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise Refused(
            "expected the path of a SQLite file, found a database in memory or a file: URI",
            hint="Write sqlite:///path/to/file.db.",
        )
    path = Path(url.database)
    if path.is_dir():
        raise Unreachable(f"{path} is a directory", hint="Name the file in it.")
    raw = _raw(path, lock_timeout, create=create)
    where = str(path.resolve())
    return Session(raw, where, lambda: _raw(path, lock_timeout, create=False))


def check_version() -> None:
    """Raise ``Unreachable`` where Python's SQLite lacks what the journal and its views stand on."""
    if sqlite3.sqlite_version_info < OLDEST:
        raise Unreachable(
            f"expected SQLite {'.'.join(map(str, OLDEST))} or later,"
            f" found {sqlite3.sqlite_version}",
            hint="Python brings it along: use a newer build of Python.",
        )


def _raw(path: Path, lock_timeout: float, *, create: bool) -> sqlite3.Connection:
    check_version()
    if not create and not path.is_file():
        raise Unreachable(f"no SQLite file at {path}", hint="Check the path of the URL.")
    try:
        raw = sqlite3.connect(
            path.absolute(), isolation_level=None, factory=Connection, check_same_thread=False
        )
    except sqlite3.Error as error:
        raise Unreachable(f"cannot open {path}: {_line(error)}") from error
    try:
        raw.execute(f"PRAGMA busy_timeout = {int(lock_timeout * 1000)}")
        raw.execute("PRAGMA synchronous = EXTRA")  # with FULL a power cut may take a commit back
        raw.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error as error:
        raw.close()
        if getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY"):
            other = "another process, at work on the file"
            raise Busy(held_by(path.resolve()) or other) from error
        hint = _IN_PLACE if _logged_apart(path) else "Is it a SQLite database?"
        raise Unreachable(f"cannot read {path}: {_line(error)}", hint=hint) from error
    raw.create_function("regexp", 2, _matches, deterministic=True)
    prepare(raw)
    raw.set_progress_handler(_tick, _TICK)
    return raw


def prepare(raw: sqlite3.Connection) -> None:
    """Give a connection the functions that our statements call."""
    raw.create_function("clew_sign", 1, _SIGN, deterministic=True)


def _logged_apart(path: Path) -> bool:
    """Tell whether the file keeps a write-ahead log, beside which SQLite has to write to read."""
    try:
        with path.open("rb") as file:
            return file.read(20)[18:] == b"\2\2" and not os.access(path.resolve().parent, os.W_OK)
    except OSError:
        return False


def _tick() -> int:
    """Let Python handle signals; one that raises here ends the statement."""
    return 0


def lock_file(path: str | Path) -> Path:
    """Return the file that a run locks, and in which it says who it is."""
    return Path(f"{path}-clew-lock")


def held_by(path: str | Path) -> str:
    """Tell who holds the journal; a file that nobody locks names one who is gone."""
    try:
        with lock_file(path).open(encoding="utf-8") as told:
            try:
                fcntl.flock(told, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return told.read().strip() or "another run"
    except OSError:
        pass
    return ""


@contextmanager
def mapped() -> Iterator[None]:
    """Turn errors of the driver into ours."""
    try:
        yield
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", "") or type(error).__name__
        if name == "unknown" and error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_CONSTRAINT:
            name = "SQLITE_CONSTRAINT"  # of a kind that Python has no name for
        if name == "SQLITE_INTERRUPT":
            raise KeyboardInterrupt from error
        if name in ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_BUSY_SNAPSHOT"):
            raise Busy("another writer of the file") from error
        raise StatementFailed(_line(error), sqlstate=name, hint=advice(name)) from error
    except (OverflowError, ValueError) as error:  # a value that cannot be bound
        raise StatementFailed(_line(error), sqlstate="SQLITE_MISMATCH") from error
    except sqlite3.Warning as error:
        raise StatementFailed(_line(error)) from error


def _matches(pattern: str, text: str | None) -> bool | None:
    """What REGEXP means where SQLAlchemy connects: constraints of its programs may say it."""
    return None if text is None else re.search(pattern, text) is not None


def _text(content: bytes) -> str | RawText:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return RawText(content)


def _line(error: BaseException) -> str:
    return re.sub(r"\s+", " ", str(error)).strip()
