"""The verb: what it answers, what it may not see, and how long it waits."""

from __future__ import annotations

import time
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

from tests.doctor.healthy import script
from tests.doctor.ward import Ward
from tests.support.roles import PASSWORD, STRANGER


def test_text(ward: Ward) -> None:
    """Findings stand by severity, each with its query and count, on lines of 100 columns."""
    ward.made(
        "CREATE TABLE users (id integer PRIMARY KEY)",
        "CREATE TABLE boxes (id integer PRIMARY KEY, user_id integer REFERENCES users (id))",
        "CREATE TABLE carts (id integer PRIMARY KEY, user_id integer)",
        "CREATE TABLE log (what text)",
        "INSERT INTO users VALUES (1), (2)",
        "INSERT INTO carts VALUES (1, 1), (2, 2), (3, 7)",
    )
    lines = ward.type("doctor", code=1).splitlines()
    assert max(map(len, lines)) <= 100
    heads = [line for line in lines if line and line[0] != " "]
    assert heads[0] == "1 warning: will fail or mislead"
    assert heads[1].endswith("worth a look")
    assert heads[-2].startswith("1 warning, ")
    assert "      for example: 3, 7" in lines
    assert not [line for line in lines if "tables looked at" in line and "4" not in line]


def test_map(ward: Ward) -> None:
    """With --map, what stands on which table is listed too."""
    ward.made(*script(sqlite=ward.sqlite))
    text = ward.type("doctor", "--map")
    prefix = "" if ward.sqlite else "public."
    assert f"{prefix}orders <- view {prefix}spent" in text.splitlines()
    assert f"{prefix}users <- foreign key {prefix}orders" in text.splitlines()


def test_no_such_paths(ward: Ward, tmp_path: Path) -> None:
    """Migrations that are not there are told in one line, and nothing is answered."""
    assert ward.type("doctor", str(tmp_path / "nowhere"), code=4) == ""
    assert ward.err.startswith("error: no file or directory at")


def test_not_ours_to_see(postgresql_ward: Ward) -> None:
    """What a role may not read, or row security would hide, is named and never taken for fine."""
    ward = postgresql_ward
    ward.made(
        "CREATE TABLE users (id integer PRIMARY KEY)",
        "CREATE TABLE carts (id integer PRIMARY KEY, user_id integer)",
        "CREATE TABLE orders (id integer PRIMARY KEY, user_id integer)",
        "ALTER TABLE orders ENABLE ROW LEVEL SECURITY",
        "INSERT INTO orders VALUES (1, 5)",
        "GRANT SELECT ON users, orders TO PUBLIC",
    )
    visitor = make_url(ward.url).set(username=STRANGER, password=PASSWORD)
    ward.url = visitor.render_as_string(hide_password=False)
    answer = ward.json("doctor")
    refused = [one for one in answer["findings"] if one["kind"] == "not-examined"]
    assert {one["evidence"][0]["error"][-7:] for one in refused} == {"(42501)"}
    assert len(refused) == 2


def test_locked_table(postgresql_ward: Ward) -> None:
    """A table that somebody holds is waited for as long as is said, and then named."""
    ward = postgresql_ward
    ward.made(
        "CREATE TABLE users (id integer PRIMARY KEY)",
        "CREATE TABLE carts (id integer PRIMARY KEY, user_id integer)",
    )
    with psycopg.connect(ward.url) as other:
        other.execute("LOCK TABLE carts IN ACCESS EXCLUSIVE MODE")
        began = time.monotonic()
        answer = ward.json("doctor", "--lock-timeout", "0.1")
        assert time.monotonic() - began < 10
    (one,) = [one for one in answer["findings"] if one["kind"] == "not-examined"]
    assert "(55P03)" in one["evidence"][0]["error"]


def test_while_somebody_writes(sqlite_ward: Ward) -> None:
    """A file that another process is writing to is examined as it was before."""
    import sqlite3

    from tests.support.oracle import sqlite_path

    sqlite_ward.made("CREATE TABLE t (id integer PRIMARY KEY, name text)")
    other = sqlite3.connect(sqlite_path(sqlite_ward.url), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    other.execute("INSERT INTO t VALUES (1, 'x')")
    assert sqlite_ward.json("doctor")["tables"] == 1
    other.execute("COMMIT")
    other.close()
