"""Collations and conversions, and what is built on them."""

from __future__ import annotations

from tests.language.cases import Case

SECTION = "Collations and conversions"

BASE = """
create schema app;
create schema other;
grant create, usage on schema app to clew_other;
create collation app.plain from "C";
comment on collation app.plain is 'by bytes';
create collation app."Odd ""one"" 🙂" (locale = 'POSIX');
create domain app.word as text collate app.plain;
create table app.person (id integer primary key, name text collate app.plain,
  nick text collate app."Odd ""one"" 🙂", said app.word);
insert into app.person select i, 'n' || i, 'k' || i, 's' || i from generate_series(1, 20) i;
create index person_name on app.person (name);
create index person_by on app.person (nick collate app.plain);
create view app.named as select name collate app."Odd ""one"" 🙂" as name from app.person;
create conversion app.odd for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8;
"""

CASES = (
    Case('create collation app.c from "C"'),
    Case("create collation if not exists app.plain (locale = 'C')"),
    Case("create collation other.libc (lc_collate = 'C', lc_ctype = 'C')"),
    Case("alter collation app.plain rename to simple"),
    Case("alter collation app.plain set schema other"),
    Case("alter collation app.plain owner to clew_other"),
    Case("comment on collation app.plain is null"),
    Case('comment on collation app."Odd ""one"" 🙂" is \'one of a kind\''),
    Case("drop collation app.plain cascade", outcome="rebuild"),
    Case('drop collation app."Odd ""one"" 🙂" cascade', outcome="rebuild"),
    Case("create conversion app.c for 'UTF8' to 'LATIN1' from utf8_to_iso8859_1"),
    Case("create default conversion other.c for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8"),
    Case("alter conversion app.odd rename to even"),
    Case("alter conversion app.odd set schema other"),
    Case("comment on conversion app.odd is 'odd'"),
    Case("drop conversion app.odd"),
)
