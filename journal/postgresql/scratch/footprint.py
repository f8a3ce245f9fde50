"""A PostgreSQL database as found: pg_dump's text, or the catalogs'; and digests of all rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from journal.footprint import Footprint, Stored, TableDigest
from journal.postgresql.connection import Session, quote
from journal.postgresql.scratch import catalogs, programs
from journal.postgresql.scratch.making import closing_session
from journal.url import URL

_NOISE = re.compile(
    r"^(--.*|SET .*|SELECT pg_catalog\.set_config.*|\\(un)?restrict .*|)$", re.MULTILINE
)
_TABLES = """
SELECT n.nspname, c.relname, c.relkind, c.oid || '/' || c.relfilenode, pg_table_size(c.oid), (
    SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_catalog.pg_attribute a
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE (c.relkind IN ('r', 'p', 'S') OR c.relkind = 'm' AND c.relispopulated)
  AND c.relpersistence <> 't' AND n.nspname !~ '^pg_'
  AND n.nspname NOT IN ('information_schema', 'clew')
ORDER BY 1, 2
"""
_JOURNAL = """
SELECT (SELECT coalesce(sum(octet_length(body) + 64), 0) FROM clew.entry)
     + (SELECT coalesce(sum(octet_length(content) + 64), 0) FROM clew.content)
     + (SELECT coalesce(sum(pg_column_size(chunk) + 64), 0) FROM clew.image)
"""
_PLAIN = (
    "SET datestyle = 'ISO, YMD'; SET intervalstyle = 'postgres'; SET extra_float_digits = 3;"
    " SET bytea_output = 'hex'; SET timezone = 'UTC'; SET lc_monetary = 'C';"
    " SET search_path = pg_catalog"
)


def footprint(url: URL, *, named: Path | None = None) -> Footprint:
    """Read a whole database. Raises ``Unreachable``, ``StatementFailed``."""
    with closing_session(url, 5.0) as session:
        session.run(_PLAIN)
        by, definitions = _definitions(session, url, named)
        found = session.query(_TABLES)
        stored = [row for row in found if row[2] != "S"]
        return Footprint(
            by=by,
            definitions=definitions,
            tables={
                f"{schema}.{name}": digest(session, schema, name, columns or [])
                for schema, name, kind, _, _, columns in stored
                if kind != "p"
            },
            sequences={
                f"{schema}.{name}": _place(session, schema, name)
                for schema, name, kind, *_ in found
                if kind == "S"
            },
            stored={
                f"{schema}.{name}": Stored(place=place, size=int(size))
                for schema, name, _, place, size, _ in stored
            },
            journal_bytes=int(session.value(_JOURNAL)),
        )


def digest(session: Session, schema: str, name: str, columns: list[str]) -> TableDigest:
    """Sum digests of all rows, so that their order does not count, and of each column."""
    sums = "".join(
        f", sum(hashtextextended(x.{quote(column)}::text, 0))::text" for column in columns
    )
    half = "('x' || substr(md5((x.*)::text), {}, 16))::bit(64)::int8"
    row = session.query(
        f"SELECT count(*), sum({half.format(1)})::text, sum({half.format(17)})::text{sums}"
        f" FROM ONLY {quote(schema, name)} x"
    )[0]
    whole = f"{row[1]} {row[2]}"
    return TableDigest(row[0], whole, {c: str(v) for c, v in zip(columns, row[3:], strict=True)})


def _definitions(session: Session, url: URL, named: Path | None) -> tuple[str, dict[str, str]]:
    found = programs.find(session.raw.info.server_version // 10000, named=named)
    if found is None:
        return "the catalogs", dict(catalogs.definitions(session))
    text = programs.dump(found, url, "--schema-only", "--exclude-schema=clew")
    return f"pg_dump {found.major}", dict(_statements(_NOISE.sub("", text)))


def _statements(dump: str) -> Iterator[tuple[str, str]]:
    """Take a dump apart at its blank lines; named by first lines, told apart by numbers."""
    seen: dict[str, int] = {}
    for part in sorted(part.strip() for part in re.split(r"\n{2,}", dump) if part.strip()):
        first = part.splitlines()[0]
        seen[first] = seen.get(first, 0) + 1
        yield (f"{first} ({seen[first]})" if seen[first] > 1 else first), part


def _place(session: Session, schema: str, name: str) -> str:
    return str(session.value(f"SELECT last_value || ' ' || is_called FROM {quote(schema, name)}"))
