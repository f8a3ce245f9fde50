"""Constraints at once and deferred, keys, partitions; transactions that fail at their end."""

from __future__ import annotations

from collections.abc import Iterator

from tests.differential.postgresql.library import BASE

__all__ = ["BASE", "script"]

ACTIONS = ("no action", "restrict", "cascade", "set null", "set default")
TIMINGS = ("", "deferrable", "deferrable initially deferred")


def keys() -> Iterator[str]:
    """Foreign keys of each action and timing."""
    for n, action in enumerate(ACTIONS):
        for m, timing in enumerate(TIMINGS):
            up, down = f"up_{n}_{m}", f"down_{n}_{m}"
            yield f"create table {up} (id integer primary key, v text)"
            yield f"create table {down} (id integer primary key, up integer default 1 references {up} on delete {action} on update {action} {timing})"
            yield f"insert into {up} select g, 'u' || g from generate_series(1, 6) g"
            yield f"insert into {down} select g, g from generate_series(1, 5) g"
            yield f"insert into {down} values (9, 99)"
            yield f"delete from {down} where id = 9"
            yield f"delete from {up} where id = 2 returning v"
            yield f"update {up} set id = 30 where id = 3 returning id"
            yield f"update {up} set id = id + 100 where id > 3"
            yield f"select id, up from {down} order by id"
            yield "set constraints all immediate"
            yield f"delete from {up}"
            yield f"truncate {up}"
            yield f"drop table {up}"
            yield "set constraints all deferred"
        yield "commit"


def late() -> Iterator[str]:
    """Transactions that fail at their end, and what stays of them."""
    yield "create table due (id integer primary key deferrable initially deferred, v text)"
    yield "create table owed (id integer references due (id) deferrable initially deferred)"
    yield "create function late() returns trigger language plpgsql as $$begin if new.v = 'late' then raise exception 'too late'; end if; insert into audit (what) values ('late ' || new.id); return null; end$$"
    yield "create constraint trigger late after insert on due deferrable initially deferred for each row execute function late()"
    yield "commit"
    for n in range(1, 6):
        yield f"insert into owed values ({n})"
        yield f"insert into due values ({n}, 'v')"
        yield "commit"
        yield f"insert into owed values ({n * 100})"
        yield f"insert into bare values ({n}, 'lost with it') returning a"
        yield "select nextval('counted')"
        yield "commit"
        yield f"insert into due values ({n + 50}, 'late')"
        yield "commit"
        yield f"insert into due values ({n}, 'twice')"
        yield "commit"
        yield "insert into due values (900, 'a'), (900, 'b')"
        yield "delete from due where v = 'b'"
        yield "delete from due where id = 900"
        yield f"update due set id = case id when 1 then 2 when 2 then 1 else id end where {n} = 2"
        yield "commit"
        yield f"insert into owed values ({n * 100})"
        yield "set constraints all immediate"
        yield "set constraints owed_id_fkey deferred"
        yield f"delete from owed where id = {n * 100}"
        yield "commit"
        yield f"select count(*) from bare where b = 'lost with it' and a <= {n}"
        yield "select id, v from due order by id"
        yield f"insert into loan (book, reader) values (4, {n + 500})"
        yield f"create table lost_{n} (a integer)"
        yield "commit"
        yield f"select * from lost_{n}"


def partitions() -> Iterator[str]:
    """Partitions made, attached, detached, filled and dropped."""
    yield "create table day (at date not null, n integer, v text default 'd', primary key (at, n)) partition by range (at)"
    for n in range(1, 7):
        yield f"create table day_{n} partition of day for values from ('2020-0{n}-01') to ('2020-0{n + 1}-01')"
        yield f"create table day_{n} partition of day for values from ('2020-0{n}-05') to ('2020-0{n + 1}-01')"
        yield f"insert into day values ('2020-0{n}-02', {n}), ('2020-0{n}-03', {n}) returning tableoid::regclass::text"
        yield f"insert into day values ('2020-0{n}-02', {n})"
        yield f"insert into day values ('2021-0{n}-02', {n})"
        yield f"update day set at = at + 31 where n = {n} and at = '2020-0{n}-03' returning tableoid::regclass::text, at"
        yield f"update day_{n} set at = at + 60"
        yield f"delete from day where n = {n - 1} returning at"
        yield f"alter table day detach partition day_{n}"
        yield f"insert into day_{n} values ('2022-01-01', {n})"
        yield f"alter table day attach partition day_{n} for values from ('2020-0{n}-01') to ('2020-0{n + 1}-01')"
        yield f"delete from day_{n} where at = '2022-01-01'"
        yield f"alter table day attach partition day_{n} for values from ('2020-0{n}-01') to ('2020-0{n + 1}-01')"
        yield f"create index on day_{n} (v)"
        yield f"alter table day add column c{n} integer default {n}"
        yield f"select c{n}, count(*) from day group by 1 order by 1"
    yield "create table day_rest partition of day default"
    yield "insert into day (at, n) values ('2030-01-01', 1) returning tableoid::regclass::text"
    yield "create table day_30 partition of day for values from ('2030-01-01') to ('2031-01-01')"
    yield "alter table day drop column v"
    yield "alter table day_1 drop column n"
    yield "alter table day_1 alter column n set default 5"
    yield "create unique index on day (n)"
    yield "create index on day (n)"
    yield "truncate day_1"
    yield "drop table day_2"
    yield "alter table day rename to days"
    yield "select * from days order by at, n"
    for n in range(4):
        yield f"create table hashed_{n} (id integer, v text) partition by hash (id)"
        yield f"create table hashed_{n}_0 partition of hashed_{n} for values with (modulus 2, remainder 0)"
        yield f"create table hashed_{n}_1 partition of hashed_{n} for values with (modulus 2, remainder {n})"
        yield f"insert into hashed_{n} select g, 'h' from generate_series(1, 8) g returning id"
        yield f"update hashed_{n} set id = id + 1 returning id"
        yield f"drop table hashed_{n}"
    yield "commit"


def script() -> Iterator[str]:
    """All of them."""
    yield from keys()
    yield from late()
    yield from partitions()
