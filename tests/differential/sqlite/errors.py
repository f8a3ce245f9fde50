"""What SQLite refuses, with what goes on between."""

from __future__ import annotations

from collections.abc import Iterator

from tests.differential.sqlite.library import BASE

__all__ = ["BASE", "script"]

FAILING = """
select nothing
select nothing()
select * from nowhere
select * from main.nowhere
select * from other.book
select no from book
select b.no from book b
select id from book, writer
select 1, 2 union select 1
select (select 1, 2)
select 1 in (select 1, 2)
select max(max(id)) from book
select * from book where max(id) > 1
select * from book order by 99
select * from book group by 99
select * from book limit 'x'
select abs(-9223372036854775807 - 1)
select round(1, 2, 3)
select substr('a')
select json('{')
select json_extract('{"a":1}', 'a')
select 'a' like 'b' escape 'cd'
select raise(abort, 'x')
select cast(1 as)
select 1 collate nothing
select likelihood(1, 2)
select zeroblob(2000000000)
select randomblob(2000000000)
select printf('%*s', 2000000000, 'x')
select x'1'
select 0x
select 1e
select 1 +
select (1
select 1)
select 'a
select "a
select [a
select `a
select * from json_each('{')
select * from pragma_nothing
select ntile(0) over (order by id) from book
select row_number() from book
select sum(id) over (rows between 1 following and 1 preceding) from book
insert into nowhere values (1)
insert into book values (1)
insert into book (nothing) values (1)
insert into book (title) values ('a', 'b')
insert into book (title, size) values ('a', 1)
insert into book (title) values (null)
insert into book (title, price) values ('p', -1)
insert into book (title, writer) values ('p', 999)
insert into book (id, title) values (1, 'same')
insert into book (id, title) values ('x', 'no number')
insert into book (writer, title) values (1, 'notes')
insert into book (writer, title) values (1, 'forbidden')
insert into writer (name) values ('ada')
insert into writer (name) values ('x') on conflict (born) do nothing
insert into writer (name) values ('x') on conflict (name) do update set nothing = 1
insert into writer (name) values ('x') returning nothing
insert into loan values (null, 'x', 1)
insert into loan values (999, 'x', 1)
insert into strict_one values ('x', 'b', 1, x'', 1)
insert into strict_one values (1, x'00', 1, x'', 1)
insert into strict_one values (1.5, 'b', 1, x'', 1)
insert into titles (id) values (1)
insert into sqlite_master values (1, 2, 3, 4, 5)
insert into bare values (1, 2, 3)
insert into bare values (1), (1, 2)
insert into bare select 1
insert or nothing into bare values (1, 2)
replace into nowhere values (1)
update nowhere set a = 1
update book set nothing = 1
update book set title = null
update book set price = -1 where id = 1
update book set size = 1
update book set writer = 999
update book set id = 2 where id = 1
update book set (title, words) = (select 1)
update book set title = 'failing'
update writer set id = 'x' where id = 1
update titles set title = 'x'
update loan set book = null
delete from nowhere
delete from book where nothing = 1
delete from book where id = 1
delete from sqlite_master
delete from book limit 1
create table book (id)
create table x (id, id)
create table x ()
create table x (id integer primary key, b integer primary key)
create table x (id integer primary key autoincrement, b) without rowid
create table x (id text primary key autoincrement)
create table x (id) without rowid
create table x (id nothing) strict
create table x (id) strict
create table x (id integer references nowhere (a, b))
create table x (foreign key (a) references book (id))
create table x (a check (nothing > 1))
create table x (a check (select 1))
create table x (a default (b))
create table x (a as (b), b as (a))
create table x (a as (random()))
create table x (a as (1))
create table x (a) nothing
create table x as select nothing
create table sqlite_x (a)
create table main.book (a)
create table other.x (a)
create temp table main.x (a)
create view titles as select 1
create view x as select nothing
create view x (a, b) as select 1
create index book_title on book (title)
create index x on nowhere (a)
create index x on book (nothing)
create index x on titles (id)
create index x on book (random())
create index x on book (title) where random() > 1
create index x on sqlite_master (name)
create unique index x on bare ((1))
create trigger noted_in after insert on book begin select 1; end
create trigger x after insert on nowhere begin select 1; end
create trigger x instead of insert on book begin select 1; end
create trigger x before insert on titles begin select 1; end
create trigger x after insert on book begin end
create trigger x after insert on book begin insert into nowhere values (1) end
create trigger x after insert on book begin select new.nothing; end
create trigger x after insert on book begin create table y (a); end
create trigger main.x after insert on temp.nowhere begin select 1; end
create virtual table x using nothing (a)
create virtual table x using fts5 (a, b=c)
create nothing x
alter table nowhere add column a
alter table book add column title
alter table book add column x primary key
alter table book add column x unique
alter table book add column x not null
alter table book add column x default (random())
alter table book add column x references writer (id) default 1
alter table book add column x as (1) stored
alter table book drop column nothing
alter table book drop column id
alter table book drop column title
alter table book drop column words
alter table loan drop column reader
alter table book rename column title to id
alter table book rename column nothing to other
alter table book rename to writer
alter table book rename to sqlite_x
alter table titles add column x
alter table titles rename to x
alter table sqlite_master add column x
alter table book alter column title drop not null
drop table nowhere
drop table titles
drop table sqlite_sequence
drop view book
drop view nowhere
drop index nowhere
drop index sqlite_autoindex_writer_1
drop trigger nowhere
drop nothing
reindex nowhere
analyze nowhere
vacuum nowhere
pragma nothing
pragma nothing = 1
pragma user_version = 'x'
pragma foreign_keys = maybe
pragma table_info(nowhere)
explain nothing
explain select nothing
savepoint
with x as (select 1)
with x (a, b) as (select 1) select * from x
with x as (select * from y), y as (select * from x) select * from x
values (1), (1, 2)
values ()
selec 1
select
insert
update
delete
create
create table
create table x
create table x (
drop
alter
grant select on book to public
truncate book
1
'a'
()
select 1 2 3
select * form book
select :a
select ?
select ?1 + @b + $c
select 1 /* never closed
"""


def script() -> Iterator[str]:
    """Failures of each kind."""
    for n, sql in enumerate(FAILING.strip().splitlines()):
        yield sql
        if n % 10 == 0:
            yield f"insert into bare values ({n}, 'between') returning rowid"
            yield f"insert into note (words, n) values ('between {n}', {n * 100})"
        if n % 60 == 59:
            yield "commit"
    yield "select count(*), max(a) from bare"
    yield "select n, what from audit order by n"
