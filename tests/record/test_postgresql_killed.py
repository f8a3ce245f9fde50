"""A record outlives the process that made it: the next command finishes it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy.engine import make_url

from commands.record import finish_open
from commands.rollback import rollback
from journal.errors import StatementFailed
from journal.postgresql.connection import connect
from journal.postgresql.observing.sleeping import Sleeper, another
from tests.record.watched import ASKER, CHILD, Watched
from tests.support.oracle import fingerprint

BASE = """
create table person (id serial primary key, name text);
create table pet (id integer primary key, owner integer references person, name text);
insert into person (name) select 'p' || n from generate_series(1, 300) n;
insert into pet select n, n, 'pet' || n from generate_series(1, 200) n;
"""
CLEW = "from commands.cli.main import main; main()"


@pytest.fixture
def watched(postgresql_url: str) -> Watched:
    """Two tables, one of which refers to the other."""
    return Watched(postgresql_url, BASE)


@contextmanager
def recording(watched: Watched, *statements: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``clew record`` in a process of its own."""
    child = [sys.executable, "-c", CHILD, json.dumps(statements)]
    started = subprocess.Popen(
        [sys.executable, "-c", CLEW, "--db", watched.url, "record", "--", *child],
        env={**os.environ, "CLEW_ACTOR": "dana"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield started
    finally:
        started.kill()
        started.wait()


def until(watched: Watched, query: str) -> None:
    """Wait until a query finds something."""
    with psycopg.connect(watched.url, autocommit=True) as db:
        for _ in range(300):
            if db.execute(query.encode()).fetchone():
                return
            time.sleep(0.05)
    raise AssertionError(f"never: {query}")


def killed(watched: Watched, query: str, *statements: str) -> None:
    """Record statements, and kill Clew as soon as a query finds something."""
    with recording(watched, *statements) as started:
        until(watched, query)
        started.send_signal(signal.SIGKILL)
        started.wait(timeout=10)


def test_killed_after_writes(watched: Watched) -> None:
    """What a program had done when Clew was killed is on record, and comes back."""
    before, origin = fingerprint(watched.url), watched.head()
    killed(
        watched,
        "select 1 from pg_stat_activity where query = 'select pg_sleep(2)' and state = 'active'",
        "alter table pet add column weight integer",
        "update pet set weight = id",
        "delete from pet where id > 100",
        "insert into person (name) values ('new')",
        "select pg_sleep(2)",
    )
    (closed,) = finish_open(watched.target, asker=ASKER).interrupted
    assert closed.stayed
    after = fingerprint(watched.url)
    done = watched.head()
    rollback(watched.target, str(origin), asker=ASKER)
    assert fingerprint(watched.url) == before
    rollback(watched.target, str(done), asker=ASKER)
    assert fingerprint(watched.url) == after


def test_killed_at_the_gate(watched: Watched) -> None:
    """A program that waited to drop a table when Clew was killed has not dropped it."""
    before, origin = fingerprint(watched.url), watched.head()
    with psycopg.connect(watched.url) as reader:
        reader.execute("select 1 from pet limit 1")  # stands in the way after the gate as well
        killed(
            watched,
            "select 1 from pg_locks where not granted and mode = 'AccessExclusiveLock'"
            " and relation = 'pet'::regclass and not exists (select from pg_stat_activity"
            " where wait_event = 'never')",
            "update person set name = upper(name)",
            "drop table pet",
        )
        reader.rollback()
    finish_open(watched.target, asker=ASKER)
    rollback(watched.target, str(origin), asker=ASKER)
    assert fingerprint(watched.url) == before


def test_killed_while_it_hands_over(watched: Watched) -> None:
    """Once a sleeping session is woken the server goes on, though who woke it is killed at once."""
    waking = """
import os, signal, sys
from sqlalchemy.engine import make_url
from journal.postgresql.connection import connect
from journal.postgresql.observing.sleeping import Sleeper, another
near = connect(make_url(sys.argv[1]), lock_timeout=5, holder="")
session = another(near, "sleeper")
session.run("BEGIN")
sleeper = Sleeper(session)
sleeper.sleep()
sleeper._refused = lambda: os.kill(os.getpid(), signal.SIGKILL)
sleeper.wake(near, "CREATE TABLE public.kept AS SELECT count(*) AS n FROM public.pet", "COMMIT")
"""
    for _ in range(5):
        done = subprocess.run([sys.executable, "-c", waking, watched.url], check=False)
        assert done.returncode == -signal.SIGKILL
        until(watched, "select 1 from pg_class where relname = 'kept'")
        with psycopg.connect(watched.url) as db:
            assert db.execute("table kept").fetchall() == [(200,)]
            db.execute("drop table kept")


def test_ended_while_it_sleeps(watched: Watched) -> None:
    """A sleeping session that an administrator ends is told of, and not waited for."""
    near = connect(make_url(watched.url), lock_timeout=5, holder="")
    session = another(near, "sleeper")
    session.run("BEGIN")
    sleeper = Sleeper(session)
    sleeper.sleep()
    near.run(f"SELECT pg_terminate_backend({sleeper.pid})")
    until(
        watched,
        f"select 1 where not exists (select from pg_stat_activity where pid = {sleeper.pid})",
    )
    with pytest.raises(StatementFailed, match="was ended"):
        sleeper.wake(near, "COMMIT")
    sleeper.close()
    near.raw.close()


def test_nothing_is_left(watched: Watched) -> None:
    """Once a record is finished, nothing of what was kept is left, and no session either."""
    watched.record("update pet set name = 'x'", "drop table pet")
    until(
        watched,
        """select 1 where not exists (select from pg_stat_activity
        where datname = current_database() and application_name like 'clew observes%')""",
    )
    with psycopg.connect(watched.url) as db:
        left = db.execute("select relname from pg_class where relname like 'kept%'").fetchall()
        kept = db.execute("select * from clew.observing").fetchall()
    assert (left, kept) == ([], [])
