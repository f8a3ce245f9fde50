"""Copying a PostgreSQL database, journal and all, without writing to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from journal.errors import NotFound, Refused
from journal.postgresql import install
from journal.postgresql.connection import Session, quote
from journal.postgresql.scratch import emptying, making, programs, sample
from journal.scratch import Copied, Wanted
from journal.url import URL


@contextmanager
def scratch_copy(url: URL, wanted: Wanted) -> Iterator[Copied]:
    """Copy a database; as ``journal.copying.scratch_copy``."""
    if wanted.way == "template":
        copying = _from_template(url, wanted)
    elif wanted.into is not None:
        copying = _into(url, wanted.into, wanted)
    else:
        copying = _beside(url, wanted)
    with copying as copied:
        yield copied


@contextmanager
def _from_template(url: URL, wanted: Wanted) -> Iterator[Copied]:
    if wanted.sample is not None or wanted.into is not None:
        raise Refused(
            "a template is copied whole, and on its own server", hint="Copy with --by dump."
        )
    with making.closing_session(url, wanted.lock_timeout) as source:
        source_version(source, wanted)
    name = making.new_name()
    copy = url.set(database=name)
    try:
        making.create_from(url, name, wanted.lock_timeout)
        with making.closing_session(copy, wanted.lock_timeout) as keeper:
            yield _copied(keeper, copy, "all rows, as a template", ())
    finally:
        _end(url, name, wanted)


@contextmanager
def _beside(url: URL, wanted: Wanted) -> Iterator[Copied]:
    """Copy into a new database of the same server."""
    name = making.new_name()
    copy = url.set(database=name)
    try:
        with making.closing_session(url, wanted.lock_timeout) as source:
            version = source_version(source, wanted)
            found = programs.need(version, named=wanted.programs)
            making.need_createdb(source)
            making.create(source, name)
        with making.closing_session(copy, wanted.lock_timeout) as keeper:
            yield filled(url, copy, keeper, found, wanted)
    finally:
        _end(url, name, wanted)


@contextmanager
def _into(url: URL, copy: URL, wanted: Wanted) -> Iterator[Copied]:
    """Copy into a database that the asker gave, and empty that again."""
    with making.closing_session(url, wanted.lock_timeout) as source:
        found = programs.need(source_version(source, wanted), named=wanted.programs)
    with making.closing_session(copy, wanted.lock_timeout) as keeper:
        emptying.expect_empty(keeper)
        had = emptying.extensions(keeper)
        try:
            yield filled(url, copy, keeper, found, wanted)
        finally:
            if not wanted.kept:
                emptying.empty(keeper, had)


def filled(
    url: URL, copy: URL, keeper: Session, found: programs.Programs, wanted: Wanted
) -> Copied:
    """Fill an empty database that ``keeper`` is connected to. Raises ``StatementFailed``."""
    with making.closing_session(url, wanted.lock_timeout) as source:
        notes = list(making.take_settings(source, keeper)) if wanted.into is None else []
    waits = f"--lock-wait-timeout={int(wanted.lock_timeout * 1000)}"
    options = ["--no-subscriptions", waits]
    options += [] if wanted.journal else ["--exclude-schema=clew"]
    options += [] if wanted.owners else programs.OF_NOBODY
    if wanted.rows_of is not None:
        with making.closing_session(url, wanted.lock_timeout) as source:
            options += _without_rows(source, wanted.rows_of)
    if wanted.sample is None:
        server = keeper.raw.info.server_version // 10000
        programs.transfer(found, url, copy, options, server=server)
        how = f"all rows, by pg_dump {found.major}"
    else:
        with making.closing_session(url, wanted.lock_timeout) as source:
            sample.fill(source, keeper, found, url, copy, options, wanted.sample)
        how = f"a sample of {wanted.sample:,} rows a table, by pg_dump {found.major}"
    _analyze(keeper)
    return _copied(keeper, copy, how, tuple(notes))


def _analyze(copy: Session) -> None:
    """Let the planner know of the rows here; of a parent of foreign tables it would ask there."""
    if not copy.value(_ELSEWHERE):
        copy.run("ANALYZE")
        return
    for schema, name in copy.query(_HERE):
        copy.run(f"ANALYZE {quote(schema, name)}")


def _without_rows(source: Session, rows_of: frozenset[tuple[str, ...]]) -> Iterator[str]:
    """Yield the options that leave rows out: of all tables but these, and of the journal."""
    for schema, name in source.query(_TABLES):
        if (schema, name) not in rows_of and (schema, name) not in _WHO:
            yield f"--exclude-table-data={quote(schema, name)}"


_TABLES = """
SELECT n.nspname, c.relname FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_'
  AND n.nspname <> 'information_schema'
ORDER BY 1, 2
"""
_ELSEWHERE = "SELECT EXISTS (SELECT FROM pg_catalog.pg_class WHERE relkind = 'f')"
_HERE = """
WITH RECURSIVE far(oid) AS (
    SELECT oid FROM pg_catalog.pg_class WHERE relkind = 'f'
    UNION SELECT h.inhparent FROM far JOIN pg_catalog.pg_inherits h ON h.inhrelid = far.oid)
SELECT n.nspname, c.relname FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't' AND n.nspname !~ '^pg_'
  AND n.nspname <> 'information_schema' AND c.oid NOT IN (SELECT oid FROM far)
"""
"""The tables that have no foreign one among their partitions and heirs."""
_WHO = (("clew", "journal"), ("clew", "head"))
"""The tables of the journal that tell which one it is, and where it stands."""


def _copied(keeper: Session, copy: URL, how: str, notes: tuple[str, ...]) -> Copied:
    size = int(keeper.value("SELECT pg_catalog.pg_database_size(current_database())"))
    return Copied(url=copy, how=how, size=size, notes=notes)


def _end(url: URL, name: str, wanted: Wanted) -> None:
    if not wanted.kept:
        making.drop(url, name, wanted.lock_timeout)


def source_version(session: Session, wanted: Wanted) -> int:
    """Return the server's major version. Raises ``NotFound`` where a wanted journal is not."""
    if wanted.journal and install.identity(session) is None:
        raise NotFound(
            "expected a journal in this database, found none", hint="Create one with: clew init"
        )
    return session.raw.info.server_version // 10000
