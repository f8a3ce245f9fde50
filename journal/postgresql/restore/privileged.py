"""What nobody but a superuser makes, though its schema's owner may drop it."""

from __future__ import annotations

from journal.values import SchemaObject

_KINDS = frozenset(
    (
        "access method",
        "base type",
        "event trigger",
        "foreign data wrapper",
        "language",
        "operator class",
        "operator family",
        "shell type",
        "text search parser",
        "text search template",
    )
)


def privileged(one: SchemaObject) -> bool:
    """Tell whether only a superuser can make an object again."""
    match one.kind:
        case "function":
            return one.definition.get("language") in ("c", "internal")
        case "aggregate":
            return "stype = internal" in one.definition["text"]
        case "cast":
            return " without function" in one.definition["text"]
        case "range":
            return "functions" in one.definition
        case kind:
            return kind in _KINDS
