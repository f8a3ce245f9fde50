"""Statements that need what a later file makes, or none, as an empty scratch database shows."""

from __future__ import annotations

import psycopg
import pytest
from msgspec.structs import replace
from sqlalchemy.engine import make_url

from tests.wants.examined import SCRATCH, Examined, kinds, only


def test_later_file(examined: Examined) -> None:
    """A statement that alters what a later file creates is named with both places."""
    examined.write("1_early", "-- a comment\n\nalter table late add column x integer;\n")
    examined.write("2_between", "create table other (id integer);\n")
    examined.write("3_late", "create table first (id integer);\ncreate table late (id integer);\n")
    everything = "create table other (id integer); create table first (id integer);"
    examined.run(everything + "create table late (id integer, x integer);")
    found = only(examined.findings())
    assert (found.kind, found.where) == ("needs-later-file", "1_early.sql")
    assert "line 3" in found.what
    assert "3_late.sql line 2" in found.what
    assert found.evidence[0].scratch
    state = "42P01" if examined.postgresql else "no such table"
    assert state in found.evidence[0].error
    assert "fresh database" in found.consequence


def test_chain(examined: Examined) -> None:
    """All that fails for the same thing is one finding, and what it makes is wanted all the same."""
    examined.write(
        "1_early",
        "create view seen as select x from late;\ncreate view again as select x from seen;\n"
        "create table free (id integer);\n",
    )
    examined.write("2_late", "create table late (x integer);\n")
    examined.run("create table late (x integer); create table free (id integer);")
    found = examined.findings(applied={"1_early", "2_late"})
    if examined.postgresql:
        assert kinds(found) == [
            ("missing-view", "again"),
            ("missing-view", "seen"),
            ("needs-later-file", "1_early.sql"),
        ]
        order = next(one for one in found if one.kind == "needs-later-file")
        assert "line 1" in order.what
        assert "line 2" in order.what
    else:  # a view of SQLite names what need not be there
        assert kinds(found) == [("missing-view", "again"), ("missing-view", "seen")]


def test_no_file_makes_it(examined: Examined) -> None:
    """What no file makes is said to be so; the statements after it are run."""
    examined.write("1_a", "create index i on nowhere (x);\ncreate table a (id integer);\n")
    examined.run("create table a (id integer);")
    found = only(examined.findings())
    assert (found.kind, found.where) == ("needs-what-no-file-makes", "1_a.sql")
    assert "nowhere" in found.what


def test_other_failures(examined: Examined) -> None:
    """A statement that fails on an empty database for another reason is found with its state."""
    examined.write("1_a", "create table a (id integer);\ncreate table a (id integer);\n")
    examined.run("create table a (id integer);")
    found = only(examined.findings())
    assert (found.kind, found.where) == ("fails-on-a-fresh-database", "1_a.sql")
    assert "line 2" in found.what


def test_good_order(examined: Examined) -> None:
    """Files that work in their order, with rows and settings of their own, have no finding."""
    examined.write(
        "1_a", "create table a (id integer primary key);\ninsert into a values (1), (2);\n"
    )
    examined.write(
        "2_b", "create table b (id integer references a (id));\ninsert into b values (2);\n"
    )
    if examined.postgresql:
        examined.write(
            "3_c",
            "create schema if not exists other;\nset search_path = other;\ncreate table c (id integer);\n",
        )
        examined.write("4_d", "create table d (id integer);\n")
    assert examined.findings() == []


def test_not_read(examined: Examined) -> None:
    """A file that cannot be taken apart is said not to have been run."""
    examined.write("1_a", "create table a (id integer);\n")
    examined.write("2_b", "select 'never closed;\n")
    examined.run("create table a (id integer);")
    found = only(examined.findings(applied={"1_a", "2_b"}))
    assert (found.kind, found.severity, found.where) == ("file-not-read", "note", "2_b.sql")


@pytest.mark.parametrize(
    "sql",
    [
        "create role clew_never login",
        "create database clew_never",
        "alter system set work_mem = '5MB'",
        "create table t as select 1 as x; copy t to program 'cat'",
    ],
)
def test_the_server_is_let_alone(server_side: Examined, sql: str) -> None:
    """A statement that reaches beyond one database is not run on a scratch one either."""
    server_side.write("1_a", f"create table a (id integer);\n{sql};\n")
    server_side.run("create table a (id integer);")
    found = server_side.findings()
    assert ("statements-not-tried", "1_a.sql") in kinds(found)
    assert server_side.ask("select count(*) from pg_roles where rolname = 'clew_never'") == [(0,)]
    assert server_side.ask("select count(*) from pg_database where datname = 'clew_never'") == [
        (0,)
    ]


def test_extensions_and_schemas(server_side: Examined) -> None:
    """What is there before the first migration is there on the scratch database too."""
    server_side.run("create schema app; create extension if not exists plpgsql;")
    server_side.write("1_a", "create schema app;\ncreate table app.a (id integer);\n")
    server_side.run("create table app.a (id integer);")
    assert server_side.findings() == []


def test_scratch_of_ones_own(server_side: Examined) -> None:
    """A database given for it is used instead of a new one, and is empty again afterwards."""
    url = make_url(server_side.place.url)
    name = f"{url.database}_own"
    with psycopg.connect(server_side.place.url, autocommit=True) as db:
        db.execute(f'create database "{name}" template template0'.encode())
    try:
        own = url.set(database=name, drivername="postgresql+psycopg")
        server_side.write("1_a", "create index i on nowhere (x);\ncreate table a (id serial);\n")
        server_side.write("2_b", "create type t as enum ('x');\ncreate schema s;\n")
        server_side.run("create table a (id serial);")
        found = server_side.findings(scratch=replace(SCRATCH, into=own), applied={"1_a"})
        assert kinds(found) == [("needs-what-no-file-makes", "1_a.sql")]
        with psycopg.connect(own.set(drivername="postgresql").render_as_string(False)) as db:
            query = "select count(*) from pg_class where relnamespace = 'public'::regnamespace"
            assert db.execute(query).fetchone() == (0,)
            assert db.execute("select to_regtype('t'), to_regnamespace('s')").fetchone() == (
                None,
                None,
            )
    finally:
        with psycopg.connect(server_side.place.url, autocommit=True) as db:
            db.execute(f'drop database "{name}" with (force)'.encode())
