"""Values of each type: written, read, compared, cast, indexed, and those that a type refuses."""

from __future__ import annotations

from collections.abc import Iterator

BASE = "create table any_value (id serial primary key, what text, v text);"

TYPES: dict[str, tuple[list[str], list[str]]] = {
    "smallint": (["0", "-32768", "32767"], ["32768", "x"]),
    "bigint": (["9223372036854775807", "-1"], ["9223372036854775808"]),
    "numeric": (["0", "-0.00", "1e-30", "'NaN'", "12345678901234567890.123456789"], ["'1,5'"]),
    "numeric(5,2)": (["999.99", "0.005"], ["1000"]),
    "real": (["'-0'", "1e38", "'Infinity'", "1.1"], ["1e40"]),
    "double precision": (["0.1", "'-Infinity'", "'NaN'", "5e-324"], ["1e400"]),
    "money": (["12.34", "-1"], ["'x'"]),
    "text": (["''", "' '", "E'\\\\t\\n'", "'ß😀'", "$q$it's$q$"], ["E'\\x80'"]),
    "varchar(3)": (["'abc'", "'ab   '"], ["'abcd'"]),
    "char(4)": (["'a'", "'a   '"], ["'abcde'"]),
    "bytea": (["'\\x'", "'\\x00ff'", "'a\\\\b'"], ["'\\x0'"]),
    "boolean": (["true", "'off'", "'1'"], ["'maybe'"]),
    "date": (["'infinity'", "'0001-01-01 BC'", "'2024-02-29'"], ["'2023-02-29'"]),
    "time": (["'24:00'", "'00:00:00.000001'"], ["'25:00'"]),
    "timetz": (["'12:00+05:30'"], ["'x'"]),
    "timestamp": (["'-infinity'", "'2020-06-01 12:00:00.123456'"], ["'2020-13-01'"]),
    "timestamptz": (["'2020-06-01 12:00+02'", "'epoch'"], ["'nowhen'"]),
    "interval": (["'1 year -2 days 03:04'", "'0'"], ["'1 eon'"]),
    "uuid": (["'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"], ["'a0ee'"]),
    "json": (['\'{"a" : 1, "a": 2}\'', "'null'", "'[1, \"\\u00e9\"]'"], ["'{a}'"]),
    "jsonb": (['\'{"b": 1, "a": [null, 1.0]}\'', "'\"x\"'"], ["'\\u0000'"]),
    "jsonpath": (["'$.a[*] ? (@ > 1)'"], ["'$['"]),
    "inet": (["'10.0.0.1/8'", "'::1'"], ["'300.0.0.1'"]),
    "cidr": (["'10.0.0.0/8'"], ["'10.0.0.1/8'"]),
    "macaddr": (["'08:00:2b:01:02:03'"], ["'08:00'"]),
    "bit(3)": (["B'101'"], ["B'1'"]),
    "bit varying": (["B''", "X'1F'"], ["'2'"]),
    "point": (["'(1,-0)'"], ["'1'"]),
    "box": (["'((1,2),(3,4))'"], ["'()'"]),
    "polygon": (["'((0,0),(1,1),(1,0))'"], ["'x'"]),
    "tsvector": (["'a:1 fat:2A'"], ["''''"]),
    "tsquery": (["'fat & !rat'"], ["'&'"]),
    "int4range": (["'[1,5)'", "'empty'", "'(,)'"], ["'[5,1]'"]),
    "nummultirange": (["'{[1,2],[3,4]}'", "'{}'"], ["'{1}'"]),
    "integer[]": (["'{1,NULL,3}'", "'[0:1]={5,6}'", "'{}'", "array[[1,2],[3,4]]"], ["'{1,2'"]),
    "text[]": (['\'{"a,b","\\"",NULL,"NULL",""}\''], ["'{{1},2}'"]),
    "oid": (["4294967295"], ["-1.5"]),
    "pg_lsn": (["'16/B374D848'"], ["'x'"]),
    "xid8": (["'42'"], ["'-'"]),
}


def script() -> Iterator[str]:
    """The table of types by operations."""
    for n, (name, (good, bad)) in enumerate(TYPES.items()):
        table = f"t{n}"
        yield f"create table {table} (id integer generated always as identity, v {name}, w {name} default {good[0]})"
        for one in good:
            yield f"insert into {table} (v) values ({one}) returning id, v::text, w::text"
        for one in bad:
            yield f"insert into {table} (v) values ({one})"
        yield f"select id, v::text from {table} order by id"
        yield f"select count(distinct v), max(v) is null from {table}"
        yield f"update {table} set w = v, v = w where id = 1 returning v::text"
        yield f"insert into any_value (what, v) select '{name}', v::text from {table} returning v"
        yield f"create index on {table} (v)"
        yield f"alter table {table} alter column v type text"
        yield f"alter table {table} alter column v type {name}"
        yield f"alter table {table} alter column v type {name} using v::{name}"
        yield f"alter table {table} alter column w set default {bad[0]}"
        yield f"alter table {table} add column z {name} not null"
        yield f"alter table {table} add column z {name} default {good[-1]}"
        yield f"select array_agg(z order by id)::text from {table}"
        yield f"delete from {table} where v = {good[0]} or id > 2 returning w::text"
        if n % 3 == 0:
            yield f"alter table {table} drop column v"
            yield "commit"
        if n % 4 == 0:
            yield f"drop table {table}"
    yield "select what, v from any_value order by id"
