"""Statements of the server and of the session: what lies beyond one database."""

from __future__ import annotations

from tests.language.cases import Case
from tests.support.roles import OTHER, STRANGER

SECTION = "Server and session"

BASE = """
create schema app;
create table app.person (id integer primary key, name text unique deferrable);
insert into app.person select i, 'p' || i from generate_series(1, 20) i;
create function app.adds(a integer) returns integer language plpgsql as
  'begin insert into app.person values (a, ''added''); return a; end';
"""


def _refused(name: str, *statements: str, superuser: bool = False, since: int = 0) -> list[Case]:
    return [Case(one, "refused", name, superuser=superuser, since=since) for one in statements]


CASES = (
    # roles
    *_refused(
        "create-role",
        "create role clew_never",
        "create user clew_never password 'x'",
        "create group clew_never",
    ),
    *_refused("create-role", "create role clew_never superuser", superuser=True),
    *_refused(
        "alter-role",
        f"alter role {OTHER} login",
        f"alter user {OTHER} set work_mem = '8MB'",
        f"alter role {OTHER} in database postgres reset all",
        f"alter role {OTHER} rename to clew_never",
        f"alter group {OTHER} add user clew_owner",
        "alter role all set work_mem = '8MB'",
    ),
    *_refused(
        "drop-role", "drop role if exists clew_never", "drop user clew_never", "drop group a, b"
    ),
    *_refused(
        "grant-role", f"grant {OTHER} to {STRANGER}", f"grant {OTHER} to public with admin option"
    ),
    *_refused("revoke-role", f"revoke {OTHER} from clew_owner cascade"),
    *_refused("revoke-role", f"revoke inherit option for {OTHER} from clew_owner", since=16),
    *_refused("comment-on-role", f"comment on role {OTHER} is 'other'"),
    *_refused("set-role", f"set role {OTHER}", f"set session authorization {OTHER}"),
    # databases
    *_refused(
        "create-database", "create database clew_never", "create database clew_never template app"
    ),
    *_refused(
        "alter-database",
        "alter database postgres set work_mem = '8MB'",
        "alter database postgres rename to other",
        "alter database postgres connection limit 3",
        f"alter database postgres owner to {OTHER}",
        "alter database postgres refresh collation version",
        "alter database postgres set tablespace pg_default",
    ),
    *_refused(
        "drop-database", "drop database if exists clew_never", "drop database clew_never (force)"
    ),
    *_refused("comment-on-database", "comment on database postgres is 'main'"),
    *_refused("grant-on-database", "grant connect on database postgres to public"),
    *_refused(
        "revoke-on-database", f"revoke grant option for temp on database postgres from {OTHER}"
    ),
    # tablespaces, settings, libraries
    *_refused(
        "create-tablespace", "create tablespace clew_never location '/nowhere'", superuser=True
    ),
    *_refused(
        "alter-tablespace", "alter tablespace pg_default set (random_page_cost = 2)", superuser=True
    ),
    *_refused("drop-tablespace", "drop tablespace if exists clew_never", superuser=True),
    *_refused("comment-on-tablespace", "comment on tablespace pg_default is 'x'", superuser=True),
    *_refused(
        "grant-on-tablespace", "grant create on tablespace pg_default to public", superuser=True
    ),
    *_refused(
        "revoke-on-tablespace", "revoke all on tablespace pg_default from public", superuser=True
    ),
    *_refused(
        "alter-system",
        "alter system set work_mem = '8MB'",
        "alter system reset all",
        superuser=True,
    ),
    *_refused(
        "grant-on-parameter",
        f"grant set on parameter work_mem to {OTHER}",
        superuser=True,
        since=15,
    ),
    *_refused(
        "revoke-on-parameter",
        f"revoke alter system on parameter work_mem from {OTHER}",
        superuser=True,
        since=15,
    ),
    *_refused("load", "load 'auto_explain'"),
    *_refused("copy-to", "copy app.person to stdout", "copy app.person to program 'cat'"),
    # the same, where only the catalogs tell
    Case(
        f"do 'begin alter role {OTHER} connection limit 7; end'", "refused", "role", superuser=True
    ),
    Case(
        f"do 'begin alter role {OTHER} set work_mem = 99; end'",
        "refused",
        "role-setting",
        superuser=True,
    ),
    Case(f"do 'begin grant {OTHER} to {STRANGER}; end'", "refused", "role", superuser=True),
    Case(
        "do 'begin comment on role clew_owner is $x$y$x$; end'",
        "refused",
        "shared-comment",
        superuser=True,
    ),
    Case(
        "do 'begin grant create on tablespace pg_default to public; end'",
        "refused",
        "tablespace",
        superuser=True,
    ),
    Case(
        f"do 'begin execute format($x$grant connect on database %I to {OTHER}$x$, current_database()); end'",
        "refused",
        "database",
    ),
    Case(
        f"do 'begin grant set on parameter work_mem to {OTHER}; end'",
        "refused",
        "parameter-privileges",
        superuser=True,
        since=15,
    ),
    # the session
    Case("checkpoint", superuser=True),
    Case("notify heard"),
    Case("notify heard, 'something'"),
    Case("listen heard"),
    Case("unlisten heard"),
    Case("unlisten *"),
    Case("discard plans"),
    Case("discard sequences"),
    *_refused("discard", "discard all", "discard temp", "discard temporary"),
    Case("show search_path"),
    Case("show all"),
    Case("set work_mem = '8MB'"),
    Case("set local statement_timeout = '1h'"),
    Case("reset work_mem"),
    *_refused("reset-all", "reset all"),
    Case("set constraints all deferred"),
    Case("set constraints app.person_name_key immediate"),
    Case("prepare adding as insert into app.person values ($1, $2)"),
    Case("deallocate all"),
    Case("declare reading cursor for select * from app.person"),
    Case("declare reading binary insensitive scroll cursor without hold for select 1"),
    Case("declare reading cursor for with hold as (select 1) select * from hold"),
    *_refused(
        "cursor-with-hold",
        "declare reading cursor with hold for select app.adds(id) from app.person",
        "declare cursor no scroll cursor with hold for select 1",
    ),
    Case("explain select * from app.person"),
    Case("explain (costs off) delete from app.person"),
    Case("explain analyze delete from app.person where id > 5"),
    Case("values (1), (2)"),
    Case("table app.person"),
    Case("select app.adds(77)"),
)
