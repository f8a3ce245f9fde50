"""Constraints that do not hold, keys that are missing, counters that lag behind."""

from __future__ import annotations

import psycopg
import pytest

from tests.doctor.ward import Ward


def test_not_valid(postgresql_ward: Ward) -> None:
    """Constraints never checked are errors where rows are against them, and notes otherwise."""
    ward = postgresql_ward
    ward.made(
        "CREATE TABLE users (id integer PRIMARY KEY)",
        "CREATE TABLE carts (id integer PRIMARY KEY, user_id integer, size integer, name text)",
        "INSERT INTO users VALUES (1)",
        "INSERT INTO carts VALUES (1, 1, 5, 'x'), (2, 7, -1, NULL), (3, 8, 1, 'y')",
        "ALTER TABLE carts ADD CONSTRAINT by_user FOREIGN KEY (user_id) REFERENCES users NOT VALID",
        "ALTER TABLE carts ADD CONSTRAINT sized CHECK (size > 0) NOT VALID",
        "ALTER TABLE carts ADD CONSTRAINT small CHECK (size < 9) NOT VALID",
    )
    found = {one["where"]: one for one in ward.found("not-valid-constraint", code=1)}
    assert {name: one["severity"] for name, one in found.items()} == {
        "carts.by_user": "error",
        "carts.sized": "error",
        "carts.small": "note",
    }
    assert found["carts.by_user"]["evidence"][0]["sample"] == [[2, 7], [3, 8]]
    assert found["carts.sized"]["evidence"][0]["sample"] == [[2]]
    ward.made(*found["carts.small"]["repair"])
    assert "carts.small" not in {one["where"] for one in ward.diagnosis(code=1)}


def test_not_enforced(postgresql_ward: Ward) -> None:
    """A constraint that nobody is held to is read as it is, and nothing validates it."""
    ward = postgresql_ward
    with psycopg.connect(ward.url) as db:
        if db.info.server_version < 180000:
            pytest.skip("since PostgreSQL 18")
    ward.made(
        "CREATE TABLE users (id integer PRIMARY KEY)",
        "CREATE TABLE carts (id integer PRIMARY KEY, size integer CHECK (size > 0) NOT ENFORCED,"
        " user_id integer REFERENCES users NOT ENFORCED)",
        "INSERT INTO users VALUES (1)",
        "INSERT INTO carts VALUES (1, NULL, 1), (2, 3, 1)",
    )
    found = ward.found("not-valid-constraint")
    assert {one["where"] for one in found} == {"carts.carts_size_check", "carts.carts_user_id_fkey"}
    for one in found:
        assert (one["severity"], one["repair"], one["evidence"][0]["count"]) == ("note", [], 0)
        assert "NOT ENFORCED" in one["advice"]


def test_violated_on_sqlite(sqlite_ward: Ward) -> None:
    """Rows that SQLite let in, a parent that is gone, and one that is no key are errors."""
    ward = sqlite_ward
    ward.made(
        "CREATE TABLE users (id integer PRIMARY KEY, email text)",
        "CREATE TABLE carts (id integer PRIMARY KEY, user_id integer REFERENCES Users)",
        "CREATE TABLE mails (id integer PRIMARY KEY, email text REFERENCES users (email))",
        "CREATE TABLE lost (id integer PRIMARY KEY, x integer REFERENCES nowhere (id))",
        "INSERT INTO carts VALUES (1, 5), (2, NULL)",
    )
    found = {one["kind"]: one for one in ward.diagnosis(code=1) if one["severity"] == "error"}
    assert {kind: one["where"] for kind, one in found.items()} == {
        "orphans": "carts.user_id",
        "foreign-key-mismatch": "mails.email",
        "lost-parent": "lost.x",
    }
    assert [one["count"] for one in found["orphans"]["evidence"]] == [1, 1]


def test_mismatch_beside_a_key(sqlite_ward: Ward) -> None:
    """One foreign key that SQLite cannot check says nothing against another of its table."""
    ward = sqlite_ward
    ward.made(
        "CREATE TABLE users (id integer PRIMARY KEY, email text)",
        "CREATE TABLE shops (id integer PRIMARY KEY)",
        "CREATE TABLE towns (id integer PRIMARY KEY)",
        "CREATE TABLE carts (id integer PRIMARY KEY, email text REFERENCES users (email),"
        " shop_id integer REFERENCES shops (id), town_id integer REFERENCES towns)",
        "INSERT INTO shops VALUES (1)",
        "INSERT INTO carts VALUES (1, NULL, 1, 5), (2, NULL, 1, 6)",
    )
    found = {one["kind"]: one for one in ward.diagnosis(code=1) if one["severity"] == "error"}
    assert {kind: one["where"] for kind, one in found.items()} == {
        "foreign-key-mismatch": "carts.email",
        "orphans": "carts.town_id",
    }
    assert [one["count"] for one in found["orphans"]["evidence"]] == [2]


def test_invalid_index(postgresql_ward: Ward) -> None:
    """An index that was not finished is found, with the values that keep it from being so."""
    ward = postgresql_ward
    ward.made(
        "CREATE TABLE items (id integer PRIMARY KEY, name text, kind text)",
        "INSERT INTO items VALUES (1, 'a', 'x'), (2, 'a', 'x'), (3, 'b', 'x'), (4, 'b', 'x')",
        "INSERT INTO items VALUES (5, 'c', NULL), (6, 'c', NULL)",
    )
    with pytest.raises(psycopg.errors.UniqueViolation):
        ward.made("CREATE UNIQUE INDEX CONCURRENTLY items_one ON items (name, kind)")
    (one,) = ward.found("invalid-index", code=1)
    assert (one["where"], one["severity"]) == ("items_one", "warning")
    assert one["evidence"][1]["sample"] == [["a", "x", 2], ["b", "x", 2]]
    assert len(one["choices"]) == 2


def test_switched_off(postgresql_ward: Ward, server: object) -> None:
    """A trigger that is switched off is found; so is a foreign key whose triggers are."""
    ward = postgresql_ward
    ward.made(
        "CREATE TABLE users (id integer PRIMARY KEY)",
        "CREATE TABLE carts (id integer PRIMARY KEY, user_id integer REFERENCES users)",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'",
        "CREATE TRIGGER t BEFORE INSERT ON carts FOR EACH ROW EXECUTE FUNCTION f()",
        "ALTER TABLE carts DISABLE TRIGGER t",
    )
    (one,) = ward.found("disabled-trigger", code=1)
    assert (one["where"], one["severity"]) == ("carts.t", "warning")
    assert ward.found("disabled-foreign-key", code=1) == []
    admin = psycopg.conninfo.make_conninfo(server.admin, dbname=ward.url.rpartition("/")[2])
    with psycopg.connect(admin, autocommit=True) as db:
        db.execute("ALTER TABLE carts DISABLE TRIGGER ALL")
    ward.made("INSERT INTO carts VALUES (1, 9)")
    (one,) = ward.found("disabled-foreign-key", code=1)
    assert (one["where"], one["severity"]) == ("carts.carts_user_id_fkey", "error")


@pytest.mark.parametrize("key", ["serial", "integer GENERATED BY DEFAULT AS IDENTITY"])
def test_sequence_behind(postgresql_ward: Ward, key: str) -> None:
    """A sequence whose next value a row already has is an error, and its repair mends it."""
    ward = postgresql_ward
    ward.made(
        f"CREATE TABLE users (id {key} PRIMARY KEY)",
        "INSERT INTO users (id) VALUES (1), (2), (7)",
    )
    (one,) = ward.found("sequence-behind", code=1)
    assert (one["where"], one["severity"]) == ("users_id_seq", "error")
    assert one["evidence"][0]["count"] == 3
    with pytest.raises(psycopg.errors.UniqueViolation):
        ward.application("INSERT INTO users DEFAULT VALUES")
    ward.made(*one["repair"])
    assert ward.found("sequence-behind") == []
    ward.application("INSERT INTO users DEFAULT VALUES")


def test_sequence_just_ahead(postgresql_ward: Ward) -> None:
    """A sequence whose last value is the largest, or that was never asked, is not behind."""
    ward = postgresql_ward
    ward.made(
        "CREATE TABLE users (id serial PRIMARY KEY)",
        "INSERT INTO users DEFAULT VALUES",
        "CREATE SEQUENCE numbers START 5",
        "CREATE TABLE bills (n integer PRIMARY KEY DEFAULT nextval('numbers'))",
        "INSERT INTO bills VALUES (4)",
    )
    assert ward.found("sequence-behind") == []
    ward.made("INSERT INTO bills VALUES (5)")
    (one,) = ward.found("sequence-behind", code=1)
    assert one["where"] == "numbers"


def test_sequence_of_several_servers(postgresql_ward: Ward) -> None:
    """Servers that count by twos never come to each other's values, so nothing is behind."""
    ward = postgresql_ward
    ward.made(
        "CREATE TABLE users (id serial PRIMARY KEY)",
        "ALTER SEQUENCE users_id_seq INCREMENT 2",
        "INSERT INTO users DEFAULT VALUES",
        "INSERT INTO users VALUES (2), (4), (6)",
    )
    assert ward.found("sequence-behind") == []
    ward.made("INSERT INTO users VALUES (5)")
    (one,) = ward.found("sequence-behind", code=1)
    assert one["evidence"][0]["sample"] == [[5]]


def test_counter_behind(sqlite_ward: Ward) -> None:
    """SQLite's counter behind its rows is a note, since SQLite takes the larger of the two."""
    ward = sqlite_ward
    ward.made(
        f"CREATE TABLE users (id {ward.key}, name text)",
        "INSERT INTO users VALUES (9, 'x')",
        "UPDATE sqlite_sequence SET seq = 3",
    )
    (one,) = ward.found("sequence-behind")
    assert one["severity"] == "note"
    ward.application("INSERT INTO users (name) VALUES ('y')")
    assert ward.application("SELECT max(id) FROM users") == [(10,)]


def test_no_key(ward: Ward) -> None:
    """A table without a key is noted, and one whose unique constraint is as good is not."""
    ward.made(
        "CREATE TABLE log (what text)",
        "CREATE TABLE codes (code text NOT NULL UNIQUE)",
        "CREATE TABLE marks (mark text NOT NULL)",
        "CREATE UNIQUE INDEX marks_one ON marks (mark)",
        "CREATE TABLE maybe (code text UNIQUE)",
    )
    assert {one["where"] for one in ward.found("no-key")} == {"log", "maybe"}


def test_indexes_twice(ward: Ward) -> None:
    """Two indexes of one definition, or over a key's own columns, are noted; others are not."""
    ward.made(
        "CREATE TABLE items (id integer NOT NULL, name text, kind text, PRIMARY KEY (id))",
        "CREATE INDEX a ON items (name)",
        "CREATE INDEX b ON items (name)",
        "CREATE INDEX c ON items (name, kind)",
        "CREATE INDEX d ON items (name DESC)",
        "CREATE INDEX e ON items (name) WHERE name <> ''",
        "CREATE INDEX f ON items (id)",
        "CREATE INDEX g ON items (id DESC)",
    )
    assert sorted(one["where"] for one in ward.found("duplicate-index")) == ["a", "f"]
