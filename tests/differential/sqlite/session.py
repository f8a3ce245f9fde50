"""Effects on the session: temporary objects, settings, keys checked late, deep triggers."""

from __future__ import annotations

from collections.abc import Iterator

from tests.differential.sqlite.library import BASE

__all__ = ["BASE", "script"]

PRAGMAS = (
    "foreign_keys",
    "defer_foreign_keys",
    "case_sensitive_like",
    "user_version",
    "application_id",
    "reverse_unordered_selects",
    "recursive_triggers",
    "secure_delete",
    "synchronous",
    "journal_mode",
    "encoding",
    "page_size",
    "table_info(book)",
    "table_xinfo(book)",
    "index_list(book)",
    "index_info(book_title)",
    "foreign_key_list(book)",
    "foreign_key_check",
    "compile_options",
    "integrity_check",
    "quick_check",
    "writable_schema",
    "legacy_alter_table",
    "trusted_schema",
    "temp_store",
    "query_only",
    "wal_checkpoint",
    "optimize",
    "nothing",
)


def settings() -> Iterator[str]:
    """Pragmas, asked and set."""
    for name in PRAGMAS:
        yield f"pragma {name}" if name != "compile_options" else "pragma collation_list"
        if "(" not in name and name not in ("optimize", "integrity_check", "quick_check"):
            yield f"pragma {name} = 1"
            yield f"pragma {name} = 0"
        yield "select 'A' like 'a', count(*) from book"
        yield "insert into book (writer, title) values (999, 'nobody''s')"
        yield "delete from book where writer = 999"


def temporary() -> Iterator[str]:
    """Temporary tables, views, triggers and indexes."""
    for n in range(6):
        yield f"create temp table aside_{n} (id integer primary key autoincrement, v text check (v <> 'no'))"
        yield f"insert into aside_{n} (v) values ('a'), ('b') returning id, v"
        yield f"insert into aside_{n} (v) values ('no')"
        yield f"insert into bare (b) select v from aside_{n} order by id returning b"
        yield f"insert into aside_{n} (v) select title from book limit 2"
        yield f"create index temp.aside_{n}_v on aside_{n} (v)"
        yield f"alter table aside_{n} add column w integer default 5"
        yield f"alter table aside_{n} rename column v to u"
        yield f"select * from aside_{n} order by id"
        yield f"create temp view seen_{n} as select u from aside_{n} join book"
        yield f"select count(*) from seen_{n}"
        yield f"create temp trigger on_{n} after insert on bare begin insert into aside_{n} (u) values (new.b); end"
        yield f"insert into bare values ({n}, 'fires {n}')"
        yield f"select count(*) from aside_{n}"
        yield f"drop trigger on_{n}"
        yield f"update aside_{n} set u = u || '!' where id = 1 returning *"
        yield f"delete from aside_{n} where id > 2 returning id"
        yield "create temp table book (id integer, note text)"
        yield "select count(*) from book"
        yield "drop table if exists temp.book"
        if n % 2:
            yield "commit"
            yield f"select * from aside_{n} order by id"
            yield f"drop table aside_{n}"
            yield f"drop view seen_{n}"


def late() -> Iterator[str]:
    """Transactions that fail at their end."""
    for n in range(1, 7):
        yield f"insert into note (book, words) values ({n * 1000}, 'lost {n}') returning id"
        yield f"insert into bare values ({n}, 'lost with it')"
        yield f"create table lost_{n} (a)"
        yield "commit"
        yield f"select * from lost_{n}"
        yield f"insert into note (book, words) values ({n * 1000}, 'kept {n}')"
        yield f"insert into book (id, title) values ({n * 1000}, 'late {n}') returning id"
        yield "commit"
        yield f"delete from book where id = {n * 1000}"
        yield f"select book, words from note where words = 'kept {n}'"
        yield "pragma defer_foreign_keys = 1"
        yield f"insert into book (writer, title) values ({n * 100}, 'deferred {n}')"
        yield (
            f"insert into writer (id, name) values ({n * 100}, 'late {n}')" if n % 2 else "select 1"
        )
        yield "commit"
        yield f"select count(*) from book where title = 'deferred {n}'"
        yield "update writer set id = id + 1 where id < 3"
        yield "select id, writer from book order by id"
        yield "update writer set id = id - 1 where id < 4"


def functions() -> Iterator[str]:
    """Functions that tell of the session, of time and of chance."""
    for n in range(4):
        yield f"insert into bare values ({n}, 'x')"
        yield "select last_insert_rowid() > 0"
        yield f"insert into bare values (last_insert_rowid(), {n}) returning a"
        yield "insert into book (title) values ('t') returning id"
        yield "select last_insert_rowid()"
        yield "update bare set b = last_insert_rowid() where a = 1 returning b"
        yield "select changes()"
        yield "select total_changes()"
        yield "insert into bare (a) values (changes())"
        yield "select typeof(random()), length(randomblob(4)), sqlite_version() <> ''"
        yield "insert into bare (a) values (typeof(random())) returning a"
        yield "select date('2020-01-31', '+1 month'), strftime('%s %%', 0), unixepoch('2020-01-01')"
        yield "select sqlite_source_id() <> '', typeof(datetime('now'))"
        yield "select load_extension('nothing')"
        yield "create view counting as select changes() as n"
        yield "select * from counting"
        yield "drop view counting"
        yield "begin"
        yield "vacuum"


def deep() -> Iterator[str]:
    """Triggers that fire triggers."""
    yield "create table chain (n integer primary key, v)"
    yield "create trigger next after insert on chain when new.n < 40 begin insert into chain values (new.n + 1, new.v || '.'); end"
    yield "insert into chain values (30, 'x')"
    yield "select count(*), max(length(v)) from chain"
    yield "pragma recursive_triggers = on"
    yield "create trigger shrink after delete on chain when (select count(*) from chain) > 2 begin delete from chain where n = old.n - 1; end"
    yield "delete from chain where n = 40 returning n"
    yield "select n from chain order by n"
    yield "create trigger moved after update of n on chain begin insert into audit (what, old, new) values ('moved', old.n, new.n); end"
    yield "update chain set n = n + 100"
    yield "update or replace chain set n = 130 where n > 100"
    yield "select what, old, new from audit order by n"
    yield "create trigger both before update on chain begin select raise(fail, 'halfway') where new.n = 133; end"
    yield "update or fail chain set n = n + 3"
    yield "select n from chain order by n"
    yield "drop table chain"


def script() -> Iterator[str]:
    """All of them."""
    yield from temporary()
    yield "commit"
    yield from late()
    yield "commit"
    yield from functions()
    yield "commit"
    yield from deep()
    yield "commit"
    yield from settings()
