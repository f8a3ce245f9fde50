"""Effects on the session, and what no transaction holds: settings, temporary objects, sequences."""

from __future__ import annotations

from collections.abc import Iterator

from tests.differential.postgresql.library import BASE

__all__ = ["BASE", "script"]

SETTINGS = (
    ("search_path", "public, pg_catalog"),
    ("search_path", "pg_temp, public"),
    ("search_path", "nowhere"),
    ("work_mem", "'5MB'"),
    ("work_mem", "'none'"),
    ("datestyle", "'German'"),
    ("intervalstyle", "'iso_8601'"),
    ("timezone", "'Asia/Kolkata'"),
    ("bytea_output", "'escape'"),
    ("extra_float_digits", "-5"),
    ("client_min_messages", "'debug1'"),
    ("client_min_messages", "'error'"),
    ("statement_timeout", "'10s'"),
    ("check_function_bodies", "off"),
    ("row_security", "off"),
    ("enable_seqscan", "off"),
    ("xmloption", "'content'"),
    ("app.who", "'dana; it''s'"),
    ("default_table_access_method", "'nothing'"),
    ("default_transaction_read_only", "off"),
    ("transform_null_equals", "on"),
    ("quote_all_identifiers", "on"),
    ("array_nulls", "off"),
    ("session_replication_role", "replica"),
    ("track_counts", "off"),
    ("standard_conforming_strings", "off"),
    ("escape_string_warning", "off"),
    ("constraint_exclusion", "on"),
    ("nothing", "1"),
)


def settings() -> Iterator[str]:
    """Settings, for the transaction and for the session, seen, used and reset."""
    for name, value in SETTINGS:
        for kind in ("local", "session"):
            yield f"set {kind} {name} = {value}"
            yield f"show {name}"
            yield f"insert into bare (b) values (coalesce(current_setting('{name}', true), 'none')) returning b"
            yield "select date '2020-02-03', interval '1 day 2 hours', 1.23456789::float8, '\\x01ff'::bytea"
            yield "select '2020-03-04 12:00:00+00'::timestamptz, null = null, '{NULL}'::text[]"
            yield f"reset {name}"
        yield f"select set_config('{name}', current_setting('{name}', true), false)"
    yield "commit"
    yield "set local app.who = 'local'"
    yield "set app.kept = 'kept'"
    yield "select current_setting('app.who', true)"
    yield "commit"
    yield "select current_setting('app.who', true), current_setting('app.kept', true)"


def temporary() -> Iterator[str]:
    """Temporary tables, views and sequences, across transactions."""
    for n, end in enumerate(("preserve rows", "delete rows", "drop")):
        yield f"create temp table aside_{n} (id serial primary key, v text check (v <> 'no')) on commit {end}"
        yield f"insert into aside_{n} (v) values ('a'), ('b') returning id, v"
        yield f"insert into aside_{n} (v) values ('no')"
        yield f"update aside_{n} set v = v || '!' where id = 1 returning *"
        yield f"insert into bare (b) select v from aside_{n} order by id returning b"
        yield f"insert into aside_{n} (v) select b from bare limit 2"
        yield f"create index on aside_{n} (v)"
        yield f"alter table aside_{n} add column w integer default 5"
        yield f"select * from aside_{n} order by id"
        yield f"create temp view seen_{n} as select v from aside_{n}"
        yield f"select count(*) from seen_{n}"
        yield f"delete from aside_{n} where id > 2 returning id"
        yield f"truncate aside_{n}"
        yield f"insert into aside_{n} (v) values ('last')"
        yield "commit"
        yield f"select * from aside_{n} order by id"
    yield "create temp sequence own_numbers start 5"
    yield "select nextval('own_numbers'), nextval('pg_temp.own_numbers')"
    yield "create temp table book (id integer, note text)"
    yield "insert into book values (1, 'hides the other') returning *"
    yield "select * from book"
    yield "update public.book set words = 1 where id = 1 returning id"
    yield "drop table book"
    yield "select count(*) from book"
    yield "create function pg_temp.own() returns integer language sql as 'select 7'"
    yield "select pg_temp.own()"
    yield "discard temp"
    yield "discard all"
    yield "drop table if exists aside_0, aside_1, aside_2 cascade"
    yield "drop sequence if exists own_numbers"


def numbers() -> Iterator[str]:
    """Sequences, with failures between their numbers."""
    for n in range(8):
        yield "select nextval('counted')"
        yield "select currval('counted')"
        yield "insert into writer (name) values ('Ada') returning id"
        yield f"insert into writer (name) values ('numbered {n}') returning id"
        yield f"insert into bare select nextval('counted'), 's' from generate_series(1, {n}) returning a"
        yield f"select setval('counted', {10 * n + 10}, {'true' if n % 2 else 'false'})"
        yield f"alter sequence counted increment {n + 1}"
        yield "select nextval('down')"
        yield f"do $$begin perform nextval('counted'); if {n} % 2 = 0 then raise exception 'half'; end if; end$$"
        yield f"update bare set a = nextval('counted') where a = {n}"
        yield "select last_value, is_called from counted"
    yield "alter sequence counted maxvalue 1000 restart with 999"
    yield "select nextval('counted')"
    yield "select nextval('counted')"
    yield "select nextval('counted')"
    yield "create sequence cached cache 20"
    yield "select nextval('cached')"
    yield "select nextval('cached')"
    yield "insert into bare values (nextval('cached'), 'c') returning a"
    yield "select lastval()"
    yield "alter table bare add column n integer default nextval('counted')"
    yield "alter table bare add column m serial"
    yield "select count(n), count(distinct m), max(m) from bare"
    yield "commit"


def others() -> Iterator[str]:
    """Locks, messages, time and chance."""
    for n in range(10, 14):
        yield f"select pg_advisory_xact_lock({n})"
        yield f"select pg_try_advisory_xact_lock({n})"
        yield f"select pg_advisory_lock({n})"
        yield f"select pg_advisory_unlock({n})"
        yield f"select pg_advisory_unlock({n})"
        yield f"select pg_try_advisory_lock_shared({n}), pg_advisory_unlock_shared({n})"
        yield f"notify heard, 'said {n}'"
        yield f"select pg_notify('heard', 'called {n}')"
        yield f"insert into bare (b) select pg_notify('heard', 'written {n}')::text returning b"
        yield "do $$begin perform pg_notify('heard', 'not said'); perform 1 / 0; end$$"
        yield f"select setseed(0.{n})"
        yield "select random() < 2, random()"
        yield "insert into bare (a) values ((random() * 1000)::integer) returning a"
        yield "select now() = transaction_timestamp(), statement_timestamp() >= now()"
        yield "insert into bare (b) values ((now() = current_timestamp)::text) returning b"
        yield "select pg_sleep(0.001)"
        yield "listen other"
        yield "unlisten other"
        yield f"do $$begin raise debug 'd'; raise log 'l'; raise info 'i {n}'; raise notice 'n'; raise warning 'w'; end$$"
        yield "select pg_current_xact_id_if_assigned() is not null or true, txid_current() > 0"
        yield "select current_user = session_user, current_database() <> '', inet_client_port() > 0"
        yield "commit"


def script() -> Iterator[str]:
    """All of them."""
    yield from settings()
    yield from temporary()
    yield from numbers()
    yield from others()
