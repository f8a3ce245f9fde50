"""A sample of a PostgreSQL database: the same definitions over some rows, the journal in full."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from journal.postgresql.connection import Session, mapped, quote
from journal.postgresql.scratch.programs import Programs, transfer
from journal.url import URL

_TABLES = """
SELECT c.oid::int8, n.nspname, c.relname, (
    SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_catalog.pg_attribute a
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '')
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_'
  AND n.nspname NOT IN ('information_schema', 'clew') AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_depend e WHERE e.objid = c.oid AND e.deptype = 'e')
ORDER BY c.oid
"""
_KEYS = """
SELECT k.conrelid::int8, fn.nspname, f.relname, f.relkind,
    (SELECT array_agg(a.attname::text ORDER BY u.n) FROM unnest(k.conkey) WITH ORDINALITY u(num, n)
     JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.num),
    (SELECT array_agg(a.attname::text ORDER BY u.n) FROM unnest(k.confkey) WITH ORDINALITY u(num, n)
     JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.num)
FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class f ON f.oid = k.confrelid
JOIN pg_catalog.pg_namespace fn ON fn.oid = f.relnamespace
WHERE k.contype = 'f' AND EXISTS (
    SELECT FROM pg_catalog.pg_class c WHERE c.oid = k.conrelid AND c.relkind = 'r')
"""
_PLAIN = (
    "SET datestyle = 'ISO, YMD'; SET intervalstyle = 'postgres'; SET extra_float_digits = 3;"
    " SET bytea_output = 'hex'; SET timezone = 'UTC'; SET lc_monetary = 'C'; SET row_security = off"
)


class _Table(NamedTuple):
    oid: int
    schema: str
    name: str
    columns: list[str] | None

    @property
    def quoted(self) -> str:
        return quote(self.schema, self.name)


class _Key(NamedTuple):
    child: int
    schema: str
    name: str
    kind: str
    referring: list[str]
    referred: list[str]


Places = dict[int, set[str]]
"""The rows chosen: by table, where they lie."""


def fill(
    source: Session,
    copy: Session,
    programs: Programs,
    url: URL,
    into: URL,
    options: Sequence[str],
    rows: int,
) -> None:
    """Fill an empty database, all as of one moment.

    Rows that others refer to come along, as far as keys are declared.

    Raises:
        StatementFailed: the server or a program refused.
    """
    for session in (source, copy):
        session.run(_PLAIN)
    source.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    moment = source.value("SELECT pg_catalog.pg_export_snapshot()")
    tables = {row[0]: _Table(*row) for row in source.query(_TABLES)}
    without = [f"--exclude-table-data={one.quoted}" for one in tables.values()]
    server = copy.raw.info.server_version // 10000
    shared = [*options, f"--snapshot={moment}", *without]
    transfer(programs, url, into, [*shared, "--section=pre-data"], server=server)
    chosen = _chosen(source, tables, rows)
    for oid, places in chosen.items():
        _copy(source, copy, tables[oid], places)
    transfer(programs, url, into, [*shared, "--section=data"], server=server)
    transfer(programs, url, into, [*shared, "--section=post-data"], server=server)
    source.run("ROLLBACK")


def _chosen(source: Session, tables: dict[int, _Table], rows: int) -> Places:
    """Choose rows evenly, then all that they refer to."""
    chosen = {oid: set(_spread(source, one, rows)) for oid, one in tables.items()}
    keys = [_Key(*row) for row in source.query(_KEYS)]
    new = {oid: set(places) for oid, places in chosen.items()}
    while any(new.values()):
        met: Places = {}
        for key in keys:
            if key.child in tables and new.get(key.child):
                for oid, place in _referred(source, tables[key.child], key, new[key.child]):
                    met.setdefault(oid, set()).add(place)
        new = {oid: places - chosen[oid] for oid, places in met.items() if oid in chosen}
        for oid, places in new.items():
            chosen[oid] |= places
    return chosen


def _spread(source: Session, one: _Table, rows: int) -> Iterator[str]:
    found = source.query(
        "SELECT ctid::text FROM (SELECT ctid, row_number() OVER () AS clew_n,"
        f" count(*) OVER () AS clew_c FROM ONLY {one.quoted}) s"
        " WHERE clew_n * %(rows)s / clew_c <> (clew_n - 1) * %(rows)s / clew_c",
        {"rows": rows},
    )
    return (place for (place,) in found)


def _referred(
    source: Session, child: _Table, key: _Key, places: set[str]
) -> Iterator[tuple[int, str]]:
    only = "" if key.kind == "p" else "ONLY "
    referred = ", ".join(f"p.{quote(name)}" for name in key.referred)
    referring = ", ".join(f"c.{quote(name)}" for name in key.referring)
    yield from source.query(
        f"SELECT p.tableoid::int8, p.ctid::text FROM {only}{quote(key.schema, key.name)} p"
        f" WHERE ({referred}) IN (SELECT {referring} FROM ONLY {child.quoted} c"
        " WHERE c.ctid = ANY (%s::tid[]))",
        (sorted(places),),
    )


def _copy(source: Session, copy: Session, one: _Table, places: set[str]) -> None:
    if not places:
        return
    columns = ", ".join(map(quote, one.columns or ()))
    listed = f"({columns})" if columns else ""
    listing = ",".join(f'"{place}"' for place in sorted(places))
    reading = (
        f"COPY (SELECT {columns} FROM ONLY {one.quoted}"
        f" WHERE ctid = ANY ('{{{listing}}}'::tid[])) TO STDOUT"
    )
    writing = f"COPY {one.quoted} {listed} FROM STDIN"
    with (
        mapped(),
        source.raw.cursor().copy(reading.encode()) as rows,
        copy.raw.cursor().copy(writing.encode()) as taken,
    ):
        for data in rows:
            taken.write(data)
