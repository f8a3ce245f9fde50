"""Rows written in every way there is, and what RETURNING, counts and cascades tell."""

from __future__ import annotations

from collections.abc import Iterator

from tests.differential.postgresql.library import BASE

__all__ = ["BASE", "script"]


def tables(n: int) -> Iterator[str]:
    """Rows of tables, views and partitions."""
    yield f"insert into writer (name, born) values ('w{n}', date '1900-01-0{n}') returning id, name, mood"
    yield f"insert into writer (name) values ('w{n}') on conflict (name) do nothing"
    yield f"insert into writer (name) values ('w{n}') on conflict (name) do update set nick = 'n{n}' returning *"
    yield f"insert into writer (id, name) overriding user value values ({n}00, 'over {n}') returning id"
    yield f"insert into book (writer, title, words) select id, 'by ' || name, {n} from writer where name like 'w%' on conflict do nothing returning id, size"
    yield f"update book set words = words + {n} where writer > {n} returning id, words, size"
    yield f"update book b set title = w.name || {n} from writer w where w.id = b.writer and b.words = {n} returning b.title, w.id"
    yield f"delete from book using writer w where w.id = book.writer and w.name = 'w{n}' returning title"
    yield f"with gone as (delete from bare where a = {n} returning *) insert into bare select a + 10, b from gone returning a"
    yield f"with new as (insert into bare values ({n}, 'cte') returning a) select count(*), max(a) from new"
    yield f"with x as (update bare set b = b || '{n}' where a is not null returning a), y as (delete from bare where a is null returning b) select (select count(*) from x), (select count(*) from y)"
    yield f"insert into titles (title, name) values ('through the view {n}', 'Ada') returning id"
    yield f"insert into glad (name) values ('glad {n}')"
    yield f"insert into glad (name, mood) values ('sad {n}', 'sad')"
    yield f"update glad set mood = 'sad' where id = {n}"
    yield f"update glad set name = name || '{n}' where name like 'glad%' returning id"
    yield f"delete from glad where name like 'glad 1%' and {n} = 3"
    yield f"insert into shelf values ('a', {n}, 'p'), ('b', {n * 3}, 'q'), ('c', {n + 20}, 'r') returning tableoid::regclass::text, n"
    yield f"update shelf set room = case room when 'a' then 'b' else 'a' end where n = {n} returning room, n"
    yield f"update shelf_b set n = n + 9 where n = {n * 3}"
    yield f"delete from shelf where n % 5 = {n % 5} returning room"


def families(n: int) -> Iterator[str]:
    """Rows of heirs, of tables that refer to others, and of those with odd names."""
    yield f"insert into parent values ({n}, 'p{n}') returning tableoid::regclass::text"
    yield f"insert into heir values ({n}, 'h{n}', 'x')"
    yield f"update parent set v = v || '+' where id = {n} returning tableoid::regclass::text, *"
    yield f"update only parent set id = id + 1 where id = {n}"
    yield f"delete from parent where id = {n + 1}"
    yield f"insert into reader (name, boss, born) select 'r' || g, (select min(id) from reader), 1900 + g from generate_series({n}, {n + 2}) g returning name"
    yield f"insert into reader (id, name) overriding system value values ({1000 + n}, 'own id') returning id"
    yield f"delete from reader where name = 'r{n}' returning boss"
    yield f"insert into loan (book, reader) select 4, id from reader where id = {n} on conflict do nothing returning *"
    yield f"delete from writer where name = 'w{n}'"
    yield f"update writer set id = id + 1000 where id = {n + 3}"
    yield f"""insert into "Odd ""Name" values ({n}, 'q"{n}', '''', 'ü', '%%') returning *"""
    yield f"""update "Odd ""Name" set "select" = "quo""te" || '{n}%s', "%s :x ?" = ':y' where "a b" = {n} returning "%s :x ?", "select" """
    yield f"merge into bare t using (values ({n}, 'm{n}'), ({n + 40}, 'new')) s (a, b) on t.a = s.a when matched and s.a > 3 then delete when matched then update set b = s.b when not matched then insert values (s.a, s.b)"
    yield f"select written({n}), count(*) from bare"
    yield f"select tried('insert into writer (name) values (''Ada'')'), {n}"
    yield f"select id, name from writer order by name desc, id limit {n}"
    yield f"select * from book where tags && array['a', 'x y'] order by id offset {n - 1}"
    yield f"select title from book where id = {n} for update"
    yield f"select currval('counted'), currval('book_id_seq') > {n}"
    yield "commit"


def script() -> Iterator[str]:
    """Statements that write and read rows, round after round, and what takes all away."""
    for n in range(1, 7):
        yield from tables(n)
        yield from families(n)
    yield "insert into book (writer, title) values (1, 'nothing') returning id"
    yield "insert into book (writer, title) values (1, 'forbidden')"
    yield "update book set title = 'forbidden' where id = 1"
    yield "update book set title = 'nothing' returning id"
    yield "update book set size = 3"
    yield "update book set size = default, words = 7 where id = 1 returning size"
    yield "insert into book default values"
    yield "insert into bare default values returning *"
    yield "insert into reader (id, name) values (5, 'always')"
    yield "update reader set id = 77 where id = 1"
    yield "delete from book where id = 1"
    yield "delete from loan where book = 1"
    yield "delete from book where id = 1 returning *"
    yield "delete from writer returning id, name"
    yield "delete from loan"
    yield "delete from writer where id < 3 returning name"
    yield "truncate bare"
    yield "truncate writer"
    yield "truncate shelf, heir restart identity"
    yield "truncate writer, book, loan cascade"
    yield "truncate only parent"
    yield "select n, what from audit order by n"
    yield "select * from shelf order by 1, 2, 3"
    yield "commit"
    yield "insert into writer (name) values ('after all') returning id"
    yield "insert into book (writer, title) values (1, 'after all') returning id, writer"
    yield "select nextval('counted'), nextval('down')"
    yield "explain (costs off) delete from bare where a = 1"
    yield "table bare"
    yield "values (1, 'a'), (2, null) order by 1 desc"
    yield "insert into bare select g, repeat('x', g) from generate_series(1, 300) g"
    yield "update bare set b = md5(b) where a % 7 = 0"
    yield "delete from bare where a % 3 = 0"
    yield "select count(*), sum(length(b)) from bare"
