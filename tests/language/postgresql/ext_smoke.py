"""Extensions."""

from __future__ import annotations

from tests.language.cases import Case

SECTION = "Extensions"

BASE = """
create schema app;
create table app.person (id integer primary key, name text not null);
insert into app.person select i, 'p' || i from generate_series(1, 20) i;
"""

HSTORE = """
create extension hstore;
create table app.bag (id integer primary key, attrs hstore not null default ''::hstore);
insert into app.bag select i, hstore('k', i::text) from generate_series(1, 9) i;
create index bag_attrs on app.bag using gin (attrs);
"""

CASES = (
    Case("create extension citext"),
    Case("create extension hstore version '1.5'"),
    Case("create extension hstore schema app"),
    Case("create extension if not exists plpgsql"),
    Case("create extension if not exists hstore", setup=HSTORE),
    Case("create extension earthdistance cascade", superuser=True),
    Case("create extension btree_gist"),
    Case("comment on extension hstore is 'bags'", setup=HSTORE),
    Case("alter extension hstore set schema app", setup=HSTORE, superuser=True),
    Case("drop extension hstore cascade", setup=HSTORE),
    Case("drop extension hstore", setup="create extension hstore;"),
    Case("drop extension hstore", setup="create extension hstore version '1.5';"),
    Case("alter extension hstore update", setup="create extension hstore version '1.5';"),
    Case("do $$ begin execute 'create extension hstore'; end $$"),
    Case("drop schema ext cascade", setup="create schema ext; create extension hstore schema ext;"),
)
