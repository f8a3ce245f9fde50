"""The views of what happened: runs, changes by the names at their position, marks, checks."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journal import events as e
from journal.values import ObjectChange, SchemaObject, Statement, TableRows
from tests.cli.typing_in import Typist
from tests.readmodels.made import Made, made
from tests.support.oracle import pg_program, sqlite_path

HOSTILE = 'a\0b "c" \\u0000 \\ \' </script> 😀 %s'


@pytest.fixture
def journal(url: str) -> Iterator[Made]:
    """A journal in a transaction that is not kept."""
    with made(url) as one:
        yield one


def table(identity: int, *path: str) -> SchemaObject:
    """A table without columns."""
    return SchemaObject(id=identity, kind="table", path=path)


def changed(*pairs: tuple[SchemaObject | None, SchemaObject | None]) -> e.SchemaChanged:
    """A statement that changed objects."""
    changes = tuple(ObjectChange(before=before, after=after) for before, after in pairs)
    return e.SchemaChanged(statement=Statement(number=1), changes=changes)


def wrote(identity: int, number: int = 1, **counts: int) -> e.RowsChanged:
    """A statement that wrote rows."""
    rows = TableRows(table=identity, **counts)
    return e.RowsChanged(statement=Statement(number=number), rows=rows)


def test_names_are_those_at_the_position(journal: Made) -> None:
    """A name that went from one table to another tells each change by the table it was then."""
    old, new = table(501, "profile"), table(502, "profile_new")
    made_first = wrote(501, added=2)
    start = journal.head
    journal.run(made_first, changed((None, old), (None, new)), wrote(502, inserted=3))
    journal.run(changed((old, None)), changed((new, table(502, "profile"))), wrote(502, updated=1))
    journal.run(changed((None, old), (table(502, "profile"), new)), wrote(501, deleted=4))
    journal.run(wrote(999, inserted=1))
    assert journal.ask("changes", "position", "table_name", "table_id", "inserted", "updated") == [
        (start + 2, "profile", 501, 0, 0),
        (start + 4, "profile_new", 502, 3, 0),
        (start + 9, "profile", 502, 0, 1),
        (start + 13, "profile", 501, 0, 0),
        (start + 16, None, 999, 1, 0),
    ]
    assert journal.ask("names", "since", "id", "name", "until")[-5:] == [
        (start + 3, 501, "profile", start + 6),
        (start + 3, 502, "profile_new", start + 7),
        (start + 8, 502, "profile", start + 11),
        (start + 12, 501, "profile", None),
        (start + 12, 502, "profile_new", None),
    ]
    told = journal.ask("schema_changes", "position", "id", "action", "name", "name_before")
    assert told == [
        (start + 3, 501, "created", "profile", None),
        (start + 3, 502, "created", "profile_new", None),
        (start + 7, 501, "dropped", "profile", "profile"),
        (start + 8, 502, "renamed", "profile", "profile_new"),
        (start + 12, 501, "created", "profile", None),
        (start + 12, 502, "renamed", "profile_new", "profile"),
    ]
    assert journal.prove()["changes"] == 5


def test_runs_and_people(journal: Made) -> None:
    """A run tells how it ended and its rows; marks that were taken off are gone."""
    start = journal.head
    journal.run(wrote(1, inserted=2, updated=1), wrote(2, deleted=4), migration="0001_m")
    journal.run(target=start)
    where = Statement(number=3, line=7)
    journal.add(e.RunStarted(verb="apply", reason="why", ref="#1"), run="x")
    journal.add(e.RunFailed(error="no such table", sqlstate="42P01", statement=where), run="x")
    journal.add(e.RunStarted(verb="record", program="alembic"), run="y")
    journal.add(e.MarkSet(name="a", at=1), e.MarkSet(name="b", at=2), e.MarkSet(name="a", at=3))
    journal.add(e.MarkRemoved(name="b"), e.SignedOff(at=2, verdict="accepted", reason="seen"))
    columns = ("first", "verb", "migration", "state", "rows", "error", "failed_statement", "target")
    assert journal.ask("runs", *columns) == [
        (start + 1, "apply", "0001_m", "completed", 7, "", None, None),
        (start + 5, "rollback", "", "completed", 0, "", None, start),
        (start + 7, "apply", "", "failed", 0, "no such table", 3, None),
        (start + 9, "record", "", "started", 0, "", None, None),
    ]
    assert journal.ask("marks", "name", "at") == [("a", 3)]
    assert journal.ask("sign_offs", "at", "verdict", "actor") == [(2, "accepted", "dana")]
    assert journal.prove()["runs"] == 4


def test_failed_on_the_first_line(journal: Made) -> None:
    """What fails on the first line of a file is told with its line, which no entry spells out."""
    journal.add(e.RunStarted(verb="apply"), run="x")
    journal.add(e.RunFailed(error="no", statement=Statement(number=1)), run="x")
    journal.add(e.RunStarted(verb="apply"), run="y")
    journal.add(e.RunFailed(error="no"), run="y")
    told = journal.ask("runs", "run", "failed_statement", "failed_line")
    assert {("x", 1, 1), ("y", None, None)} <= set(told)
    journal.prove()


def test_checks_and_backups(journal: Made) -> None:
    """A check that only looked is none yet; a backup tells how it was last verified."""
    first_look = e.CheckRun(name="c", passed=True)
    failed = e.CheckRun(name="c", passed=False, expected="no row", found="a row")
    journal.run(first_look, failed, migration="0001_m")
    taken = e.BackupTaken(backup="b", location="there", manifest="ff", tables={"x": 2, "y.z": 3})
    journal.add(taken, e.BackupVerified(backup="b", passed=False, found="torn"))
    journal.add(e.BackupVerified(backup="b", passed=True, found="5 rows"))
    journal.add(e.BackupTaken(backup="other", location="there", manifest="ff"))
    assert journal.ask("checks", "name", "passed", "found", "migration") == [
        ("c", False, "a row", "0001_m")
    ]
    assert journal.ask("backups", "backup", "tables", "rows", "verified", "found") == [
        ("b", 2, 5, True, "5 rows"),
        ("other", 0, 0, None, ""),
    ]
    journal.prove()


def test_text_that_no_sql_holds(journal: Made) -> None:
    """A NUL, quotes and backslashes in what people gave break no view and make no two one."""
    journal.add(e.RunStarted(verb="apply", reason=HOSTILE, migration=HOSTILE), run="h")
    journal.add(wrote(7, inserted=1), changed((None, table(7, 'a"b\\', HOSTILE[3:]))), run="h")
    journal.add(e.RunFailed(error=HOSTILE), run="h")
    for name in (HOSTILE, HOSTILE.replace("\0", "\\u0000"), "plain"):
        journal.add(e.MarkSet(name=name, at=1), e.SignedOff(at=1, verdict=name))
        journal.add(e.CheckRun(name=name, passed=True, expected=name, found=name), run="h")
        journal.add(e.BackupTaken(backup=name, location=name, manifest="", tables={name: 1}))
    told = journal.prove()
    assert told["changes"] == told["schema_changes"] == 1
    assert journal.ask("runs", "reason", "error")[-1] == (HOSTILE.replace("\0", "\\u0000"),) * 2
    assert journal.ask("changes", "table_name") == [('a"b\\.' + HOSTILE[3:],)]


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=15,
)
@given(data=st.data())
def test_any_names(journal: Made, data: st.DataObject) -> None:
    """Whatever is made, renamed, dropped and made again, names and changes are the fold's."""
    journal.database.abort()
    journal.database.begin()
    known: dict[int, SchemaObject] = {}
    for _ in range(data.draw(st.integers(1, 12))):
        identity = data.draw(st.integers(101, 103))
        name = data.draw(st.sampled_from(["a", "b", None]))
        after = None if name is None else table(identity, "s", name)
        pair = (known.get(identity), after)
        if after is None:
            known.pop(identity, None)
        else:
            known[identity] = after
        if pair != (None, None):
            journal.add(changed(pair))
        journal.add(wrote(data.draw(st.integers(101, 104)), inserted=1))
    journal.prove()


QUERY = "SELECT migration, table_name, inserted FROM {}changes WHERE inserted > 0 ORDER BY position"


def test_other_programs_read_them(typist: Typist) -> None:
    """psql, and Python's sqlite3 without us, read what happened, names and all."""
    typist.begin()
    if typist.url.startswith("sqlite"):
        with closing(sqlite3.connect(sqlite_path(typist.url))) as db:
            told = db.execute(QUERY.format("clew_")).fetchall()
        assert told == [("0001_people", "person", 2)]
        return
    program, env = pg_program("psql")
    psql = subprocess.run(
        [program, "-XAtc", QUERY.format("clew."), typist.url.replace("+psycopg", "")],
        capture_output=True, text=True, check=True, env=env,
    )  # fmt: skip
    assert psql.stdout == "0001_people|public.person|2\n"
