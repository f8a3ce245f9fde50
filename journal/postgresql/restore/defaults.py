"""Reaching exact default privileges, whatever stands there."""

from __future__ import annotations

from journal.postgresql.restore.grants import granting
from journal.postgresql.restore.names import ident
from journal.values import SchemaObject


def default_privileges(
    one: SchemaObject, live: list[str] | None, target: list[str] | None
) -> list[str]:
    """Return the statements from the live list to the target's; ``None`` is no entry.

    What holds in one schema comes on top of what holds everywhere; what holds everywhere
    replaces what the server grants by itself.
    """
    role, schema, what = one.path
    within = f" in schema {ident(schema)}" if schema else ""
    added = bool(schema)
    statements = granting(target, live, on=f"on {what} ", word=what, owner=role, added=added)
    return [f"alter default privileges for role {ident(role)}{within} {sql}" for sql in statements]
