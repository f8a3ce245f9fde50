"""Accept: drift is taken in, with identities for all that is new."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.accept import accept
from commands.check import check
from commands.init import init
from commands.observing import known_schema
from commands.status import status
from journal.errors import AnswerIsNo, NotFound
from projections.drift import Difference
from tests.commands.places import Place
from tests.support.oracle import fingerprint


def test_drift_is_taken_in(place: Place) -> None:
    """After accepting, the journal's schema is the live one, parts under their tables."""
    place.sql("create table person (id integer primary key, name text)")
    init(place.target, asker=place.asker)
    with pytest.raises(AnswerIsNo):
        accept(place.target, asker=place.asker)
    place.sql(
        "alter table person add column note text",
        "create table pet (id integer primary key, owner integer references person (id))",
        "create index pet_owner on pet (owner)",
    )
    assert status(place.target, [place.directory]).drift
    found = accept(place.target, asker=place.asker)
    assert found.changes
    assert status(place.target, [place.directory]).drift == ()
    with place.target.journal() as journal:
        known = known_schema(journal)
    named = {(one.kind, one.path[-1]): one for one in known.objects.values()}
    assert named["index", "pet_owner"].parent == named["table", "pet"].id
    ids = [one.id for one in known.objects.values()]
    ids += [column.id for one in known.objects.values() for column in one.columns]
    assert len(set(ids)) == len(ids)
    assert min(ids) >= 1


def test_one_is_taken_in_alone(place: Place) -> None:
    """What is named is taken in, by number or by name; the rest stays drift."""
    place.sql("create table person (id integer primary key, name text)")
    init(place.target, asker=place.asker)
    place.sql(
        "alter table person add column note text",
        "create table pet (id integer primary key, owner integer references person (id))",
        "create index pet_owner on pet (owner)",
        "create view pets as select id from pet",
    )
    for wrong, error in (("nothing", NotFound), ("9", NotFound)):
        with pytest.raises(error):
            accept(place.target, [wrong], asker=place.asker)
    before = standing(place)
    assert {one.number for one in before if one.path[-1] == "pets"} != {1}
    found = accept(place.target, ["pet"], asker=place.asker)
    assert len(found.left) == len(before) - 1
    assert not [one for one in standing(place) if one.path[-1] == "pet"]
    number = next(one.number for one in standing(place) if one.path[-1] == "pets")
    accept(place.target, [str(number)], asker=place.asker)
    assert {one.kind for one in standing(place)} == {"column"}
    found = accept(place.target, ["table person"], asker=place.asker)
    assert (found.left, standing(place)) == ((), ())
    with place.target.journal() as journal:
        known = known_schema(journal)
    named = {(one.kind, one.path[-1]): one for one in known.objects.values()}
    assert named["index", "pet_owner"].parent == named["table", "pet"].id


def test_each_difference_is_worded_as_ddl(place: Place) -> None:
    """The statements that check names bring the drift about where they are run again."""
    made = ("create table person (id integer primary key, name text)",)
    place.sql(*made)
    init(place.target, asker=place.asker)
    drifted = (
        "alter table person add column note text default 'x'",
        "alter table person drop column name",
        "create table pet (id integer primary key, owner integer references person (id))",
        "create index pet_owner on pet (owner)",
        "create view pets as select id from pet",
    )
    place.sql(*drifted)
    told = [sql for one in standing(place) for sql in one.ddl]
    assert tuple(told) == status(place.target, [place.directory]).drift_ddl
    place.sql("drop view pets", "drop table pet", "drop table person", *made)
    assert standing(place) == ()
    place.sql(*told)
    assert [one.text for one in standing(place)]
    again = [sql for one in standing(place) for sql in one.ddl]
    assert again == told


DRIFT = (
    "alter table person alter column name type varchar(40), alter column name set not null",
    "alter table person alter column name set default 'nobody'; comment on column person.name is 'n'",
    "grant select, insert on person to public",
    "grant update (name) on person to public",
    "revoke all on function greet() from public",
    "comment on table person is 'whoever'; alter table person set (fillfactor = 70)",
    "alter sequence numbers increment by 5",
    "create or replace view people as select id, 1 as one from person",
    "create or replace function greet() returns text language sql as $$select 'hello'$$",
    "alter table person add constraint named check (name <> '')",
    "alter table person drop constraint person_pkey",
    "drop index by_name; create index by_name on person (name desc)",
    "create type mood as enum ('glad', 'sad')",
    "create policy mine on person using (id > 0); alter table person enable row level security",
    "alter domain short drop constraint short_check",
    "create materialized view counted as select count(*) from person with no data",
)


@pytest.mark.parametrize("drifted", DRIFT)
def test_ddl_of_many_kinds(postgresql_url: str, tmp_path: Path, drifted: str) -> None:
    """The statements that check names make of another copy what drift made of this one."""
    made = (
        "create schema app",
        "set search_path = app",
        "create table person (id integer primary key, name text)",
        "create index by_name on person (name)",
        "create view people as select id from person",
        "create sequence numbers",
        "create function greet() returns text language sql as $$select 'hi'$$",
        "create domain short as text constraint short_check check (length(value) < 9)",
    )
    place = Place(kind="postgresql", url=postgresql_url, directory=tmp_path)
    place.sql(*made)
    init(place.target, asker=place.asker)
    place.sql("set search_path = app", drifted)
    wanted = fingerprint(place.url)
    told = status(place.target).drift_ddl
    place.sql("drop schema app cascade", *made, *told)
    assert fingerprint(place.url) == wanted


def standing(place: Place) -> tuple[Difference, ...]:
    """Return what check names."""
    with place.target.journal() as journal:
        return check(journal).drift
