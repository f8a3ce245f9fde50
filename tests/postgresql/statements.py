"""A populated schema, and the DDL statements that are run over it and taken back."""

from __future__ import annotations

from tests.language.cases import Rebuilt

BASE = """
create schema app;
create type app.mood as enum ('sad', 'ok', 'happy');
create type app.unused as enum ('one', 'two');
create domain app.email as text check (value like '%@%');
create domain app.filled as text not null default 'x';
create type app.address as (street text, zip text);
create type app.span as range (subtype = integer);
create function app.double(x integer) returns integer language sql immutable
  as 'select x * 2';
create function app.noisy() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' then new.touched := coalesce(new.touched, 0) + 1; end if;
  return new;
end $$;
create procedure app.nothing(in a integer) language plpgsql as $$ begin null; end $$;
create sequence app.ticket start 100 increment 5;
create table app.person (
  id serial primary key,
  name text not null,
  "e Mail" app.email,
  mood app.mood default 'ok',
  age integer check (age >= 0),
  born date,
  height numeric(5,2),
  tags text[],
  data jsonb,
  touched integer default 0,
  code char(5),
  upper_name text generated always as (upper(name)) stored,
  defaulted text default 5,
  notes varchar(200)
);
comment on table app.person is 'people';
comment on column app.person.name is 'full name';
create table app.purchase (
  id integer generated always as identity (start 1000) primary key,
  person_id integer not null references app.person on delete cascade,
  amount numeric(10,2) not null default 0,
  state text not null default 'new',
  ticket integer default nextval('app.ticket'),
  placed timestamptz default '2024-01-01 00:00:00+00',
  constraint purchase_amount check (amount >= 0),
  constraint purchase_once unique (person_id, ticket) deferrable initially deferred
);
create table app.log (what text, at timestamp, n integer);
create table app.empty (a integer primary key, b text);
create index purchase_state on app.purchase (state) where amount > 10;
create index person_lower on app.person (lower(name)) with (fillfactor = 70);
comment on index app.person_lower is 'for search';
create unique index log_n on app.log (n);
create view app.adult as select id, name, mood from app.person where age >= 18;
comment on view app.adult is 'grown up';
comment on column app.adult.name is 'their name';
create view app.adult_purchase as
  select a.name, p.amount, p.state from app.adult a join app.purchase p on p.person_id = a.id;
create trigger person_noisy before update on app.person
  for each row execute function app.noisy();
create trigger person_quiet after insert on app.person
  for each row execute function app.noisy();
alter table app.person disable trigger person_quiet;
comment on trigger person_noisy on app.person is 'counts';
create policy own on app.person for select using (name = current_user);
create rule log_rule as on delete to app.log do also select 1;
create statistics app.person_stats (dependencies) on age, height from app.person;
create materialized view app.sums as select sum(amount) from app.purchase with no data;
alter table app.person alter column name set statistics 500;
alter table app.person alter column data set storage external;
alter table app.purchase cluster on purchase_pkey;
alter table app.log replica identity full;
grant select on app.person to public;
grant select (name), update (age) on app.person to pg_monitor;
grant usage on sequence app.ticket to public;
revoke execute on function app.double(integer) from public;
grant execute on function app.double(integer) to pg_monitor with grant option;

insert into app.person (name, "e Mail", mood, age, born, height, tags, data, code, notes)
select 'name ' || i, case when i % 3 <> 0 then 'p' || i || '@x.org' end,
  (array['sad', 'ok', 'happy', null])[1 + i % 4]::app.mood, i, date '1990-01-01' + i,
  i * 1.25, array['a' || i, null, 'b,"c'], jsonb_build_object('i', i, 'n', null),
  'c' || i, nullif(repeat('é', i % 5), '')
from generate_series(1, 40) i;
insert into app.purchase (person_id, amount, state)
select 1 + i % 40, i * 1.5, case when i % 2 = 0 then 'new' else 'paid' end
from generate_series(1, 90) i;
insert into app.log select 'w' || i % 4, timestamp '2024-01-01 00:00' + i * interval '1 hour', i
from generate_series(1, 20) i;
insert into app.log values ('twice', null, null), ('twice', null, null);
"""

STATEMENTS = [
    # tables
    "create table app.t (a integer)",
    "create table app.t (a serial primary key, b text default 'x' check (b <> ''))",
    "create table app.t (id integer generated always as identity, p integer references app.person)",
    "create table app.t as select id, name from app.person",
    "create table app.t as select * from app.log",
    "create unlogged table app.t (a app.mood, b app.email)",
    "create table app.t (like app.person including all)",
    'create table app."Odd "" name ☃" ("select" integer, "a b" text)',
    "drop table app.log",
    "drop table app.purchase cascade",
    "drop table app.person cascade",
    "drop table app.empty",
    "drop table app.log, app.empty",
    "alter table app.log rename to logbook",
    "alter table app.person rename to human",
    "alter table app.log set schema public",
    "alter table app.person set schema public",
    "alter table app.log set (fillfactor = 50, autovacuum_enabled = false)",
    "alter table app.person set (toast.autovacuum_enabled = false)",
    Rebuilt("alter table app.log set unlogged"),
    "alter table app.log replica identity nothing",
    "alter table app.log replica identity default",
    "alter table app.purchase replica identity using index purchase_pkey",
    "alter table app.person enable row level security",
    "alter table app.person force row level security",
    "alter table app.purchase set without cluster",
    "alter table app.person cluster on person_lower",
    # columns
    "alter table app.person add column extra text",
    "alter table app.person add column extra text not null default 'given'",
    "alter table app.person add column extra integer generated always as (age * 2) stored",
    "alter table app.person add column extra serial",
    "alter table app.person add column extra integer generated by default as identity",
    "alter table app.person add column extra uuid default gen_random_uuid()",
    "alter table app.person add column extra integer references app.person",
    Rebuilt(
        "alter table app.person add column a integer, add column b text unique, drop column tags"
    ),
    Rebuilt("alter table app.person drop column notes"),
    Rebuilt("alter table app.person drop column defaulted"),
    Rebuilt("alter table app.person drop column tags"),
    Rebuilt('alter table app.person drop column "e Mail"'),
    Rebuilt("alter table app.person drop column born"),
    Rebuilt("alter table app.person drop column age cascade"),
    Rebuilt("alter table app.person drop column height"),
    Rebuilt("alter table app.person drop column mood cascade"),
    Rebuilt("alter table app.person drop column data"),
    Rebuilt("alter table app.person drop column code"),
    Rebuilt("alter table app.person drop column upper_name"),
    Rebuilt("alter table app.person drop column touched"),
    Rebuilt("alter table app.person drop column id cascade"),
    Rebuilt("alter table app.person drop column name cascade"),
    Rebuilt("alter table app.purchase drop column ticket"),
    Rebuilt("alter table app.purchase drop column amount cascade"),
    Rebuilt("alter table app.purchase drop column person_id cascade"),
    Rebuilt("alter table app.purchase drop column placed"),
    Rebuilt("alter table app.purchase drop column id"),
    Rebuilt("alter table app.log drop column what"),
    Rebuilt("alter table app.log drop column at"),
    Rebuilt("alter table app.log drop column n"),
    Rebuilt("alter table app.log drop column what, drop column at, drop column n"),
    "alter table app.empty drop column a",
    "alter table app.person rename column name to full_name",
    'alter table app.person rename column "e Mail" to email',
    "alter table app.purchase rename column id to number",
    Rebuilt("alter table app.person alter column height type text"),
    Rebuilt("alter table app.person alter column height type integer"),
    Rebuilt("alter table app.person alter column touched type bigint"),
    Rebuilt("alter table app.person alter column born type text using to_char(born, 'YYYY')"),
    Rebuilt("alter table app.person alter column notes type text"),
    Rebuilt("alter table app.person alter column notes type varchar(3) using left(notes, 3)"),
    Rebuilt("alter table app.person alter column code type text"),
    Rebuilt("alter table app.person alter column data type text using 'lost'"),
    Rebuilt("alter table app.person alter column tags type text using array_to_string(tags, ',')"),
    Rebuilt("alter table app.purchase alter column ticket type bigint"),
    Rebuilt("alter table app.purchase alter column id type bigint"),
    "alter table app.empty alter column a type bigint using -a",
    Rebuilt("alter table app.log alter column n type text"),
    Rebuilt("alter table app.log alter column at type date"),
    Rebuilt("alter table app.log alter column what type integer using length(what)"),
    Rebuilt('alter table app.person alter column notes type varchar(200) collate "C"'),
    "alter table app.person alter column notes set default 'none'",
    "alter table app.person alter column touched drop default",
    "alter table app.purchase alter column ticket set default 7",
    "alter table app.person alter column touched set not null",
    "alter table app.person alter column name drop not null",
    Rebuilt("alter table app.person alter column upper_name drop expression"),
    "alter table app.person alter column name set statistics 100",
    "alter table app.person alter column data set storage main",
    "alter table app.person alter column name set storage external",
    "alter table app.person alter column notes set compression pglz",
    "alter table app.person alter column name set (n_distinct = 10)",
    "alter table app.purchase alter column id set generated by default",
    "alter table app.purchase alter column id drop identity",
    "alter table app.purchase alter column id set increment 3 set maxvalue 99999",
    "alter table app.empty alter column a add generated always as identity (start 5)",
    # constraints
    "alter table app.empty add unique (b)",
    "alter table app.log add constraint log_at unique (at)",
    "alter table app.log add constraint log_n_key unique using index log_n",
    "alter table app.log add constraint positive check (n > 0)",
    "alter table app.log add constraint positive check (n > 100) not valid",
    "alter table app.log add foreign key (n) references app.person not valid",
    "alter table app.purchase drop constraint purchase_pkey",
    "alter table app.person drop constraint person_pkey cascade",
    "alter table app.purchase drop constraint purchase_once",
    "alter table app.purchase drop constraint purchase_amount",
    "alter table app.purchase drop constraint purchase_person_id_fkey",
    "alter table app.purchase rename constraint purchase_amount to amount_is_positive",
    "alter table app.purchase alter constraint purchase_person_id_fkey deferrable",
    "alter table app.log add constraint no_overlap exclude using btree (at with =)",
    # indexes
    "create index on app.person (born)",
    "create unique index person_code on app.person (code) include (age)",
    "create index person_data on app.person using gin (data)",
    "create index person_expression on app.person ((age + 1) desc nulls last) where age > 3",
    "drop index app.person_lower",
    "drop index app.purchase_state",
    "alter index app.person_lower rename to lower_person",
    "alter index app.person_lower set (fillfactor = 90)",
    "alter index app.person_lower alter column 1 set statistics 300",
    "alter index app.purchase_pkey set (fillfactor = 60)",
    "reindex index app.person_lower",
    # views
    "create view app.v as select 1 as one",
    "create view app.v with (security_barrier) as select id from app.person with check option",
    "create or replace view app.adult as select id, name, mood, age from app.person",
    "create or replace view app.adult as select id, name, mood from app.person where age > 20",
    "create or replace view app.adult_purchase as select name, 1.50::numeric(10,2) as amount,"
    " ''::text as state from app.adult",
    "drop view app.adult_purchase",
    "drop view app.adult cascade",
    "alter view app.adult rename to grown_up",
    "alter view app.adult rename column name to called",
    "alter view app.adult alter column name set default 'nobody'",
    "alter view app.adult set (security_barrier = true)",
    "alter view app.adult set schema public",
    "drop materialized view app.sums",
    "create materialized view app.m as select 1 as one with no data",
    # triggers, rules, policies, statistics
    "create trigger t after delete on app.log for each statement execute function app.noisy()",
    "create constraint trigger t after insert on app.log deferrable initially deferred"
    " for each row when (new.n > 3) execute function app.noisy()",
    "drop trigger person_noisy on app.person",
    "drop trigger person_quiet on app.person",
    "alter trigger person_noisy on app.person rename to noise",
    "alter table app.person disable trigger person_noisy",
    "alter table app.person enable always trigger person_noisy",
    "alter table app.person disable trigger user",
    "create rule r as on insert to app.log where new.n > 100 do instead nothing",
    "drop rule log_rule on app.log",
    "alter rule log_rule on app.log rename to rule_log",
    "alter table app.log disable rule log_rule",
    "create policy p on app.log as restrictive for update to pg_monitor using (n > 1)"
    " with check (n > 2)",
    "drop policy own on app.person",
    "alter policy own on app.person using (true)",
    "alter policy own on app.person rename to mine",
    "create statistics app.s (ndistinct, mcv) on age, born from app.person",
    "drop statistics app.person_stats",
    "alter statistics app.person_stats set statistics 200",
    # functions
    "create function app.f(a integer, b text default 'x') returns text language sql"
    " as $$ select b || a $$",
    "create or replace function app.double(x integer) returns integer language sql"
    " as 'select x + x'",
    "create or replace function app.noisy() returns trigger language plpgsql"
    " as 'begin return new; end'",
    "create function app.people() returns setof app.person language sql"
    " as 'select * from app.person'",
    "create function app.modern(a integer) returns integer language sql return app.double(a)",
    "create function app.rows() returns table (a integer, b text) language plpgsql"
    " security definer set search_path = app as $$ begin return; end $$",
    "drop function app.double(integer)",
    "drop function app.noisy() cascade",
    "drop procedure app.nothing(integer)",
    "create procedure app.p(inout a integer) language plpgsql as 'begin a := 1; end'",
    "alter function app.double(integer) rename to twice",
    "alter function app.double(integer) set schema public",
    "alter function app.double(integer) stable cost 7",
    "alter procedure app.nothing(integer) rename to nil",
    # sequences
    "create sequence app.s",
    "create sequence app.s as smallint increment -2 minvalue -100 maxvalue 0 cycle cache 3",
    "drop sequence app.ticket cascade",
    "alter sequence app.ticket rename to bill",
    "alter sequence app.ticket increment 7 maxvalue 100000 cycle",
    "alter sequence app.ticket as bigint",
    "alter sequence app.ticket owned by app.purchase.ticket",
    "alter sequence app.person_id_seq owned by none",
    "alter sequence app.ticket set schema public",
    # types
    "create type app.colour as enum ('red', 'green')",
    "drop type app.unused",
    Rebuilt("alter type app.mood add value 'elated' after 'happy'"),
    Rebuilt("alter type app.mood add value 'so so' before 'ok'"),
    "alter type app.mood rename value 'ok' to 'fine'",
    "alter type app.mood rename to feeling",
    "alter type app.mood set schema public",
    "create domain app.positive as integer default 1 constraint above check (value > 0)",
    "drop domain app.filled",
    "alter domain app.email rename to mail",
    "alter domain app.email set default 'a@b'",
    "alter domain app.email add constraint short check (length(value) < 100)",
    "alter domain app.email drop constraint email_check",
    "alter domain app.filled drop not null",
    "alter domain app.email rename constraint email_check to at_sign",
    "create type app.pair as (a integer, b text)",
    "drop type app.address",
    "alter type app.address rename attribute zip to postcode",
    "alter type app.address add attribute country text",
    "alter type app.address rename to place",
    "create type app.times as range (subtype = timestamp)",
    "drop type app.span",
    # schemas
    "create schema other",
    "create schema authorization current_user",
    "alter schema app rename to program",
    "drop schema app cascade",
    # comments and privileges
    "comment on table app.person is null",
    "comment on table app.person is 'it''s people'",
    "comment on table app.log is 'log'",
    "comment on column app.person.name is null",
    "comment on column app.person.\"e Mail\" is 'address'",
    "comment on constraint purchase_amount on app.purchase is 'no debts'",
    "comment on index app.purchase_pkey is 'key'",
    "comment on function app.double(integer) is 'twice'",
    "comment on type app.mood is 'how'",
    "comment on domain app.email is 'mail'",
    "comment on schema app is 'the program'",
    "comment on view app.adult is null",
    "comment on sequence app.ticket is 'numbers'",
    "comment on trigger person_noisy on app.person is null",
    "grant insert, update on app.person to pg_monitor with grant option",
    "revoke select on app.person from public",
    "grant all on app.log to public",
    "revoke all on app.log from current_user",
    "grant update (name) on app.person to public",
    "revoke select (name) on app.person from pg_monitor",
    "grant usage on schema app to public",
    "grant usage on type app.mood to pg_monitor",
    "revoke usage on type app.mood from public",
    "grant execute on function app.double(integer) to public",
    "grant select on all tables in schema app to pg_monitor",
    "revoke all on sequence app.ticket from public",
    "revoke select, update on sequence app.ticket from current_user",
    # several things at once
    "do $$ begin alter table app.log rename to log_old; alter table app.empty rename to log; end $$",
    "do $$ begin alter table app.log rename to x; alter table app.empty rename to log;"
    " alter table app.x rename to empty; end $$",
    "do $$ begin create type app.k as enum ('a'); create table app.kt (k app.k default 'a');"
    " create view app.kv as select * from app.kt; end $$",
    "do $$ begin alter table app.person rename column age to x; alter table app.person"
    " rename column touched to age; alter table app.person rename column x to touched; end $$",
    "alter table app.person rename column age to years",
    "alter table app.person add constraint adult_mood check (age > 17 or mood <> 'sad') not valid",
]
