"""Extensions: moved to another schema, brought to another version, told about."""

from __future__ import annotations

from tests.language.cases import Case

SECTION = "Extensions: altered"

BASE = """
create schema app;
create schema ext;
create table app.person (id integer primary key, name text not null);
insert into app.person select i, 'p' || i from generate_series(1, 20) i;
create extension hstore;
create table app.bag (id integer primary key, attrs hstore not null default 'a=>1'::hstore,
    keys text[] generated always as (akeys(attrs)) stored);
insert into app.bag (id, attrs) select i, hstore('k', i::text) from generate_series(1, 9) i;
create index bag_attrs on app.bag using gin (attrs);
create view app.values as select id, avals(attrs) from app.bag where attrs ? 'k';
create function app.size(h hstore) returns integer language sql immutable
    as 'select cardinality(public.akeys($1))';
"""

TRIGRAM = """
create extension pg_trgm version '1.3';
create index person_name on app.person using gin (name gin_trgm_ops);
"""

CASES = (
    Case("alter extension hstore set schema ext", superuser=True),
    Case(
        "alter extension citext set schema ext",
        setup="create extension citext; alter table"
        " app.person alter name type citext, add unique (name);",
        superuser=True,
    ),
    Case("alter extension pg_trgm set schema app", setup=TRIGRAM, superuser=True),
    Case(
        "alter extension cube set schema ext",
        setup="create extension cube; create table app.c"
        " (c cube[]); insert into app.c values ('{}');",
        superuser=True,
    ),
    Case("alter extension hstore set schema public", superuser=True),
    Case("comment on extension hstore is 'bags'"),
    Case("comment on extension hstore is null"),
    Case("do $$ begin comment on extension hstore is 'bags'; end $$"),
    Case("alter extension hstore update"),
    Case("alter extension pg_trgm update", setup=TRIGRAM),
    Case(
        "alter extension pg_trgm update to '1.4'", setup="create extension pg_trgm version '1.3';"
    ),
    Case(
        "alter extension pg_stat_statements update",
        setup="create extension pg_stat_statements version '1.7';",
        superuser=True,
    ),
    Case(
        "alter extension pg_stat_statements update to '1.9'",
        setup="create extension"
        " pg_stat_statements version '1.7'; create view app.calls as select 1 as one"
        " from pg_stat_statements_reset(0, 0, 0);",
        superuser=True,
    ),
    Case(
        "alter extension ltree update",
        "refused",
        "extension",
        setup="create extension ltree"
        " version '1.1'; create table app.tree (path ltree); insert into app.tree values ('a');",
    ),
    Case("alter extension cube update", setup="create extension cube version '1.2';"),
    Case(
        "alter extension hstore drop function akeys(hstore)",
        "refused",
        "extension-member",
        superuser=True,
    ),
    Case(
        "alter extension hstore add table app.person", "refused", "extension-member", superuser=True
    ),
    Case(
        "alter extension hstore add view app.values", "refused", "extension-member", superuser=True
    ),
    Case(
        "alter function app.size depends on extension hstore",
        "refused",
        "extension-member",
        superuser=True,
    ),
    Case(
        "alter index app.bag_attrs depends on extension hstore",
        "refused",
        "extension-member",
        superuser=True,
    ),
    Case(
        "alter function app.size no depends on extension hstore",
        "refused",
        "extension-member",
        setup="alter function app.size depends on extension hstore;",
        superuser=True,
    ),
)
