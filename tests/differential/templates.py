"""Templates of statements, and values, for either database."""

from __future__ import annotations

BOTH = """
insert into {t} ({c}) values ({v})
insert into {t} ({c}) values ({v}), ({v}) returning *
insert into {t} ({c}, {c}) values ({v}, {v}) on conflict do nothing
insert into {t} ({c}, {c}) select {c}, {e} from {t}
insert into {t} default values returning *
insert into {t} values ({v}, {v})
insert into {v} ({c}) select {v}
insert into {v} ({c}) values ({v})
update {t} set {c} = {e}
update {t} set {c} = {v} where {c} = {v} returning {c}
update {t} set {c} = {c}, {c} = {e} where {e}
update {t} set ({c}, {c}) = (select {v}, {v})
delete from {t} where {c} = {v}
delete from {t} where {e} returning *
delete from {t}
with x as (select {c} as y from {t}) update {t} set {c} = (select max(y) from x)
with x as (select {e} as y from {t}) delete from {t} where {c} in (select y from x) returning {c}
select * from {t} order by {c}
select {c}, count(*) from {t} group by 1 order by 1
select {e} from {t}
select * from {view}
select {v}, {v}
values ({v}), ({v})
create table {n} ({c} integer primary key, {n} text default {v})
create table {n} (a integer references {t}, b text check (b <> {v}), unique (a, b))
create table {n} as select * from {t}
create table if not exists {n} (a integer)
create temp table {n} as select {c} from {t}
create view {n} as select {c}, {e} as e from {t}
create view {n} as select * from {view}
create index {n} on {t} ({c})
create unique index {n} on {t} ({c}, {c})
create index {n} on {t} (({e})) where {c} is not null
alter table {t} add column {n} integer default 7
alter table {t} add column {n} text
alter table {t} add column {n} text not null default 'd'
alter table {t} rename column {c} to {n}
alter table {t} rename to {n}
alter table {t} drop column {c}
drop table {t}
drop table if exists {n}
drop view {view}
drop index {index}
"""

POSTGRESQL = (
    BOTH.strip().splitlines()
    + """
insert into {t} ({c}) values ({v}) on conflict ({c}) do update set {c} = {e} returning *
insert into {t} ({c}) overriding system value values ({v})
merge into {t} x using (select {e} as v from {t}) y on x.{c} = y.v when matched then delete
merge into {t} x using (values ({v})) y (v) on x.{c}::text = y.v::text when matched then update set {c} = {v} when not matched then insert ({c}) values ({v})
delete from {t} using {t} x where {t}.{c} = x.{c}
truncate {t}
truncate {t} restart identity cascade
truncate {t}, {t} cascade
explain (costs off) select * from {t} where {c} = {v}
select nextval('{seq}')
select setval('{seq}', 7)
select currval('{seq}')
alter sequence {seq} increment 2 restart 5
alter sequence {seq} rename to {n}
create sequence {n} start 3 owned by {t}.{c}
drop sequence {seq}
drop sequence {seq} cascade
select tried($t$delete from {t}$t$)
select tried($t$alter table {t} drop column {c}$t$)
select tried($t$drop table {t} cascade$t$)
select tried($t$create table {n} (a serial, b text default {v}); insert into {n} (b) values ({v})$t$)
do $d$begin update {t} set {c} = {v}; exception when others then raise notice 'caught %', sqlstate; end$d$
do $d$begin insert into {t} ({c}) values ({v}); raise exception 'no'; end$d$
do $d$declare n integer; begin delete from {t} where {c} = {v}; get diagnostics n = row_count; raise notice '% gone', n; end$d$
select written(2)
select nested(3)
call filled(2)
create type {n} as enum ('x', 'y')
create domain {n} as text default {v} check (value <> 'no')
create type {n} as (a integer, b text)
alter type {type} rename to {n}
alter type {type} add value 'more'
alter domain {type} set default {v}
drop type {type}
drop type {type} cascade
alter table {t} add column {n} {type}
alter table {t} add column {n} serial
alter table {t} add column {n} integer generated always as identity
alter table {t} add column {n} text generated always as ({e}) stored
alter table {t} drop column {c} cascade
alter table {t} drop column {c}, add column {c} text
alter table {t} alter column {c} type text
alter table {t} alter column {c} type integer using 1
alter table {t} alter column {c} type varchar(9) using {c}::varchar(9)
alter table {t} alter column {c} set default {v}
alter table {t} alter column {c} drop default
alter table {t} alter column {c} set not null
alter table {t} alter column {c} drop not null
alter table {t} alter column {c} drop expression
alter table {t} alter column {c} set statistics 10
alter table {t} add constraint {n} check ({c} is not null) not valid
alter table {t} add constraint {n} check ({c} is null or true)
alter table {t} add constraint {n} unique ({c})
alter table {t} add constraint {n} primary key ({c})
alter table {t} add constraint {n} foreign key ({c}) references {t} on delete cascade
alter table {t} drop constraint {con}
alter table {t} drop constraint if exists {con} cascade
alter table {t} rename constraint {con} to {n}
alter table {t} validate constraint {con}
alter table {t} disable trigger user
alter table {t} enable trigger user
alter table {t} enable row level security
alter table {t} inherit {t}
alter table {t} no inherit parent
alter table shelf detach partition {t}
alter table shelf attach partition {t} for values in ('n')
alter table {t} replica identity full
alter table {t} set (fillfactor = 80)
alter table {t} set unlogged
alter table {t} set schema {schema}
alter table {t} cluster on {index}
create schema {n}
drop schema {schema} cascade
alter schema {schema} rename to {n}
create table {n} (like {t} including all)
create table {n} partition of shelf for values in ('m', 'n')
create table {n} (a integer, b text) inherits (parent)
create table {n} (a integer, b date) partition by range (a)
create unlogged table {n} (a {type})
select {c} into {n} from {t}
create materialized view {n} as select {c} from {t}
refresh materialized view {mat}
drop materialized view {mat}
create or replace view {view} as select 1 as one
alter view {view} rename to {n}
alter view {view} rename column {c} to {n}
drop view {view} cascade
drop table {t} cascade
drop table {t}, {t} cascade
alter index {index} rename to {n}
create function {n}() returns integer language sql as 'select count(*)::integer from {t}'
create function {n}(a integer default {v}) returns text language sql begin atomic select {v}::text; end
create function {n}() returns trigger language plpgsql as $f$begin raise notice '%', tg_op; return coalesce(new, old); end$f$
create or replace function upped() returns trigger language plpgsql as $f$begin return new; end$f$
create trigger {n} after insert or update or delete on {t} for each row execute function {trigf}()
create trigger {n} before insert on {t} for each row when (new.{c} is not null) execute function {trigf}()
create trigger {n} after update on {t} referencing old table as was for each statement execute function {trigf}()
alter trigger {trig} on {t} rename to {n}
drop trigger {trig} on {t}
drop function {trigf}() cascade
alter function {trigf}() rename to {n}
create rule {n} as on delete to {t} do also insert into audit (what) values ('rule')
create policy {n} on {t} using ({c} is not null)
create statistics {n} on {c}, {c} from {t}
comment on table {t} is {v}
comment on column {t}.{c} is 'it''s a {n}'
comment on view {view} is null
grant select, insert ({c}) on {t} to public
grant all on {t} to public with grant option
revoke all on {t} from public
alter default privileges grant select on tables to public
set local work_mem = '3MB'
set search_path = public, pg_catalog
set datestyle = 'SQL, DMY'
reset datestyle
set constraints all immediate
set constraints all deferred
select set_config('app.who', {v}::text, true)
select pg_notify('heard', {v}::text)
lock table {t} in share mode
analyze {t}
reindex table {t}
prepare {n} as select * from {t}
deallocate all
notify heard
vacuum {t}
create extension {n}
create role {n}
set role {n}
listen {n}
discard all
""".strip().splitlines()
)

POSTGRESQL_VALUES = (
    *("0", "1", "2", "-1", "7.5", "null", "true", "''", "'a'", "'b'", "'glad'", "'it''s'"),
    *(
        "'2020-02-02'",
        "'{}'",
        "'{1,2}'",
        "'{\"a\": 1}'",
        "'😀'",
        "E'\\\\\\n'",
        "$v$ ;' $v$",
        "default",
    ),
    *(
        "99999999999",
        "repeat('x', 3000)",
        "array[1, null]",
        "row(1, 'x')",
        "now() is null",
        "'x'::text",
    ),
)

SQLITE = (
    BOTH.strip().splitlines()
    + """
insert or replace into {t} ({c}, {c}) values ({v}, {v})
insert or ignore into {t} ({c}) values ({v}), ({v})
insert or fail into {t} ({c}) values ({v}), ({v}), ({v})
insert into {t} (rowid, {c}) values ({v}, {v})
insert into {t} ({c}) values ({v}) on conflict do update set {c} = {e} returning *
replace into {t} ({c}) values ({v}) returning rowid
update or replace {t} set {c} = {e}
update or ignore {t} set {c} = {v}
update or fail {t} set {c} = {v}
update {t} set rowid = rowid + 10
update {t} set {c} = x.{c} from {t} x where x.{c} is not {t}.{c}
delete from {t} where rowid = {v}
delete from sqlite_sequence
update sqlite_sequence set seq = 40
create table {n} (a integer primary key autoincrement, b unique on conflict replace, c as (b) stored)
create table {n} (a text primary key, b any) strict, without rowid
create table {n} ({c} {n} collate nocase, {n} references {t} on delete cascade deferrable initially deferred)
create virtual table {n} using fts5 (title, body)
create virtual table {n} using rtree (id, x0, x1)
create virtual table {n} using {n} (a)
create temp view {n} as select * from {t}
create temp trigger {n} after insert on {t} begin delete from {t} where {c} = {v}; end
create trigger {n} after insert on {t} begin update {t} set {c} = {v} where {c} = new.{c}; end
create trigger {n} before delete on {t} when old.{c} is not null begin insert into audit (what) values ({v}); end
create trigger {n} after update of {c} on {t} begin select case when new.{c} = {v} then raise(abort, 'no') end; end
create trigger {n} instead of insert on {view} begin insert into audit (what) values ('view'); end
drop trigger {trig}
alter table {t} add column {n} references {t}
alter table {t} add column {n} as ({c}) virtual
alter table {t} rename {c} to {n}
pragma user_version = 5
pragma table_info({t})
pragma foreign_keys
pragma defer_foreign_keys = on
pragma case_sensitive_like = on
pragma journal_mode = wal
pragma writable_schema = on
pragma {n} = 1
select last_insert_rowid(), typeof({v})
select changes()
reindex {t}
reindex
analyze {t}
analyze
vacuum
explain query plan select * from {t} where {c} = {v}
select * from {t} where {c} like {v}
select count(*) from sqlite_master where name = {v}
with recursive x (n) as (select 1 union all select n + 1 from x where n < 5) insert into {t} ({c}) select n from x
""".strip().splitlines()
)

SQLITE_VALUES = (
    *("0", "1", "2", "-1", "7.5", "-0.0", "null", "true", "''", "'a'", "'A'", "'it''s'", "x'00ff'"),
    *(
        "9223372036854775807",
        "1e400",
        "'1'",
        "' 1 '",
        "'😀'",
        "char(0)",
        "'semi;colon'",
        "zeroblob(5)",
    ),
    *(
        '"double"',
        "cast(x'ff' as text)",
        "'2020-02-02'",
        "random() is null",
        "replace(hex(zeroblob(2000)), '0', 'x')",
    ),
)

NEW = (
    *(
        "fresh",
        "other",
        "Third One",
        'quo"te',
        "select",
        "ünï",
        "x",
        "s",
        "new",
        "n2",
        "it's",
        "%s",
    ),
)
"""Names for what is made."""
