"""Odd but everyday databases, migrated, taken back and taken forth, by the verbs alone."""

import pytest

from tests.cli.typing_in import Typist
from tests.support.oracle import fingerprint

ODD_NAMES = """
create table "we ""ird 🎈 Table" ("Select" text primary key, "a.b" integer, "ünï" text);
insert into "we ""ird 🎈 Table" values ('it''s', 1, '%s :x ?'), ('', 2, null);
create table "Order" (id integer primary key, "we ""ird" text references "we ""ird 🎈 Table" ("Select")
    on update cascade on delete set null);
insert into "Order" values (1, 'it''s'), (2, ''), (3, null);
create index "by name" on "Order" ("we ""ird");
create view "V" as select o.id, t."ünï" from "Order" o
    left join "we ""ird 🎈 Table" t on t."Select" = o."we ""ird";
"""

CHANGES = """
update "we ""ird 🎈 Table" set "Select" = 'its' where "a.b" = 1;
delete from "we ""ird 🎈 Table" where "Select" = '';
drop view "V";
drop index "by name";
alter table "Order" rename to "drop";
alter table "drop" rename column id to "where";
alter table "drop" add column "not" integer not null default 7;
update "drop" set "not" = "where";
"""

IDENTITIES = """
create table a (id bigint generated always as identity primary key, k text unique, v text);
create table b (k text primary key, id bigint generated always as identity, v text);
insert into a (k, v) values ('x', '1'), ('y', '2');
insert into b (k, v) values ('x', '1'), ('y', '2');
"""

MOVED = """
update a set v = v || '!';
update b set v = v || '!' where k = 'x';
delete from b where k = 'y';
insert into b (k, v) values ('y', 'again');
truncate a restart identity;
insert into a (k) values ('z');
"""


def there_and_back(typist: Typist, first: str, second: str) -> None:
    """Apply two files, and hold every state against the fingerprint it had the first time."""
    typist.type("init")
    states = {2: fingerprint(typist.url)}
    for name, sql in (("0001_first", first), ("0002_second", second)):
        typist.file(f"{name}.sql", sql)
        typist.type("apply", str(typist.migrations))
        states[len(typist.lines("log"))] = fingerprint(typist.url)
    start, middle, end = states
    for place in (middle, end, start, end, middle, start):
        typist.type("rollback", str(place), "--yes")
        assert fingerprint(typist.url) == states[place], place
        typist.type("check")
        typist.type("verify")
        changed = typist.json("diff", str(place), "head", "--data")
        assert changed["schema"] == []
        assert changed["data"] == []


def test_odd_names(typist: Typist) -> None:
    """Names with quotes, spaces, emoji and keywords in them come and go like any other."""
    there_and_back(typist, ODD_NAMES, CHANGES)


def test_nothing_at_all(typist: Typist) -> None:
    """A migration that changes nothing is applied, and taken back by doing nothing."""
    there_and_back(typist, "select 1;", "create table t (id integer primary key); drop table t;")


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_identities(typist: Typist) -> None:
    """Columns whose values are always generated come back with the values they had."""
    there_and_back(typist, IDENTITIES, MOVED)
