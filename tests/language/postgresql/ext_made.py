"""Extensions: made."""

from __future__ import annotations

from tests.language.cases import Case

SECTION = "Extensions: made"

BASE = """
create schema app;
create schema "Odd ""schema"" 🙂";
create table app.person (id integer primary key, name text not null, tags text[]);
insert into app.person select i, 'p' || i, array['t' || i] from generate_series(1, 20) i;
"""

CASES = (
    Case("create extension citext"),
    Case("create extension hstore"),
    Case("create extension hstore schema app"),
    Case('create extension "hstore" with schema "Odd ""schema"" 🙂"'),
    Case("create extension hstore version '1.5'"),
    Case("create extension hstore with schema app version '1.6'"),
    Case("create extension if not exists hstore"),
    Case("create extension if not exists plpgsql"),
    Case("create extension if not exists hstore", setup="create extension hstore version '1.5';"),
    Case("create extension pg_trgm"),
    Case("create extension btree_gist"),
    Case("create extension btree_gin"),
    Case("create extension ltree"),
    Case("create extension intarray"),
    Case("create extension unaccent"),
    Case("create extension tablefunc"),
    Case("create extension fuzzystrmatch"),
    Case("create extension cube"),
    Case("create extension seg"),
    Case("create extension isn"),
    Case("create extension lo"),
    Case("create extension dict_int"),
    Case("create extension tcn"),
    Case("create extension tsm_system_rows"),
    Case("create extension earthdistance cascade", superuser=True),
    Case("create extension earthdistance schema app cascade", superuser=True),
    Case("create extension earthdistance", setup="create extension cube;", superuser=True),
    Case("create extension postgres_fdw", superuser=True),
    Case("create extension dblink", superuser=True),
    Case("create extension bloom", superuser=True),
    Case("create extension pg_stat_statements", superuser=True),
    Case("create extension pageinspect", superuser=True),
    Case("create extension intagg", superuser=True),
    Case("create extension moddatetime", superuser=True),
    Case("create extension vector", since=18, superuser=True),
    Case("do $$ begin create extension hstore; end $$"),
    Case("do $$ begin execute 'create ext' || 'ension hstore'; end $$"),
    Case(
        "do $$ begin create extension citext;"
        " alter table app.person alter column name type citext; end $$",
        "rebuild",
    ),
    Case(
        "do $$ begin create extension hstore; execute 'drop extension hstore'; end $$",
    ),
)
