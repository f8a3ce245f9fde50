"""Histories of migrations that rename, move, rebuild and drop: what is wanted is their end."""

from __future__ import annotations

import pytest

from tests.wants.examined import Examined

POSTGRESQL = {
    "1_a": "create table a (id serial primary key, x int, y text);\n"
    "insert into a (x, y) select n, 'y' || n from generate_series(1, 10) n;",
    "2_b": "alter table a rename to aa;\nalter table aa rename column x to xx;\n"
    "alter table aa alter column xx type bigint;\nalter index a_pkey rename to aa_pk;",
    "3_c": "create table b as select id, y from aa;\nalter table b add primary key (id);\n"
    "alter table b add constraint f foreign key (id) references aa (id) on delete cascade;",
    "4_d": "create schema s;\nalter table b set schema s;\ncreate view s.v as select * from s.b;\n"
    "create materialized view m as select count(*) from aa;",
    "5_e": "-- clew: no-transaction\ncreate index concurrently i on aa (lower(y));",
    "6_f": "create function f() returns trigger language plpgsql as\n"
    " $$begin new.y := 1; return new; end$$;\n"
    "create trigger t before update on aa for each row execute function f();\n"
    "do $$begin execute 'create table made_in_do (z int check (z > 0))'; end$$;",
    "7_g": "alter table aa drop column xx;\n"
    "alter table aa add column zz int generated always as identity;\n"
    "create sequence q owned by aa.y;\ncreate type e as enum ('a');\nalter type e rename to ee;\n"
    "alter type ee add value 'b';",
    "8_h": "create table p (id int, e ee) partition by list (e);\n"
    "create table p1 partition of p for values in ('a', 'b');\ncreate index on p (id);\n"
    "create unlogged table u (i int);\ncreate policy pol on aa;\n"
    "alter table aa enable row level security;",
    "9_i": "drop view s.v;\ndrop table made_in_do;\n"
    "create or replace function f() returns trigger language plpgsql as\n"
    " $$begin return new; end$$;",
}
SQLITE = {
    "1_a": "create table a (id integer primary key autoincrement, x int, y text);\n"
    "insert into a (x, y) values (1, 'a'), (2, 'b');",
    "2_b": "alter table a rename to aa;\nalter table aa rename column x to xx;",
    "3_c": "pragma foreign_keys = off;\n"
    "create table aa_new (id integer primary key, xx bigint not null, y text unique,\n"
    " z real references aa (id));\n"
    "insert into aa_new (id, xx, y) select id, xx, y from aa;\ndrop table aa;\n"
    "alter table aa_new rename to aa;\npragma foreign_keys = on;",
    "4_d": "create view v as select * from aa;\n"
    "create trigger t instead of insert on v begin insert into aa (xx) values (1); end;\n"
    "create index i on aa (lower(y)) where xx > 1;",
    "5_e": "create table c (id integer primary key, xx int);\nalter table c drop column xx;",
    "6_f": "create table b as select * from aa;\ncreate temp table q (x);\n"
    "insert into q values (1);\ndrop table q;",
}


@pytest.fixture
def files(examined: Examined) -> dict[str, str]:
    """Write a history for each kind of database."""
    found = POSTGRESQL if examined.postgresql else SQLITE
    for name, sql in found.items():
        examined.write(name, sql)
    return found


@pytest.mark.parametrize("done", [1, 2, 3, 4, 6, 9])
def test_as_far_as_it_went(examined: Examined, files: dict[str, str], done: int) -> None:
    """Nothing is found after any number of migrations, the others being to come."""
    names = list(files)[:done]
    for name in names:
        examined.run(files[name].replace("concurrently", ""))
    assert examined.findings(applied=names) == []


def test_nothing_said(examined: Examined, files: dict[str, str]) -> None:
    """Nothing is found at the end where nothing tells what was applied."""
    for sql in files.values():
        examined.run(sql.replace("concurrently", ""))
    assert examined.findings() == []


def test_made_by_repairs(examined: Examined, files: dict[str, str]) -> None:
    """The repairs make from nothing what a whole history comes to."""
    examined.repair(examined.findings(applied=files))
    assert examined.findings(applied=files) == []
