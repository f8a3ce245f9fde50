"""An empty database beside another, for what is to be made from nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from journal.errors import StatementFailed
from journal.postgresql.connection import Session, quote
from journal.postgresql.scratch import emptying, making
from journal.scratch import Wanted
from journal.url import URL

_EXTENSIONS = """
SELECT e.extname, n.nspname FROM pg_catalog.pg_extension e
JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace ORDER BY e.oid
"""
_SCHEMAS = """
SELECT nspname FROM pg_catalog.pg_namespace n
WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public', 'clew')
AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
    WHERE e.classid = 'pg_catalog.pg_namespace'::regclass AND e.objid = n.oid AND e.deptype = 'e')
ORDER BY 1
"""


@contextmanager
def scratch_empty(url: URL, wanted: Wanted) -> Iterator[URL]:
    """Make an empty database; as ``journal.copying.scratch_empty``."""
    if wanted.into is not None:
        with making.closing_session(wanted.into, wanted.lock_timeout) as keeper:
            emptying.expect_empty(keeper)
            had = emptying.extensions(keeper)
            try:
                _furnish(url, keeper, wanted)
                yield wanted.into
            finally:
                emptying.empty(keeper, had)
        return
    name = making.new_name()
    made = url.set(database=name)
    try:
        with making.closing_session(url, wanted.lock_timeout) as source:
            making.need_createdb(source)
            making.create(source, name)
        with making.closing_session(made, wanted.lock_timeout) as keeper:
            _furnish(url, keeper, wanted)
            yield made
    finally:
        making.drop(url, name, wanted.lock_timeout)


def _furnish(url: URL, keeper: Session, wanted: Wanted) -> None:
    """Take over what stands in a database before its first migration.

    An extension that may not be installed here is left out: what needs it says so.
    """
    with making.closing_session(url, wanted.lock_timeout) as source:
        if wanted.into is None:
            tuple(making.take_settings(source, keeper))
        for (name,) in source.query(_SCHEMAS):
            keeper.run(f"CREATE SCHEMA IF NOT EXISTS {quote(name)}")
        for name, schema in source.query(_EXTENSIONS):
            try:
                keeper.run(f"CREATE EXTENSION IF NOT EXISTS {quote(name)} SCHEMA {quote(schema)}")
            except StatementFailed:
                continue
