"""How objects are written in SQL."""

from __future__ import annotations

from collections.abc import Sequence

from journal.postgresql.catalog.wholes import BY_KIND
from journal.postgresql.connection import quote
from journal.values import SchemaObject

WORDS = {
    "enum": "type",
    "composite": "type",
    "range": "type",
    "base type": "type",
    "shell type": "type",
}
"""The keyword of a kind, where it is not the kind's own name."""

GRANTED = {
    "view": "table",
    "materialized view": "table",
    "foreign table": "table",
    "domain": "type",
    "aggregate": "function",
    "server": "foreign server",
}
"""The keyword that GRANT takes, where it is not that of ALTER."""


def ident(name: str) -> str:
    """Return a quoted identifier."""
    return quote(name)


def literal(text: str) -> str:
    """Return a quoted string; ``standard_conforming_strings`` must be on."""
    return "'" + text.replace("'", "''") + "'"


def dotted(path: Sequence[str]) -> str:
    """Return a quoted, qualified name."""
    return quote(*path)


def word(one: SchemaObject) -> str:
    """Return the keyword that ALTER, DROP and COMMENT ON take for an object."""
    if one.kind == "function":
        return "procedure" if one.definition.get("procedure") else "function"
    return WORDS.get(one.kind, one.kind)


def granted(one: SchemaObject) -> str:
    """Return the keyword that GRANT and REVOKE take for an object."""
    return GRANTED.get(one.kind) or word(one)


def granted_on(one: SchemaObject) -> str:
    """Return an object's name as GRANT and REVOKE take it after the keyword."""
    return str(one.definition["identity"]) if one.kind == "aggregate" else full(one)


def full(one: SchemaObject) -> str:
    """Return an object's name as ALTER, DROP and COMMENT ON take it after the keyword."""
    if one.kind == "function":
        name = dotted((one.path[0], one.definition["name"]))
        return f"{name}({one.definition['arguments']})"
    if one.kind == "aggregate":
        name = dotted((one.path[0], one.definition["name"]))
        return f"{name}({one.definition['arguments']})"
    if one.kind in BY_KIND:
        return str(one.definition["identity"])
    if one.kind in ("constraint", "trigger", "rule", "policy"):
        return f"{ident(one.path[2])} on {dotted(one.path[:2])}"
    return dotted(one.path)


def table_of(one: SchemaObject) -> str:
    """Return the name of the table that a constraint, trigger, rule or policy is of."""
    return dotted(one.path[:2])
