"""Odd names, types and entanglements, and DDL statements that are run over them."""

from __future__ import annotations

from tests.language.cases import Rebuilt

ODD = r"""
create schema "Sel ect";
create schema app;
create type app.pair as (a integer, b text);
create type app.mood as enum ('sad','ok');
create domain app.pos as integer check (value > 0) not null;
create domain app.moods as app.mood check (value <> 'sad');
create type app.holder as (m app.mood, p app.pair);
create table "Sel ect"."from ""x"" % $1 ☃" ("a b" serial primary key, "select" text default 'it''s', "%s" app.pair, "C" app.pos default 7, "Ünï" app.moods, h app.holder[], "lost" text);
insert into "Sel ect"."from ""x"" % $1 ☃" ("select","%s","Ünï",h,lost) select 'x'||i, row(i,'b')::app.pair, 'ok', array[row('ok',row(1,'z')::app.pair)::app.holder], 'l'||i from generate_series(1,10) i;
create view "Sel ect"."V" as select "a b" as "%", "%s" from "Sel ect"."from ""x"" % $1 ☃";
create index "i % $1" on "Sel ect"."from ""x"" % $1 ☃" (("select" || '%'));
comment on column "Sel ect"."from ""x"" % $1 ☃"."%s" is '100% \ ''q'' $1';
create table app.parent (id integer primary key, note text, gone text);
create table app.child (extra text) inherits (app.parent);
insert into app.parent values (1,'p','g'); insert into app.child values (2,'c','g','e');
create table app.part (id integer, at date not null, v text, primary key (id, at)) partition by range (at);
create table app.part_1 partition of app.part for values from ('2024-01-01') to ('2025-01-01');
create table app.part_2 partition of app.part for values from ('2025-01-01') to ('2026-01-01');
insert into app.part values (1,'2024-05-05','a'),(2,'2025-05-05','b');
create index part_v on app.part (v);
create table app.values (b boolean, i inet, c "char", n name, bp char(4), x text, m money, iv interval, f float8, r int4range, j json, ba bytea, bi bit(3), vb bit varying, o oid, rc regclass, tz timestamptz, t time with time zone, p point, u uuid, ts tsvector, mr int4multirange, a2 int[][], l pg_lsn, d date, drop_me integer);
insert into app.values values (true,'1.2.3.4','x','nm','ab  ','<a>1</a>', 12.5,'1 year -3 days 04:05:06.789','-0','[1,5)','{"a": 1,   "b":2}','\xdead','101','10','42','pg_catalog.pg_class','2024-01-01 12:00+02','12:00+02','(1,2)','a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11','a b','{[1,2),[5,6)}','{{1,2},{3,4}}','16/B374D848','infinity',1);
insert into app.values (f,drop_me) values ('nan',2),('infinity',3),(0.1+0.2,4);
create table app.self (id integer primary key, up integer references app.self, "end" text);
insert into app.self values (1,null,'x'),(2,1,'y'),(3,2,'z');
create table app.a (id integer primary key, b_id integer, t text);
create table app.b (id integer primary key, a_id integer references app.a, t text);
alter table app.a add foreign key (b_id) references app.b deferrable initially deferred;
begin; insert into app.a values (1,1,'x'); insert into app.b values (1,1,'y'); commit;
create table app.rls (id integer primary key, who text, z text, last integer);
insert into app.rls values (1,'me','z',3);
alter table app.rls enable row level security; alter table app.rls force row level security;
create policy p on app.rls using (who = 'nobody');
create function app.of(r app.self) returns text language sql as 'select r."end"';
create function app.def() returns text language sql as $$select 'd'$$;
create table app.usesdef (id serial primary key, t text default app.def(), mid integer, unique (mid) include (t), check (app.def() = t or t is null or t is not null));
insert into app.usesdef (mid) values (1),(2);
create materialized view app.mv as select id, who from app.rls where false;
create view app.vv as select * from app.values;
create view app.vself as select s.*, app.of(s) from app.self s;
create table app.gen (id integer primary key, a integer, g integer generated always as (a * 2) stored, z text);
insert into app.gen (id,a,z) values (1,2,'x');
create table app.opt (id integer primary key with (fillfactor=50), s text compression pglz, e numeric(6,2)) with (fillfactor=60, toast.autovacuum_enabled=false);
alter table app.opt alter s set storage external; insert into app.opt values (1, repeat('x', 5000), 1200);
create unique index opt_ri on app.opt (id); alter table app.opt replica identity using index opt_ri;
create sequence app.sq; select nextval('app.sq'), nextval('app.sq');
create function app.trg() returns trigger language plpgsql as $$ begin raise exception 'must stay silent'; end $$;
create table app.trig (id integer primary key, gone text, kept text);
insert into app.trig values (1,'g','k');
create trigger a_trig before insert or update or delete on app.trig for each row execute function app.trg();
create trigger s_trig after insert or update on app.trig for each statement execute function app.trg();
create table app.ri (id integer primary key); insert into app.ri values (1),(2);
create table app.rf (id integer primary key, r integer, gone text, k text); alter table app.rf add foreign key (r) references app.ri on delete cascade on update cascade not valid; insert into app.rf values (1,1,'g','k'),(2,2,'g','k');
"""

EXACT = [
    Rebuilt('alter table "Sel ect"."from ""x"" % $1 ☃" drop column lost'),
    Rebuilt('alter table "Sel ect"."from ""x"" % $1 ☃" drop column "select" cascade'),
    Rebuilt('alter table "Sel ect"."from ""x"" % $1 ☃" drop column "C"'),
    Rebuilt('alter table "Sel ect"."from ""x"" % $1 ☃" drop column "%s" cascade'),
    Rebuilt('alter table "Sel ect"."from ""x"" % $1 ☃" drop column "Ünï"'),
    Rebuilt('alter table "Sel ect"."from ""x"" % $1 ☃" drop column h'),
    'alter table "Sel ect"."from ""x"" % $1 ☃" rename "select" to "☃ %s"',
    'alter table "Sel ect"."from ""x"" % $1 ☃" rename to simple',
    'drop table "Sel ect"."from ""x"" % $1 ☃" cascade',
    'drop schema "Sel ect" cascade',
    "alter type app.pair rename attribute b to bb",
    "alter type app.pair rename to duo",
    "alter type app.mood rename value 'sad' to 'blue'",
    Rebuilt("alter type app.mood add value 'new'"),
    Rebuilt("drop type app.holder cascade"),
    Rebuilt("drop domain app.pos cascade"),
    Rebuilt("drop domain app.moods cascade"),
    "alter domain app.pos drop constraint pos_check",
    "alter domain app.moods add constraint xx check (value is not null)",
    "alter table app.parent rename note to notes",
    "comment on table app.parent is 'x'",
    "alter table app.part rename v to vv",
    "alter table app.part rename to parted",
    "alter table app.part_1 rename to parted_1",
    Rebuilt("alter table app.values drop column drop_me cascade"),
    Rebuilt("alter table app.values drop column b cascade"),
    Rebuilt("alter table app.values drop column x cascade"),
    "drop table app.values cascade",
    "alter table app.values rename b to bool",
    "alter table app.values add column t2 text default 'x'",
    Rebuilt('alter table app.self drop column "end" cascade'),
    Rebuilt("alter table app.self drop column up cascade"),
    "drop table app.self cascade",
    "alter table app.self drop constraint self_pkey cascade",
    "drop table app.a cascade",
    "drop table app.a, app.b",
    Rebuilt("alter table app.a drop column t"),
    Rebuilt("alter table app.a drop column b_id"),
    Rebuilt("alter table app.b drop column a_id"),
    "alter table app.rls no force row level security",
    "drop function app.def() cascade",
    "create or replace function app.def() returns text language sql as $$select 'e'$$",
    "alter function app.def() rename to def2",
    "drop function app.of(app.self) cascade",
    Rebuilt("alter table app.usesdef drop column mid"),
    Rebuilt("alter table app.usesdef drop column t"),
    Rebuilt("alter table app.usesdef drop column id"),
    Rebuilt("alter table app.usesdef alter mid type text"),
    "refresh materialized view app.mv",
    Rebuilt("alter table app.rls drop column who cascade"),
    Rebuilt("alter table app.rls drop column z"),
    Rebuilt("alter table app.rls alter column last type text"),
    "drop table app.rls cascade",
    "drop materialized view app.mv",
    "create view app.w with (check_option=local, security_barrier) as select * from app.usesdef",
    "create or replace view app.vself as select s.*, app.of(s), 1 as one from app.self s",
    "drop view app.vself",
    Rebuilt("alter table app.gen drop column g"),
    Rebuilt("alter table app.gen drop column a cascade"),
    Rebuilt("alter table app.gen drop column z"),
    Rebuilt("alter table app.gen alter g drop expression"),
    Rebuilt("alter table app.gen alter column z type integer using 1"),
    "alter table app.gen add column g2 integer generated always as (a + 1) stored",
    Rebuilt("alter table app.opt drop column s"),
    Rebuilt("alter table app.opt drop column e"),
    "alter table app.opt alter s set storage main",
    "alter table app.opt drop constraint opt_pkey",
    "drop table app.opt",
    Rebuilt("alter table app.opt alter column e type text"),
    "drop sequence app.sq",
    Rebuilt("alter table app.trig drop column gone"),
    Rebuilt("alter table app.trig drop column kept"),
    Rebuilt("alter table app.trig alter column kept type varchar(3)"),
    Rebuilt("alter table app.trig drop column id"),
    "drop table app.trig",
    "alter table app.trig add column nn integer not null default 5",
    Rebuilt("alter table app.ri alter column id type bigint"),
    "drop table app.ri cascade",
    Rebuilt("alter table app.rf drop column gone"),
    Rebuilt("alter table app.rf drop column r"),
    "alter table app.rf validate constraint rf_r_fkey",
    Rebuilt("alter table app.rf drop column id"),
    "create table app.z (a app.pos, b app.moods, c app.pair, d app.holder[])",
    "do $$ begin create table app.tt(i int); insert into app.tt values (1); alter table app.tt add column j int default 3; create index on app.tt(j); end $$",
    "create table app.lk (like app.opt including all)",
    "alter table app.usesdef add exclude using gist (int4range(mid, mid, '[]') with &&)",
    "alter table app.self add column depth integer generated by default as identity, add check (depth < 100)",
    Rebuilt(
        "alter table app.usesdef alter column id type bigint, alter column mid set not null, add column q text, drop column t"
    ),
    "alter schema app rename to app2",
    "alter table app.usesdef alter column t drop default, alter column t set default 'x'",
    'alter table app.usesdef rename column id to "Id"',
    "create function app.va(variadic a text[], out b int, out c text) returns record language sql as 'select 1, null::text'",
    "create function app.sb(a int) returns setof app.self begin atomic select * from app.self; end",
    "drop view app.vv",
    "create or replace function app.of(r app.self) returns text language sql as 'select r.id::text'",
    "alter table app.trig disable trigger s_trig",
    "alter table app.trig enable replica trigger a_trig",
    "alter table app.opt replica identity full",
    "alter table app.rls disable row level security",
    "create policy q on app.rls for insert with check (who = current_user)",
    "alter table app.self rename to me",
    "create rule ins as on insert to app.vself do instead nothing",
    "create trigger iv instead of insert on app.vv for each row execute function app.trg()",
    "create temp table zz as select 1",
    "alter table app.parent set (fillfactor=80)",
    "grant select on app.parent, app.part, app.child to public",
    "alter table app.values alter column f set default 'nan'",
    'create table app."clew aside 1" (a int)',
    Rebuilt(
        "alter table app.values drop column m cascade, drop column iv cascade, drop column rc cascade"
    ),
    "alter table app.parent add column nu text",
    Rebuilt("alter table app.parent drop column gone"),
    "alter table app.parent alter note set not null",
    Rebuilt("alter table app.child drop column extra"),
    Rebuilt("alter table app.child no inherit app.parent"),
    "create table app.child2 () inherits (app.parent)",
    "drop table app.child",
    "drop table app.parent cascade",
    "alter table app.part add column z text",
    "alter table app.part detach partition app.part_2",
    "create table app.part_3 partition of app.part for values from ('2026-01-01') to ('2027-01-01')",
    "drop table app.part_1",
    "drop table app.part",
    "create index on app.part (at)",
    "drop index app.part_v",
    "create trigger pt after insert on app.part for each row execute function app.trg()",
]

REFUSED = [
    ("alter type app.pair add attribute c text", "composite-attribute"),
    ("alter type app.pair drop attribute b", "composite-attribute"),
]
