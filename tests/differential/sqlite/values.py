"""Values of each storage class in columns of each affinity."""

from __future__ import annotations

from collections.abc import Iterator

BASE = "create table any_value (id integer primary key, what text, v);"

TYPES = (
    "integer",
    "int not null",
    "text",
    "real",
    "numeric",
    "blob",
    "",
    "decimal(5, 2)",
    "varchar(3)",
    "boolean",
    "date",
    "floating point",
    "charint",
    "text collate nocase unique",
    "integer check (v is null or v <> 5)",
    "default 7",
)
VALUES = (
    "null",
    "0",
    "-0.0",
    "1",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "1.0",
    "1e400",
    "-1e400",
    "1e-320",
    "0.1",
    "''",
    "'1'",
    "' 1 '",
    "'1.0'",
    "'1e3'",
    "'0x10'",
    "0x10",
    "'abc'",
    "'ABC'",
    "'it''s; %s :x ?'",
    "'ß😀'",
    "char(0)",
    "'a' || char(0) || 'b'",
    "x''",
    "x'00ff'",
    "cast(x'ff' as text)",
    "zeroblob(3)",
    "true",
    "5",
    "julianday('2020-01-01')",
    "json('[1, {\"a\": null}]')",
)


def script() -> Iterator[str]:
    """The table of types by values."""
    for n, kind in enumerate(TYPES):
        table = f"t{n}"
        yield f"create table {table} (id integer primary key, v {kind}, w default {VALUES[n]})"
        for value in VALUES:
            yield f"insert into {table} (v) values ({value}) returning id, typeof(v), quote(v), typeof(w)"
        yield f"select id, typeof(v), hex(v) from {table} order by v, id"
        yield f"update {table} set w = v, v = w where id % 2 = 0 returning typeof(v), typeof(w)"
        yield f"insert into any_value (what, v) select '{kind}', v from {table} returning typeof(v)"
        yield f"create index i{n} on {table} (v)"
        yield f"alter table {table} add column z {kind}"
        yield f"alter table {table} add column y {kind} default 3"
        yield f"alter table {table} rename column v to renamed"
        yield f"delete from {table} where renamed > 0 or id = 3 returning quote(w)"
        yield f"alter table {table} drop column renamed"
        yield f"alter table {table} drop column w"
        yield f"select * from {table} order by id limit 3"
        if n % 3 == 0:
            yield f"drop table {table}"
            yield "commit"
    yield "select what, quote(v) from any_value order by id"
