"""A database that the asker gave for a copy: empty at first, and made empty again."""

from __future__ import annotations

from journal.errors import ClewError, Refused
from journal.logs import log
from journal.postgresql.connection import Session, quote

_OBJECTS = """
SELECT classid, objid FROM pg_catalog.pg_depend d
WHERE refclassid = 'pg_catalog.pg_namespace'::regclass AND refobjid = 'public'::regnamespace
  AND deptype = 'n' AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_depend e
    WHERE e.classid = d.classid AND e.objid = d.objid AND e.deptype = 'e')
"""
_SCHEMAS = """
SELECT nspname FROM pg_catalog.pg_namespace n
WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public') AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_depend e
    WHERE e.classid = 'pg_catalog.pg_namespace'::regclass AND e.objid = n.oid AND e.deptype = 'e')
"""
_LARGE = "pg_catalog.pg_largeobject_metadata"
_PUBLIC = "SELECT to_regnamespace('public') IS NOT NULL"


def expect_empty(
    session: Session,
    what: str = "scratch database",
    hint: str = "Name a database with nothing in it: it is emptied at the end.",
) -> None:
    """Raise ``Refused`` where anything of somebody's stands in the database."""
    schemas = [name for (name,) in session.query(_SCHEMAS)]
    things = session.query(_OBJECTS) if session.value(_PUBLIC) else []
    large = session.value(f"SELECT count(*) FROM {_LARGE}")
    if schemas or things or large:
        found = f"schema {schemas[0]}" if schemas else f"{len(things)} objects in schema public"
        if not (schemas or things):
            found = f"{large} large objects"
        raise Refused(f"expected an empty {what}, found {found}", hint=hint)


def extensions(session: Session) -> frozenset[str]:
    """Name the extensions that are installed."""
    return frozenset(
        name for (name,) in session.query("SELECT extname FROM pg_catalog.pg_extension")
    )


def empty(session: Session, had: frozenset[str]) -> None:
    """Drop all that the copy brought; never raises, since it ends work that may have failed."""
    try:
        for name in sorted(extensions(session) - had):
            session.run(f"DROP EXTENSION {quote(name)} CASCADE")
        for (name,) in session.query(_SCHEMAS):
            session.run(f"DROP SCHEMA {quote(name)} CASCADE")
        for (name,) in session.query("SELECT pubname FROM pg_catalog.pg_publication"):
            session.run(f"DROP PUBLICATION {quote(name)}")
        session.query(f"SELECT pg_catalog.lo_unlink(oid) FROM {_LARGE}")
        found = f"SELECT o.type, o.identity FROM ({_OBJECTS}) d, "
        found += "pg_catalog.pg_identify_object(d.classid, d.objid, 0) o"
        for kind, identity in session.query(found) if session.value(_PUBLIC) else ():
            session.run(f"DROP {kind} IF EXISTS {identity} CASCADE")
    except ClewError as error:
        log.warning("scratch database could not be emptied", error=error.message)
