"""Rows written in every way there is, with what conflicts, cascades and triggers do."""

from __future__ import annotations

from collections.abc import Iterator

from tests.differential.sqlite.library import BASE

__all__ = ["BASE", "script"]

CONFLICTS = ("", "or abort", "or fail", "or ignore", "or replace")


def everyday() -> Iterator[str]:
    """Rows that come, change and go."""
    for n in range(1, 9):
        yield f"insert into writer (name, born) values ('w{n}', '190{n}') returning id, name, mood"
        yield f"insert into writer (name) values ('W{n}') on conflict (name) do nothing returning id"
        yield f"insert into writer (name) values ('W{n}') on conflict (name) do update set mood = excluded.name returning *"
        yield f"insert into book (writer, title, words) select id, 'by ' || name, {n} from writer where name like 'w%' on conflict do nothing returning id, size, seen"
        yield f"update book set words = words + {n} where writer > {n} returning id, words, size"
        yield f"update book set title = w.name || {n} from writer w where w.id = book.writer and book.words = {n} returning title"
        yield f"with x (a) as (values ({n}), ({n + 1})) insert into bare select a, 'cte' from x returning a"
        yield f"with recursive c (n) as (select 1 union all select n + 1 from c where n < {n}) insert into bare (a) select n from c"
        yield f"with d as (select a from bare where a = {n}) delete from bare where a in (select a from d) returning b"
        yield f"insert into titles (title, name) values ('through the view {n}', 'Ada')"
        yield f"delete from titles where title = 'through the view {n - 1}'"
        yield f"update titles set title = 'no trigger {n}'"
        yield f"insert into loan values ({n}, 'reader {n}', null) on conflict do update set since = 'again' returning *"
        yield f"update loan set book = book + 1 where reader = 'reader {n}'"
        yield f"insert into note (book, words, n) values ({n}, 'one', {n}) returning id"
        yield f"insert into note (book, words, n) values (null, 'n{n}', 1)"
        yield f"update note set words = 'two' where id = {n}"
        yield f"insert into strict_one values ({n}, {n}, {n}, x'0{n}', '{n}') returning typeof(b), typeof(c), typeof(e)"
        yield f"insert into strict_one (a, b) values ('x{n}', 1)"
        yield f"""insert into "Odd ""Name" values ({n}, 'q"{n}', '''', 'ü', '%%') returning *, rowid"""
        yield f"""update "Odd ""Name" set [select] = "quo""te" || '{n}%s', `%s :x ?` = ':y' where "a b" = {n} returning "%s :x ?" """
        yield f"replace into writer (id, name) values ({n}, 'replaced {n}')"
        yield f"update writer set id = id + 100 where name = 'w{n + 1}' returning id"
        yield f"delete from writer where name = 'w{n}' returning id"
        yield f"insert into bare (rowid, a) values ({n * 10}, 'own rowid') returning rowid"
        yield f"update bare set rowid = rowid + 1000 where a = {n}"
        yield f"update bare set a = b, b = a where rowid = {n}"
        yield "delete from bare where rowid > 1000 returning rowid, a order by rowid"
        yield f"select id, name from writer order by name desc, id limit {n}"
        yield f"select * from book order by id limit 2 offset {n}"
        yield "select seq from sqlite_sequence where name = 'book'"
        yield f"explain query plan select * from book where title = 't{n}'"
        if n % 3 == 0:
            yield "commit"


def conflicts() -> Iterator[str]:
    """Each way with conflicts, for each kind of constraint."""
    for n, way in enumerate(CONFLICTS):
        yield f"insert {way} into writer (id, name) values (1, 'same id {n}')"
        yield f"insert {way} into writer (name) values ('ADA')"
        yield f"insert {way} into writer (name) values (null)"
        yield f"insert {way} into writer (id, name) values ({50 + n}, 'x{n}'), ({50 + n}, 'y{n}'), (90, 'z')"
        yield f"insert {way} into book (writer, title, price) values (1, 'bad price {n}', -1)"
        yield f"insert {way} into book (writer, title) values (1, 'notes'), (1, 'fresh {n}')"
        yield f"insert {way} into book (writer, title) values (999, 'nobody''s')"
        yield f"insert {way} into book (writer, title) values (1, 'forbidden')"
        yield f"insert {way} into book (writer, title) values (1, 'nothing'), (1, 'something {n}')"
        yield f"update {way} book set title = 'failing' where id > 1"
        yield f"update {way} book set title = 'notes', writer = 1"
        yield f"update {way} book set id = 2 where id = 3"
        yield f"update {way} writer set name = 'Bela'"
        yield f"update {way} writer set id = 1 where id = 2"
        yield f"insert {way} into note (words, n) values ('one', 77), ('fresh {n}', 1), ('two', 2)"
        yield f"update {way} note set words = 'one'"
        yield f"update {way} note set n = 2"
        yield f"insert {way} into loan values (1, 'a', 'again'), (2, 'c', 'new {n}')"
        yield f"update {way} loan set reader = 'a'"
        yield f"insert {way} into strict_one values (null, 'a', 1, x'', 1)"
        yield f"insert {way} into strict_one values (1, 'a', 'x', x'', 1)"
        yield f"insert {way} into bare select a, b from bare"
        yield "select id, name from writer order by id"
        yield "select id, title, words from book order by id"
        yield "select * from note order by id"
        yield "select * from loan order by book, reader"
        yield "commit"


def emptying() -> Iterator[str]:
    """All goes, and comes again."""
    yield "delete from loan"
    yield "delete from book"
    yield "delete from writer returning name"
    yield "delete from audit"
    yield "insert into book (title) values ('first again') returning id"
    yield "delete from sqlite_sequence where name = 'book'"
    yield "update sqlite_sequence set seq = 500 where name = 'book'"
    yield "insert into book (title) values ('after 500') returning id"
    yield "insert into book (id, title) values (9223372036854775807, 'the last')"
    yield "insert into book (title) values ('no more')"
    yield "delete from bare"
    yield "insert into bare default values returning *, rowid"
    yield "insert into writer default values"
    yield "select n, what, old, new from audit order by n"
    yield "commit"
    yield "select count(*) from book"


def script() -> Iterator[str]:
    """All of them."""
    yield from everyday()
    yield from conflicts()
    yield from emptying()
