"""Schemas and extensions."""

from __future__ import annotations

from collections.abc import Iterator

from journal.postgresql.catalog.found import USERS, Found, Scope, acl, comment, unowned, within
from journal.postgresql.connection import Session

SCHEMAS = f"""
select n.oid::int8, n.nspname, json_strip_nulls(json_build_object(
    'owner', pg_get_userbyid(n.nspowner),
    'acl', {acl("n.nspacl", "'n'", "n.nspowner")},
    'comment', {comment("pg_namespace", "n.oid")}))
from pg_catalog.pg_namespace n
where {USERS} and {within("n.oid")} and {unowned("pg_namespace", "n.oid")}
"""

EXTENSIONS = f"""
select e.oid::int8, e.extname, json_strip_nulls(json_build_object(
    'version', e.extversion,
    'schema', n.nspname,
    'comment', {comment("pg_extension", "e.oid")}))
from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace
where {within("e.oid")}
"""


def read_schemas(session: Session, scope: Scope) -> Iterator[Found]:
    """Yield the schemas in scope."""
    for oid, name, definition in session.query(SCHEMAS, scope.params("namespace")):
        key = ("namespace", oid)
        yield Found(key=key, unit=key, kind="schema", path=(name,), definition=definition)


def read_extensions(session: Session, scope: Scope) -> Iterator[Found]:
    """Yield the extensions in scope; what they consist of is theirs."""
    for oid, name, definition in session.query(EXTENSIONS, scope.params("extension")):
        key = ("extension", oid)
        yield Found(key=key, unit=key, kind="extension", path=(name,), definition=definition)
