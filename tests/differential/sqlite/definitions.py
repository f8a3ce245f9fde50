"""Definitions of each kind: made, changed, used, renamed, dropped, and refused."""

from __future__ import annotations

from collections.abc import Iterator

from tests.differential.sqlite.library import BASE

__all__ = ["BASE", "script"]

COLUMNS = (
    "integer",
    "integer not null default 7",
    "text default 'it''s; %s :x ?'",
    'text default "quoted"',
    "integer default (1 + 2)",
    "integer check (x is null or x > 5)",
    "integer references writer (id) on delete set null",
    "text collate nocase",
    "as (coalesce(words, 0) + 1)",
    "integer default current_timestamp",
    "integer unique",
    "nothing at all (1, 2)",
    "",
)
CHANGES = (
    "alter table book rename to volume",
    "alter table book rename column title to heading",
    "alter table book rename title to heading",
    "alter table book rename column id to number",
    "alter table writer rename column name to called",
    "alter table writer rename to author",
    "alter table book drop column data",
    "alter table book drop column price",
    "alter table book drop column size",
    "alter table book drop column seen",
    "alter table loan rename column book to volume",
    "alter table note drop column n",
    "alter table note drop column book",
    "alter table strict_one drop column e",
    "alter table strict_one add column f real default 1",
    "alter table strict_one rename column a to aa",
    'alter table "Odd ""Name" rename column "a b" to "select"',
    'alter table "Odd ""Name" rename to "more ""odd; names"',
    'alter table "Odd ""Name" drop column [ünï]',
    "drop table note",
    "drop table loan",
    "drop table audit",
    "drop table book",
    "drop table writer",
    "drop view titles",
    "drop index book_title",
    "drop trigger noted_in",
    "drop trigger titled",
    "reindex book",
    "reindex",
    "analyze",
    "analyze book",
    "pragma user_version = 7",
    "pragma application_id = 99",
    "create table copied as select * from book",
    "create index book_many on book (writer, price desc, lower(title)) where price > 1 and words is not null",
    "create unique index note_once on note (coalesce(book, 0), words)",
    "create view v (a, b) as select id, title from book union all select id, name from writer",
    "create trigger t after delete on book begin delete from note where book = old.id; update writer set mood = 'sad' where id = old.writer; end",
    "create table child (id integer primary key, book references book on delete cascade, foreign key (id) references writer (id))",
    "create table x (a int, b text, primary key (a desc, b collate nocase)) without rowid, strict",
    "create virtual table found using fts5 (title, content='')",
    "create virtual table found using fts5 (title, body)",
    "create virtual table spots using rtree (id, x0, x1)",
)
AFTER = (
    "insert into book (writer, title, words) values (2, 'after the change', 9) returning *",
    "update book set title = title || '!' where words > 3 returning id",
    "delete from book where id = 4",
    "select * from titles order by id",
    "select * from writer order by 1",
)


def columns() -> Iterator[str]:
    """Columns of each kind, added, used and dropped."""
    for definition in COLUMNS:
        yield f"alter table book add column x {definition}"
        yield "insert into book (writer, title) values (1, 'one more') returning x"
        yield "update book set x = 9 where id = 2 returning x"
        yield "create index by_x on book (x)"
        yield "select x, typeof(x) from book order by id"
        yield "alter table book rename column x to y"
        yield "alter table book drop column y"
        yield "drop index if exists by_x"
        yield "alter table book drop column y"
        yield "delete from book where title = 'one more'"


def changes() -> Iterator[str]:
    """Each change, and what works after it; then the library is put back by a savepoint's end."""
    for change in CHANGES:
        yield change
        yield from AFTER
        yield "commit"
        for kind, name in (
            ("table", "volume"),
            ("table", "copied"),
            ("view", "v"),
            ("table", "found"),
            ("table", "spots"),
            ("table", "child"),
            ("table", "x"),
            ("index", "book_many"),
        ):
            if name in change:
                yield f"drop {kind} {name}"
                yield f"drop {kind} if exists {name}"
        yield "drop view if exists titles"
        yield "drop table if exists loan"
        yield "drop table if exists note"
        yield "drop table if exists book"
        yield "drop table if exists writer"
        yield "drop table if exists author"
        yield "create table writer (id integer primary key, name text, mood text)"
        yield "create table book (id integer primary key, writer references writer (id), title text, words int, price, data, size as (words * 2), seen as (title))"
        yield "create table note (id integer primary key, book references book (id), words text, n)"
        yield "create table loan (book integer primary key, reader) without rowid"
        yield "create table if not exists audit (n integer primary key, what, old, new)"
        yield "insert into writer values (1, 'Ada', 'glad'), (2, 'Bela', null)"
        yield "insert into book (writer, title, words, price) values (1, 'again', 5, 3.5), (2, 'more', 6, null)"
        yield "create index if not exists book_title on book (title)"
        yield "create view titles as select id, title from book"
        yield "create trigger if not exists noted_in after insert on book begin insert into audit (what) values (new.title); end"
        yield "create trigger if not exists titled instead of insert on titles begin insert into book (title) values (new.title); end"
        yield "commit"


def script() -> Iterator[str]:
    """All of them."""
    yield from columns()
    yield from changes()
