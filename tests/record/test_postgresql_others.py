"""What others write while a program runs is kept out of the record, or named in it."""

from __future__ import annotations

import json
import os
import sys
import threading

import psycopg
import pytest

from commands.record import Recorded, record
from commands.rollback import rollback
from tests.record.watched import ASKER, CHILD, Watched

BASE = """
create table stock (id integer primary key, n integer);
create table bare (what text);
insert into stock select n, 0 from generate_series(1, 100) n;
insert into bare select 'x' || n from generate_series(1, 20) n;
"""


@pytest.fixture
def watched(postgresql_url: str) -> Watched:
    """Two small tables."""
    return Watched(postgresql_url, BASE)


def beside(watched: Watched, theirs: list[str], *ours: str) -> Recorded:
    """Record a program while somebody else works; either waits for the other's first part."""
    with psycopg.connect(watched.url, autocommit=True, application_name="shop") as app:
        work = ["select pg_sleep(0.6)", *ours, "select pg_sleep(0.8)"]

        def write() -> None:
            threading.Event().wait(0.9)
            for one in theirs:
                with app.transaction():
                    app.execute(one.encode())
                    threading.Event().wait(0.15)

        thread = threading.Thread(target=write)
        thread.start()
        child = [sys.executable, "-c", CHILD, json.dumps(work)]
        told = record(watched.target, child, asker=ASKER, environment=dict(os.environ))
        thread.join()
    return told


def rows(watched: Watched, query: str) -> list[tuple[object, ...]]:
    """Return what a query finds."""
    with psycopg.connect(watched.url) as db:
        return db.execute(query.encode()).fetchall()


def test_left_out(watched: Watched) -> None:
    """Rows that only somebody else wrote are not the program's, and stay when it is taken back."""
    origin = watched.head()
    told = beside(
        watched,
        ["update stock set n = 5 where id = 50", "insert into stock values (500, 1)"],
        "update stock set n = n + 1 where id <= 10",
        "delete from stock where id = 20",
    )
    (other,) = told.others
    assert "shop" in other.who
    assert other.tables == ("public.stock",)
    assert other.rows == 3
    assert [(one.changed, one.removed, one.added) for one in told.tables] == [(10, 1, 0)]
    rollback(watched.target, str(origin), asker=ASKER)
    assert rows(watched, "select id, n from stock where n <> 0 order by 1") == [(50, 5), (500, 1)]
    assert rows(watched, "select count(*) from stock") == [(101,)]


def test_mixed(watched: Watched) -> None:
    """A row that both wrote stays in the record, and is said to be anybody's."""
    told = beside(
        watched,
        ["update stock set n = n + 10 where id = 7", "delete from bare where what = 'x1'"],
        "update stock set n = n + 1",
        "delete from bare where what = 'x2'",
    )
    assert told.tables[-1].removed + told.tables[0].removed == 2
    (other,) = told.others
    assert other.mixed >= 1
    assert other.rows == 0
    assert set(other.tables) == {"public.stock", "public.bare"}


def test_nobody_else(watched: Watched) -> None:
    """Sessions that are connected and do nothing are not named."""
    with psycopg.connect(watched.url, autocommit=True) as idle:
        idle.execute("select 1")
        told = watched.record("update stock set n = 1")
    assert told.others == ()
    assert told.tables[0].changed == 100


def test_unnamed_program(watched: Watched) -> None:
    """A program that ignores its name is known by its connections."""
    child = CHILD.replace("autocommit=True", "autocommit=True, application_name='rude'")
    statements = ["select pg_sleep(0.6)", "update stock set n = 1", "select pg_sleep(0.3)"]
    told = record(
        watched.target,
        [sys.executable, "-c", child, json.dumps(statements)],
        asker=ASKER,
        environment=dict(os.environ),
    )
    assert told.others == ()
    assert told.tables[0].changed == 100
