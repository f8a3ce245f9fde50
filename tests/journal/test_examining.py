"""Examining: one moment is read, nothing is written, and a refused query spoils none."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import psycopg
import pytest

from journal.errors import StatementFailed
from journal.opening import connect, parse_url
from tests.support.oracle import sqlite_path


def run(url: str, statement: str) -> None:
    """Run a statement as somebody else."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(sqlite_path(url))) as db, db:
            db.execute(statement)
        return
    with psycopg.connect(url, autocommit=True) as db:
        db.execute(statement.encode())


def test_nothing_can_be_written(url: str) -> None:
    """A statement that writes is refused, and the session can write again afterwards."""
    run(url, "CREATE TABLE t (id integer PRIMARY KEY)")
    table = "main.t" if url.startswith("sqlite") else "public.t"
    refused = (f"INSERT INTO {table} VALUES (1)", f"CREATE TABLE {table}2 (id integer)")
    with closing(connect(parse_url(url))) as database:
        with database.examine() as ask:
            for statement in refused:
                with pytest.raises(StatementFailed, match=r"(?i)read.?only"):
                    ask(statement)
            assert ask(f"SELECT count(*) FROM {table}") == [(0,)]
        database.begin()
        database.execute_outside(f"INSERT INTO {table} VALUES (2)")
        database.commit()
        with database.examine() as ask:
            assert ask(f"SELECT id FROM {table}") == [(2,)]


def test_one_moment(postgresql_url: str) -> None:
    """What others commit meanwhile is not seen."""
    run(postgresql_url, "CREATE TABLE t (id integer PRIMARY KEY)")
    with closing(connect(parse_url(postgresql_url))) as database, database.examine() as ask:
        assert ask("SELECT count(*) FROM public.t") == [(0,)]
        run(postgresql_url, "INSERT INTO t VALUES (1)")
        assert ask("SELECT count(*) FROM public.t") == [(0,)]


def test_a_refused_query_spoils_none(url: str) -> None:
    """After an error the next query is answered."""
    with closing(connect(parse_url(url))) as database, database.examine() as ask:
        with pytest.raises(StatementFailed):
            ask("SELECT * FROM nowhere")
        assert ask("SELECT 1") == [(1,)]


def test_rows_that_are_hidden(postgresql_url: str) -> None:
    """Row security makes a query fail that it would have answered with fewer rows."""
    for statement in (
        "CREATE TABLE t (id integer PRIMARY KEY)",
        "INSERT INTO t VALUES (1)",
        "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE t FORCE ROW LEVEL SECURITY",
    ):
        run(postgresql_url, statement)
    with (
        closing(connect(parse_url(postgresql_url))) as database,
        database.examine() as ask,
        pytest.raises(StatementFailed, match="row-level security"),
    ):
        ask("SELECT count(*) FROM public.t")
