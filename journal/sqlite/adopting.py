"""A session on a sqlite3 connection that belongs to a program."""

from __future__ import annotations

import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from journal.effect import Effect
from journal.errors import Refused, TransactionOpen
from journal.sqlite.connection import Session, check_version, prepare
from journal.sqlite.database import SqliteDatabase


class Adopted(Session):
    """A session whose connection reads rows and text as its owner wants, for the owner alone."""

    def __init__(self, raw: sqlite3.Connection) -> None:
        self._theirs = raw.row_factory, raw.text_factory
        super().__init__(raw, "")
        self.temporary = True
        self._ours()

    def _ours(self) -> None:
        self.raw.row_factory, self.raw.text_factory = None, str

    @contextmanager
    def theirs(self) -> Iterator[None]:
        """Have the connection as its owner set it up."""
        self.raw.row_factory, self.raw.text_factory = self._theirs
        try:
            yield
        finally:
            self._ours()

    def hand_back(self) -> None:
        """Leave the connection as its owner set it up."""
        self.raw.row_factory, self.raw.text_factory = self._theirs


class AdoptedDatabase(SqliteDatabase):
    """A file whose foreign keys are checked as its owner has it: at once, or off until the end.

    ``last`` is what last_insert_rowid() told its owner: the journal's own rows do not move it.
    """

    ours = False

    def __init__(self, session: Session, last: int) -> None:
        super().__init__(session)
        self.checking = bool(session.value("PRAGMA foreign_keys"))
        self.last = last
        self._begun = False

    def begin(self, *, foreign_keys: bool = True) -> None:
        """Open a transaction for writing."""
        super().begin(foreign_keys=foreign_keys and self.checking)
        self.session.put_last_rowid(self.last)
        self._begun = True

    def settle(self, *, run: str) -> Effect:
        """Let what was deferred happen; what comes after it is the journal's alone."""
        self._note_last()
        return super().settle(run=run)

    def abort(self) -> None:
        """Take the open transaction back."""
        self._note_last()
        super().abort()

    def _note_last(self) -> None:
        if self._begun and self.session.raw.in_transaction:
            self.last = self.session.last_rowid()
        self._begun = False


@contextmanager
def adopt(raw: Any) -> Iterator[SqliteDatabase]:
    """Yield a database on ``raw``, which is handed back as it was.

    Raises:
        TransactionOpen: a transaction is open on it.
        Unreachable: Python's SQLite is too old.
        Refused: the database is in memory, others are attached, or values are converted by
            the declared types of their columns.
    """
    if raw.in_transaction:
        raise TransactionOpen
    check_version()
    level = raw.isolation_level
    raw.isolation_level = None
    session = Adopted(raw)
    try:
        session.path = _path(session)
        last = session.last_rowid()
        _refuse_converting(session)
        prepare(raw)
        database = AdoptedDatabase(session, last)
        try:
            yield database
        finally:
            database.abort()
            database.release()
            session.run(f"PRAGMA foreign_keys = {int(database.checking)}")
            session.put_last_rowid(database.last)
    finally:
        session.hand_back()
        raw.isolation_level = level


def _path(session: Session) -> str:
    files = {name: path for _, name, path in session.run("PRAGMA database_list")}
    others = sorted(files.keys() - {"main", "temp"})
    if others:
        raise Refused(
            f"expected one file on the connection, found {others[0]} attached",
            hint="A journal covers one file; detach the others for the recorded block.",
        )
    if not files["main"]:
        raise Refused(
            "expected the connection of a SQLite file, found a database in memory",
            hint="A journal is kept in a file; use sqlite:///path/to/file.db.",
        )
    return str(Path(files["main"]).resolve())


def _refuse_converting(session: Session) -> None:
    """Refuse a connection that turns values into others as it reads them."""
    session.run("CREATE TEMP TABLE clew_probe (value timestamp)")
    try:
        session.run("INSERT INTO temp.clew_probe VALUES ('2000-01-01 00:00:00')")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            found = session.value("SELECT value FROM temp.clew_probe")
    finally:
        session.run("DROP TABLE temp.clew_probe")
    if not isinstance(found, str):
        raise Refused(
            "the connection converts values by the declared types of their columns",
            hint="Open it without detect_types for the recorded block.",
        )
