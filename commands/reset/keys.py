"""The foreign keys of a schema in one form, with what each does when a parent row goes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, cast

import msgspec

from commands.reset.answer import Action
from journal.values import SchemaObject
from projections.schema import Schema

_ON_DELETE = re.compile(r"\bON DELETE (NO ACTION|RESTRICT|CASCADE|SET NULL|SET DEFAULT)\b")
_PERIOD = re.compile(r"^FOREIGN KEY \([^()]*\bPERIOD ")
_QUOTED = re.compile(r'"(?:[^"]|"")*"')


class ForeignKey(msgspec.Struct, frozen=True, kw_only=True):
    """Columns of ``child`` refer to the columns ``referred`` of ``parent``.

    With ``period`` the last of them are ranges, and overlap.
    """

    child: SchemaObject
    columns: tuple[str, ...]
    parent: SchemaObject
    referred: tuple[str, ...]
    on_delete: Action
    enforced: bool = True
    period: bool = False


def foreign_keys(schema: Schema) -> tuple[ForeignKey, ...]:
    """Return the foreign keys by child; those of a partition that its whole has are left out."""
    tables = schema.of_kind("table")
    found = [*_constraints(schema), *(key for table in tables for key in _inline(table, tables))]
    return tuple(sorted(found, key=lambda key: (key.child.path, key.columns, key.parent.path)))


def _constraints(schema: Schema) -> Iterator[ForeignKey]:
    """PostgreSQL keeps what a key does in the text of the constraint."""
    for one in schema.of_kind("constraint"):
        definition = one.definition
        if definition.get("type") != "foreign key" or "parent" in definition:
            continue
        child = schema.objects.get(one.parent or 0)
        parent = schema.find("table", tuple(definition["references"]))
        if child is None or parent is None:
            continue
        text = _QUOTED.sub('""', definition["text"])
        said = _ON_DELETE.search(text)
        yield ForeignKey(
            child=child,
            columns=tuple(definition["columns"]),
            parent=parent,
            referred=tuple(definition["referred"]),
            on_delete=_action(said[1] if said else "no action"),
            enforced="NOT ENFORCED" not in text,
            period=bool(_PERIOD.search(text)),
        )


def _inline(table: SchemaObject, tables: tuple[SchemaObject, ...]) -> Iterator[ForeignKey]:
    """On SQLite names match in any case, and a foreign key may leave the key unsaid."""
    keys: list[dict[str, Any]] = table.definition.get("foreign_keys", [])
    for key in keys:
        name = str(key["references"][0]).lower()
        parent = next((one for one in tables if one.path[0].lower() == name), None)
        columns, said = tuple(key["columns"]), tuple(key["referred"])
        referred = said or tuple(parent.definition.get("primary_key", ()) if parent else ())
        if parent is None or len(columns) != len(referred):
            continue  # SQLite refuses a DELETE itself where a key refers to what is none
        yield ForeignKey(
            child=table,
            columns=columns,
            parent=parent,
            referred=referred,
            on_delete=_action(key["on_delete"]),
        )


def _action(said: str) -> Action:
    return cast("Action", said.lower())
