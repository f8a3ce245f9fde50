"""Schemas with a bit of everything: nothing is found where all is there, all where nothing is."""

from __future__ import annotations

import pytest

from tests.postgresql.kinds import KINDS
from tests.postgresql.statements import BASE
from tests.wants.examined import Examined, kinds

PARTITIONED = """
create table events (id bigint generated always as identity, at date not null, primary key (id, at))
    partition by range (at);
create table events_2026 partition of events for values from ('2026-01-01') to ('2027-01-01');
create index events_by_day on events (at);
create table animals (id integer primary key, name text not null, check (name <> ''));
create table dogs (tricks text) inherits (animals);
create table spans (during tsrange, exclude using gist (during with &&));
create table sums (a integer, b integer generated always as (a * 2) stored,
    c text collate "C" default 'x' || 'y', unique nulls not distinct (a));
create materialized view totals as select sum(a) as total from sums;
create index on sums (lower(c)) include (a) where a > 3;
alter table sums enable row level security;
create policy mine on sums using (a > 0);
"""
LITE = """
create table a (id integer primary key autoincrement, x text collate nocase unique, y real default 1.5,
    z generated always as (y * 2) virtual, check (y > 0));
create table b (k text primary key, a integer references a (id) on delete cascade) without rowid;
create table c (i integer, t text, unique (i, t), foreign key (i) references a) strict;
create unique index some_a on a (lower(x)) where y > 3;
create view v as select * from a;
create trigger t after insert on a begin update a set y = 2; end;
create virtual table words using fts5 (body);
"""


@pytest.mark.parametrize("script", [KINDS, BASE, PARTITIONED], ids=["kinds", "base", "partitioned"])
def test_all_there(server_side: Examined, script: str) -> None:
    """Nothing is missing where the database was made by the very script."""
    server_side.write("1_all", script)
    server_side.run(script)
    assert server_side.findings(applied={"1_all"}) == []


def test_all_there_on_sqlite(examined: Examined) -> None:
    """Nothing is missing where the file was made by the very script."""
    if examined.postgresql:
        pytest.skip("about SQLite")
    examined.write("1_all", LITE)
    examined.run(LITE)
    assert examined.findings(applied={"1_all"}) == []


def test_none_there(examined: Examined) -> None:
    """Where nothing is there, the repairs make all of it."""
    script = PARTITIONED if examined.postgresql else LITE
    examined.write("1_all", script)
    found = examined.findings(applied={"1_all"})
    assert {kind for kind, _ in kinds(found)} >= {"missing-table"}
    examined.repair(found)
    assert examined.findings(applied={"1_all"}) == []
