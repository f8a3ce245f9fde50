"""What migrations or models want and the database has not, and statements that would make it."""

from __future__ import annotations

import pytest

from tests.wants.examined import Examined, kinds, only

PEOPLE = """
create table person (id integer primary key, email text not null unique, team integer);
create index person_by_team on person (team);
"""
PETS = """
create table pet (
    id integer primary key, owner integer not null references person (id), name text);
create view pets as select id, name from pet;
"""
BIRTHDAYS = "alter table person add column born text;\n"


@pytest.fixture
def wanting(examined: Examined) -> Examined:
    """Three migrations, of which nothing is there."""
    examined.write("1_people", PEOPLE)
    examined.write("2_pets", PETS)
    examined.write("3_birthdays", BIRTHDAYS)
    return examined


EVERY = frozenset(("1_people", "2_pets", "3_birthdays"))


def test_healthy(wanting: Examined) -> None:
    """A database that is as its migrations want it has no finding, whatever is known of them."""
    wanting.run(PEOPLE + PETS + BIRTHDAYS)
    assert wanting.findings() == []
    assert wanting.findings(applied=EVERY) == []


def test_more_than_wanted(wanting: Examined) -> None:
    """What is there and nobody wants is no finding of this kind."""
    wanting.run(PEOPLE + PETS + BIRTHDAYS)
    wanting.run("create table more (id integer); alter table pet add column age integer;")
    assert wanting.findings() == []


def test_missing_table(wanting: Examined) -> None:
    """A table that is not there is named with the file that makes it, and made as there."""
    wanting.run(PEOPLE + BIRTHDAYS)
    found = wanting.findings(applied=EVERY)
    assert kinds(found) == [("missing-table", "pet"), ("missing-view", "pets")]
    table = next(one for one in found if one.kind == "missing-table")
    assert "2_pets.sql line 2" in table.what
    assert table.evidence[0].count == 0
    assert table.repair[0].startswith("create table pet (")
    wanting.repair(sorted(found, key=lambda one: one.kind))
    assert wanting.findings(applied=EVERY) == []


def test_half_made(wanting: Examined) -> None:
    """A table without some of what its own file gives it is one finding that names all of it."""
    wanting.run("create table person (id integer primary key);")
    found = wanting.findings(applied={"1_people"})
    half = only([one for one in found if one.kind != "missing-not-null"])
    assert (half.kind, half.where) == ("half-made-table", "person")
    assert "2 of 3 columns are not there: email, team" in half.what
    assert "index" in half.what
    assert "UNIQUE" in half.what
    assert half.evidence[0].count == 0
    if wanting.postgresql:  # SQLite adds no column that takes no nulls and has no default
        wanting.repair(found)
        assert wanting.findings(applied={"1_people"}) == []


def test_half_made_with_rows(wanting: Examined) -> None:
    """A column that takes no nulls is repaired empty where there are rows, for somebody to fill."""
    wanting.run("create table person (id integer primary key); insert into person values (1);")
    found = wanting.findings(applied={"1_people"})
    half = only([one for one in found if one.kind == "half-made-table"])
    assert "Fill in email" in half.advice
    if wanting.postgresql:
        wanting.repair(found)
        left = only(wanting.findings(applied={"1_people"}))
        assert (left.kind, left.evidence[0].count) == ("missing-not-null", 1)


def test_missing_column(wanting: Examined) -> None:
    """A column that a later file adds is missing from a table that is otherwise whole."""
    wanting.run(PEOPLE + PETS)
    found = only(wanting.findings(applied=EVERY))
    assert (found.kind, found.where) == ("missing-columns", "person")
    assert found.repair == ("alter table person add column born text",)
    wanting.repair([found])
    assert wanting.findings(applied=EVERY) == []


def test_missing_index(wanting: Examined) -> None:
    """An index that is not there is found, and one of another name that does the same is not."""
    wanting.run(PEOPLE + PETS + BIRTHDAYS)
    wanting.run("drop index person_by_team;")
    found = only(wanting.findings(applied=EVERY))
    assert (found.kind, found.where) == ("missing-indexes", "person")
    wanting.run("create index other_name on person (team);")
    assert wanting.findings(applied=EVERY) == []


def test_missing_reference(wanting: Examined) -> None:
    """A foreign key that was never made is found, with the rows that would break it."""
    wanting.run(PEOPLE + BIRTHDAYS)
    wanting.run(
        "create table pet (id integer primary key, owner integer not null, name text);"
        "create view pets as select id, name from pet;"
        "insert into pet values (1, 7, 'Rex');"
    )
    found = only(wanting.findings(applied=EVERY))
    assert (found.kind, found.where) == ("missing-constraints", "pet")
    assert "FOREIGN KEY" in found.what
    if not wanting.postgresql:
        return
    assert found.evidence[1].count == 1
    assert found.repair == ()
    wanting.run("delete from pet;")
    wanting.repair(wanting.findings(applied=EVERY))
    assert wanting.findings(applied=EVERY) == []


def test_unique_index_for_constraint(server_side: Examined) -> None:
    """A unique index holds rows to the same as the constraint that is wanted."""
    server_side.write("1_t", "create table t (a integer, b text, unique (a, b));")
    server_side.run("create table t (a integer, b text); create unique index x on t (a, b);")
    assert server_side.findings(applied={"1_t"}) == []


def test_another_type(wanting: Examined) -> None:
    """A column of another type is named with both."""
    wanting.run(PEOPLE.replace("team integer", "team varchar(9)") + PETS + BIRTHDAYS)
    found = only(wanting.findings(applied=EVERY))
    assert (found.kind, found.where) == ("column-type", "person.team")
    assert "varchar(9)" in found.what.replace("character varying", "varchar")
    assert "integer" in found.what.lower()


def test_nullable(wanting: Examined) -> None:
    """A column that takes nulls where none are wanted is found, with the rows that have none."""
    wanting.run(PEOPLE.replace("email text not null", "email text") + PETS + BIRTHDAYS)
    wanting.run("insert into person (id) values (1), (2);")
    found = only(wanting.findings(applied=EVERY))
    assert (found.kind, found.where) == ("missing-not-null", "person")
    assert found.evidence[0].count == 2
    assert found.repair == ()


def test_types_and_functions(server_side: Examined) -> None:
    """Types, functions, triggers and sequences are wanted too, and repaired in their order."""
    made = (
        "create type mood as enum ('good', 'bad');",
        "create domain score as integer check (value > 0);",
        "create sequence ticket;",
        "create function one() returns trigger language plpgsql as $$begin return new; end$$;",
        "create table t (id integer, m mood, s score);",
        "create trigger tr before insert on t for each row execute function one();",
    )
    server_side.write("1_all", "\n".join(made))
    server_side.write("2_more", "alter type mood add value 'worse';")
    both = {"1_all", "2_more"}
    found = server_side.findings(applied=both)
    assert kinds(found) == [
        ("missing-function", "one()"),
        ("missing-sequence", "ticket"),
        ("missing-table", "t"),
        ("missing-type", "mood"),
        ("missing-type", "score"),
    ]
    table = next(one for one in found if one.kind == "missing-table")
    assert set(table.needs) == {"missing-type:mood", "missing-type:score"}
    server_side.repair(found)
    server_side.run("drop trigger tr on t;")
    found = server_side.findings(applied=both)
    assert kinds(found) == [("missing-triggers", "t")]
    server_side.repair(found)
    assert server_side.findings(applied=both) == []


def test_enum_values(server_side: Examined) -> None:
    """An enum without a value that is wanted is found, and given it."""
    server_side.write("1_mood", "create type mood as enum ('good', 'bad');")
    server_side.write("2_more", "alter type mood add value 'wor''se';")
    server_side.run("create type mood as enum ('bad', 'good');")
    both = {"1_mood", "2_more"}
    found = only(server_side.findings(applied=both))
    assert (found.kind, found.where) == ("missing-enum-values", "mood")
    server_side.repair([found])
    assert server_side.findings(applied=both) == []


def test_search_path(server_side: Examined) -> None:
    """A statement whose schema its file sets before it is not taken as it stands."""
    server_side.run("create schema app;")
    server_side.write("1_a", "set search_path = app;\ncreate table a (id serial primary key);\n")
    found = only(server_side.findings(applied={"1_a"}))
    assert (found.kind, found.where) == ("missing-table", "app.a")
    server_side.repair([found])
    assert server_side.findings(applied={"1_a"}) == []


def test_nothing_known(wanting: Examined) -> None:
    """Where nothing tells what is applied, the last files without any effect are to come."""
    wanting.run(PEOPLE)
    assert wanting.findings() == []
    assert wanting.findings(applied={"1_people"}) == []
    wanting.run(BIRTHDAYS)
    assert kinds(wanting.findings()) == [("missing-table", "pet"), ("missing-view", "pets")]


def test_sections(examined: Examined) -> None:
    """Only the way forward of dbmate's and golang-migrate's files is wanted."""
    examined.write(
        "1_a", "-- migrate:up\ncreate table a (id integer);\n-- migrate:down\ndrop table a;\n"
    )
    examined.write("2_b.up", "create table b (id integer);")
    examined.write("2_b.down", "drop table b;")
    found = examined.findings(applied={"1_a", "2_b"})
    assert kinds(found) == [("missing-table", "a"), ("missing-table", "b")]


def test_rebuilt(examined: Examined) -> None:
    """What files make and then change or drop is wanted as it is at the end."""
    examined.write("1_a", "create table a (id integer primary key, x integer);")
    examined.write("2_b", "create table b (id integer primary key, y text);\ndrop table a;\n")
    examined.write("3_c", "alter table b rename to c;\nalter table c rename column y to z;\n")
    every = {"1_a", "2_b", "3_c"}
    found = only(examined.findings(applied=every))
    assert (found.kind, found.where) == ("missing-table", "c")
    examined.repair([found])
    assert examined.findings(applied=every) == []


def test_odd_names(examined: Examined) -> None:
    """Names with quotes, blanks and capitals are found and repaired as they are."""
    made = 'create table "Odd ""Name" ("a b" integer, "C\'d" text);\n'
    examined.write("1_odd", made + 'create index "An Index" on "Odd ""Name" ("a b");\n')
    examined.run(made.replace(', "C\'d" text', ""))
    found = only(examined.findings(applied={"1_odd"}))
    assert (found.kind, found.where) == ("half-made-table", 'Odd "Name')
    assert [one.error for one in found.evidence] == [""]
    examined.repair([found])
    assert examined.findings(applied={"1_odd"}) == []


MODELS = """
from sqlalchemy import Column, Enum, ForeignKey, Integer, MetaData, Table, Text

metadata = MetaData()
Table("person", metadata, Column("id", Integer, primary_key=True), Column("email", Text, index=True))
Table("pet", metadata, Column("id", Integer, primary_key=True), Column("kind", Enum("cat", "dog", name="pet_kind")),
      Column("owner", ForeignKey("person.id"), comment="100% theirs"))
"""


def test_models(examined: Examined) -> None:
    """What SQLAlchemy models want is held against the database as files are."""
    (examined.temporary / "wanted_models.py").write_text(MODELS)
    examined.run("create table person (id integer not null primary key);")
    found = examined.findings(models="wanted_models:metadata")
    expected = [("missing-columns", "person"), ("missing-table", "pet")]
    assert kinds(found) == expected + [("missing-type", "pet_kind")] * examined.postgresql
    examined.repair(found)
    assert examined.findings(models="wanted_models:metadata") == []
