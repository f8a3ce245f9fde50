"""Types that somebody made, by the names that columns call them by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from journal.values import SchemaObject


def domains(objects: Iterable[SchemaObject]) -> dict[str, str]:
    """Return what domains are made of."""
    return {
        _name(one): str(one.definition.get("type", "")) for one in objects if one.kind == "domain"
    }


def labels(objects: Iterable[SchemaObject]) -> dict[str, Sequence[str]]:
    """Return the labels of enums."""
    return {_name(one): one.definition.get("labels", ()) for one in objects if one.kind == "enum"}


def _name(one: SchemaObject) -> str:
    """As the catalog writes it: qualified, and quoted where it has to be."""
    return ".".join(
        part if part.replace("_", "a").isalnum() and part == part.lower() else f'"{part}"'
        for part in one.path
    )
