"""Applications that lock in another order: one side gets an error, nothing hangs or is half done."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import psycopg
import pytest

from journal.errors import StatementFailed
from journal.events import MarkSet
from journal.opening import connect, open_journal, parse_url
from journal.store import append_within, utc_now
from tests.load.place import Place
from tests.load.terminals import Answer
from tests.support.oracle import fingerprint, sqlite_path

PATIENT = ("--lock-timeout", "60")
BOUND = 60.0
"""Seconds after which the test says that it hangs; the server finds a deadlock in one."""
TABLES = (
    "create table a (id integer primary key, v integer not null)",
    "create table b (id integer primary key, v integer not null)",
    "insert into a values (1, 0)",
    "insert into b values (1, 0)",
)
WAITS = """SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'clew %'
    AND datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0"""


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    end = time.monotonic() + BOUND
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


@pytest.fixture
def two(on_postgresql: Place) -> Iterator[tuple[Place, psycopg.Connection]]:
    """Two tables with a journal, and an application with a connection of its own."""
    on_postgresql.sql(*TABLES)
    on_postgresql.type("init")
    with psycopg.connect(on_postgresql.url) as application:
        yield on_postgresql, application


def waiting(place: Place) -> None:
    """Wait until Clew waits for a lock."""
    until(lambda: place.sql(WAITS) != [(0,)])


def survives(application: psycopg.Connection, statement: str) -> bool:
    """Let the application go on; tell whether it came to its end, or was the one to give way."""
    try:
        application.execute(statement.encode())
        application.commit()
    except psycopg.errors.DeadlockDetected:
        application.rollback()
        return False
    return True


def one_gave_way(place: Place, answer: Answer, survived: bool) -> None:
    """At most one side got an error; where it was Clew the attempt is on record, and whole."""
    assert survived or answer.code == 0, answer
    if answer.code:
        assert answer.code == 5, answer
        assert "deadlock detected" in answer.err
        failed = place.type("log", "--type", "RunFailed").out
        assert "deadlock detected" in failed
    place.proved()


def test_tables_in_another_order(two: tuple[Place, psycopg.Connection]) -> None:
    """A migration that writes a, then b, meets an application that wrote b and wants a."""
    place, application = two
    place.file("0001_both.sql", "update a set v = 1;\nupdate b set v = 1;\n")
    application.execute("UPDATE b SET v = v + 10")
    place.terminals[1].ask("apply", str(place.migrations), *PATIENT)
    waiting(place)
    survived = survives(application, "UPDATE a SET v = v + 10")
    answer = place.terminals[1].answer()
    one_gave_way(place, answer, survived)
    assert survived != (answer.code == 0)
    if survived:
        assert place.sql("select v from a union all select v from b") == [(10,), (10,)]
    place.type("apply", str(place.migrations))
    assert place.sql("select v from a union all select v from b") == [(1,), (1,)]
    assert place.completed() == {"0001_both": 1}


def test_a_reader_who_then_writes_meets_a_rollback(two: tuple[Place, psycopg.Connection]) -> None:
    """A rollback that needs a table alone meets an application that read it and wants to write."""
    place, application = two
    before = fingerprint(place.url)
    place.file("0001_column.sql", "update a set v = 5;\nalter table a add column w text;\n")
    place.type("apply", str(place.migrations))
    application.execute("SELECT * FROM a")
    back = ("rollback", "before:0001_column", "--yes", *PATIENT)
    place.terminals[1].ask(*back)
    waiting(place)
    survived = survives(application, "UPDATE b SET v = v")
    if survived:  # it wrote elsewhere, and so was in nobody's way
        assert place.terminals[1].answer().code == 0
    place.type("apply", str(place.migrations))
    application.execute("SELECT * FROM a")
    place.terminals[1].ask(*back)
    waiting(place)
    survived = survives(application, "UPDATE a SET v = v")
    answer = place.terminals[1].answer()
    one_gave_way(place, answer, survived)
    if answer.code:
        place.type(*back)
    assert fingerprint(place.url) == before


def test_a_program_that_holds_the_head(two: tuple[Place, psycopg.Connection]) -> None:
    """A program that appended to the journal first and then writes what a migration wrote."""
    place, _ = two
    place.file("0001_slow.sql", "update a set v = 1;\nselect pg_sleep(1.5);\n")
    with closing(connect(parse_url(place.url), lock_timeout=60)) as program:
        place.terminals[1].ask("apply", str(place.migrations), *PATIENT)
        until(lambda: place.sql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE"
                                " '%pg_sleep%' AND pid <> pg_backend_pid()") != [(0,)])  # fmt: skip
        program.begin()
        mark = MarkSet(name="first", at=1)
        append_within(program, [mark], run="", actor="p", evidence="captured", clock=utc_now)
        try:
            program.session.run("UPDATE a SET v = v + 10")  # type: ignore[attr-defined]
            program.commit()
            survived = True
        except StatementFailed as error:
            survived = error.sqlstate != "40P01"
            program.abort()
    one_gave_way(place, place.terminals[1].answer(), survived)
    place.type("apply", str(place.migrations))
    assert place.sql("select v from a") == [(1,)]
    with open_journal(place.url) as journal:
        assert bool([*journal.read(types=("MarkSet",))]) is survived


@pytest.mark.parametrize("verb", ["apply", "rollback", "unchanged"])
def test_somebody_who_never_lets_go(two: tuple[Place, psycopg.Connection], verb: str) -> None:
    """Who waits for a lock gives up after --lock-timeout, says whose it is, and leaves nothing."""
    place, application = two
    text = "-- clew: unchanged a\n" if verb == "unchanged" else ""
    place.file("0001_a.sql", f"{text}update b set v = 2;\nupdate a set v = v + 1 where id > 0;\n")
    if verb == "unchanged":
        place.file("0001_a.sql", f"{text}update b set v = 2;\n")
    if verb == "rollback":
        place.type("apply", str(place.migrations))
    before = fingerprint(place.url)
    application.execute("UPDATE a SET v = v")
    line = ["apply", str(place.migrations)]
    if verb == "rollback":
        line = ["rollback", "before:0001_a", "--yes"]
    begun = time.monotonic()
    refused = place.type(*line, "--lock-timeout", "0.5", code=5)
    assert time.monotonic() - begun < BOUND
    assert "lock timeout" in refused.err
    assert "has RowExclusiveLock on a" in refused.err
    assert "lock timeout" in place.type("log", "--type", "RunFailed").out
    application.rollback()
    assert fingerprint(place.url) == before
    place.type(*line)
    place.proved()


def test_a_reader_of_sqlite_who_then_writes(on_sqlite: Place) -> None:
    """Without a write-ahead log a reader keeps a run from committing: it gives up whole, in time."""
    place = on_sqlite
    place.sql(*TABLES)
    place.type("init")
    place.file("0001_a.sql", "update a set v = 1;\nupdate b set v = 1;\n")
    before = fingerprint(place.url)
    with closing(sqlite3.connect(sqlite_path(place.url), isolation_level=None, timeout=0)) as other:
        other.execute("BEGIN")
        other.execute("SELECT * FROM a").fetchall()
        busy = place.type("apply", str(place.migrations), "--lock-timeout", "0.5", code=3)
        assert "held by another writer of the file" in busy.err
        other.execute("UPDATE b SET v = 10")
        other.execute("ROLLBACK")
    assert fingerprint(place.url) == before
    place.type("apply", str(place.migrations))
    place.proved()
