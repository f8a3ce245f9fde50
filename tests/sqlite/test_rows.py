"""Rows that SQLite tells apart in its own ways."""

from __future__ import annotations

from contextlib import nullcontext

import pytest

from commands.init import init
from commands.opening import Asker, Target
from commands.rollback import rollback
from journal import open_journal
from journal.errors import NotKnownExact
from journal.opening import parse_url
from tests.support.oracle import fingerprint

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
