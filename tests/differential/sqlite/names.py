"""Hostile names and values in each place where a name or a value stands."""

from __future__ import annotations

from collections.abc import Iterator

from tests.differential.postgresql.names import NAMES

BASE = "create table plain (id integer primary key, v text); insert into plain values (1, 'a'), (2, 'b');"

VALUES = (
    "''",
    "'it''s'",
    "'%s %% :x ? $1 @a'",
    "'semi; colon -- no comment /* none */'",
    "'😀 ß é'",
    "char(1) || char(127) || char(8232)",
    "char(0) || 'after nothing'",
    "null",
    "x'00ff'",
    "-0.0",
    "replace(hex(zeroblob(50000)), '0', 'long')",
    '"not a column"',
)


def script() -> Iterator[str]:
    """Each name as a table's, a column's, an index's, a trigger's; each value in each table."""
    for n, name in enumerate(NAMES):
        quoted = '"' + name.replace('"', '""') + '"'
        index = '"' + name.replace('"', '""') + ' i"'
        yield f"create table {quoted} (id integer primary key, {quoted} text default {VALUES[n % 5]})"
        yield f"insert into {quoted} default values returning *"
        yield f"insert into {quoted} ({quoted}) values ({VALUES[(n + 3) % len(VALUES)]}) returning length({quoted}), id"
        yield f"update {quoted} set {quoted} = {VALUES[(n + 5) % len(VALUES)]} where id = 1 returning typeof({quoted})"
        yield f"create index {index} on {quoted} ({quoted})"
        yield f"select length({quoted}) as {quoted} from {quoted} order by 1"
        yield f"create trigger {quoted} after update on {quoted} begin update {quoted} set {quoted} = 'fired' where id = new.id + 1; end"
        yield f"update {quoted} set {quoted} = {quoted} where id = 1"
        yield f"alter table {quoted} rename column {quoted} to was"
        yield f"delete from {quoted} where id = 2 returning id, was"
        yield f"alter table {quoted} rename to {index}"
        if n % 3:
            yield f"drop table {index}"
        if n % 10 == 9:
            yield "commit"
    for value in VALUES:
        yield f"insert into plain values ((select max(id) + 1 from plain), {value}) returning id, length(v)"
        yield f"select {value} as v"
        yield f"update plain set v = {value} where id = 2 returning typeof(v)"
        yield f"/* ; */ insert -- ;\n into plain values (1, {value}) on conflict (id) do update set v = excluded.v returning id"
    yield "select id, hex(v) from plain order by id"
