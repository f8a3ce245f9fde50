"""A backup names what it takes to make its tables again, and where their sequences stand."""

from __future__ import annotations

from tests.backups.files import manifest, take
from tests.drills.operator import Operator

POSTGRESQL = """
CREATE SCHEMA app;
CREATE TYPE app.mood AS ENUM ('sad', 'glad');
CREATE TYPE app.pair AS (a integer, b text);
CREATE FUNCTION app.positive(i integer) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT i > 0';
CREATE DOMAIN app.amount AS integer CHECK (app.positive(VALUE));
CREATE FUNCTION app.unrelated() RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE TYPE app.unused AS ENUM ('x');
CREATE COLLATION app.bytes FROM "C";
CREATE SEQUENCE app.numbers START 100;
CREATE SEQUENCE app.unused_numbers;
CREATE TABLE app.other (id integer PRIMARY KEY);
CREATE TABLE app.thing (id serial PRIMARY KEY, ident integer GENERATED ALWAYS AS IDENTITY,
  number integer DEFAULT nextval('app.numbers'), mood app.mood[] DEFAULT '{sad}', pair app.pair,
  word text COLLATE app.bytes, amount app.amount, other integer REFERENCES app.other, CONSTRAINT fine CHECK (app.positive(id)));
CREATE INDEX by_mood ON app.thing (mood);
CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER touched BEFORE INSERT ON app.thing FOR EACH ROW EXECUTE FUNCTION app.touch();
CREATE POLICY few ON app.thing USING (app.positive(amount));
CREATE VIEW app.seen AS SELECT * FROM app.thing;
INSERT INTO app.thing (amount) VALUES (1), (2), (3);
"""


def test_postgresql(postgresql_operator: Operator) -> None:
    """Parts, types, functions, sequences and schemas are in it; views and strangers are not."""
    operator = postgresql_operator
    operator.begin_with(POSTGRESQL)
    found = manifest(take(operator, "app.thing"))
    named = {(one["kind"], one["path"][-1]) for one in found["objects"]}
    assert named - {("extension", "plpgsql")} == {
        ("schema", "app"),
        ("enum", "mood"),
        ("composite", "pair"),
        ("domain", "amount"),
        ("collation", "bytes"),
        ("function", "positive(integer)"),
        ("function", "touch()"),
        ("sequence", "numbers"),
        ("sequence", "thing_id_seq"),
        ("sequence", "thing_ident_seq"),
        ("table", "thing"),
        ("constraint", "thing_pkey"),
        ("constraint", "fine"),
        ("constraint", "thing_other_fkey"),
        ("index", "by_mood"),
        ("trigger", "touched"),
        ("policy", "few"),
    } | {one for one in named if one[0] == "constraint" and "not_null" in one[1]}
    places = {one["path"][-1]: one["last_value"] for one in found["sequences"]}
    assert places == {"numbers": 102, "thing_id_seq": 3, "thing_ident_seq": 3}
    every = manifest(take(operator))
    kinds = [(one["kind"], one["path"][-1]) for one in every["objects"]]
    assert ("table", "other") in kinds
    assert ("view", "seen") not in kinds
    ids = [one["id"] for one in every["objects"]]
    assert len(set(ids)) == len(ids)
    assert 0 not in ids


def test_sqlite(sqlite_operator: Operator) -> None:
    """Tables come with indexes, triggers and AUTOINCREMENT counters."""
    operator = sqlite_operator
    operator.begin_with(
        "CREATE TABLE other (id INTEGER PRIMARY KEY);\n"
        "CREATE TABLE fresh (id INTEGER PRIMARY KEY AUTOINCREMENT);\n"
        "CREATE TABLE thing (id INTEGER PRIMARY KEY AUTOINCREMENT, name text UNIQUE,"
        " other REFERENCES other);\n"
        "CREATE INDEX by_name ON thing (name);\nCREATE INDEX elsewhere ON other (id);\n"
        "CREATE TRIGGER touched AFTER INSERT ON thing BEGIN SELECT 1; END;\n"
        "CREATE VIEW seen AS SELECT * FROM thing;\n"
        "INSERT INTO thing (name) VALUES ('a'), ('b');\nDELETE FROM thing;\n"
    )
    found = manifest(take(operator, "thing"))
    named = {(one["kind"], one["path"][-1]) for one in found["objects"]}
    assert named == {("table", "thing"), ("index", "by_name"), ("trigger", "touched")}
    assert [(one["path"], one["last_value"]) for one in found["sequences"]] == [(["thing"], 2)]
    every = manifest(take(operator))
    places = {one["path"][0]: one["last_value"] for one in every["sequences"]}
    assert places == {"fresh": None, "thing": 2}
