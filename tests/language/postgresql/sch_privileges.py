"""Owners and privileges of many objects at once."""

from __future__ import annotations

from tests.language.cases import Case
from tests.support.roles import ODD, OTHER, STRANGER

SECTION = "Owners and privileges"

_ODD = '"' + ODD.replace('"', '""') + '"'

BASE = f"""
create schema app;
create schema other;
grant all on schema app to {OTHER}, {_ODD};
create type app.mood as enum ('sad', 'ok', 'happy');
create type app.address as (street text, zip text);
create type app.span as range (subtype = integer);
create domain app.email as text check (value like '%@%');
create function app.double(x integer) returns integer language sql immutable return x * 2;
create procedure app.nothing(in a integer) language plpgsql as 'begin null; end';
create sequence app.ticket;
create table app.person (id serial primary key, name text not null, mood app.mood, twice integer
  generated always as (app.double(3)) stored);
insert into app.person (name, mood) select 'p' || i, 'ok' from generate_series(1, 20) i;
create view app.named as select name from app.person;
create materialized view app.counted as select count(*) as n from app.person;
create table app.part (id integer, at date) partition by range (at);
create table app.part_1 partition of app.part for values from ('2024-01-01') to ('2025-01-01');
insert into app.part values (1, '2024-05-05');
grant select on app.person to {OTHER} with grant option;
grant insert (name), references (id) on app.person to {_ODD} with grant option;
grant update (name) on app.person to public;
grant select, insert on app.part to {_ODD};
grant usage on sequence app.ticket to {_ODD};
grant execute on function app.double(integer) to {OTHER} with grant option;
grant execute on procedure app.nothing to {_ODD};
revoke all on function app.double(integer) from public;
grant usage on type app.mood, app.span to {_ODD};
grant usage on domain app.email to {OTHER};
grant select (name) on app.named to {_ODD};
create policy named on app.person for select to {_ODD}, {OTHER} using (name <> 'x');
create policy alone on app.person for update to {_ODD} using (true);
alter table app.person enable row level security;
alter default privileges in schema app grant select on tables to {_ODD};
alter default privileges grant execute on functions to {OTHER};
set role {OTHER};
create table app.theirs (id integer primary key, what text, part app.address, mood app.mood);
create table app.theirs_too (id integer references app.theirs);
create sequence app.their_numbers;
create view app.their_view as select id from app.theirs;
create function app.their_function() returns integer language sql as 'select 1';
create type app.their_type as (a integer);
create domain app.their_domain as integer;
create statistics app.their_statistics (dependencies) on id, what from app.theirs;
create table app.their_part (id integer, at date) partition by range (at);
create table app.their_part_1 partition of app.their_part default;
insert into app.theirs select i, 'w' || i, row('s', 'z')::app.address, 'sad' from generate_series(1, 9) i;
insert into app.theirs_too select i from generate_series(1, 5) i;
grant select on app.theirs to {_ODD}, clew_owner;
grant select (what) on app.theirs to public;
reset role;
create view app.over_theirs as select what from app.theirs;
create table app.uses_theirs (id integer references app.theirs, d app.their_domain);
insert into app.uses_theirs values (1, 5), (2, null);
"""

CASES = (
    # owners
    Case(f"reassign owned by {OTHER} to clew_owner"),
    Case(f"reassign owned by {OTHER} to current_user"),
    Case(f"reassign owned by {OTHER} to {_ODD}"),
    Case(f"reassign owned by {OTHER}, {_ODD} to session_user"),
    Case(f"reassign owned by clew_owner to {OTHER}", "refused", "database"),
    Case(f"reassign owned by {_ODD} to {OTHER}"),
    Case(f"reassign owned by {OTHER} to {OTHER}"),
    # what a role has
    Case(f"drop owned by {_ODD}"),
    Case(f"drop owned by {_ODD} cascade"),
    Case(f"drop owned by {_ODD} restrict"),
    Case(f"drop owned by {OTHER} cascade", "rebuild"),
    Case(f"drop owned by {OTHER}, {_ODD} cascade", "rebuild"),
    Case(f"drop owned by {STRANGER}", superuser=True),
    Case(
        f"drop owned by {STRANGER} cascade",
        setup=f"create table app.one (a integer); grant select on app.one to {STRANGER};"
        f"alter table app.one owner to {STRANGER};",
        superuser=True,
    ),
    # default privileges
    Case("alter default privileges grant select on tables to public"),
    Case(f"alter default privileges grant all privileges on tables to {_ODD} with grant option"),
    Case(f"alter default privileges grant select, insert, update on tables to {OTHER}, {_ODD}"),
    Case(f"alter default privileges for role {OTHER} grant select on tables to clew_owner"),
    Case(f"alter default privileges for user {OTHER}, {_ODD} grant usage on sequences to public"),
    Case(f"alter default privileges in schema app revoke select on tables from {_ODD}"),
    Case(f"alter default privileges in schema app, other grant usage on sequences to {OTHER}"),
    Case(f"alter default privileges in schema app grant execute on routines to {OTHER}"),
    Case("alter default privileges revoke execute on functions from public"),
    Case(f"alter default privileges revoke execute on functions from {OTHER}"),
    Case("alter default privileges revoke usage on types from public"),
    Case(f"alter default privileges grant usage, create on schemas to {OTHER}"),
    Case("alter default privileges revoke all on tables from clew_owner"),
    Case("alter default privileges revoke all on sequences from current_user cascade"),
    Case(f"alter default privileges revoke grant option for select on tables from {_ODD}"),
    Case(f"alter default privileges in schema other revoke select on tables from {_ODD}"),
    Case(f"alter default privileges grant select on large objects to {OTHER}", since=18),
    Case(f"alter default privileges grant maintain on tables to {OTHER}", since=17),
    Case("create table app.granted (a integer)"),
    Case("create function app.granted() returns integer language sql as 'select 1'"),
    # all objects of a schema
    Case("grant select on all tables in schema app to public"),
    Case(f"grant all on all tables in schema app, other to {_ODD} with grant option"),
    Case(f"grant usage, update on all sequences in schema app to {OTHER}"),
    Case(f"grant execute on all functions in schema app to {_ODD}"),
    Case(f"grant execute on all procedures in schema app to {OTHER}"),
    Case(f"grant execute on all routines in schema app to {OTHER} with grant option"),
    Case(f"revoke select on all tables in schema app from {_ODD}"),
    Case(f"revoke all on all tables in schema app from {_ODD} cascade"),
    Case(f"revoke all on all sequences in schema app from {_ODD}"),
    Case(f"revoke execute on all functions in schema app from public, {OTHER} cascade"),
    Case(f"revoke grant option for execute on all routines in schema app from {OTHER}"),
    Case("grant select on all tables in schema other to public"),
    Case(
        f"grant all on all tables in schema app to {OTHER}, {_ODD} with grant option",
        setup=f"set role {OTHER}; grant select (id) on app.their_view to {_ODD}, public; reset role;",
    ),
    # single ones
    Case(f"grant select (id, name), update (mood) on app.person to {OTHER}"),
    Case(f"revoke insert (name) on app.person from {_ODD} cascade"),
    Case(f"grant truncate, trigger on app.person, app.part to {_ODD}"),
    Case(f"grant maintain on app.person to {OTHER}", since=17),
    Case(f"grant usage on type app.address to {OTHER} with grant option"),
    Case("revoke usage on type app.span from public"),
    Case(f"grant create on schema app to {OTHER} with grant option"),
    Case(f"grant select on app.person to {_ODD} granted by current_user"),
    Case(f"revoke all on app.named, app.counted from {_ODD}, public"),
)
