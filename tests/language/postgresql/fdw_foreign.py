"""Foreign data: wrappers, servers, user mappings and foreign tables."""

from __future__ import annotations

from tests.language.cases import Case

SECTION = "Foreign data"

BASE = """
create schema app;
create schema "Odd ""schema"" 🙂";
create foreign data wrapper paper;
create foreign data wrapper "Wra ""p 🙂" options (debug 'true');
create server archive type 'box' version '1.0' foreign data wrapper paper
    options (host 'a.example', port '5432');
create server "Ser ""ver 🙂" foreign data wrapper "Wra ""p 🙂" options ("o dd" 'it''s');
create server spare foreign data wrapper paper;
comment on server archive is 'old paper';
comment on foreign data wrapper paper is 'of paper';
create server mapped foreign data wrapper "Wra ""p 🙂";
create user mapping for public server mapped;
create foreign table app.letter (
    id integer options (column_name 'nr') not null, body text default 'none', sent date,
    twice integer generated always as (id * 2) stored,
    constraint positive check (id > 0)
) server archive options (schema_name 'old', table_name 'letters');
create foreign table "Odd ""schema"" 🙂"."Let ter" ("I d" integer options ("o" 'x=y,z'))
    server "Ser ""ver 🙂";
comment on foreign table app.letter is 'letters';
comment on column app.letter.body is 'what it says';
create view app.bodies as select body from app.letter;
create table app.person (id integer primary key, name text);
insert into app.person select i, 'p' || i from generate_series(1, 20) i;
create table app.event (id integer, day date) partition by range (day);
create table app.event_2024 partition of app.event for values from ('2024-01-01') to ('2025-01-01');
insert into app.event select i, '2024-02-02' from generate_series(1, 5) i;
create foreign table app.event_2023 partition of app.event
    for values from ('2023-01-01') to ('2024-01-01') server archive options (table_name 'e23');
create table app.base (a integer, b text);
insert into app.base values (1, 'x');
create foreign table app.heir (c integer) inherits (app.base) server archive;
create function app.told() returns trigger language plpgsql as $$ begin return new; end $$;
create trigger told before insert on app.letter for each row execute function app.told();
create foreign table app.free (a integer, b text) server spare options (file 'x.csv');
grant usage on foreign server archive to clew_other;
grant select on app.letter to clew_other;
"""

_SECRET = "create server vault foreign data wrapper paper options (password 'hunter-2-secret')"
_MAPPED = (
    "create user mapping for clew_other server archive"
    " options (user 'bob', password 'hunter-2-secret')"
)
_HANDLED = "create extension postgres_fdw"
_WITH = f"{_HANDLED}; create server far foreign data wrapper postgres_fdw"
_LOOP = (
    f"{_HANDLED}; create server loop foreign data wrapper postgres_fdw;"
    " create user mapping for current_user server loop"
)
_IMPORTED = (
    f"{_HANDLED}; create schema away; create table away.one (a integer not null, b text);"
    " create table away.two (c date default '2024-01-01');"
    " do $do$ begin execute format('create server loop foreign data wrapper postgres_fdw options"
    " (host %L, port %L, dbname %L)', '127.0.0.1', current_setting('port'), current_database());"
    " end $do$; create user mapping for current_user server loop options (user 'postgres')"
)
_FILE = (
    "create extension file_fdw; create server files foreign data wrapper file_fdw;"
    " create foreign table app.read (line text) server files options (filename '/etc/hostname')"
)
_TRUNCATED = (
    "create foreign table app.far (a integer) server loop"
    " options (schema_name 'away', table_name 'one')"
)


def _case(statement: str, outcome: str = "exact", name: str = "", **more: object) -> Case:
    """Return a case for a superuser: a wrapper is nobody else's to make."""
    return Case(statement, outcome, name, superuser=True, **more)  # type: ignore[arg-type]


_DONE = (
    "create foreign data wrapper fresh",
    "create foreign data wrapper fresh no handler no validator options (a 'b', c 'd=e')",
    "create foreign data wrapper fresh validator postgresql_fdw_validator",
    "alter foreign data wrapper paper options (add a 'b')",
    "alter foreign data wrapper \"Wra \"\"p 🙂\" options (set debug 'false', add x '')",
    'alter foreign data wrapper "Wra ""p 🙂" options (drop debug)',
    "alter foreign data wrapper paper validator postgresql_fdw_validator",
    "alter foreign data wrapper paper rename to papers",
    'alter foreign data wrapper paper rename to "pa ""pers 🙂"',
    "comment on foreign data wrapper paper is null",
    "grant usage on foreign data wrapper paper to clew_other",
    "grant usage on foreign data wrapper paper to clew_other with grant option",
    "drop foreign data wrapper paper cascade",
    "create server fresh foreign data wrapper paper",
    "create server if not exists archive foreign data wrapper paper",
    "create server fresh type 'it''s' version 'v' foreign data wrapper paper options (a 'b')",
    'create server "Fre ""sh 🙂" foreign data wrapper "Wra ""p 🙂"',
    "alter server archive version '2.0'",
    "alter server spare version '3'",
    "alter server archive options (set host 'b.example', drop port, add dbname 'x')",
    "alter server archive version '2' options (add fetch_size '100')",
    "alter server archive rename to store",
    "alter server archive owner to clew_other",
    "comment on server archive is 'it''s new'",
    "comment on server spare is 'spare'",
    "grant usage on foreign server spare to clew_other",
    "grant usage on foreign server spare to clew_other with grant option",
    "revoke usage on foreign server archive from clew_other",
    "drop server spare cascade",
    "drop server archive cascade",
    'drop server "Ser ""ver 🙂" cascade',
    "drop server if exists nothing, spare cascade",
    "create foreign table app.fresh (a integer) server archive",
    "create foreign table if not exists app.letter (a integer) server archive",
    "create foreign table app.fresh () server archive",
    "create foreign table app.fresh (a integer options (x 'y') not null default 3,"
    " b text collate \"C\" check (b <> ''), c integer generated always as (a + 1) stored)"
    " server archive options (t 'u')",
    'create foreign table "Fre ""sh 🙂" ("A "" b" "char"[]) server "Ser ""ver 🙂"',
    "create foreign table app.fresh (a app.letter) server archive",
    "create foreign table app.fresh partition of app.event"
    " for values from ('2020-01-01') to ('2021-01-01') server archive",
    "create foreign table app.fresh partition of app.event (id not null, day default '2021-01-01')"
    " for values from ('2020-01-01') to ('2021-01-01') server archive options (a 'b')",
    "create foreign table app.fresh partition of app.event default server archive",
    "create foreign table app.fresh (d integer) inherits (app.base) server archive",
    "create foreign table app.fresh (b text) inherits (app.base) server archive",
    "alter foreign table app.letter add column extra integer options (a 'b') default 4",
    "alter foreign table app.letter drop column sent",
    "alter foreign table app.letter drop column body cascade",
    "alter foreign table app.letter rename column body to text",
    "alter foreign table app.letter alter column sent type timestamp",
    'alter foreign table app.letter alter column sent set data type text collate "C"',
    "alter foreign table app.letter alter column body set default 'x'",
    "alter foreign table app.letter alter column body drop default",
    "alter foreign table app.letter alter column sent set not null",
    "alter foreign table app.letter alter column id drop not null",
    "alter foreign table app.letter alter column id options (set column_name 'number')",
    "alter foreign table app.letter alter column id options (drop column_name, add x 'y')",
    "alter foreign table app.letter alter column body set statistics 50",
    "alter foreign table app.letter alter column body set (n_distinct = 5)",
    "alter foreign table app.letter alter column body set storage external",
    "alter foreign table app.letter add constraint short check (length(body) < 9)",
    "alter foreign table app.letter add constraint short check (length(body) < 9) not valid",
    "alter foreign table app.letter drop constraint positive",
    "alter table app.letter rename constraint positive to above",
    "alter foreign table app.letter disable trigger told",
    "alter foreign table app.letter enable always trigger told",
    "alter foreign table app.letter options (set table_name 'l', add updatable 'false')",
    "alter foreign table app.letter options (drop schema_name)",
    "alter foreign table app.letter rename to epistle",
    "alter foreign table app.letter set schema public",
    "alter foreign table app.letter owner to clew_other",
    "alter table app.letter owner to clew_other",
    "alter foreign table if exists app.nothing rename to x",
    "alter foreign table app.free inherit app.base",
    "alter foreign table app.heir no inherit app.base",
    "alter foreign table app.heir add column d integer, drop column c",
    "alter table app.event detach partition app.event_2023",
    "comment on foreign table app.letter is null",
    "comment on column app.letter.sent is 'when'",
    "comment on column app.letter.body is null",
    "comment on constraint positive on app.letter is 'above nothing'",
    "grant insert, select on app.letter to clew_owner",
    "grant select (id) on app.letter to clew_owner",
    "revoke select on app.letter from clew_other",
    "create statistics app.st on id, body from app.letter",
    "create trigger other after update on app.letter for each statement"
    " execute function app.told()",
    "drop trigger told on app.letter",
    "drop foreign table app.free",
    "drop foreign table app.letter cascade",
    "drop foreign table if exists app.nothing, app.free, app.heir cascade",
    'drop foreign table "Odd ""schema"" 🙂"."Let ter"',
    "drop foreign table app.event_2023",
    "drop view app.bodies",
    "create view app.others as select id, body from app.letter",
    "create or replace view app.bodies as select body, sent from app.letter",
    "drop table app.event cascade",
    "drop table app.base cascade",
    "drop schema app cascade",
    'drop schema "Odd ""schema"" 🙂" cascade',
    "alter schema app rename to application",
    "do $$ begin drop server spare cascade; end $$",
    "do $$ begin create foreign table app.by (a integer) server spare; end $$",
)

CASES = (
    *(_case(statement) for statement in _DONE),
    _case(
        "alter foreign data wrapper far no validator",
        setup="create foreign data wrapper far validator postgresql_fdw_validator",
    ),
    _case("create foreign data wrapper far handler postgres_fdw_handler", setup=_HANDLED),
    _case("alter foreign data wrapper paper handler postgres_fdw_handler", setup=_HANDLED),
    _case("create server far foreign data wrapper postgres_fdw", setup=_HANDLED),
    _case("alter server far options (add fetch_size '50')", setup=_WITH),
    _case("create foreign table app.far (a integer) server far", setup=_WITH),
    _case("drop server far cascade", setup=_WITH),
    _case("import foreign schema away from server loop into app", setup=_IMPORTED),
    _case(
        "import foreign schema away limit to (two) from server loop into app"
        " options (import_default 'true')",
        setup=_IMPORTED,
    ),
    _case(
        "grant usage on foreign data wrapper postgres_fdw to clew_other",
        "refused",
        "extension",
        setup=_HANDLED,
    ),
    _case("truncate app.far", "refused", "foreign-table", setup=f"{_IMPORTED}; {_TRUNCATED}"),
    _case(
        "do $$ begin truncate app.far; end $$",
        "refused",
        "foreign-table",
        setup=f"{_IMPORTED}; {_TRUNCATED}",
    ),
    _case(
        "create foreign table app.far (a integer) server far options (table_name 'x')",
        setup=_WITH,
    ),
    # Passwords, and what may be one.
    _case(_SECRET, "refused", "secret-option"),
    _case("drop server vault", "refused", "secret-option", setup=_SECRET),
    _case(
        "alter server vault options (set password 'x')", "refused", "secret-option", setup=_SECRET
    ),
    _case("alter server vault options (drop password)", "refused", "secret-option", setup=_SECRET),
    _case("alter server archive options (add password 'x')", "refused", "secret-option"),
    _case("drop foreign data wrapper paper cascade", "refused", "secret-option", setup=_SECRET),
    _case("create foreign data wrapper w options (api_key 'x')", "refused", "secret-option"),
    _case(
        "create foreign table app.s (a integer) server spare options (uri 'ftp://a:b@c/d')",
        "refused",
        "secret-option",
    ),
    _case(
        "create foreign table app.s (a integer options (token 'x')) server spare",
        "refused",
        "secret-option",
    ),
    # The server hides the options of a user mapping, and so nobody could make one again.
    _case(_MAPPED, "refused", "create-user-mapping"),
    _case("create user mapping for public server archive", "refused", "create-user-mapping"),
    _case("drop user mapping for public server mapped", "refused", "drop-user-mapping"),
    _case(
        "alter user mapping for public server mapped options (add password 'x')",
        "refused",
        "alter-user-mapping",
    ),
    _case("drop server mapped cascade", "refused", "user-mapping"),
    _case('drop foreign data wrapper "Wra ""p 🙂" cascade', "refused", "user-mapping"),
    _case(
        "do $$ begin create user mapping for clew_other server spare options (a 'b'); end $$",
        "refused",
        "user-mapping",
    ),
    # Rows of a foreign table are elsewhere.
    _case(
        "insert into app.rows values (1)",
        "refused",
        "foreign-table",
        setup=f"{_LOOP}; create foreign table app.rows (a integer) server loop",
    ),
    _case("select count(*) from app.read", setup=_FILE),
    _case("create table app.kept as select * from app.read", setup=_FILE),
)
