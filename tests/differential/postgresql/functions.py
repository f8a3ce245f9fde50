"""Functions, procedures, triggers and cursors: what they write, tell, catch and raise."""

from __future__ import annotations

from collections.abc import Iterator

from tests.differential.postgresql.library import BASE

__all__ = ["BASE", "script"]

INNER = (
    "insert into bare values (5, 'inner')",
    "insert into writer (name) values ('Ada')",
    "update book set words = words + 1",
    "delete from book where id = 3",
    "delete from writer where id = 2",
    "truncate bare",
    "truncate shelf",
    "create table inner_made (id serial, v text)",
    "insert into inner_made (v) values ('x')",
    "alter table inner_made add column w integer default 4",
    "alter table bare add column c integer",
    "alter table bare drop column c",
    "drop table inner_made",
    "create temp table inner_temp as select 1 as a",
    "drop table inner_temp",
    "select setval('counted', 50)",
    "select nextval('counted') from generate_series(1, 3)",
    "select raising('23505')",
    "select written(2)",
    "select pg_notify('heard', 'inner')",
    "select set_config('app.who', 'inner', true)",
    "select pg_advisory_xact_lock(55)",
    "comment on table bare is 'inner'",
    "grant select on bare to public",
    "create view inner_view as select 1 as one",
    "create or replace view inner_view as select 1 as one, 2 as two",
    "drop view inner_view",
    "refresh materialized view summed",
    "lock table bare in share mode",
    "set local work_mem = '3MB'",
    "create function inner_made() returns integer language sql as 'select 1'",
    "drop function inner_made()",
    "create index inner_index on bare (a)",
    "drop index inner_index",
    "alter sequence counted restart",
    "explain select 1",
    "selec 1",
    "select 1 / 0",
)


def inner() -> Iterator[str]:
    """Each inner statement in a function, in DO, caught, and caught after it was done."""
    for n, sql in enumerate(INNER):
        yield f"select tried($q${sql}$q$)"
        yield f"do $do$begin execute $q${sql}$q$; raise notice 'done {n}'; end$do$"
        yield f"do $do$begin execute $q${sql}$q$; perform 1 / 0; exception when division_by_zero then raise warning 'caught %', sqlerrm; end$do$"
        yield f"do $do$declare n integer; begin begin execute $q${sql}$q$; get diagnostics n = row_count; raise exception 'back %', n; exception when raise_exception then raise info '%', sqlerrm; end; insert into bare values ({n}, 'after'); end$do$"
        if n % 10 == 9:
            yield "commit"


def calls() -> Iterator[str]:
    """Functions called, cursors and prepared statements."""
    for n in range(1, 7):
        yield f"select nested({n})"
        yield f"call filled({n})"
        yield f"select * from several() order by a limit {n}"
        yield f"select * from listed({', '.join(map(str, range(n)))})"
        yield f"select raising(case when {n} > 3 then 'P0001' else '40001' end)"
        yield f"select coalesce(written({n}), 0) + written(1)"
        yield f"declare c{n} cursor for select id, title from book order by id"
        yield f"fetch {n} from c{n}"
        yield f"fetch backward {n} from c{n}"
        yield f"move forward 1 in c{n}"
        yield f"fetch next from c{n}"
        yield f"update book set words = {n} where current of c{n} returning id"
        yield f"close c{n}"
        yield f"fetch next from c{n}"
        yield f"declare s{n} scroll cursor with hold for values (1), (2), (3)"
        yield f"fetch last from s{n}"
        yield f"fetch absolute {n} from s{n}"
        yield f"close s{n}"
        yield f"prepare p{n} (integer) as insert into bare values ($1, 'p{n}') returning a, b"
        yield f"execute p{n} ({n})"
        yield f"execute p{n} ('x')"
        yield f"execute p{n}"
        yield f"deallocate p{n}"
        yield f"execute p{n} (1)"
    yield "declare left_open cursor with hold for select a from bare order by a"
    yield "fetch 2 from left_open"
    yield "commit"
    yield "fetch 2 from left_open"
    yield "close left_open"
    yield "close all"


def fired() -> Iterator[str]:
    """Triggers of each kind."""
    for when in ("before", "after"):
        for does in ("insert", "update", "delete"):
            for each in ("row", "statement"):
                name = f"{when}_{does}_{each}"
                yield f"create function {name}() returns trigger language plpgsql as $$begin raise notice '% % % %', tg_when, tg_op, tg_level, tg_nargs; insert into audit (what) values ('{name}'); return case when tg_op = 'DELETE' then old else new end; end$$"
                yield f"create trigger {name} {when} {does} on bare for each {each} execute function {name}('x', 'y')"
        yield "insert into bare values (1, 'fired') returning *"
        yield "update bare set b = b || '!' where a = 1"
        yield "delete from bare where b = 'fired!'"
        yield "insert into bare select 2, 'many' from generate_series(1, 3)"
        yield "select what, count(*) from audit group by what order by what"


def entangled() -> Iterator[str]:
    """Triggers that drop rows, change other rows or fire once more, and rules."""
    yield "create trigger cut before truncate on bare for each statement execute function noted()"
    yield "truncate bare"
    yield "create function passing() returns trigger language plpgsql as $$declare n integer; begin select count(*) into n from made; raise notice 'made %', n; return null; end$$"
    yield "create trigger passing after insert on bare referencing new table as made for each statement execute function passing()"
    yield "insert into bare values (1, 'a'), (2, 'b')"
    yield "create function dropping() returns trigger language plpgsql as $$begin return null; end$$"
    yield "create trigger dropping before insert on bare for each row execute function dropping()"
    yield "insert into bare values (3, 'gone') returning *"
    yield "create function changing() returns trigger language plpgsql as $$begin update bare set b = 'changed' where a = 1; return new; end$$"
    yield "create trigger changing before update on bare for each row when (new.a = 2) execute function changing()"
    yield "update bare set b = b || '?' where a = 2 returning *"
    yield "update bare set a = a where a in (1, 2)"
    yield "create function looping() returns trigger language plpgsql as $$begin insert into parent values (1, 'deep'); return new; end$$"
    yield "create trigger looping after insert on parent for each row when (pg_trigger_depth() < 3) execute function looping()"
    yield "insert into parent values (0, 'start')"
    yield "select count(*) from only parent where v = 'deep'"
    yield "create rule instead as on insert to parent where new.id = 9 do instead insert into bare values (new.id, new.v)"
    yield "insert into parent values (9, 'by rule'), (10, 'not by rule')"
    yield "create rule never as on update to heir do instead nothing"
    yield "update heir set extra = 'never'"
    yield "select a, b from bare order by a, b"
    yield "alter table bare disable trigger user"
    yield "insert into bare values (4, 'silent') returning *"
    yield "alter table bare enable always trigger changing"


def others() -> Iterator[str]:
    """Functions that run as their owner, end transactions, or return several values."""
    yield "create function defining() returns void language plpgsql security definer set search_path = pg_catalog, public set work_mem = '4MB' as $$begin insert into bare values (8, current_setting('work_mem')); end$$"
    yield "select defining(), current_setting('work_mem')"
    yield "create procedure committing() language plpgsql as $$begin insert into bare values (1, 'c'); commit; end$$"
    yield "call committing()"
    yield "create function out_of(out a integer, out b text) language sql as $$select 1, 'x'$$"
    yield "select * from out_of()"
    yield "create aggregate summing(integer) (sfunc = int4pl, stype = integer, initcond = '0')"
    yield "select a, b from bare order by a, b"


def script() -> Iterator[str]:
    """All of them."""
    yield from inner()
    yield from calls()
    yield from fired()
    yield from entangled()
    yield from others()
