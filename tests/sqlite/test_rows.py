"""Rows that SQLite tells apart in its own ways."""

from __future__ import annotations

import sqlite3
from contextlib import closing, nullcontext

import pytest

from commands.init import init
from commands.opening import Asker, Target
from commands.rollback import rollback
from journal import open_journal
from journal.errors import NotKnownExact
from journal.opening import parse_url
from tests.support.oracle import fingerprint, sqlite_path

ASKER = Asker(actor="dana")


@pytest.mark.parametrize(
    ("key", "first", "statement", "exact"),
    [
        ("k TEXT COLLATE nocase", "'A'", "UPDATE w SET k = 'a'", False),
        ("k TEXT COLLATE rtrim", "'A'", "UPDATE w SET k = 'A '", False),
        ("k", "1", "UPDATE w SET k = 1.0", False),
        ("k TEXT COLLATE nocase", "'A'", "INSERT OR REPLACE INTO w VALUES ('a', 5)", False),
        ("k TEXT COLLATE nocase", "'A'", "UPDATE w SET v = 3", True),
        ("k TEXT COLLATE nocase", "'A'", "UPDATE w SET k = 'b'", True),
        ("k TEXT COLLATE nocase", "'A'", "INSERT OR REPLACE INTO w VALUES ('A', 5)", True),
        ("k TEXT COLLATE nocase", "'A'", "DELETE FROM w; INSERT INTO w VALUES ('a', 5)", True),
        ("k", "1", "DELETE FROM w; INSERT INTO w VALUES (1.0, 5)", True),
    ],
)
def test_alike_keys(sqlite_url: str, key: str, first: str, statement: str, exact: bool) -> None:
    """A key that becomes one its collation holds to be equal comes back, or is refused."""
    target = Target(url=parse_url(sqlite_url), holder="test")
    init(target, name="test", asker=ASKER)
    with open_journal(sqlite_url) as journal:
        with journal.recording(actor="dana") as run:
            run.execute(f"CREATE TABLE w ({key} PRIMARY KEY, v) WITHOUT ROWID")
            run.execute(f"INSERT INTO w VALUES ({first}, 1)")
        at = journal.head().position
        before = fingerprint(sqlite_url)
        refused = nullcontext() if exact else pytest.raises(NotKnownExact, match="equal")
        with refused, journal.recording(actor="dana") as run:
            for one in statement.split("; "):
                run.execute(one)
    rollback(target, str(at), asker=ASKER)
    assert fingerprint(sqlite_url) == before


def test_half_read(sqlite_url: str) -> None:
    """A query that an error interrupts holds no lock once the transaction is taken back."""
    target = Target(url=parse_url(sqlite_url), holder="test")
    init(target, name="test", asker=ASKER)
    held: list[object] = []
    with open_journal(sqlite_url) as journal:
        for query in ("SELECT 1 FROM t", "SELECT * FROM t"):
            with pytest.raises(KeyboardInterrupt), journal.recording(actor="dana") as run:
                run.execute("CREATE TABLE t (id integer)")
                run.execute("INSERT INTO t VALUES (1), (2), (3)")
                rows = journal.database.session.stream(query, size=1)  # type: ignore[attr-defined]
                held += [rows, next(rows)]
                raise KeyboardInterrupt
            with closing(sqlite3.connect(sqlite_path(sqlite_url), timeout=0)) as other:
                other.execute("BEGIN EXCLUSIVE")
