"""Programs that lock, copy, fail, drop everything; and databases that cannot be observed."""

from __future__ import annotations

import json
import os
import sys

import psycopg
import pytest
from sqlalchemy.engine import make_url

from commands.record import record
from commands.rollback import rollback
from journal.errors import Busy, Drifted, Refused
from tests.record.watched import ASKER, CHILD, Watched
from tests.support.oracle import fingerprint
from tests.support.server import Server

BASE = """
create schema shop;
create type shop.state as enum ('new', 'paid');
create table shop.client (id serial primary key, name text not null);
create table shop.sale (id bigint generated always as identity primary key, client integer
    references shop.client, state shop.state default 'new', total numeric(10, 2));
create table plain (a integer, b text);
create unlogged table quick (a integer primary key, b text);
create table part (id integer, day date) partition by range (day);
create table part_1 partition of part for values from ('2024-01-01') to ('2025-01-01');
create table part_2 partition of part for values from ('2025-01-01') to ('2026-01-01');
create table above (a integer); create table below (b integer) inherits (above);
create materialized view shop.totals as select client, sum(total) from shop.sale group by 1;
insert into shop.client (name) select 'c' || n from generate_series(1, 50) n;
insert into shop.sale (client, total) select n, n from generate_series(1, 50) n;
insert into plain select n % 3, 'same' from generate_series(1, 30) n;
insert into quick select n, 'q' from generate_series(1, 30) n;
insert into part select n, date '2024-06-01' + n * 10 from generate_series(1, 50) n;
insert into below select n, n from generate_series(1, 5) n;
refresh materialized view shop.totals;
"""
CASES = {
    "a schema with all in it": ["drop schema shop cascade"],
    "everything dropped and made again": [
        "drop schema shop cascade; drop table plain, quick, part, above cascade",
        *(one for one in BASE.split(";") if one.strip()),
    ],
    "locks taken in an order of its own": [
        "begin; lock shop.sale; lock shop.client in access exclusive mode; "
        "update shop.client set name = 'l'; alter table plain add c integer; drop table quick; commit"
    ],
    "rows that move between partitions": [
        "update part set day = day + 200 where id < 30",
        "delete from part_2 where id > 45",
        "update below set a = 9 where b = 2",
    ],
    "a partition detached and emptied": [
        "alter table part detach partition part_2",
        "truncate part_2",
    ],
    "a column over partitions, and their rows": [
        "alter table part add column n integer default 3",
        "update part set n = id, day = day + 1",
    ],
    "a label used at once": [
        "alter type shop.state add value 'gone'",
        "update shop.sale set state = 'gone' where id < 5",
    ],
    "a type made anew": [
        "alter table shop.sale alter column state drop default,"
        " alter column state type text using state::text",
        "drop type shop.state",
        "create type shop.state as enum ('open', 'closed')",
        "update shop.sale set state = 'open'",
        "alter table shop.sale alter column state type shop.state using state::shop.state",
    ],
    "unlogged and temporary tables": [
        "update quick set b = 'r'",
        "create temp table mine as select * from quick",
    ],
    "what failed left nothing": [
        "do $$ begin delete from plain; raise division_by_zero; exception when division_by_zero"
        " then null; end $$",
        "insert into plain values (7, 'stays')",
    ],
    "equal rows without a key": [
        "delete from plain where ctid in (select ctid from plain where a = 1 limit 4)",
        "insert into plain values (1, 'same'), (2, 'same')",
    ],
    "a view filled anew": [
        "update shop.sale set total = total + 1",
        "refresh materialized view shop.totals",
    ],
    "a schema renamed, and rows": [
        "alter schema shop rename to store",
        "update store.client set name = 'm'",
    ],
}


@pytest.fixture
def watched(postgresql_url: str) -> Watched:
    """Tables of many kinds."""
    return Watched(postgresql_url, BASE)


@pytest.mark.parametrize("case", CASES)
def test_there_and_back(watched: Watched, case: str) -> None:
    """What a program did comes back exactly, and goes again."""
    told = watched.there_and_back(*CASES[case])
    assert (told.lost, told.others) == ((), ())


def test_empty_goes_along(postgresql_url: str) -> None:
    """An empty table whose type was renamed unlocked goes and comes with one that it hangs on."""
    watched = Watched(
        postgresql_url,
        """
        create type mood as enum ('calm', 'cross');
        create table whole (id integer primary key, n integer not null);
        create table holds (mood mood, part whole);
        insert into whole select n, n from generate_series(1, 5) n;
        """,
    )
    told = watched.there_and_back(
        "alter type mood rename to temper",
        "alter table whole alter n drop not null",
        "update whole set n = null where id = 1",
    )
    assert (told.lost, told.others) == ((), ())


def test_half_way(watched: Watched) -> None:
    """What a program did before it failed is on record, and its exit code is told."""
    before, origin = fingerprint(watched.url), watched.head()
    child = [sys.executable, "-c", CHILD, json.dumps(["drop table plain", "nonsense"])]
    told = record(watched.target, child, asker=ASKER, environment=dict(os.environ))
    assert told.exit_code == 1
    assert told.schema
    rollback(watched.target, str(origin), asker=ASKER)
    assert fingerprint(watched.url) == before


def test_busy_neighbour(watched: Watched) -> None:
    """Where the server has not counted all writes yet, tables are read whatever it counted."""
    with psycopg.connect(watched.url) as neighbour:
        neighbour.execute("select pg_current_xact_id()")
        told = watched.record("update shop.client set name = 'x' where id = 1")
    assert [(one.table, one.changed) for one in told.tables] == [("shop.client", 1)]


def test_no_right_to_read(watched: Watched, server: Server) -> None:
    """A table that may not be read is named, and nothing runs."""
    admin = make_url(server.admin).set(database=make_url(watched.url).database)
    with psycopg.connect(admin.render_as_string(hide_password=False), autocommit=True) as db:
        db.execute("alter table plain owner to current_user")
        db.execute("revoke all on plain from public")
    with pytest.raises((Refused, Drifted)):
        watched.record("select 1")


def test_locked(watched: Watched) -> None:
    """Where somebody alters a table right now nothing runs, and who it is is told."""
    with psycopg.connect(watched.url) as db:
        db.execute("lock plain in access exclusive mode")
        with pytest.raises(Busy) as busy:
            watched.record("select 1")
        assert "plain" in busy.value.message
