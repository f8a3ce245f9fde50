"""What was begun or left behind, names that are nearly the same, values out of place."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import psycopg

from tests.doctor.ward import Ward
from tests.support.oracle import sqlite_path


def test_unused_types(postgresql_ward: Ward) -> None:
    """Types and sequences that nothing uses are noted; those of a column, domain or array are not."""
    ward = postgresql_ward
    ward.made(
        "CREATE TYPE left_over AS ENUM ('a')",
        "CREATE TYPE in_array AS ENUM ('a')",
        "CREATE TYPE in_domain AS ENUM ('a')",
        "CREATE TYPE in_function AS ENUM ('a')",
        "CREATE DOMAIN lost AS integer CHECK (VALUE > 0)",
        "CREATE DOMAIN used AS in_domain",
        "CREATE TYPE pair AS (a integer)",
        "CREATE SEQUENCE counting",
        "CREATE SEQUENCE asked",
        "CREATE SEQUENCE called",
        "CREATE TYPE in_body AS ENUM ('a')",
        "CREATE FUNCTION g() RETURNS text LANGUAGE plpgsql AS 'BEGIN PERFORM nextval(''called'');"
        " RETURN ''a''::in_body; END'",
        "CREATE FUNCTION f(in_function) RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "CREATE TABLE t (id integer PRIMARY KEY DEFAULT nextval('asked'), a in_array[], u used)",
    )
    assert {one["where"] for one in ward.found("unused-type")} == {"left_over", "lost", "pair"}
    assert [one["where"] for one in ward.found("unused-sequence")] == ["counting"]


def test_half_made(ward: Ward) -> None:
    """A table with nothing but a key and no row is noted, unless somebody refers to it."""
    ward.made(
        f"CREATE TABLE sessions (id {ward.key})",
        f"CREATE TABLE parties (id {ward.key})",
        f"CREATE TABLE guests (id {ward.key}, party_id integer REFERENCES parties (id))",
    )
    assert [one["where"] for one in ward.found("half-made-table")] == ["sessions"]


def test_no_column(postgresql_ward: Ward) -> None:
    """A table without any column is a warning."""
    postgresql_ward.made("CREATE TABLE nothing_yet ()")
    (one,) = postgresql_ward.found("half-made-table", code=1)
    assert one["severity"] == "warning"


def test_names_that_differ_in_case(postgresql_ward: Ward) -> None:
    """Tables, columns and types that differ in case alone are warnings."""
    ward = postgresql_ward
    ward.made(
        'CREATE TABLE "foodScanHistory" (id integer PRIMARY KEY, "userId" integer, userid integer)',
        "CREATE TABLE foodscanhistory (id integer PRIMARY KEY, x text)",
        "CREATE TYPE \"Mood\" AS ENUM ('a')",
        "CREATE TYPE mood AS ENUM ('a')",
        'CREATE TABLE other (id integer PRIMARY KEY, "userId" text, user_id text)',
        "INSERT INTO other VALUES (1, 'a', 'a'), (2, 'a', NULL), (3, 'a', 'b')",
    )
    found = {one["where"] for one in ward.found("names-differ-in-case", code=1)}
    assert found == {
        "foodScanHistory / foodscanhistory",
        "foodScanHistory.userId / userid",
        "Mood / mood",
    }
    (one,) = ward.found("names-differ-in-spelling", code=1)
    assert (one["where"], one["severity"]) == ("other.userId / user_id", "note")
    assert one["evidence"][0]["count"] == 2


def test_storage_classes(sqlite_ward: Ward) -> None:
    """Values of another storage class than the declared type's are a warning with each of them."""
    ward = sqlite_ward
    ward.made(
        "CREATE TABLE t (id integer PRIMARY KEY, n int, r real, name text, price decimal, day date)",
        "INSERT INTO t VALUES (1, 'seven', 'x', x'00', 'cheap', '2026-01-01')",
        "CREATE TABLE places (id integer PRIMARY KEY, at point)",
        "INSERT INTO places VALUES (1, x'00')",
        "INSERT INTO t VALUES (2, 1.5, 1, 'x', '2.50', 5)",
        "INSERT INTO t VALUES (3, 1, NULL, NULL, 1, NULL)",
    )
    found = {
        one["where"]: one["evidence"][0]["count"] for one in ward.found("storage-class", code=1)
    }
    assert found == {"t.n": 2, "t.r": 1, "t.name": 1, "t.price": 1}


def test_damaged_file(sqlite_ward: Ward) -> None:
    """An index that has lost a row is told by SQLite's own check."""
    ward = sqlite_ward
    ward.made(
        "CREATE TABLE t (id integer PRIMARY KEY, name text)",
        "CREATE INDEX by_name ON t (name)",
        "INSERT INTO t VALUES (1, 'a'), (2, 'b')",
    )
    with closing(sqlite3.connect(sqlite_path(ward.url))) as db:
        db.execute("PRAGMA writable_schema = ON")
        db.execute(
            "UPDATE sqlite_master SET sql = 'CREATE INDEX by_name ON t (name) WHERE id > 1' WHERE type = 'index'"
        )
        db.commit()
    (one,) = ward.found("damaged-file", code=1)
    assert one["severity"] == "error"
    assert one["evidence"][0]["count"]


def test_unused_tables(postgresql_ward: Ward) -> None:
    """A table that nobody refers to, writes or looks into is noted, with the server's counters."""
    ward = postgresql_ward
    ward.made(
        "CREATE TABLE old_stuff (id integer PRIMARY KEY, x text)",
        "CREATE TABLE viewed (id integer PRIMARY KEY, x text)",
        "CREATE VIEW v AS SELECT x FROM viewed",
        "CREATE TABLE called (id integer PRIMARY KEY, x text)",
        "CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM called'",
        "CREATE TABLE busy (id integer PRIMARY KEY, x text)",
        "INSERT INTO busy VALUES (1, 'x')",
    )
    with psycopg.connect(ward.url, autocommit=True) as db:
        db.execute("SELECT pg_stat_force_next_flush()")
    assert [one["where"] for one in ward.found("unused-table")] == ["old_stuff"]
    edges = {(e["kind"], e["source"][-1], e["table"][-1]) for e in ward.json("doctor")["map"]}
    assert edges == {("view", "v", "viewed"), ("function", "f()", "called")}


def test_unused_on_sqlite(sqlite_ward: Ward) -> None:
    """On SQLite an empty table beside filled ones is noted where nothing refers to it."""
    ward = sqlite_ward
    ward.made(
        "CREATE TABLE old_stuff (id integer PRIMARY KEY, x text)",
        "CREATE TABLE viewed (id integer PRIMARY KEY, x text)",
        "CREATE VIEW v AS SELECT x FROM viewed",
        "CREATE TABLE busy (id integer PRIMARY KEY, x text)",
        "CREATE TABLE logged (id integer PRIMARY KEY, x text)",
        "CREATE TRIGGER t AFTER INSERT ON busy BEGIN INSERT INTO logged VALUES (new.id, 'x'); END",
    )
    assert ward.found("unused-table") == []
    ward.application("INSERT INTO busy VALUES (1, 'x')")
    assert [one["where"] for one in ward.found("unused-table")] == ["old_stuff"]


def test_columns_of_one_name(ward: Ward) -> None:
    """Columns of one name and another type are noted where one table refers to the other."""
    ward.made(
        f"CREATE TABLE orders (id {ward.key}, price integer, note text)",
        f"CREATE TABLE items (id {ward.key}, order_id integer REFERENCES orders (id), price text,"
        " note text)",
        f"CREATE TABLE other (id {ward.key}, price text)",
    )
    (one,) = ward.found("column-types")
    assert (one["where"], one["severity"]) == ("items.price", "note")


def test_what_found_no_home(ward: Ward) -> None:
    """Values of an old column that its successor lacks are counted."""
    ward.made(
        f"CREATE TABLE carts (id {ward.key}, user_id text, user_id_legacy integer)",
        "INSERT INTO carts (user_id, user_id_legacy) VALUES ('a', 1), (NULL, 2), (NULL, NULL)",
    )
    (one,) = ward.found("legacy-column")
    assert one["evidence"][0]["count"] == 1
