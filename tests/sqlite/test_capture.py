"""Awkward statements: exact there and back, and with the result they have without a journal."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from journal.errors import ChangedSince, NotExact, NotKnownExact, StatementFailed
from journal.sqlite.database import SqliteDatabase
from tests.language.cases import Rebuilt
from tests.sqlite.capture_cases import CAPTURED, FAILING, REFUSED
from tests.sqlite.schema_cases import CASES, statements
from tests.sqlite.text_cases import TEXTS
from tests.sqlite.there_and_back import POPULATED, File, fingerprint

EXACT = CAPTURED | TEXTS


@contextmanager
def without_journal(path: Path, *, foreign_keys: bool = True) -> Iterator[sqlite3.Connection]:
    """A transaction of SQLite's own on a copy of the file."""
    copy = path.with_name("copy.db")
    shutil.copy(path, copy)
    with closing(sqlite3.connect(copy, isolation_level=None)) as raw:
        raw.text_factory = bytes
        raw.execute(f"PRAGMA foreign_keys = {foreign_keys}")
        raw.execute("BEGIN IMMEDIATE")
        yield raw


def run_without(path: Path, sql: list[str], *, foreign_keys: bool = True) -> dict[str, Any]:
    """Run statements without a journal and return what the file holds then."""
    with without_journal(path, foreign_keys=foreign_keys) as raw:
        for one in sql:
            raw.execute(one).fetchall()
        raw.execute("COMMIT")
    return fingerprint(path.with_name("copy.db"))


def name_of(error: sqlite3.Error) -> str:
    """The error's symbolic name; Python has none for those of strict tables."""
    return error.sqlite_errorname.replace("unknown", "SQLITE_CONSTRAINT")


@pytest.mark.parametrize("name", EXACT)
def test_comes_back_exactly(name: str, tmp_path: Path) -> None:
    """What a statement did is what it does without a journal, and is undone and done again."""
    setup, script = EXACT[name]
    file = File(tmp_path / "x.db", setup)
    before = fingerprint(file.path)
    expected = run_without(file.path, statements(script))
    steps = file.run(statements(script))
    assert fingerprint(file.path) == expected
    undone = file.undo(steps)
    assert bool(file.anew) is isinstance(script, Rebuilt)
    assert file.anew == file.told == file.foretold
    assert fingerprint(file.path) == before
    assert file.net == []
    redone = file.undo(undone)
    assert fingerprint(file.path) == expected
    file.undo(redone)
    assert fingerprint(file.path) == before


@pytest.mark.parametrize("name", REFUSED)
def test_refused_by_name(name: str, tmp_path: Path) -> None:
    """What cannot be captured is refused under its name, and nothing of the run stays."""
    setup, script, rule = REFUSED[name]
    file = File(tmp_path / "x.db", setup)
    before = fingerprint(file.path)
    with pytest.raises(NotKnownExact) as refusal:
        file.run(statements(script))
    assert refusal.value.name == rule
    assert fingerprint(file.path) == before


@pytest.mark.parametrize("name", FAILING)
def test_fails_in_the_same_words(name: str, tmp_path: Path) -> None:
    """An error of SQLite's is the one it is without a journal, and nothing of the run stays."""
    setup, script = FAILING[name]
    file = File(tmp_path / "x.db", setup)
    before = fingerprint(file.path)
    with pytest.raises(sqlite3.Error) as expected:
        run_without(file.path, statements(script))
    with pytest.raises(StatementFailed) as failure:
        file.run(statements(script))
    assert failure.value.message == str(expected.value)
    assert failure.value.sqlstate == name_of(expected.value)
    assert fingerprint(file.path) == before


@pytest.mark.parametrize("name", CASES)
def test_schema_changes_as_without_journal(name: str, tmp_path: Path) -> None:
    """A migration leaves the catalog, the rows, their rowids and the counters as without us."""
    file = File(tmp_path / "x.db")
    off = name.startswith("off ")
    expected = run_without(file.path, statements(CASES[name]), foreign_keys=not off)
    file.run(statements(CASES[name]), foreign_keys=not off)
    assert fingerprint(file.path) == expected


SCRIPT = """
    INSERT INTO note VALUES (1, 1), (2, 2); UPDATE note SET extra = NULL; DELETE FROM note WHERE 0;
    INSERT INTO nowhere VALUES (1); INSERT OR IGNORE INTO vet VALUES ('v1', 'x'), ('v5', 'y');
    INSERT INTO vet (code) VALUES ('v6'), ('v1'); REPLACE INTO vet VALUES ('v5', 'z');
    INSERT INTO person (name) VALUES ('Eve'); INSERT INTO log VALUES (last_insert_rowid());
    UPDATE person SET age = -1; UPDATE person SET nothing = 1; UPDATE person SET name = name || '!';
    INSERT INTO log VALUES (last_insert_rowid()); CREATE TABLE person (a); SELECT 1; UPDATE;
    CREATE TABLE t AS SELECT * FROM person; INSERT INTO t (id) VALUES (99);
    INSERT OR REPLACE INTO pet (id, owner, name) VALUES (1, 3, 'Tom');
    INSERT INTO log VALUES (last_insert_rowid()); DELETE FROM person; DROP TABLE t;
    INSERT INTO person_view (name, email) VALUES ('q', 'r'); DELETE FROM counted; PRAGMA user_version = 3;
"""


def test_script_with_failures(tmp_path: Path) -> None:
    """Statement by statement, failures included, a script goes as it goes without a journal."""
    file = File(tmp_path / "x.db")
    found, expected = [], []
    with without_journal(file.path) as raw:
        for sql in statements(SCRIPT):
            try:
                expected.append(raw.execute(sql).rowcount)
            except sqlite3.Error as error:
                expected.append((str(error), name_of(error)))
        raw.execute("COMMIT")
    session = file.begin(foreign_keys=True)
    for sql in statements(SCRIPT):
        try:
            found.append(session.execute(sql, run="r").affected)
        except StatementFailed as error:
            found.append((error.message, error.sqlstate))
    session.commit()
    session.close()
    assert found == expected
    assert fingerprint(file.path) == fingerprint(file.path.with_name("copy.db"))


def test_failed_statement_leaves_nothing(tmp_path: Path) -> None:
    """A program that goes on after OR FAIL keeps no row that nobody captured."""
    file = File(tmp_path / "x.db")
    before = fingerprint(file.path)
    session = file.begin(foreign_keys=True)
    with pytest.raises(StatementFailed):
        session.execute("INSERT OR FAIL INTO vet (code) VALUES ('v9'), ('v1')", run="run-1")
    effect = session.execute("INSERT INTO log VALUES ('after')", run="run-1")
    session.commit()
    session.close()
    assert fingerprint(file.path)["vet"] == before["vet"]
    file.undo(file._steps("run-1", [effect]))
    assert fingerprint(file.path) == before


@pytest.mark.parametrize(
    "go_on", [lambda s: s.execute("DELETE FROM log", run="r"), SqliteDatabase.settle]
)
def test_transaction_that_a_statement_ended(go_on: Any, tmp_path: Path) -> None:
    """Nothing runs, and no run is completed, after a statement that rolled all back."""
    file = File(tmp_path / "x.db")
    before = fingerprint(file.path)
    session = file.begin(foreign_keys=True)
    session.execute("INSERT INTO log VALUES (1)", run="r")
    with pytest.raises(StatementFailed):
        session.execute("INSERT OR ROLLBACK INTO vet (code) VALUES ('v9'), ('v1')", run="r")
    with pytest.raises(NotExact, match="rolled it back"):
        go_on(session) if go_on is not SqliteDatabase.settle else session.settle(run="r")
    session.close()
    assert fingerprint(file.path) == before


def test_minus_nought_since(tmp_path: Path) -> None:
    """A row in which an application turned 0.0 into -0.0 was written since."""
    file = File(tmp_path / "x.db", POPULATED)
    steps = file.run(["INSERT INTO note (rowid, body) VALUES (200, 0.0)"])
    file.application("UPDATE note SET body = -0.0 WHERE rowid = 200")
    with pytest.raises(ChangedSince, match="1 row of note"):
        file.undo(steps)
