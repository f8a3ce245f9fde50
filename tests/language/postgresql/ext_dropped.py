"""Extensions: dropped, with and without what leans on them."""

from __future__ import annotations

from tests.language.cases import Case

SECTION = "Extensions: dropped"

BASE = """
create schema app;
create table app.person (id integer primary key, name text not null);
insert into app.person select i, 'p' || i from generate_series(1, 20) i;
create view app.names as select name from app.person;
"""

CITEXT = """
create extension citext;
create table app.member (id serial primary key, email citext not null unique, note text);
insert into app.member (email, note) select 'A' || i || '@x.org', 'n' || i
    from generate_series(1, 30) i;
create index member_email on app.member (email) where email <> 'none';
create view app.emails as select email, note from app.member where email = 'a1@X.org';
create function app.known(e citext) returns boolean language sql stable
    as 'select exists (select from app.member where email = e)';
create domain app.address as citext check (value <> '');
create table app.other (id integer, address app.address default 'a@b');
insert into app.other values (1, 'Q@r');
"""

HSTORE = """
create extension hstore version '1.7';
comment on extension hstore is 'bags';
create table app.bag (id integer primary key, attrs hstore not null default 'a=>1'::hstore);
insert into app.bag select i, hstore('k', i::text) from generate_series(1, 9) i;
create index bag_attrs on app.bag using gin (attrs);
create materialized view app.keys as select id, akeys(attrs) as keys from app.bag;
"""

TRIGRAM = """
create extension pg_trgm;
create index person_name on app.person using gin (name gin_trgm_ops);
"""

BOOKED = """
create extension btree_gist;
create table app.booking (room integer, during int4range,
    exclude using gist (room with =, during with &&));
insert into app.booking select i, int4range(i, i + 3) from generate_series(1, 9) i;
"""

CASES = (
    Case("drop extension hstore", setup="create extension hstore;"),
    Case("drop extension if exists hstore"),
    Case("drop extension if exists hstore, citext", setup="create extension hstore;"),
    Case(
        "drop extension hstore, citext", setup="create extension hstore; create extension citext;"
    ),
    Case("drop extension hstore", setup="create extension hstore schema app version '1.5';"),
    Case("drop extension citext cascade", "rebuild", setup=CITEXT),
    Case("drop extension hstore cascade", "rebuild", setup=HSTORE),
    Case("drop extension pg_trgm cascade", setup=TRIGRAM),
    Case("drop extension btree_gist cascade", setup=BOOKED),
    Case(
        "drop extension cube cascade",
        setup="create extension cube; create extension earthdistance;",
        superuser=True,
    ),
    Case(
        "drop extension earthdistance, cube",
        setup="create extension cube; create extension earthdistance;",
        superuser=True,
    ),
    Case(
        "drop extension ltree cascade",
        "rebuild",
        setup="create extension ltree; create table app.tree"
        " (path ltree primary key); insert into app.tree values ('a.b'), ('a.c');"
        " create index on app.tree (path desc);",
    ),
    Case(
        "drop extension intarray cascade",
        setup="create extension intarray; create table app.l"
        " (a integer[]); insert into app.l values ('{1,2}');"
        " create index l_a on app.l using gin (a gin__int_ops);",
    ),
    Case(
        "drop extension unaccent cascade",
        setup="create extension unaccent; create function"
        " app.plain(text) returns text immutable language sql return public.unaccent($1);"
        " create index person_plain on app.person (app.plain(name));",
    ),
    Case(
        "drop extension isn cascade",
        "rebuild",
        setup="create extension isn; create table app.book"
        " (isbn isbn13, title text); insert into app.book values ('978-0-393-04002-9', 'b');",
    ),
    Case(
        "drop extension lo cascade",
        "rebuild",
        setup="create extension lo; create table app.raster"
        " (id integer, image lo); insert into app.raster values (1, 4711); create trigger"
        " raster_image before update or delete on app.raster for each row"
        " execute function lo_manage(image);",
    ),
    Case(
        "drop extension moddatetime cascade",
        setup="create extension moddatetime; alter table"
        " app.person add at timestamp; create trigger person_at before update on app.person"
        " for each row execute function moddatetime(at);",
        superuser=True,
    ),
    Case(
        "drop extension vector cascade",
        "rebuild",
        setup="create extension vector; create table app.item"
        " (v vector(3)); insert into app.item values ('[1,2,3]'); create index item_v on app.item"
        " using hnsw (v vector_l2_ops);",
        since=18,
        superuser=True,
    ),
    Case(
        "drop extension bloom cascade",
        setup="create extension bloom; create index person_bloom"
        " on app.person using bloom (id, name) with (length=80);",
        superuser=True,
    ),
    Case("drop schema ext cascade", setup="create schema ext; create extension hstore schema ext;"),
    Case(
        "drop schema ext cascade",
        "rebuild",
        setup="create schema ext; create extension hstore schema ext;"
        " create table app.bag (attrs ext.hstore); insert into app.bag values ('a=>1');",
    ),
    Case(
        "drop extension pg_stat_statements",
        setup="create extension pg_stat_statements version '1.9';",
        superuser=True,
    ),
    Case(
        "drop extension hstore",
        "refused",
        "extension",
        setup="create extension hstore; comment on function akeys(hstore) is 'mine';",
        superuser=True,
    ),
    Case(
        "drop extension hstore",
        "refused",
        "extension",
        setup="create extension hstore; revoke execute on function akeys(hstore) from public;",
        superuser=True,
    ),
    Case(
        "drop extension hstore",
        "refused",
        "extension",
        setup="create extension hstore; alter function akeys(hstore) cost 7;",
        superuser=True,
    ),
    Case(
        "drop extension hstore cascade",
        "refused",
        "extension",
        setup="create extension hstore;"
        " create function app.f() returns integer language sql as 'select 1';"
        " alter extension hstore add function app.f();",
        superuser=True,
    ),
    Case(
        "drop extension hstore",
        "refused",
        "extension",
        setup="create extension hstore; alter extension hstore drop function akeys(hstore); drop function akeys(hstore);",
        superuser=True,
    ),
    Case(
        "drop extension hstore",
        "refused",
        "extension-member",
        setup="create extension hstore;"
        " create function app.f() returns integer language sql as 'select 1';"
        " alter function app.f() depends on extension hstore;",
        superuser=True,
    ),
)
