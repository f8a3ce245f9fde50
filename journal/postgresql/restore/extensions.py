"""The statements that make an extension, alter it and take it away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from journal.postgresql.connection import Session
from journal.postgresql.restore.names import ident, literal
from journal.values import SchemaObject

PATH = """
select path is not null from pg_catalog.pg_extension_update_paths(%s)
where source = %s and target = %s
"""

AVAILABLE = """
select exists (select from pg_catalog.pg_available_extension_versions
    where name = %s and version = %s)
"""


def made(one: SchemaObject) -> str:
    """Return the statement that makes an extension in its version."""
    schema, version = ident(one.definition["schema"]), literal(one.definition["version"])
    return f"create extension {ident(one.path[0])} with schema {schema} version {version}"


def moved(one: SchemaObject, definition: Mapping[str, Any]) -> str:
    """Return the statement that moves an extension to another schema."""
    return f"alter extension {ident(one.path[0])} set schema {ident(definition['schema'])}"


def updated(one: SchemaObject, definition: Mapping[str, Any]) -> str:
    """Return the statement that brings an extension to another version."""
    return f"alter extension {ident(one.path[0])} update to {literal(definition['version'])}"


def path_back(session: Session, live: SchemaObject, wanted: SchemaObject) -> bool:
    """Tell whether scripts lead from one version of an extension to another."""
    versions = (live.definition["version"], wanted.definition["version"])
    return bool(session.value(PATH, (live.path[0], *versions)))


def available(session: Session, one: SchemaObject) -> bool:
    """Tell whether the server has the scripts that make this version of an extension."""
    return bool(session.value(AVAILABLE, (one.path[0], one.definition["version"])))
