"""What only SQLite has: rowids, storage classes, text that is no text, keys that are switched off."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.backups.files import take
from tests.drills.operator import Operator
from tests.restoring.story import foresee, refused, restore, there_and_back
from tests.support.oracle import sqlite_path

VALUES = (
    "NULL, 1, 1.0, -0.0, 9e999, -9e999, 9223372036854775807, 'x', '', x'', x'00ff',"
    " CAST(x'ff80' AS TEXT), 1e300, '1'"
).split(", ")


def test_storage_classes(sqlite_operator: Operator) -> None:
    """Each value comes back in its storage class, byte by byte."""
    operator = sqlite_operator
    listed = ", ".join(f"({n}, {value})" for n, value in enumerate(VALUES))
    operator.begin_with(
        f"CREATE TABLE v (id INTEGER PRIMARY KEY, c);\nINSERT INTO v VALUES {listed};\n"
    )
    there_and_back(
        operator,
        "UPDATE v SET c = CASE WHEN typeof(c) = 'text' THEN CAST(c AS BLOB) ELSE 'no' END",
        "UPDATE v SET c = 0.0 WHERE id = 3",
        "DELETE FROM v WHERE id > 6",
    )


def test_rowids(sqlite_operator: Operator) -> None:
    """Rowids that no column bears come back too, and WITHOUT ROWID has none."""
    operator = sqlite_operator
    operator.begin_with(
        "CREATE TABLE a (t TEXT PRIMARY KEY, n);\nINSERT INTO a VALUES ('x', 1), ('y', 2), ('z', 3);\n"
        "CREATE TABLE b (t TEXT, n, PRIMARY KEY (t, n)) WITHOUT ROWID;\n"
        "INSERT INTO b VALUES ('x', 1), ('y', 2), ('z', 3);\n"
        "CREATE TABLE c (n);\nINSERT INTO c VALUES (1), (1), (2);\n"
        "CREATE TABLE g (id INTEGER PRIMARY KEY, n, m AS (n * 2) STORED, v AS (n + 1));\n"
        "INSERT INTO g (n) VALUES (1), (2);\n"
    )
    there_and_back(
        operator,
        "DELETE FROM a WHERE t = 'x'",
        "INSERT INTO a VALUES ('x', 1)",
        "UPDATE a SET n = 9 WHERE t = 'y'",
        "DELETE FROM b WHERE n = 1",
        "UPDATE b SET n = 7 WHERE n = 2",
        "DELETE FROM c",
        "INSERT INTO c VALUES (1), (3)",
        "UPDATE g SET n = n + 5",
        "DELETE FROM g WHERE id = 2",
    )


def test_counters(sqlite_operator: Operator) -> None:
    """A counter stands where the backup says, never behind a row; or it is kept."""
    operator = sqlite_operator
    operator.begin_with(
        "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, t);\nINSERT INTO a VALUES (188, 'x'), (265, 'y');\n"
    )
    place = there_and_back(
        operator, "INSERT INTO a (t) VALUES ('z'), ('w')", "DELETE FROM a WHERE id = 188"
    )
    operator.application("INSERT INTO a VALUES (900, 'far')")
    restore(operator, place, "--sequences", "keep")
    assert operator.application("INSERT INTO a (t) VALUES ('n') RETURNING id") == [(901,)]
    restore(operator, place)
    assert operator.application("INSERT INTO a (t) VALUES ('n') RETURNING id") == [(266,)]


def test_a_counter_that_is_gone(sqlite_operator: Operator) -> None:
    """A table with a counter is made again where no table has one."""
    operator = sqlite_operator
    before = operator.begin_with(
        "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, t);\nINSERT INTO a VALUES (5, 'x');\n"
    )
    place = take(operator)
    other = Operator(f"sqlite:///{operator.home}/other.db", _home(operator), operator.capsys)
    other.application("CREATE TABLE z (id)")
    other.type("init", "--name", "other")
    restore(other, place, "--allow-unknown", "--reason", "moved")
    after = other.fingerprint()
    assert {name: after[name] for name in before} == before
    other.back("2")
    assert other.application("SELECT name FROM sqlite_master WHERE name = 'a'") == []


def _home(operator: Operator) -> Path:
    home = operator.home / "other"
    home.mkdir()
    return home


def test_triggers_stay_silent(sqlite_operator: Operator) -> None:
    """Triggers of users do not fire, are named beforehand, and stand as before."""
    operator = sqlite_operator
    operator.begin_with(
        "CREATE TABLE a (id INTEGER PRIMARY KEY, n);\nCREATE TABLE seen (id);\n"
        "INSERT INTO a VALUES (1, 1), (2, 2);\n"
    )
    operator.apply(
        "0001_trigger",
        "CREATE TRIGGER sees AFTER UPDATE ON a BEGIN INSERT INTO seen VALUES (NEW.id); END;",
    )
    place = there_and_back(operator, "UPDATE a SET n = 7", "DELETE FROM seen")
    operator.application("UPDATE a SET n = 7")
    tables = {one["table"]: one for one in foresee(operator, place)["tables"]}
    assert tables["a"]["silent"] == ["sees"]


def test_rows_that_dangled_before(sqlite_operator: Operator) -> None:
    """A row that referred to nothing already is no new breach; one that would is."""
    operator = sqlite_operator
    operator.begin_with(
        "CREATE TABLE p (id INTEGER PRIMARY KEY);\nCREATE TABLE c (p REFERENCES p (id));\n"
        "INSERT INTO p VALUES (1);\nINSERT INTO c VALUES (1);\n"
    )
    place = take(operator)
    with closing(sqlite3.connect(sqlite_path(operator.url))) as other, other:
        other.execute("INSERT INTO c VALUES (7)")
    restore(operator, place, "--table", "p")
    operator.application("DELETE FROM c", "DELETE FROM p")
    assert "cannot stand here" in refused(operator, place, "--table", "c")


def test_virtual_tables(sqlite_operator: Operator) -> None:
    """What a virtual table is kept in comes back together, or not at all."""
    operator = sqlite_operator
    operator.begin_with(
        "CREATE VIRTUAL TABLE f USING fts5 (a);\nINSERT INTO f VALUES ('hello world'), ('other');\n"
    )
    place = there_and_back(
        operator, "INSERT INTO f VALUES ('new one')", "DELETE FROM f WHERE a = 'other'"
    )
    restore(operator, place)
    assert operator.application("SELECT a FROM f WHERE f MATCH 'other'") == [("other",)]
    assert "make sense together only" in refused(operator, place, "--table", "f_content")
    operator.apply("0001_drop", "DROP TABLE f;")
    assert "is not there any more" in refused(operator, place)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_another_kind(sqlite_operator: Operator, kind: str) -> None:
    """A backup of the first release restores rows; one of another database is refused."""
    operator = sqlite_operator
    operator.begin_with(
        "CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT, born REAL);\n"
        "CREATE TABLE letter (id INTEGER PRIMARY KEY, person INTEGER, words TEXT);\n"
    )
    place = Path(__file__).parents[1] / "backups" / "format_1" / kind
    words = ("--allow-unknown", "--reason", "old")
    if kind == "postgresql":
        restore(operator, place, *words, code=3)
        assert "cannot be restored to sqlite" in operator.err
        return
    assert "proved" in restore(operator, place, *words)
    assert operator.application("SELECT words FROM letter") == [("dear\nyou",)]
    operator.apply("0001_drop", "DROP TABLE letter;")
    restore(operator, place, *words, code=3)
    assert "does not say how it was made" in operator.err
