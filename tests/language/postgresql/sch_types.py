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
