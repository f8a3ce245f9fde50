"""What the server refuses: each class of SQLSTATE, by its own statements and by functions."""

from __future__ import annotations

from collections.abc import Iterator

from tests.differential.postgresql.library import BASE

__all__ = ["BASE", "script"]

STATES = (
    "01000 02000 03000 08006 09000 0A000 0B000 0F000 0L000 0P000 0Z000 20000 21000 22000 22001 22003"
    " 22004 22007 22012 22023 22P02 23000 23001 23502 23503 23505 23514 23P01 24000 25001 25P02 26000"
    " 27000 28000 2B000 2BP01 2D000 2F000 34000 38000 39000 3B000 3D000 3F000 40001 40P01 42000 42501"
    " 42601 42704 42P01 42P07 44000 53100 54000 55000 55006 55P03 57014 58030 72000 F0000 HV000 P0001"
    " P0002 P0003 P0004 XX000 XX001 ABCDE ZZZZZ"
).split()

FAILING = """
select 1 / 0
select 1 % 0
select 2147483647 + 1
select 10 ^ 400
select sqrt(-1)
select ln(0)
select 'x'::integer
select ''::date
select '2020-02-30'::date
select '24:60'::time
select 'x'::mood
select 'glad'::mood = 'x'
select 'much too long a text'::short
select 'abc'::varchar(2)::integer
select chr(0)
select substring('a' from 1 for -1)
select to_date('x', 'YYYY')
select array[1, 2][1:2] + 1
select array[[1], [2, 3]]
select '{1,2'::integer[]
select array_fill(1, array[-1])
select (array[1])['a']
select '{"a":'::jsonb
select '[1]'::jsonb -> 'x' -> 'y' #> '{'
select jsonb_set('1', '{a}', '2')
select jsonb_path_query('{"a": 1}', 'strict $.b')
select 'a' ~ '('
select regexp_replace('a', 'a', 'b', 'q')
select repeat('x', 2000000000)
select lpad('x', 2000000000, 'y') || 'z'
select width_bucket(1, 1, 1, 3)
select power(0, -1)
select factorial(-1)
select nothing()
select nothing
select nowhere.nothing
select * from nowhere
select * from nowhere.book
select * from pg_catalog.nothing
select no from book
select b.no from book b
select id from book, writer
select max(id) from book group by title having no > 1
select title, count(*) from book
select count(count(*)) from book
select * from book where count(*) > 1
select sum(title) from book
select 1 union select 'a'
select 1, 2 union select 1
select (select 1, 2)
select (select id from book)
select 1 where 1
select * from book limit -1
select * from book order by 99
select distinct on (id) title from book order by title
select row_number() from book
select * from generate_series(1, 3, 0)
select * from book b join writer b on true
select writer.name from book
select 1 as x from book where x = 1
select cast(1 as nothing)
select 1::book
select null::place.house
select book.nothing.deep from book
select 'a' collate "nothing"
select 'a' < 1
select -'a'
select not 1
select 1 in ('a', 'b')
select row(1, 2) = row(1)
select interval '1 day' + 1
select extract(nothing from now())
select date_trunc('nothing', timestamp '2020-01-01')
select timezone('Nowhere/Land', now())
select currval('counted')
select nextval('nothing')
select nextval('book')
select setval('counted', 0)
select set_config('nothing', 'x', false)
select set_config('work_mem', 'x', false)
select current_setting('nothing')
select pg_sleep('x')
select pg_advisory_xact_lock('x')
select has_table_privilege('nobody at all', 'book', 'select')
select pg_get_viewdef('book'::regclass, 1, 2, 3)
select 'nothing'::regclass
select 'nothing'::regtype
select 'nothing()'::regprocedure
insert into book values (1, 2)
insert into book (id, nothing) values (1, 2)
insert into book (title, title) values ('a', 'b')
insert into book (title) values ('a', 'b')
insert into book (title, writer) values ('a')
insert into book (title) select 1, 2
insert into book (title) values (null)
insert into book (title, price) values ('p', -1)
insert into book (title, price) values ('p', 1e9)
insert into book (title, writer) values ('p', 999)
insert into book (title, size) values ('p', 1)
insert into book (title, made) values ('p', 'x')
insert into writer (name) values ('Ada')
insert into writer (name, id) values ('new', 1)
insert into writer (name, nick) values ('new', 'much too long')
insert into writer (name) values ('new') on conflict (nick) do nothing
insert into writer (name) values ('x1'), ('x1') on conflict (name) do update set nick = 'n'
insert into writer (name) values ('new') returning nothing
insert into reader (name, born) values ('young', 1800)
insert into shelf values ('z', 1, 'no partition')
insert into shelf_a values ('b', 1, 'other')
insert into shelf_b values ('b', -5, 'below')
insert into shelf_b_low values ('b', 50, 'above')
insert into titles (id) values (1)
insert into summed values (1, 2)
insert into nowhere values (1)
insert into pg_catalog.pg_class select * from pg_class limit 1
update book set nothing = 1
update book set title = null
update book set price = -1 where id = 1
update book set writer = 999 where id = 1
update book set id = 2 where id = 1
update book set (title, price) = (select 1)
update book set title = title from nowhere
update shelf set room = 'zzz' where room = 'a'
update shelf_a set room = 'b'
update nowhere set x = 1
update titles set title = 'x'
delete from nowhere
delete from book where nothing = 1
delete from book where id = 1
delete from writer where id = 1
delete from titles
truncate nowhere
truncate writer
truncate titles
merge into bare using book on true when matched then update set nothing = 1
merge into bare using book on true when matched then update set b = title
merge into nowhere using book on true when matched then delete
create table book (id integer)
create table x (id integer, id text)
create table x (id nothing)
create table x (id integer primary key, b integer primary key)
create table x (id integer references nowhere)
create table x (id text references book)
create table x (id integer references bare (a))
create table x (id integer check (nothing > 1))
create table x (id integer default 'x')
create table x (id integer default (select 1))
create table x (id integer generated always as (random()) stored)
create table x (a integer generated always as (b) stored, b integer generated always as (a) stored)
create table x (like nowhere)
create table x () inherits (nowhere)
create table x partition of shelf for values in ('a')
create table x partition of shelf_b for values from (5) to (15)
create table x partition of book for values in (1)
create table x (a integer) partition by list (b)
create table x (a integer, unique (a)) partition by range (nothing)
create table x as select nothing
create table nowhere.x (a integer)
create table pg_catalog.x (a integer)
create temp table public.x (a integer)
create view x as select nothing
create view x as select id, id from book
create view titles as select 1
create or replace view titles as select 1 as id
create materialized view summed as select 1
create index book_title on book (title)
create index on nowhere (a)
create index on book (nothing)
create index on book (count(id))
create index on book (random())
create index on book using nothing (id)
create unique index on bare ((1))
create sequence counted
create sequence x increment 0
create sequence x minvalue 5 maxvalue 1
create sequence x start 5 maxvalue 1
create type mood as enum ('x')
create type x as (a nothing)
create domain short as text
create domain x as integer default 'x'
create domain x as nothing
create function x() returns integer language sql as 'select nothing'
create function x() returns integer language sql as 'select ''a''::text'
create function x() returns integer language plpgsql as 'begin return 1'
create function x() returns integer language nothing as ''
create function x() returns nothing language sql as ''
create function tried(sql text) returns integer language sql as 'select 1'
create function x(a integer default 1, b integer) returns integer language sql as 'select 1'
create trigger noted after insert on book for each row execute function noted()
create trigger x after insert on book for each row execute function nothing()
create trigger x after insert on book for each row execute function tried('x')
create trigger x before insert on titles for each row execute function noted()
create trigger x instead of insert on book for each row execute function noted()
create rule x as on insert to nowhere do nothing
create rule x as on select to book do instead select 1
create schema public
create schema pg_x
create policy x on nowhere
create policy x on book using (nothing)
create statistics x on id from book
create statistics x on id, nothing from book
alter table nowhere add column a integer
alter table book add column title text
alter table book add column x nothing
alter table book add column x integer not null
alter table book add column x integer default 'x'
alter table book drop column nothing
alter table book drop column xmin
alter table book alter column nothing drop default
alter table book alter column title type integer
alter table book alter column title type integer using title::integer
alter table book alter column size type text
alter table book alter column words set not null
alter table book alter column id drop not null
alter table book alter column id add generated always as identity
alter table book rename column title to id
alter table book rename column nothing to other
alter table book rename to writer
alter table book add constraint book_pkey check (true)
alter table book add primary key (title)
alter table book add unique (nothing)
alter table book add unique (price, made), add check (price > 1000)
alter table book add foreign key (words) references writer
alter table book drop constraint nothing
alter table book drop constraint book_pkey
alter table writer drop constraint writer_pkey
alter table writer drop column id
alter table book validate constraint nothing
alter table book set schema nowhere
alter table book owner to nobody
alter table book attach partition bare for values in (1)
alter table shelf attach partition bare for values in ('x')
alter table shelf detach partition bare
alter table book inherit parent
alter table parent inherit heir
alter table heir drop column v
alter table book enable trigger nothing
alter table book cluster on nothing
alter table book set (nothing = 1)
alter table book set (fillfactor = 1)
alter view titles rename column nothing to x
alter view titles alter column title set default 1 + 'x'
alter index book_title rename to book_pkey
alter sequence counted increment 0
alter sequence counted restart 0 minvalue 5
alter sequence counted owned by nowhere.x
alter type mood add value 'glad'
alter type mood add value 'new' before 'nothing'
alter type mood rename value 'nothing' to 'x'
alter type place add attribute street text
alter type nothing rename to x
alter domain short add check (length(value) < 1)
alter domain short drop constraint nothing
alter function nothing() rename to x
alter function tried(text) rename to raising
alter schema nowhere rename to x
alter default privileges for role nobody grant select on tables to public
drop table nowhere
drop table titles
drop table writer
drop table parent
drop view book
drop view nowhere
drop index book
drop index book_pkey
drop sequence book_id_seq
drop type mood
drop type nothing
drop domain mood
drop function noted()
drop function nothing()
drop function tried
drop function tried(integer)
drop trigger nothing on book
drop trigger noted on nowhere
drop rule nothing on book
drop policy nothing on book
drop schema public
drop schema nowhere
drop column title
comment on table nowhere is 'x'
comment on column book.nothing is 'x'
comment on constraint nothing on book is 'x'
grant select on nowhere to public
grant select on book to nobody
grant nothing on book to public
grant insert (nothing) on book to public
revoke select on book from nobody
refresh materialized view titles
refresh materialized view nowhere
refresh materialized view concurrently summed
lock table nowhere
lock table book in nothing mode
set nothing to 1
set work_mem to 'x'
set datestyle to 'nothing'
set local timezone to 'Nowhere'
show nothing
reset nothing
prepare p as select nothing
execute nothing
execute nothing (1)
deallocate nothing
declare c cursor for select nothing
fetch all from nothing
close nothing
move 1 in nothing
call nothing()
call tried('x')
call filled('x')
call filled(1, 2, 3)
do $$begin x; end$$
do $$begin raise 'no'; end$$
do $$begin perform 1 / 0; end$$
do $$begin assert false, 'no'; end$$
do $$declare x integer := 'x'; begin end$$
do $$begin select id from book; end$$
do $$declare x integer; begin select id into strict x from book; end$$
do $$declare x integer; begin select id into strict x from book where false; end$$
do $$begin return 1; end$$
do $$begin execute 'selec'; end$$
do $$begin commit; end$$
do $$begin insert into bare values (1, 'x'); rollback; end$$
do language nothing 'x'
explain select nothing
explain (nothing) select 1
copy book from '/nowhere'
copy nowhere from stdin
analyze nowhere
vacuum book
reindex table nowhere
cluster nowhere
listen
notify
notify x, 1
unlisten
select
select from
select * from
selec 1
select 1 +
select (1
select 1)
select 'a
select "a
select $$a
select E'\\'
select U&'\\+'
select /* 1
insert
insert into
update
delete
create
create table
create table x
create table x (
create nothing x
alter
alter table
drop
drop nothing x
with x as (select 1)
with x as (select 1), x as (select 2) select 1
with recursive x as (select 1 union all select 'a' from x) select * from x
values (1), (1, 2)
table nowhere
grant
1
'a'
;
()
(select 1
select 1 2 3
select * form book
begin transaction isolation level nothing
select 'é' 'ü'
select "ü"
select 1 --
select b'12'
select x'zz'
select '\\x1'::bytea
"""


def failing() -> Iterator[str]:
    """Statements that the server refuses, nearly all of them."""
    yield from FAILING.strip().splitlines()


def script() -> Iterator[str]:
    """Failures of each kind, with what goes on between them."""
    for n, sql in enumerate(failing()):
        yield sql
        if n % 25 == 0:
            yield f"insert into bare values ({n}, 'between') returning a"
        if n % 100 == 99:
            yield "commit"
    for state in STATES:
        yield f"select raising('{state}')"
        yield f"select tried($$select raising('{state}')$$)"
        yield f"do $$begin perform raising('{state}'); exception when sqlstate '{state}' then insert into bare values (1, sqlerrm); end$$"
    yield "select count(*), max(b) from bare"
    yield "commit"
    yield "insert into bare values (7, 'the end') returning *"
