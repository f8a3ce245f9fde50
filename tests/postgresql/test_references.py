"""Rows that name objects by their oids: exact, or refused when the change is done."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.apply import apply
from commands.init import init
from commands.rollback import rollback
from journal.errors import NotExact, NotKnownExact
from tests.commands.places import ASKER, Place
from tests.support.oracle import fingerprint

BASE = (
    "create schema app",
    "create domain app.relation as regclass",
    "create type app.pair as (name text, what regclass)",
    "create table app.thing (id integer primary key, spare text, size integer)",
    "insert into app.thing select i, 's' || i, i from generate_series(1, 5) i",
    "create table app.other (id integer, spare text, size integer)",
    "create view app.seen as select size, count(*) as n from app.thing group by size",
    "create function app.twice(a integer) returns integer language sql as 'select a * 2'",
    "create type app.mood as enum ('sad', 'ok')",
    "create table app.feeling (id integer, mood app.mood)",
)
PLAIN = "create table app.note (id integer primary key, what {})"


@pytest.fixture
def place(postgresql_url: str, tmp_path: Path) -> Place:
    """A database of objects that other rows may name."""
    made = Place(kind="postgresql", url=postgresql_url, directory=tmp_path)
    made.sql(*BASE)
    return made


def run(place: Place, *statements: str) -> None:
    """Apply one migration."""
    place.write("0001_m.sql", ";\n".join(statements))
    apply(place.target, [place.directory], asker=ASKER)


def there_and_back(place: Place, *statements: str) -> None:
    """Hold a migration to what it was before and after, by dump and digests."""
    before = fingerprint(place.url)
    run(place, *statements)
    after = fingerprint(place.url)
    with place.target.journal() as journal:
        done = journal.head().position
    rollback(place.target, "before:0001_m", asker=ASKER)
    assert fingerprint(place.url) == before
    rollback(place.target, str(done), asker=ASKER)
    assert fingerprint(place.url) == after


REFUSED = [
    ("regclass", "'app.thing'", "drop table app.thing cascade"),
    ("regclass", "'app.thing'", "alter table app.thing drop column spare"),
    ("regclass", "'app.thing'", "alter table app.thing alter column spare type varchar(9)"),
    ("regclass", "'app.thing_pkey'", "alter table app.thing drop column spare"),
    ("regclass", "'app.thing_pkey'", "alter table app.thing drop constraint thing_pkey"),
    ("regclass", "'app.seen'", "alter table app.thing drop column spare"),
    ("regclass", "'app.seen'", "drop view app.seen"),
    (
        "regclass",
        "'app.seen'",
        "create or replace view app.seen as select size, count(*) as n, 1 as one"
        " from app.thing group by size",
    ),
    ("regclass[]", "array[null, 'app.thing'::regclass]", "drop table app.thing cascade"),
    ("app.relation", "'app.thing'", "alter table app.thing drop column spare"),
    ("app.relation[]", "array['app.thing'::app.relation]", "drop table app.thing cascade"),
    ("app.pair", "row('x', 'app.thing'::regclass)", "drop table app.thing cascade"),
    ("app.pair", "row('x', null)", "alter table app.thing drop column spare"),
    ("regtype", "'app.thing'", "drop table app.thing cascade"),
    ("regtype", "'app.thing[]'", "alter table app.thing drop column spare"),
    ("regtype", "'app.mood'", "alter type app.mood add value 'well'"),
    ("regtype", "'app.mood'", "drop type app.mood cascade"),
    ("regproc", "'app.twice'", "drop function app.twice"),
    ("regprocedure", "'app.twice(integer)'", "drop function app.twice"),
    ("regnamespace", "'empty'", "drop schema empty"),
]


@pytest.mark.parametrize(("kind", "value", "statement"), REFUSED)
def test_refused(place: Place, kind: str, value: str, statement: str) -> None:
    """What a row names by its oid is neither dropped nor changed so that it were made again."""
    place.sql(
        "create schema empty", PLAIN.format(kind), f"insert into app.note values (1, {value})"
    )
    init(place.target, asker=ASKER)
    before = fingerprint(place.url)
    with pytest.raises(NotKnownExact) as refused:
        run(place, statement)
    assert refused.value.name == "object-reference"
    assert "app.note.what" in refused.value.message
    assert fingerprint(place.url) == before


EXACT = [
    ("alter table app.thing rename to item",),
    ("alter table app.thing rename column spare to rest",),
    ("alter table app.thing set schema public",),
    ("comment on table app.thing is 'things'", "grant select on app.thing to public"),
    ("alter table app.thing alter column spare set default 'd'",),
    ("alter table app.thing add constraint few check (size < 100)",),
    ("alter table app.other drop column spare",),
    ("drop table app.other",),
    (
        "create or replace function app.twice(a integer) returns integer language sql"
        " as 'select a + a'",
    ),
    ("alter function app.twice rename to double",),
    ("alter type app.mood rename value 'ok' to 'fine'",),
    ("update app.note set what = null", "drop table app.thing cascade"),
    ("delete from app.note", "alter table app.thing drop column spare"),
    ("drop table app.note",),
    ("create table app.new (id integer)", "insert into app.note values (2, 'app.new')"),
]


@pytest.mark.parametrize("statements", EXACT)
def test_there_and_back(place: Place, statements: tuple[str, ...]) -> None:
    """Changes that leave the oids of what rows name come back, and so do these rows."""
    place.sql(
        PLAIN.format("regclass, how regprocedure, kind regtype"),
        "insert into app.note values (1, 'app.thing', 'app.twice(integer)', 'app.mood')",
    )
    init(place.target, asker=ASKER)
    there_and_back(place, *statements)


def test_forward_again(place: Place) -> None:
    """A column added is taken away in place; adding it again would not be, and is refused."""
    place.sql(PLAIN.format("regclass"), "insert into app.note values (1, 'app.thing')")
    init(place.target, asker=ASKER)
    before = fingerprint(place.url)
    run(place, "alter table app.thing add column extra integer")
    with place.target.journal() as journal:
        done = journal.head().position
    rollback(place.target, "before:0001_m", asker=ASKER)
    assert fingerprint(place.url) == before
    with pytest.raises(NotExact, match=r"app\.note\.what"):
        rollback(place.target, str(done), asker=ASKER)
    assert fingerprint(place.url) == before


def test_enum_of_a_named_table(place: Place) -> None:
    """A type that is made again leaves the tables that use it what they are."""
    place.sql(PLAIN.format("regclass"), "insert into app.note values (1, 'app.feeling')")
    init(place.target, asker=ASKER)
    there_and_back(place, "alter type app.mood add value 'well'")


@pytest.mark.parametrize("kind", ["regclass", "app.relation"])
def test_dropped_along(place: Place, kind: str) -> None:
    """A row that names what is dropped with its table is refused: which comes back first?"""
    place.sql(PLAIN.format(kind), "insert into app.note values (1, 'app.other')")
    init(place.target, asker=ASKER)
    with pytest.raises(NotKnownExact) as refused:
        run(place, "drop table app.note, app.other")
    assert refused.value.name == "object-reference"


def test_dropped_beside(place: Place) -> None:
    """Rows that name their own table, or another that stays, come back with it."""
    place.sql(
        PLAIN.format("regclass"),
        "insert into app.note values (1, 'app.thing'), (2, 'app.note'), (3, null)",
        "create view app.noted as select id from app.note",
    )
    init(place.target, asker=ASKER)
    before = fingerprint(place.url)
    run(place, "drop table app.note, app.other cascade")
    rollback(place.target, "before:0001_m", asker=ASKER)
    assert fingerprint(place.url) == before


def test_written_since(place: Place) -> None:
    """A row that names the object since the migration stops the rollback; nothing is changed."""
    place.sql(PLAIN.format("regclass"))
    init(place.target, asker=ASKER)
    run(place, "alter table app.thing drop column spare")
    place.sql("insert into app.note values (1, 'app.thing')")
    before = fingerprint(place.url)
    with pytest.raises(NotExact, match=r"app\.note\.what"):
        rollback(place.target, "before:0001_m", asker=ASKER)
    assert fingerprint(place.url) == before
    place.sql("delete from app.note")
    rollback(place.target, "before:0001_m", asker=ASKER)


def test_hidden_from_the_owner(place: Place) -> None:
    """Rows that a policy hides from the table's own owner are looked at as well."""
    place.sql(
        PLAIN.format("regclass"),
        "insert into app.note values (1, 'app.thing')",
        "alter table app.note enable row level security",
        "alter table app.note force row level security",
    )
    init(place.target, asker=ASKER)
    with pytest.raises(NotKnownExact) as refused:
        run(place, "drop table app.thing cascade")
    assert refused.value.name == "object-reference"
