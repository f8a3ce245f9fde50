"""Populated trees of partitions and of inheritance, and DDL statements that are run over them."""

from __future__ import annotations

from tests.language.cases import Rebuilt

TREES = r"""
create schema app;
create schema other;
create function app.seen() returns trigger language plpgsql as $$ begin return new; end $$;
create function app.loud() returns trigger language plpgsql as $$ begin raise exception 'must stay silent'; end $$;
create type app.shape as (id integer, up integer, note text);
create table app.city (id integer primary key, name text);
insert into app.city select i, 'c' || i from generate_series(1, 5) i;

create table app.visit (
  id integer generated always as identity (start 100),
  at date not null,
  city integer,
  note text default 'n' collate "C",
  amount numeric(8,2) not null default 0,
  gone text,
  twice numeric generated always as (amount * 2) stored,
  constraint visit_amount check (amount >= 0),
  constraint visit_note check (note <> 'bad') not valid,
  primary key (id, at)
) partition by range (at);
create table app.visit_2023 partition of app.visit for values from ('2023-01-01') to ('2024-01-01');
create table app.visit_2024 partition of app.visit for values from ('2024-01-01') to ('2025-01-01')
  partition by hash (id);
create table app.visit_2024_a partition of app.visit_2024 for values with (modulus 2, remainder 0);
create table app.visit_2024_b partition of app.visit_2024 for values with (modulus 2, remainder 1) partition by range (at);
create table app.visit_2024_b0 partition of app.visit_2024_b for values from ('2024-01-01') to ('2024-06-01');
create table app.visit_2024_rest partition of app.visit_2024_b default;
create table other."visit 25" (
  gone text, dropped integer, note text collate "C" default 'own', amount numeric(8,2) not null default 7,
  city integer, id integer not null, at date not null,
  twice numeric generated always as (amount * 2) stored,
  constraint visit_amount check (amount >= 0),
  constraint visit_note check (note <> 'bad') not valid,
  constraint own_check check (city > 0)
);
alter table other."visit 25" drop column dropped;
create unique index "key 25" on other."visit 25" (id, at);
alter table other."visit 25" add constraint "key 25" primary key using index "key 25";
alter table app.visit attach partition other."visit 25" for values from ('2025-01-01') to ('2026-01-01');
create table app.visit_rest partition of app.visit default;
insert into app.visit (at, city, note, amount, gone) select '2023-06-01'::date + i * 40, 1 + i % 5, 'v' || i, i, 'g' || i from generate_series(0, 29) i;
create index visit_city on app.visit (city) with (fillfactor = 80);
create index visit_note_amount on app.visit (lower(note), amount) where amount > 3;
create index only_23 on app.visit_2023 (note);
comment on index app.visit_city is 'of cities';
comment on index app.visit_2024_a_city_idx is 'of cities here';
alter index app.visit_2023_city_idx set (fillfactor = 55);
alter index app.visit_2024_city_idx rename to "city 24";
alter table app.visit add constraint visit_city_fkey foreign key (city) references app.city on delete cascade;
create statistics app.visit_stats on city, amount from app.visit_2023;
create trigger visit_seen before insert or update on app.visit for each row execute function app.seen();
create trigger visit_after after insert on app.visit for each row when (new.amount > 1) execute function app.seen();
create trigger visit_stmt after insert on app.visit for each statement execute function app.seen();
create trigger own_23 before update on app.visit_2023 for each row execute function app.loud();
alter table app.visit_2023 disable trigger visit_after;
alter table app.visit enable row level security;
create policy visit_all on app.visit using (true);
create policy visit_23 on app.visit_2023 for select using (city = 1);
grant select on app.visit to public;
grant select (city), update (note) on app.visit_2024 to public;
comment on table app.visit is 'visits';
comment on table app.visit_2024_b0 is 'even';
comment on column app.visit_2023.note is 'here only';
alter table app.visit_2023 alter column note set storage external;
alter table app.visit_2023 alter column city set statistics 300;
alter table app.visit_2023 alter column amount set default 23;
alter table app.visit_2023 set (fillfactor = 66);
alter table app.visit_2023 alter column gone set not null;
alter table app.visit_2024_a replica identity full;
alter table app.visit_2023 cluster on only_23;
create view app.visits as select id, at, city, gone from app.visit;
create view app.visits_23 as select id, amount from app.visit_2023;
create table app.receipt (
  id integer primary key, visit integer, at date, line text,
  constraint receipt_visit foreign key (visit, at) references app.visit on delete cascade
);
insert into app.receipt select id, id, at, 'r' from app.visit_2023;

create table app.area (id integer, up integer, note text, big integer generated always as (id * 1000) stored, primary key (id)) partition by list (id);
create table app.area_0 partition of app.area for values in (1, 2, 3, 4);
create table app.area_1 partition of app.area for values in (5, 6, 7, 8, 9);
alter table app.area add constraint area_up foreign key (up) references app.area;
insert into app.area select i, nullif(i / 2, 0), 'a' || i from generate_series(1, 9) i;
create table app.card (id integer, up integer, note text);
create table app.free_0 (big integer generated always as (id * 1000) stored, id integer not null, up integer, note text);
insert into app.free_0 (id, up, note) values (100, 1, 'free');

create table app.thing (
  id serial,
  name text not null default 'thing',
  weight integer,
  gone text,
  constraint thing_weight check (weight > 0),
  constraint thing_own check (id > 0) no inherit,
  primary key (id)
);
create table app.dated (at date default '2024-01-01', name text not null, constraint dated_at check (at > '2000-01-01'));
create table app.tool (price integer, weight integer, constraint thing_weight check (weight > 0)) inherits (app.thing);
create table app.lease (days integer default 3, constraint lease_days check (days < 100)) inherits (app.tool, app.dated);
create table app.lease_long (bonus text, days integer default 30) inherits (app.lease);
create table app.plain () inherits (app.thing);
create table other.joined (weight integer, name text not null, gone text, id integer not null, extra text,
  constraint thing_weight check (weight > 0));
alter table other.joined inherit app.thing;
alter table app.thing add column late text default 'late';
alter table app.thing add constraint thing_late check (late <> 'bad');
insert into app.thing (name, weight, gone) select 't' || i, i, 'g' || i from generate_series(1, 4) i;
insert into app.tool (name, weight, gone, price) select 'tool' || i, i, 'g' || i, i * 10 from generate_series(1, 4) i;
insert into app.lease (name, weight, gone, price, at) select 'lease' || i, i, 'g' || i, i * 10, '2024-02-02' from generate_series(1, 4) i;
insert into app.lease_long (name, weight, gone, price, bonus) select 'long' || i, i, 'g' || i, i * 10, 'b' || i from generate_series(1, 4) i;
insert into app.plain (name, weight) values ('plain', 1);
insert into app.dated values ('2025-01-01', 'dated');
insert into other.joined values (1, 'joined', 'g', 1000, 'e');
alter table app.tool add constraint tool_key primary key (id);
create index tool_name on app.tool (name);
create table app.use (tool integer references app.tool);
insert into app.use select id from only app.tool;
alter table app.lease alter column name set default 'leased';
alter table app.tool alter column gone set not null;
comment on column app.lease.weight is 'of the lease';
create trigger tool_seen before update on app.tool for each row execute function app.loud();
create policy lease_policy on app.lease using (true);
grant select on app.plain to public;
create view app.things as select tableoid::regclass as what, id, name from app.thing;
create view app.leases as select id, price, at, days from app.lease;
create materialized view app.no_things as select id from app.thing with no data;
create table app.stranger (weight integer, gone text, late text default 'late', id integer not null, name text not null default 'x', more text,
  constraint thing_weight check (weight > 0), constraint thing_late check (late <> 'bad'));
insert into app.stranger (id, weight) values (2000, 5);
"""

PARTITIONS = [
    # whole trees, and parts of them
    "create table app.log (id integer, at date) partition by range (at)",
    "create table app.visit_2026 partition of app.visit for values from ('2030-01-01') to ('2031-01-01')",
    "create table app.visit_2027 partition of app.visit (note default 'x', constraint more check (amount < 5)) for values from ('2027-01-01') to ('2028-01-01') partition by hash (id)",
    "create table app.visit_copy (like app.visit including all)",
    "drop table app.visit_2023 cascade",
    "drop table app.visit_2024_a cascade",
    "drop table app.visit_2024 cascade",
    "drop table app.visit_2024_b cascade",
    "drop table app.visit_rest cascade",
    'drop table other."visit 25" cascade',
    "drop table app.visit cascade",
    "drop table app.area cascade",
    "drop schema other cascade",
    # joining and parting
    "alter table app.receipt drop constraint receipt_visit",
    "alter table app.visit detach partition app.visit_rest",
    "alter table app.area drop constraint area_up",
    "alter table app.visit_2024 detach partition app.visit_2024_b",
    "alter table app.visit_2024_b detach partition app.visit_2024_rest",
    "do $$ begin alter table app.receipt drop constraint receipt_visit; alter table app.visit detach partition app.visit_2023; end $$",
    'do $$ begin alter table app.receipt drop constraint receipt_visit; alter table app.visit detach partition other."visit 25"; end $$',
    "alter table app.area attach partition app.free_0 for values in (100)",
    "alter table app.area attach partition app.free_0 default",
    "do $$ begin alter table app.free_0 add constraint mine foreign key (up) references app.area; alter table app.free_0 add constraint mine_too primary key (id); alter table app.area attach partition app.free_0 for values in (100); end $$",
    # names
    "alter table app.visit rename to visits_all",
    "alter table app.visit_2024_b0 rename to even",
    "alter table app.visit rename column note to remark",
    "alter table app.visit_2024 set schema other",
    "alter table app.visit_2024_a set schema other",
    "alter table app.visit set schema other",
    "alter schema other rename to another",
    "alter table app.visit rename constraint visit_amount to amount_check",
    "alter table app.visit rename constraint visit_city_fkey to city_fkey",
    "alter index app.visit_city rename to cities",
    "alter index app.visit_2023_city_idx rename to cities_23",
    "alter trigger visit_seen on app.visit rename to visit_looked",
    # columns
    "alter table app.visit add column extra text",
    "alter table app.visit add column extra integer not null default 5",
    "alter table app.visit add column extra uuid default gen_random_uuid()",
    "alter table app.visit add column thrice numeric generated always as (amount * 3) stored",
    Rebuilt("alter table app.visit drop column gone cascade"),
    Rebuilt("alter table app.visit drop column note cascade"),
    Rebuilt("alter table app.visit drop column amount cascade"),
    Rebuilt("alter table app.visit drop column twice"),
    Rebuilt("alter table app.area drop column up"),
    Rebuilt("alter table app.area drop column note, add column note integer"),
    Rebuilt("alter table app.visit alter column note type varchar(100)"),
    Rebuilt(
        'alter table app.visit alter column note type varchar(20) collate "C" using reverse(note)'
    ),
    Rebuilt("alter table app.area alter column note type integer using length(note)"),
    "alter table app.visit alter column note set default 'other'",
    "alter table app.visit alter column amount drop default",
    "alter table app.visit_2024_a alter column amount set default 5",
    "alter table only app.visit alter column note drop default",
    "alter table app.visit alter column note set not null",
    "alter table app.visit_2023 alter column note set not null",
    "alter table app.visit_2023 alter column gone drop not null",
    "alter table app.visit alter column amount drop not null",
    Rebuilt("alter table app.area alter column big drop expression"),
    "alter table app.visit alter column id drop identity",
    "alter table app.visit alter column id set generated by default set increment 7",
    "alter table app.visit_2024_a alter column note set storage main",
    "alter table app.visit alter column note set statistics 99",
    "alter table app.visit_2023 alter column note set compression pglz",
    "alter table app.visit_2023 set (fillfactor = 40)",
    "do $$ begin create table app.quick (a integer, b text) partition by hash (a); create unlogged table app.quick_0 partition of app.quick for values with (modulus 1, remainder 0); insert into app.quick select i, 'q' from generate_series(1, 9) i; end $$",
    "alter table app.visit_2023 replica identity full",
    "alter table app.visit_2023 replica identity using index visit_2023_pkey",
    "alter table app.visit_2023 set without cluster",
    "alter table app.visit_2024_a cluster on visit_2024_a_pkey",
    # constraints
    "alter table app.visit add constraint small check (amount < 1000)",
    "alter table app.visit add constraint small check (amount < 1000) not valid",
    "alter table app.visit_2023 add constraint small check (amount < 1000)",
    "alter table app.visit drop constraint visit_amount",
    "alter table app.visit validate constraint visit_note",
    "alter table app.visit_2023 validate constraint visit_note",
    'alter table other."visit 25" drop constraint own_check',
    "alter table app.visit drop constraint visit_pkey cascade",
    "alter table app.visit add constraint visit_once unique (at, id, city)",
    "alter table only app.area add constraint area_note unique (id, note)",
    "alter table app.visit drop constraint visit_city_fkey",
    "alter table app.receipt add constraint again foreign key (visit, at) references app.visit on update cascade",
    "alter table app.receipt add constraint one foreign key (visit, at) references app.visit_2023 not valid",
    "alter table app.area add constraint area_city foreign key (up) references app.area on delete set null deferrable",
    "alter table app.area_0 add constraint area_0_city foreign key (up) references app.area",
    "alter table app.visit alter constraint visit_city_fkey deferrable initially deferred",
    "alter table app.receipt alter constraint receipt_visit deferrable",
    "alter table app.area alter constraint area_up deferrable",
    "comment on constraint visit_amount on app.visit is 'not negative'",
    "comment on constraint visit_amount on app.visit_2023 is 'not negative here'",
    # indexes
    "create index on app.visit (gone, at)",
    "create unique index visit_unique on app.visit (at, id, city)",
    "create index visit_only on only app.visit (gone)",
    "do $$ begin create index v_only on only app.area (note); create index v_0 on app.area_0 (note); alter index app.v_only attach partition app.v_0; end $$",
    "do $$ begin create index v_only on only app.area (note); create index v_0 on app.area_0 (note); create index v_1 on app.area_1 (note); alter index app.v_only attach partition app.v_0; alter index app.v_only attach partition app.v_1; end $$",
    "create index only_a on app.visit_2024_a (gone)",
    "drop index app.visit_city",
    "drop index app.visit_note_amount",
    "drop index app.only_23",
    "comment on index app.visit_city is 'other'",
    "alter index app.visit_2023_city_idx set (fillfactor = 90)",
    "alter index app.visit_2023_city_idx reset (fillfactor)",
    # triggers, policies, privileges
    "create trigger more after update on app.visit for each row execute function app.seen()",
    "create trigger more after update of note on app.visit_2024 for each row execute function app.seen()",
    "drop trigger visit_seen on app.visit",
    "drop trigger own_23 on app.visit_2023",
    "alter table app.visit disable trigger visit_seen",
    "alter table app.visit_2024_a disable trigger visit_seen",
    "alter table app.visit_2023 enable trigger visit_after",
    "alter table app.visit_2024 disable trigger visit_after",
    "alter table only app.visit disable trigger visit_after",
    "drop function app.seen() cascade",
    "drop policy visit_23 on app.visit_2023",
    "alter table app.visit_2024 force row level security",
    "revoke select on app.visit from public",
    "grant update on app.visit_2024_a to public",
    "comment on column app.visit_2023.city is 'of 2023'",
    "drop view app.visits",
    "drop table app.city cascade",
    # more of it, entangled
    "drop table app.visit, app.receipt cascade",
    'alter table app.visit rename column at to "when"',
    "alter table app.visit_2024_a add constraint own_fk foreign key (city) references app.city",
    Rebuilt("alter table app.visit drop column city cascade"),
    "comment on trigger visit_seen on app.visit is 'x'",
    "do $$ begin alter table app.area detach partition app.area_1; exception when others then alter table app.area drop constraint area_up; alter table app.area detach partition app.area_1; end $$",
    "alter table app.area drop constraint area_pkey cascade",
    "alter table app.area drop constraint area_pkey cascade, add primary key (id, note)",
    Rebuilt("alter table app.visit drop column amount cascade, add column amount text default 'z'"),
    "create table app.y partition of app.area default",
    "create table app.y (like app.area including all) inherits (app.city)",
    "create table app.z as select * from app.visit",
    "alter schema app rename to app9",
    "alter table app.visit_2024_b rename to b_all",
    "drop trigger visit_after on app.visit",
    "create constraint trigger ct after insert on app.visit deferrable initially deferred for each row execute function app.seen()",
    "create trigger tr_trunc before truncate on app.visit execute function app.seen()",
    "alter table app.visit_2024 disable trigger visit_seen",
    "create rule ru as on insert to app.visit where false do instead nothing",
    "create policy pp on app.visit_2024_b0 using (city = 2)",
    "create table app.l partition of app.visit_2024_b for values from ('2024-07-01') to ('2024-07-02')",
    "create index on app.visit_2024_b (amount)",
    "create unique index on app.visit_2024_b (at, id)",
    "alter table app.visit_2024_b add constraint bchk check (amount < 500)",
    "alter table app.visit_2024_b alter column note set default 'bb'",
    "alter table app.visit_2024_b alter column note set not null",
    "grant insert on app.visit, app.thing to public",
    "do $$ begin create domain app.dm as integer check (value > 0); alter table app.visit add column d app.dm default 3; alter table app.thing add column d app.dm default 3; end $$",
    "drop view app.visits, app.visits_23, app.things cascade",
    "do $$ begin create table app.k (a integer not null, b text, c integer) partition by list (a); create table app.k1 (c integer, b text constraint kb not null, a integer constraint ka not null); alter table app.k attach partition app.k1 for values in (1); insert into app.k values (1,'x',2); alter table app.k drop column c; end $$",
    "alter table app.visit_2023 rename constraint visit_2023_pkey to pk23",
    "alter index app.area_pkey rename to area_key",
    "alter table app.visit_2024_a set tablespace pg_default",
    "drop schema app cascade",
    "drop schema app, other cascade",
    "do $$ begin alter table app.receipt drop constraint receipt_visit; alter table app.visit detach partition app.visit_2023; alter table app.visit attach partition app.visit_2023 for values from ('2020-01-01') to ('2024-01-01'); end $$",
    "do $$ begin alter table app.area rename to area_old; create table app.area (id integer); end $$",
    "do $$ begin alter table app.visit rename column city to town; alter table app.visit add column city text; end $$",
    "do $$ begin drop table app.visit_rest cascade; create table app.visit_rest partition of app.visit default; end $$",
    "do $$ begin create table app.s (id integer, up integer, note text, big integer generated always as (id * 1000) stored, primary key (id)) partition by list (id); create table app.s1 partition of app.s for values in (201); insert into app.s (id, note) values (201, 's'); alter table app.area attach partition app.s for values in (201); end $$",
    "do $$ begin alter table app.receipt drop constraint receipt_visit; alter table app.visit_2024 detach partition app.visit_2024_b; drop table app.visit_2024_b; end $$",
    Rebuilt(
        "alter table app.visit drop constraint visit_amount, drop constraint visit_note, drop column twice"
    ),
    "alter index app.visit_note_amount alter column 1 set statistics 78",
]

HEIRS = [
    "create table app.typed of app.shape",
    "alter table app.card of app.shape",
    "create table app.spoon (size integer) inherits (app.tool)",
    "create table app.both (weight integer, name text, at date, extra text) inherits (app.dated, app.thing)",
    "drop table app.plain",
    "drop table app.lease_long",
    "drop table app.lease cascade",
    "drop table other.joined",
    "drop table app.tool cascade",
    "drop table app.thing cascade",
    "drop table app.dated cascade",
    Rebuilt("alter table app.plain no inherit app.thing"),
    Rebuilt("alter table app.lease no inherit app.dated"),
    Rebuilt("alter table app.lease no inherit app.tool"),
    Rebuilt("alter table app.tool no inherit app.thing"),
    Rebuilt("alter table other.joined no inherit app.thing"),
    "alter table app.stranger inherit app.thing",
    Rebuilt("alter table app.stranger inherit app.thing, drop column more"),
    "alter table app.thing rename to things_all",
    "alter table app.thing rename column gone to lost",
    "alter table app.tool rename column price to cost",
    "alter table app.tool set schema other",
    "alter table app.thing add column extra text",
    "alter table app.thing add column more integer not null default 4",
    "alter table app.thing add column price integer",
    "alter table app.tool add column extra text default 'e'",
    Rebuilt("alter table app.thing drop column gone"),
    Rebuilt("alter table app.thing drop column late"),
    Rebuilt("alter table only app.thing drop column gone"),
    Rebuilt("alter table app.tool drop column price cascade"),
    Rebuilt("alter table app.dated drop column at cascade"),
    Rebuilt("alter table app.lease_long drop column bonus"),
    Rebuilt("alter table app.thing alter column weight type bigint"),
    Rebuilt("alter table app.thing alter column late type varchar(10) using reverse(late)"),
    "alter table app.thing alter column late set default 'later'",
    "alter table only app.thing alter column late drop default",
    "alter table app.lease alter column name drop default",
    "alter table app.thing alter column weight set not null",
    "alter table app.thing alter column name drop not null",
    "alter table app.tool alter column gone drop not null",
    "alter table app.lease alter column weight set not null",
    "alter table app.thing add constraint light check (weight < 1000)",
    "alter table app.thing add constraint light check (weight < 1000) no inherit",
    "alter table app.lease add constraint light check (weight < 1000)",
    "alter table app.lease add constraint thing_late check (late <> 'bad')",
    "alter table app.thing drop constraint thing_weight",
    "alter table app.thing drop constraint thing_late",
    "alter table app.thing drop constraint thing_own",
    "alter table only app.thing drop constraint thing_late",
    "alter table app.lease drop constraint lease_days",
    "alter table app.thing rename constraint thing_weight to weighs",
    "alter table app.tool drop constraint tool_key cascade",
    "create index on app.thing (name)",
    "drop index app.tool_name",
    "alter table app.thing add unique (id, name)",
    "create trigger t after insert on app.thing for each row execute function app.seen()",
    "alter table app.tool disable trigger tool_seen",
    "alter table app.lease alter column name set statistics 7",
    "comment on column app.plain.name is 'plain'",
    "drop policy lease_policy on app.lease",
    "grant update (name) on app.lease to public",
    Rebuilt("alter table app.plain set unlogged"),
    "drop view app.leases",
    "alter table app.lease inherit app.thing",
    "alter table app.tool add constraint c2 check (price > 0)",
    Rebuilt("alter table app.dated add column weight integer"),
    Rebuilt(
        "do $$ begin alter table app.plain no inherit app.thing; alter table app.plain inherit app.thing; end $$"
    ),
    Rebuilt(
        "alter table app.thing add column c1 integer default 1, add column c2 text, drop column gone"
    ),
    "alter table app.thing set schema other",
    "alter table app.thing add constraint u unique (name, weight)",
    "alter table app.thing alter column name set default 'q', alter column weight set default 3",
    "alter table only app.thing add constraint oo check (id > 0) no inherit",
    "alter table app.tool rename to tools",
    "alter table other.joined set schema app",
    'alter index app."city 24" rename to x24',
    Rebuilt("alter table app.lease drop constraint lease_days, drop column days cascade"),
    "alter table app.dated drop constraint dated_at",
    Rebuilt("alter table app.lease no inherit app.dated, no inherit app.tool"),
    Rebuilt("alter table app.lease_long no inherit app.lease"),
    "create table app.h (id integer, name text) inherits (app.city)",
    Rebuilt("alter table app.city drop column name"),
    "alter table app.thing rename constraint thing_late to late_check",
    "alter table app.lease add constraint dated_at2 check (at is not null)",
    "alter table app.stranger add constraint q check (id > 0), inherit app.thing, alter column more set default 'x'",
    "alter table app.thing add constraint thing_nv check (weight < 3) not valid",
    "alter table app.thing add column gg integer generated always as (weight * 2) stored",
    "create table app.x (name text default 'x') inherits (app.dated, app.lease)",
    "do $$ begin alter table app.thing rename to thing_old; create table app.thing (id integer); end $$",
    "do $$ begin alter table app.thing rename column gone to was; alter table app.thing add column gone integer; end $$",
    "do $$ begin drop table app.lease_long; create table app.lease_long () inherits (app.lease); end $$",
    "do $$ begin create table app.top (weight integer); alter table app.thing inherit app.top; end $$",
    Rebuilt(
        "alter table app.thing alter column weight type numeric(10,2), alter column gone type varchar(30)"
    ),
    "create unlogged table app.ul (z integer) inherits (app.thing)",
]

SINCE_18 = [
    "alter table app.visit add column v2 integer generated always as (city + 1) virtual",
    "alter table app.thing add column v2 integer generated always as (weight + 1) virtual",
    "alter table app.visit add constraint nn not null note not valid",
    "alter table app.thing add constraint wnn not null weight",
    "alter table app.thing add constraint wnn not null weight no inherit",
    "alter table app.receipt alter constraint receipt_visit not enforced",
    "alter table app.visit add constraint f2 foreign key (city) references app.city not valid",
    "alter table app.visit add constraint ck check (city > 0) not enforced",
    Rebuilt("alter table app.area alter column big set expression as (id * 5)"),
    "alter table app.tool alter constraint tool_gone_not_null no inherit",
    Rebuilt("alter table app.area_0 alter column big set expression as (id * 5)"),
    Rebuilt("alter table app.visit_2023 alter column twice set expression as (amount * 5)"),
]

REFUSED = [
    # The check of a column goes with it; that of an heir stays, marked as inherited from nobody.
    ("alter table app.thing drop column weight", "inheritance"),
    ("alter table only app.thing drop column weight", "inheritance"),
    ("alter table app.lease drop column days cascade", "inheritance"),
    # Which index of a partition stands for which of two that are alike, the server chooses.
    (
        "do $$ begin create index a_1 on app.area (note); create index a_2 on app.area (note); end $$",
        "twin-indexes",
    ),
    ("alter table app.area add constraint again unique (id)", "twin-indexes"),
    # A temporary table is not the journal's, nor is a foreign one.
    (
        "do $$ begin create temp table brief () inherits (app.city);"
        " alter table app.city drop column name; end $$",
        "unknown-table",
    ),
]
"""What is not known to come back, by the name of the rule."""
