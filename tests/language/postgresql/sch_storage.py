"""How tables and indexes are kept: parameters, clustering, logging, identity, statistics."""

from __future__ import annotations

from tests.language.cases import Case

SECTION = "Storage and maintenance"

BASE = """
create schema app;
create table app.person (
  id integer primary key,
  name text not null,
  note text,
  data jsonb,
  code char(5),
  unique (name)
) with (fillfactor = 80, toast.autovacuum_enabled = off);
insert into app.person select i, 'p' || (100 - i), repeat('n', i * 50), '{"a": 1}', 'c' || i
from generate_series(1, 40) i;
alter table app.person alter note set storage external, alter note set statistics 77,
  alter name set (n_distinct = -0.5), alter data set compression pglz;
create index person_note on app.person (note) with (fillfactor = 70, deduplicate_items = off);
create index person_code on app.person (lower(code), (id + 1));
alter index app.person_code alter column 1 set statistics 55;
create unique index person_both on app.person (id, name);
create index person_gin on app.person using gin (data) with (fastupdate = off);
create index person_brin on app.person using brin (id) with (pages_per_range = 4);
create table app.pet (id integer primary key, owner integer references app.person, name text);
insert into app.pet select i, i, 'pet' from generate_series(1, 20) i;
alter table app.pet cluster on pet_pkey;
alter table app.pet replica identity full;
create unlogged table app.quick (id integer primary key, what text);
insert into app.quick select i, 'q' from generate_series(1, 10) i;
create unlogged table app.quick_pet (id integer references app.quick);
create table app.plain (a integer, b text);
insert into app.plain select i, 'b' || i from generate_series(1, 12) i;
create table app.part (id integer, at date, note text, primary key (id, at)) partition by range (at);
create table app.part_1 partition of app.part for values from ('2024-01-01') to ('2025-01-01');
create table app.part_2 partition of app.part default with (fillfactor = 60);
insert into app.part select i, date '2024-06-01' + i * 30, 'n' from generate_series(1, 20) i;
create index part_note on app.part (note);
create view app.shown as select id, name, note from app.person where id < 100;
create view app.barred with (security_barrier) as select * from app.person where id < 10;
create materialized view app.counted with (fillfactor = 90) as
  select code, count(*) as n from app.person group by code;
create unique index counted_code on app.counted (code);
create statistics app.person_stats (ndistinct, mcv) on name, code from app.person;
create sequence app.ticket;
create unlogged table app.numbered (id integer generated always as identity);
"""

CASES = (
    # parameters
    Case("alter table app.person set (fillfactor = 50)"),
    Case("alter table app.person reset (fillfactor)"),
    Case("alter table app.person reset (toast.autovacuum_enabled)"),
    Case("alter table app.person reset (fillfactor, toast.autovacuum_enabled, autovacuum_enabled)"),
    Case("alter table app.plain set (autovacuum_enabled, toast.vacuum_truncate = off)"),
    Case("alter table app.plain set (parallel_workers = 3, toast_tuple_target = 200)"),
    Case("alter table app.plain set (user_catalog_table = true)"),
    Case("alter table app.plain set (vacuum_max_eager_freeze_failure_rate = 0.5)", since=18),
    Case("alter table app.part_2 reset (fillfactor)"),
    Case("alter index app.person_note set (fillfactor = 40, deduplicate_items = on)"),
    Case("alter index app.person_note reset (fillfactor, deduplicate_items)"),
    Case("alter index app.person_pkey set (fillfactor = 40)"),
    Case("alter index app.person_gin set (gin_pending_list_limit = 128)"),
    Case("alter index app.person_gin reset (fastupdate)"),
    Case("alter index app.person_brin set (autosummarize = on)"),
    Case("alter index app.person_code alter column 2 set statistics 9"),
    Case("alter index app.person_code alter column 1 set statistics -1"),
    Case("alter index app.counted_code set (fillfactor = 40)"),
    Case("alter view app.shown set (security_barrier)"),
    Case("alter view app.shown set (security_invoker = on)", since=15),
    Case("alter view app.shown set (check_option = local)"),
    Case("alter view app.shown set (check_option = 'cascaded', security_barrier = false)"),
    Case("alter view app.barred reset (security_barrier)"),
    Case("create or replace view app.barred as select * from app.person where id < 10"),
    Case(
        "create or replace view app.shown with (security_barrier) as"
        " select id, name, note from app.person where id < 100 with cascaded check option"
    ),
    Case("alter materialized view app.counted set (fillfactor = 30, autovacuum_enabled = off)"),
    Case("alter materialized view app.counted reset (fillfactor)"),
    Case("alter materialized view app.counted cluster on counted_code"),
    # columns
    Case("alter table app.person alter name set statistics 500"),
    Case("alter table app.person alter note set statistics -1"),
    Case("alter table app.person alter note set statistics default", since=17),
    Case("alter table app.person alter name set (n_distinct = 5, n_distinct_inherited = -1)"),
    Case("alter table app.person alter name reset (n_distinct)"),
    Case("alter table app.person alter note set storage plain"),
    Case("alter table app.person alter note set storage default", since=16),
    Case("alter table app.person alter name set storage main, alter code set storage external"),
    Case("alter table app.person alter data set compression default"),
    Case("alter table app.person alter note set compression pglz"),
    Case("alter table app.part alter note set statistics 5"),
    Case("alter table app.part_1 alter note set (n_distinct = 2)"),
    Case("create table app.like_person (like app.person including all)"),
    # order and place
    Case("cluster app.person using person_both"),
    Case("cluster verbose app.person using person_note"),
    Case("cluster (verbose) app.person using person_both"),
    Case("cluster app.pet"),
    Case("cluster app.pet using pet_pkey"),
    Case("cluster app.counted using counted_code"),
    Case("alter table app.person cluster on person_both"),
    Case("alter table app.pet cluster on pet_pkey"),
    Case("alter table app.pet set without cluster"),
    Case("alter table app.person set tablespace pg_default"),
    Case("alter index app.person_note set tablespace pg_default"),
    Case("alter table all in tablespace pg_default set tablespace pg_default"),
    Case(
        "alter index all in tablespace pg_default owned by clew_owner set tablespace pg_default nowait"
    ),
    Case("alter table app.person set access method heap", since=15),
    # logged or not
    Case("alter table app.plain set unlogged", "rebuild"),
    Case("alter table app.pet set unlogged", "rebuild"),
    Case("alter table app.quick set logged", "rebuild"),
    Case("alter table app.numbered set logged", since=15),
    Case("alter table app.plain set logged"),
    Case(
        "create unlogged table app.fast (id integer generated by default as identity primary key)"
    ),
    Case("create unlogged table app.fast as select * from app.person"),
    Case("alter sequence app.ticket set unlogged", since=15),
    Case("drop table app.quick cascade"),
    # replica identity
    Case("alter table app.person replica identity using index person_both"),
    Case("alter table app.person replica identity full"),
    Case("alter table app.person replica identity nothing"),
    Case("alter table app.pet replica identity default"),
    Case(
        "drop index app.person_both",
        setup="alter table app.person replica identity using index person_both;",
    ),
    Case(
        "alter table app.person drop constraint person_name_key",
        setup="alter table app.person replica identity using index person_name_key;",
    ),
    # statistics
    Case("alter statistics app.person_stats set statistics 44"),
    Case("create statistics app.more on id, note from app.person"),
    Case("create statistics on (lower(name)), (code || 'x') from app.person", since=16),
    Case("drop statistics app.person_stats"),
    Case("alter statistics app.person_stats rename to stats"),
    # maintenance
    Case("analyze"),
    Case("analyze verbose app.person (name, code), app.pet"),
    Case("analyze (skip_locked) app.part"),
    Case("reindex table app.person"),
    Case("reindex (verbose) index app.person_note"),
    Case("reindex index app.person_pkey"),
    Case("reindex table app.counted"),
    Case("lock table app.person, only app.part in access exclusive mode"),
    Case("lock app.pet nowait"),
    Case("refresh materialized view app.counted"),
    Case("refresh materialized view concurrently app.counted with data"),
    Case("refresh materialized view app.counted with no data", "rebuild"),
)
