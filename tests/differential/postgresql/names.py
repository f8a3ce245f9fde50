"""Hostile names and values in each place where a name or a value stands."""

from __future__ import annotations

from collections.abc import Iterator

BASE = "create table plain (id integer primary key, v text); insert into plain values (1, 'a'), (2, 'b');"

NAMES = (
    "select",
    'quo"te',
    "it's",
    "semi;colon",
    "two words",
    " lead",
    "trail ",
    "tab\tin",
    "line\nbreak",
    "%s",
    "%(x)s",
    ":name",
    "$1",
    "$$",
    "?",
    "back\\slash",
    "dot.ted",
    "-- no comment",
    "/* nor this */",
    "ünï",
    "😀",
    "new",
    "old",
    "x",
    "s",
    "o",
    "clew",
    "clew_rows",
    "public",
    "pg_catalog",
    "UPPER",
    "n" * 63,
    "n" * 70,
    "ctid2",
    "oid",
)
VALUES = (
    "''",
    "'it''s'",
    "'%s %% :x ? $1'",
    "E'\\\\ \\n \\t \\u00e9'",
    "U&'d\\0061t\\+000061'",
    "$$dollar ' \" ; $$",
    "$a$ $$ $a$",
    "'semi; colon -- no comment /* none */'",
    "'😀 ß é'",
    "repeat('long ', 20000)",
    "chr(1) || chr(127) || chr(8232)",
    "null",
    "'a'\n'b'",
    "N'national'",
)


def script() -> Iterator[str]:
    """Each name as a table's, a column's, an index's, a function's; each value in each table."""
    for n, name in enumerate(NAMES):
        quoted = '"' + name.replace('"', '""') + '"'
        yield f"create table {quoted} (id serial primary key, {quoted} text default {VALUES[n % len(VALUES)]})"
        yield f"insert into {quoted} default values returning *"
        yield f"insert into {quoted} ({quoted}) values ({VALUES[(n + 3) % len(VALUES)]}) returning length({quoted}), id"
        yield f"update {quoted} set {quoted} = {quoted} || {VALUES[(n + 5) % len(VALUES)]} where id = 1 returning md5({quoted})"
        yield f"create index on {quoted} ({quoted})"
        yield f"select length({quoted}) as {quoted} from {quoted} order by 1"
        yield f"comment on column {quoted}.{quoted} is {VALUES[n % 4]}"
        yield f"alter table {quoted} rename column {quoted} to was"
        yield f"alter table {quoted} add constraint {quoted} check (was <> 'no')"
        yield f"insert into {quoted} (was) values ('no')"
        yield f"create function {quoted}() returns text language sql as $f$select {VALUES[n % 5]}::text$f$"
        yield f"select {quoted}()"
        yield f"delete from {quoted} where id = 2 returning id"
        if n % 3:
            yield f"drop function {quoted}(); drop table {quoted}"
            yield f"drop function {quoted}()"
            yield f"drop table {quoted}"
        if n % 10 == 9:
            yield "commit"
    for value in VALUES:
        yield f"insert into plain values ((select max(id) + 1 from plain), {value}) returning id, length(v)"
        yield f"select {value} as v"
        yield f"update plain set v = {value} where id = 2 returning v is null"
        yield f"/* ; */ insert -- ;\n into plain values (-1, {value}) on conflict (id) do update set v = excluded.v returning id"
        yield f"do $do$begin update plain set v = {value} where id = 1; end$do$"
    yield "select id, md5(v) from plain order by id"
