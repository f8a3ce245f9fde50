"""ALTER ... SET SCHEMA, of every kind of object, and what moves along."""

from __future__ import annotations

from tests.language.cases import Case

SECTION = "Moving to another schema"

BASE = """
create schema app;
create schema "Other ""s"" ☃";
create schema busy;
create type app.mood as enum ('sad', 'ok', 'happy');
create type app.address as (street text, zip text);
create type app.span as range (subtype = integer);
create domain app.email as text check (value like '%@%');
create domain app.calm as app.mood default 'ok';
create function app.double(x integer) returns integer language sql immutable return x * 2;
create function app.double(x text) returns text language sql immutable as 'select x || x';
create function app.noisy() returns trigger language plpgsql as 'begin return new; end';
create procedure app.nothing(in a integer) language plpgsql as 'begin null; end';
create sequence app.ticket start 100 increment 5;
create sequence app.owned;
create table app.person (
  id serial primary key,
  number integer generated always as identity,
  name text not null,
  mail app.email,
  mood app.mood default 'ok',
  home app.address,
  ages app.span,
  ticket integer default nextval('app.ticket'),
  twice integer generated always as (app.double(7)) stored,
  constraint person_name unique (name)
);
alter sequence app.owned owned by app.person.ticket;
insert into app.person (name, mail, mood, home, ages)
select 'p' || i, 'p' || i || '@x', 'happy', row('s' || i, 'z' || i)::app.address, app.span(i, i + 3)
from generate_series(1, 20) i;
create index person_mood on app.person (mood, app.double(id));
create statistics app.person_stats (dependencies) on id, mood from app.person;
create trigger person_noisy before update on app.person
  for each row execute function app.noisy();
create policy own on app.person for select using (app.double(id) > 0);
create table app.pet (id integer primary key, owner integer references app.person on delete cascade);
insert into app.pet select i, i from generate_series(1, 10) i;
create table app.part (id integer, at date, note text, primary key (id, at)) partition by range (at);
create table app.part_1 partition of app.part for values from ('2024-01-01') to ('2025-01-01');
create table app.part_2 partition of app.part default;
insert into app.part select i, date '2024-06-01' + i * 30, 'n' from generate_series(1, 20) i;
create table app.parent (a integer, b text);
create table app.heir (c integer) inherits (app.parent);
insert into app.heir values (1, 'x', 2);
create view app.moods as select name, mood, app.double(id) as d from app.person;
create view busy.above as select * from app.moods where mood = 'happy';
create rule moods_insert as on insert to app.moods do instead nothing;
create materialized view app.counted as select mood, count(*) as n from app.person group by mood;
create unique index counted_mood on app.counted (mood);
create table busy.person (id integer);
create type busy.mood as enum ('a');
create function busy.double(x integer) returns integer language sql as 'select 1';
comment on table app.person is 'people';
grant select on app.person to public;
grant usage on type app.mood to public;
"""

_TO = 'set schema "Other ""s"" ☃"'

CASES = (
    Case(f"alter table app.person {_TO}"),
    Case(f"alter table app.pet {_TO}"),
    Case(f"alter table if exists app.pet {_TO}"),
    Case(f"alter table if exists app.missing {_TO}"),
    Case(f"alter table app.part {_TO}"),
    Case(f"alter table app.part_1 {_TO}"),
    Case(f"alter table app.parent {_TO}"),
    Case(f"alter table app.heir {_TO}"),
    Case(f"alter table app.moods {_TO}"),
    Case(f"alter view app.moods {_TO}"),
    Case(f"alter view busy.above {_TO}"),
    Case(f"alter materialized view app.counted {_TO}"),
    Case(f"alter sequence app.ticket {_TO}"),
    Case(f"alter statistics app.person_stats {_TO}"),
    Case(f"alter type app.mood {_TO}"),
    Case(f"alter type app.address {_TO}"),
    Case(f"alter type app.span {_TO}"),
    Case(f"alter type app.email {_TO}"),
    Case(f"alter domain app.email {_TO}"),
    Case(f"alter domain app.calm {_TO}"),
    Case(f"alter function app.double(integer) {_TO}"),
    Case(f"alter function app.double(text) {_TO}"),
    Case(f"alter routine app.double(integer) {_TO}"),
    Case(f"alter function app.noisy {_TO}"),
    Case(f"alter procedure app.nothing {_TO}"),
    Case(f"alter procedure app.nothing(integer) {_TO}"),
    Case("alter table app.person set schema app"),
    Case(
        'do $$ begin alter table busy.person set schema "Other ""s"" ☃";'
        " alter table app.person set schema busy; end $$"
    ),
    Case(
        'do $$ begin alter type busy.mood set schema "Other ""s"" ☃";'
        " alter type app.mood set schema busy; end $$"
    ),
    Case(
        'do $$ begin alter table app.person set schema "Other ""s"" ☃"; drop view busy.above;'
        " drop view app.moods; end $$"
    ),
    Case(
        "do $$ begin alter table app.pet set schema busy; alter table busy.pet rename to dog;"
        " alter table busy.dog rename column owner to person; end $$"
    ),
    Case(
        "do $$ declare one regclass; begin for one in select oid from pg_class where relnamespace"
        " = 'app'::regnamespace and relkind in ('r', 'v', 'm', 'p') and not relispartition loop"
        ' execute format(\'alter table %s set schema "Other ""s"" ☃"\', one); end loop; end $$'
    ),
    Case("alter schema app rename to application"),
    Case("alter schema app owner to clew_other"),
    Case("drop schema busy cascade"),
)
