"""Collations, and conversions between encodings; those of ICU are in another list."""

from __future__ import annotations

from tests.language.cases import Case

SECTION = "Collations and conversions"

BASE = """
create schema app;
create schema "Odd ""schema"" 🙂";
grant create on schema public, app to clew_other;
create collation plain (provider = libc, locale = 'C');
create collation copied from "C";
create collation app.posix (lc_collate = 'POSIX', lc_ctype = 'C');
create collation nocase (locale = 'POSIX');
create collation "Odd ""schema"" 🙂"."Co ll'" (locale = 'C');
create table word (
    id integer primary key,
    text text collate plain not null,
    folded text collate nocase unique,
    upper text generated always as (upper(text collate plain)) stored,
    constraint small check (text < 'zzz' collate app.posix)
);
insert into word (id, text, folded) select i, 'w' || i, 'W' || i from generate_series(1, 20) i;
create index by_posix on word (text collate app.posix);
create view sorted as select text from word order by text collate "Odd ""schema"" 🙂"."Co ll'";
create domain label as text collate nocase;
create type entry as (name text collate app.posix);
create type letters as range (subtype = text, collation = plain);
create conversion latin for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8;
create default conversion app."La tin'" for 'LATIN2' to 'UTF8' from iso8859_to_utf8;
"""

CASES = (
    # made
    Case("create collation fresh (provider = libc, locale = 'C')"),
    Case("create collation fresh (locale = 'POSIX')"),
    Case("create collation fresh (lc_collate = 'C', lc_ctype = 'POSIX')"),
    Case('create collation fresh from "C"'),
    Case('create collation fresh from "POSIX"'),
    Case("create collation fresh from app.posix"),
    Case("create collation if not exists plain (locale = 'C')"),
    Case("create collation fresh (provider = builtin, locale = 'C.UTF-8')", since=17),
    Case("create collation fresh (provider = builtin, locale = 'PG_UNICODE_FAST')", since=18),
    Case('create collation "Odd ""schema"" 🙂"."It\'s" (locale = \'C\')'),
    Case(
        "do $$ begin create collation fresh (locale = 'C');"
        " create index fresh_ones on word (text collate fresh); end $$"
    ),
    # altered
    Case("alter collation plain rename to simple"),
    Case('alter collation "Odd ""schema"" 🙂"."Co ll\'" rename to "x y"'),
    Case("alter collation plain set schema app"),
    Case("alter collation app.posix set schema public"),
    Case("alter collation plain owner to clew_other"),
    Case("alter collation plain refresh version"),
    Case("comment on collation plain is 'it''s plain'"),
    Case("alter schema app rename to application"),
    # dropped
    Case("drop collation copied"),
    Case("drop collation if exists none"),
    Case("drop collation plain cascade"),
    Case("drop collation app.posix cascade"),
    Case("drop collation nocase cascade"),
    Case('drop collation "Odd ""schema"" 🙂"."Co ll\'" cascade'),
    Case("drop schema app cascade"),
    Case('drop schema "Odd ""schema"" 🙂" cascade'),
    Case(
        "drop collation copied",
        setup="comment on collation copied is 'copied';"
        " alter collation copied owner to clew_other;",
    ),
    # what stands on it
    Case(
        "alter table word alter text type text collate nocase",
        "rebuild",
        setup="drop view sorted; alter table word drop column upper;",
    ),
    Case("alter table word alter folded type text", "rebuild"),
    Case("alter table word add column more text collate app.posix"),
    Case("alter table word drop column folded", "rebuild"),
    Case("drop type letters"),
    Case("drop domain label"),
    Case("drop index by_posix"),
    Case("drop table word cascade"),
    # conversions
    Case("create conversion fresh for 'LATIN3' to 'UTF8' from iso8859_to_utf8"),
    Case("create default conversion app.fresh for 'LATIN3' to 'UTF8' from iso8859_to_utf8"),
    Case(
        'create conversion "Odd ""schema"" 🙂"."c\'" for \'UTF8\' to \'LATIN1\''
        " from utf8_to_iso8859_1"
    ),
    Case("alter conversion latin rename to latin_one"),
    Case("alter conversion latin set schema app"),
    Case("alter conversion latin owner to clew_other"),
    Case("comment on conversion latin is 'west'"),
    Case("drop conversion latin"),
    Case('drop conversion app."La tin\'"'),
    Case("drop conversion if exists none"),
)
