"""Each thing that cannot be: one clear line, the documented exit code, and nothing half done."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.copying.conftest import Journey
from tests.support.oracle import sqlite_path

TABLE = "CREATE TABLE t (id integer PRIMARY KEY, v text);\nINSERT INTO t VALUES (1, 'a');\n"


def _said(journey: Journey, *words: str, code: int) -> str:
    before = journey.target.fingerprint()
    journey.target.type("copy", *words, "--yes", code=code)
    said = journey.target.err
    assert said.startswith("error: ")
    assert said.count("\n") <= 2
    assert journey.target.fingerprint() == before
    return said


def test_no_journal(files: Journey) -> None:
    """A target without a journal is told how to make one."""
    files.source.script(TABLE)
    said = files.refused(code=4)
    assert "expected a journal" in said
    assert "clew init" in said


def test_itself(into: Journey) -> None:
    """A database is not copied into itself."""
    into.begin(TABLE)
    assert "the same database" in _said(into, "--from", into.target.url, code=2)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("", 2),
        ("mysql://host/db", 2),
        ("sqlite:////no/such/file.db", 5),
        ("postgresql://me:geheim@127.0.0.1:1/db", 5),
        ("$CLEW_NO_SUCH_VARIABLE", 2),
    ],
)
def test_sources_that_are_none(files: Journey, url: str, code: int) -> None:
    """What cannot be reached or read is named, without its password."""
    files.begin(TABLE)
    assert "geheim" not in _said(files, "--from", url, code=code)


def test_no_database(files: Journey, tmp_path: Path) -> None:
    """A file that is none, and a directory, are told."""
    files.begin(TABLE)
    file = tmp_path / "notes.txt"
    file.write_text("these are notes, and no database at all" * 100)
    assert "cannot read" in _said(files, "--from", f"sqlite:///{file}", code=5)
    assert "directory" in _said(files, "--from", f"sqlite:///{tmp_path}", code=5)


def test_rows_of_others(into: Journey) -> None:
    """Tables that hold rows nobody copied there are named."""
    into.begin(
        TABLE, "CREATE TABLE t (id integer PRIMARY KEY, v text);\nINSERT INTO t VALUES (5, 'x')"
    )
    said = _said(into, "--from", into.source.url, code=3)
    assert "rows that were not copied from there stand in" in said


def test_missing_tables(into: Journey) -> None:
    """Tables that are not there are made only when that is asked for."""
    into.begin(TABLE)
    said = _said(into, "--from", into.source.url, code=3)
    assert "the target has no table t" in said
    assert "--create" in said


def test_locked_source(files: Journey) -> None:
    """A source that somebody keeps locked is given up after a while."""
    files.begin(TABLE)
    with closing(sqlite3.connect(sqlite_path(files.source.url), isolation_level=None)) as db:
        db.execute("BEGIN EXCLUSIVE")
        words = ("--from", files.source.url, "--create", "--lock-timeout", "0.2")
        assert "held by" in _said(files, *words, code=3)


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ("copy = 5", "defines no copy"),
        ("import nothing_like_it", "ModuleNotFoundError"),
        ("from commands.copy import Copy, text\ncopy = Copy(columns={'t.w': text()})", "t.w"),
    ],
)
def test_rules(files: Journey, tmp_path: Path, rules: str, said: str) -> None:
    """Rules that make no sense are told before anything is read."""
    files.begin(TABLE)
    file = tmp_path / "rules.py"
    file.write_text(rules)
    words = ["copy", "--from", files.source.url, "--create", "--yes", "--rules", str(file)]
    files.target.capsys.readouterr()
    from commands.cli.main import run

    assert run(["--db", files.target.url, *words]) in {3, 4}
    assert said in files.target.capsys.readouterr().err


def test_circle_without_a_beginning(into: Journey) -> None:
    """Tables that refer to each other through columns that hold no null are refused."""
    into.source.script(
        "CREATE TABLE a (id integer PRIMARY KEY, b integer NOT NULL REFERENCES b (id)"
        " DEFERRABLE INITIALLY DEFERRED);\n"
        "CREATE TABLE b (id integer PRIMARY KEY, a integer NOT NULL REFERENCES a (id)"
        " DEFERRABLE INITIALLY DEFERRED);\n"
        "INSERT INTO a VALUES (1, 1);\nINSERT INTO b VALUES (1, 1);\n"
    )
    into.target.begin_with(
        "CREATE TABLE a (id integer PRIMARY KEY, b integer NOT NULL);\n"
        "CREATE TABLE b (id integer PRIMARY KEY, a integer NOT NULL REFERENCES a (id));\n"
    )
    assert "in a circle" in _said(into, "--from", into.source.url, code=3)


def test_another_journal_at_the_place(files: Journey) -> None:
    """Where another journal stands at the place that was copied from, that is refused."""
    files.begin(TABLE)
    files.source.type("init", "--name", "old")
    files.copy()
    path = Path(sqlite_path(files.source.url))
    path.unlink()
    Path(f"{path}-clew-lock").unlink(missing_ok=True)
    files.source.script(TABLE)
    files.source.type("init", "--name", "new")
    assert "another journal stood there (old)" in files.refused()
