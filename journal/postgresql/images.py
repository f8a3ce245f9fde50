"""Row images: columns of text in chunks, hashed, and brought back as a temporary table.

A chunk is a two-dimensional text array, one column of the table after the other. A value
stands in its output form, which its type's input reads back to the very same value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from journal.errors import NotKnownExact
from journal.folded import ImageCheck
from journal.postgresql.connection import Session, quote
from journal.postgresql.reading import written
from journal.postgresql.staging import kept, laid_out
from journal.values import Column, ImageRange, SchemaObject, TableRows

CHUNK_ROWS = 1000
"""Rows of one chunk, at most."""
CHUNK_VALUES = 16_000
"""Values of one chunk, at most, unless it holds a single row."""
CHUNK_BYTES = 8_000_000
"""Size at which fewer rows are put into a chunk."""

SETTINGS = {
    "search_path": "pg_catalog",
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "extra_float_digits": "3",
    "bytea_output": "hex",
    "timezone": "UTC",
    "xmloption": "content",
    "lc_monetary": "C",
    "quote_all_identifiers": "off",
    "row_security": "off",
}
"""Settings under which values are written as text and read back."""

_ODD_TYPES = """
WITH RECURSIVE b(attname, oid) AS (
    SELECT a.attname, a.atttypid FROM pg_catalog.pg_attribute a
    WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped
    UNION SELECT b.attname, t.typbasetype FROM b JOIN pg_catalog.pg_type t USING (oid)
    WHERE t.typbasetype <> 0)
SELECT b.attname, bool_or(k.castsource IS NULL OR k.castsource = b.oid),
       bool_or(k.casttarget = b.oid AND t.typelem <> 0 AND t.typlen = -1)
FROM b JOIN pg_catalog.pg_type t USING (oid) LEFT JOIN pg_catalog.pg_cast k
    ON k.oid >= 16384 AND ((k.castsource = b.oid AND k.casttarget = 'text'::regtype)
        OR (k.casttarget = b.oid AND k.castsource = 'text'::regtype))
WHERE k.oid IS NOT NULL OR b.oid = 'bpchar'::regtype GROUP BY 1
"""
_PLACES = """
SELECT a.attname, a.attnum::integer FROM pg_catalog.pg_attribute a
WHERE a.attrelid = coalesce(pg_catalog.pg_partition_root(%s::oid::regclass)::oid, %s::oid)
  AND a.attnum > 0 AND NOT a.attisdropped
"""
_LONG = """
SELECT a.attname FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped AND a.attlen < 0
  AND (c.reltoastrelid <> 0 OR c.relkind = 'p')
"""
_ASIDE = """(SELECT coalesce(sum(pg_relation_size(c.reltoastrelid)), 0) > 1000000 FROM pg_class c
    WHERE c.oid = {oid} OR c.oid IN (SELECT relid FROM pg_partition_tree({oid})))"""


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """How to read the rows of a table: its oid, stored columns, key, and text of each column.

    ``texts`` are SQL expressions over the bare columns, in the order of ``columns``; ``long``
    are the places of those that may hold something long.
    """

    oid: int
    name: str
    identity: int
    columns: tuple[Column, ...]
    key: tuple[Column, ...]
    texts: tuple[str, ...]
    long: tuple[int, ...] = ()

    def part(self, wanted: Iterable[int]) -> Shape:
        """Return the shape with only these columns."""
        ids = set(wanted)
        kept = [n for n, column in enumerate(self.columns) if column.id in ids]
        return msgspec.structs.replace(
            self,
            columns=tuple(self.columns[n] for n in kept),
            texts=tuple(self.texts[n] for n in kept),
            long=tuple(place for place, n in enumerate(kept) if n in self.long),
        )

    def texts_of(self, alias: str) -> tuple[str, ...]:
        """Return the texts over the columns of a row of that name."""
        return tuple(
            text.replace(quote(column.name), f"{alias}.{quote(column.name)}")
            for text, column in zip(self.texts, self.columns, strict=True)
        )


def shape_of(session: Session, table: SchemaObject, oid: int) -> Shape:
    """Tell how the rows of a table are imaged; partitions in the order of their root's columns.

    Raises:
        NotKnownExact: a table without a stored column.
    """
    name = quote(*table.path)
    places: dict[str, int] = dict(session.query(_PLACES, (oid, oid)))
    stored = (c for c in table.columns if "generated" not in c.definition)
    columns = tuple(sorted(stored, key=lambda c: places.get(c.name, 0)))
    if not columns:
        raise NotKnownExact("table-without-columns", f"rows of {name}, which has no column")
    numbers = key_of(session, oid)
    long = {row[0] for row in session.query(_LONG, (oid,))}
    by_name = {column.name: column for column in columns}
    return Shape(
        oid=oid,
        name=name,
        identity=table.id,
        columns=columns,
        key=tuple(by_name[n] for n in numbers if n in by_name),
        texts=texts_of(session, columns, oid),
        long=tuple(n for n, c in enumerate(columns) if c.name in long),
    )


def texts_of(session: Session, columns: Iterable[Column], oid: int) -> tuple[str, ...]:
    """Return the SQL of each column's text.

    Raises:
        NotKnownExact: text becomes an array of such a type by a cast of the user's own.
    """
    odd = set()
    for name, cast, read in session.query(_ODD_TYPES, (oid,)):
        if read:
            raise NotKnownExact("cast-from-text", f"column {name} is read by a cast from text")
        if cast:
            odd.add(name)
    return tuple(_text(column.name, odd=column.name in odd) for column in columns)


def _text(name: str, *, odd: bool) -> str:
    column = quote(name)
    return written(column) if odd else f"{column}::text"


def key_of(session: Session, oid: int) -> list[str]:
    """Return the columns of the primary key, or else of a plain unique index without nulls."""
    rows = session.query(
        "SELECT array_agg(a.attname ORDER BY k.n) FROM pg_catalog.pg_index i,"
        " unnest(i.indkey) WITH ORDINALITY k(attnum, n), pg_catalog.pg_attribute a"
        " WHERE i.indrelid = %s AND i.indisunique AND i.indisvalid AND i.indpred IS NULL"
        " AND i.indexprs IS NULL AND k.n <= i.indnkeyatts"
        " AND a.attrelid = i.indrelid AND a.attnum = k.attnum"
        " GROUP BY i.indexrelid, i.indisprimary, i.indnkeyatts"
        " HAVING bool_and(a.attnotnull) AND bool_and(a.attgenerated = '')"
        " ORDER BY i.indisprimary DESC, i.indnkeyatts, i.indexrelid LIMIT 1",
        (oid,),
    )
    return list(rows[0][0]) if rows else []


def rows_per_chunk(width: int) -> int:
    """Return how many rows a chunk of a table of so many columns holds."""
    return max(1, min(CHUNK_ROWS, CHUNK_VALUES // max(width, 1)))


def chunking(shape: Shape, source: str, *, per_chunk: str = "", leaf: str = "") -> str:
    """Return the query that gathers ``source`` into chunks: count and array of each.

    A chunk is bounded by rows and by bytes; these are only summed up once the table has put
    something long aside. ``leaf`` is the SQL of the table that a row stands in, the third column
    then; rows for which it is null are left out.
    """
    size = per_chunk or str(rows_per_chunk(len(shape.columns)))
    texts = ", ".join(f"{text} AS c{n}" for n, text in enumerate(shape.texts))
    named = ", ".join(f"c{n}" for n in range(len(shape.texts)))
    arrays = ", ".join(f"array_agg(x.c{n})" for n in range(len(shape.texts)))
    each, part, group = "", "", ""
    if leaf:
        source = f"(SELECT {leaf} AS clew_leaf, s.* FROM {source} s) s WHERE clew_leaf IS NOT NULL"
        each, part, group = ", x.clew_leaf", "PARTITION BY clew_leaf", "x.clew_leaf, "
        texts, named = f"clew_leaf, {texts}", f"clew_leaf, {named}"
    chunk, bytes_ = f"(row_number() OVER w - 1) / {size} AS clew_chunk", ""
    if shape.long:
        lengths = " + ".join(f"coalesce(octet_length(c{n}), 0)" for n in shape.long)
        chunk += (
            f", sum(CASE WHEN {_ASIDE.format(oid=shape.oid)} THEN ({lengths})::bigint ELSE 0 END)"
            f" OVER w / {CHUNK_BYTES} AS clew_bytes"
        )
        bytes_ = ", floor(x.clew_bytes)"
    return (
        f"SELECT count(*)::integer, ARRAY[{arrays}]{each} FROM (SELECT {named}, {chunk}"
        f" FROM (SELECT {texts} FROM {source}) t"
        f" WINDOW w AS ({part} ROWS UNBOUNDED PRECEDING)) x GROUP BY {group}x.clew_chunk{bytes_}"
    )


class Imaged(msgspec.Struct, frozen=True, kw_only=True):
    """What was imaged of one table: rows by event and sign, and the range."""

    table: int
    counts: dict[tuple[str, int], int]
    images: ImageRange


_COLLECTED = """
WITH i AS MATERIALIZED (
    SELECT object, event, sign, rows, number, digest, pg_column_size(chunk) AS size
    FROM clew.image WHERE run = %s AND number > %s
)
SELECT w.*, e.events, e.signs, e.counts
FROM (SELECT object, min(number), max(number), sum(size)::bigint,
             encode(sha256(string_agg(digest, ''::bytea ORDER BY number)), 'hex')
      FROM i GROUP BY object) w
JOIN (SELECT object, array_agg(event) AS events, array_agg(sign::integer) AS signs,
             array_agg(n) AS counts
      FROM (SELECT object, event, sign, sum(rows)::bigint AS n FROM i GROUP BY 1, 2, 3) x
      GROUP BY object) e USING (object)
ORDER BY object
"""


def collected(session: Session, run: str, after: int) -> list[Imaged]:
    """Return, per table, what was imaged after a number."""
    return [
        Imaged(
            table=table,
            counts=dict(zip(zip(events, signs, strict=True), counts, strict=True)),
            images=ImageRange(first=first, last=last, digest=digest, size=size),
        )
        for table, first, last, size, digest, events, signs, counts in session.query(
            _COLLECTED, (run, after)
        )
    ]


def stage(session: Session, rows: TableRows, sign: int) -> str:
    """Load the images of one sign into a temporary table and return what names it in FROM.

    Columns: ``n``, the order of the rows, and ``c<identity>`` as text.
    """
    name = f"pg_temp.clew_staged_{_next(session)}"
    query = kept(unfolded(rows, sign), rows.columns, "x.n")
    session.run(f"CREATE TEMP TABLE {name.removeprefix('pg_temp.')} AS {query}")
    return laid_out(name, rows.columns, "n")


def unfolded(rows: TableRows, sign: int, *, erased: bool = False) -> str:
    """Return the query of the images of one sign as rows of text.

    With ``erased`` column ``e`` tells what was erased of a row; without, tokens stand for it.
    """
    columns = ", ".join(f"c{identity}" for identity in rows.columns)
    if rows.images is None:
        empty = ", ".join(f"NULL::text AS c{identity}" for identity in rows.columns)
        beside = ", NULL::text AS e" if erased else ""
        return f"SELECT 0::bigint AS n, {empty}{beside} WHERE false"
    width = len(rows.columns) + erased
    slices = ", ".join(f"i.chunk[{n}:{n}]" for n in range(1, width + 1))
    run = rows.run.replace("'", "''")
    if erased:
        columns += ", e"
    return (
        f"SELECT row_number() OVER (ORDER BY i.number, u.n) AS n, {columns}"
        f" FROM clew.image i, unnest({slices}) WITH ORDINALITY AS u({columns}, n)"
        f" WHERE i.run = '{run}' AND i.object = {rows.table} AND i.sign = {sign}"
        f" AND i.number BETWEEN {rows.images.first} AND {rows.images.last}"
    )


_CHECKED = """
SELECT r.n, encode(sha256(i.digests), 'hex'), i.removed, i.added, i.chunks, i.sound
FROM unnest(%s::text[], %s::bigint[], %s::bigint[], %s::bigint[])
     WITH ORDINALITY AS r(run, object, first, last, n)
CROSS JOIN LATERAL (
    SELECT coalesce(string_agg(h.digest, '' ORDER BY h.number), '') AS digests,
           coalesce(sum(h.rows) FILTER (WHERE h.sign < 0), 0)::bigint AS removed,
           coalesce(sum(h.rows) FILTER (WHERE h.sign > 0), 0)::bigint AS added,
           count(*) AS chunks, bool_and(h.digest = h.stored AND h.sign IN (-1, 1)) AS sound
    FROM (
        SELECT number, sign, rows, digest AS stored, sha256(convert_to(event
                   || CASE WHEN sign < 0 THEN '-' ELSE '+' END || rows::text || ':'
                   || chunk::text, 'UTF8')) AS digest
        FROM clew.image
        WHERE run = r.run AND object = r.object AND number BETWEEN r.first AND r.last
    ) h
) i ORDER BY r.n
"""
"""Digests as ``clew.chunk_digest`` makes them; whoever owns that function can make it lie."""


def check(session: Session, rows: Sequence[TableRows]) -> Iterator[ImageCheck]:
    """Hash the stored chunks of each range again, with nothing that a forger could replace."""
    ranges = [(n, one, one.images) for n, one in enumerate(rows) if one.images is not None]
    with only_the_servers_own(session):
        found = session.query(
            _CHECKED,
            (
                [one.run for _, one, _ in ranges],
                [one.table for _, one, _ in ranges],
                [images.first for _, _, images in ranges],
                [images.last for _, _, images in ranges],
            ),
        )
    for (index, one, images), row in zip(ranges, found, strict=True):
        _, digest, removed, added, chunks, sound = row
        problem = "" if digest == images.digest and sound else "altered"
        if problem and (removed < one.removed or added < one.added):
            problem = "missing"
        yield ImageCheck(index=index, chunks=chunks, problem=problem)


@contextmanager
def only_the_servers_own(session: Session) -> Iterator[None]:
    """Find functions and operators in pg_catalog alone, whatever the database was set to."""
    sql = "SELECT pg_catalog.set_config('search_path', %s, false)"
    before = session.value("SELECT pg_catalog.current_setting('search_path')")
    session.query(sql, ("pg_catalog",))
    try:
        yield
    finally:
        session.query(sql, (before,))


def _next(session: Session) -> int:
    return int(session.value("SELECT nextval('pg_temp.clew_number')"))


def settings() -> str:
    """Return the SET clauses of a function that reads values as text."""
    return " ".join(f"SET {name} = {literal(value)}" for name, value in SETTINGS.items())


def literal(value: Any) -> str:
    """Return a string as SQL."""
    return "'" + str(value).replace("'", "''") + "'"
