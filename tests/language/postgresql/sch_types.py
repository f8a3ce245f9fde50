"""Types under tables: tables of a type, attributes that columns hold, labels everywhere."""

from __future__ import annotations

from tests.language.cases import Case

SECTION = "Types under tables"

BASE = """
create schema app;
create schema other;
create type app.mood as enum ('sad', 'ok', 'happy');
create type app.pet as (id integer, name text, mood app.mood);
create type app.address as (street text, zip text);
create type app.held as (a integer, b text);
create type app.loose as (x integer, y text collate "C");
create table app.pets of app.pet (id primary key, name with options default 'nobody' not null);
insert into app.pets select i, 'p' || i, 'ok' from generate_series(1, 20) i;
create index pets_name on app.pets (lower(name));
create view app.names as select name from app.pets;
create table app.addresses of app.address;
insert into app.addresses values ('a', 'b'), (null, null), ('a', 'b');
create table app.plain (street text, zip text);
insert into app.plain values ('x', 'y');
create table app.parted of app.loose partition by range (x);
create table app.parted_1 partition of app.parted for values from (0) to (100);
insert into app.parted values (1, 'one'), (99, 'many');
create table app.holder (id integer primary key, held app.held, helds app.held[]);
insert into app.holder values (1, row(1, 'x'), array[row(2, 'y')::app.held]), (2, null, null);
comment on table app.pets is 'typed';
"""

_HEIRS = """
create type app.state as enum ('new', 'open', 'done');
create table app.base (id integer primary key, state app.state default 'new' check (state <> 'done'),
  many app.state[] default '{}');
create table app.heir (more text, own app.state default 'open') inherits (app.base);
create table app.low (state app.state default 'open' not null) inherits (app.heir);
create index heir_state on app.heir (state) where state > 'new';
create index low_state on app.low (state, own);
insert into app.base select i, 'open', '{new,open}' from generate_series(1, 5) i;
insert into app.heir select i, 'new', null, 'm', 'done' from generate_series(6, 9) i;
insert into app.low select i, 'open', '{done}', 'm', 'open' from generate_series(10, 12) i;
create table app.tree (id integer, state app.state default 'new', at date) partition by range (at);
create table app.tree_1 partition of app.tree for values from ('2024-01-01') to ('2025-01-01')
  partition by list (id);
create table app.tree_1_rest partition of app.tree_1 default;
create table app.tree_2 (at date, gone text, state app.state default 'done', id integer);
alter table app.tree_2 drop column gone;
alter table app.tree attach partition app.tree_2 default;
create index tree_state on app.tree (state);
alter table app.tree add constraint tree_open check (state < 'done' or id > 0);
insert into app.tree select i, 'open', date '2024-12-20' + i from generate_series(1, 30) i;
create view app.open as select id, state from app.tree where state = 'open';
create view app.all_of as select id, state, 'open'::app.state as other from app.base;
create domain app.calm as app.state check (value <> 'done');
create table app.calm_tree (id integer, calm app.calm) partition by hash (id);
create table app.calm_0 partition of app.calm_tree for values with (modulus 1, remainder 0);
insert into app.calm_tree values (1, 'open'), (2, null);
"""

CASES = (
    Case("create table app.more of app.pet"),
    Case(
        "create table app.more of app.pet (primary key (id), name with options default 'n',"
        " check (id > 0), constraint one unique (name)) with (fillfactor = 60)"
    ),
    Case("create unlogged table app.more of app.address (zip not null)"),
    Case("create table if not exists app.pets of app.pet"),
    Case("create table app.more of app.loose (primary key (x)) partition by hash (x)"),
    Case("drop table app.addresses"),
    Case("drop table app.pets cascade"),
    Case("drop table app.parted"),
    Case("drop type app.address cascade"),
    Case("drop type app.pet cascade"),
    Case("alter table app.pets not of"),
    Case("alter table app.plain of app.address"),
    Case("alter table app.parted not of"),
    Case("alter table app.pets rename to animals"),
    Case("alter table app.pets set schema other"),
    Case("alter type app.pet rename to animal"),
    Case("alter type app.pet set schema other"),
    Case("alter type app.pet rename attribute name to title cascade"),
    Case("alter type app.address rename attribute zip to code cascade"),
    Case("alter schema app rename to application"),
    Case("drop schema app cascade"),
    Case("alter table app.pets alter name drop default, alter name drop not null"),
    Case("alter table app.pets add constraint named check (name <> '')"),
    Case("alter table app.pets drop constraint pets_pkey"),
    Case("update app.pets set name = name || '!' where id > 5"),
    Case(
        "do $$ begin alter table app.pets not of; alter table app.pets drop column mood; end $$",
        "rebuild",
    ),
    Case(
        "do $$ begin alter table app.pets not of; alter table app.pets add column more text default 'm'; end $$"
    ),
    Case(
        "do $$ begin create type app.fresh as (a integer, b app.mood);"
        " create table app.freshes of app.fresh; insert into app.freshes values (1, 'sad'); end $$"
    ),
    Case("alter type app.pet add attribute age integer cascade", "refused", "of-type"),
    Case("alter type app.pet drop attribute mood cascade", "refused", "of-type"),
    Case(
        "alter type app.address alter attribute zip type varchar(9) cascade", "refused", "of-type"
    ),
    Case("alter type app.mood add value 'glad'", "refused", "enum-in-column"),
    Case("alter type app.mood rename value 'sad' to 'blue'"),
    # labels
    Case("alter type app.state add value 'late'", "rebuild", setup=_HEIRS),
    Case(
        "alter type app.state add value if not exists 'early' before 'open'",
        "rebuild",
        setup=_HEIRS,
    ),
    Case("alter type app.state rename value 'open' to 'opened'", setup=_HEIRS),
    Case(
        "alter type app.state add value 'late'",
        "refused",
        "enum-in-column",
        setup=f"{_HEIRS} create table app.other (state app.state);"
        "create table app.both () inherits (app.base, app.other);",
    ),
    Case(
        "alter type app.state add value 'late'",
        "refused",
        "enum-in-column",
        setup=f"{_HEIRS} create table app.keyed (state app.state) partition by list (state);",
    ),
    Case(
        "alter type app.state add value 'late'",
        "refused",
        "enum-in-column",
        setup=f"{_HEIRS} alter table app.low add column made text generated always as"
        " (case state when 'open' then 'o' else 'n' end) stored;",
    ),
    # attributes
    Case("alter type app.held add attribute c integer", "refused", "composite-attribute"),
    Case("alter type app.held drop attribute b", "refused", "composite-attribute"),
    Case("alter type app.held rename attribute b to c"),
    Case(
        "alter type app.free add attribute c integer, drop attribute a",
        setup="create type app.free as (a integer, b text);",
    ),
    Case(
        "alter type app.free alter attribute a type text",
        setup="create type app.free as (a integer, b text);"
        "create function app.takes(x app.free) returns text language sql as 'select ($1).b';",
    ),
)
