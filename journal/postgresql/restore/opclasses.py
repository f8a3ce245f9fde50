"""Operator families: members that belong to no class are added and dropped one by one."""

from __future__ import annotations

from journal.postgresql.restore.names import full
from journal.values import SchemaObject


def make_family(one: SchemaObject) -> list[str]:
    """Return the statements that make an operator family with its loose members."""
    return [one.definition["text"], *_changed(one, "add", [m for _, m in _members(one)])]


def alter_family(live: SchemaObject, target: SchemaObject) -> list[str]:
    """Return the statements that give a family its loose members back."""
    old, new = _members(live), _members(target)
    lost = [place for place, text in old if (place, text) not in new]
    return _changed(live, "drop", lost) + _changed(
        live, "add", [text for place, text in new if (place, text) not in old]
    )


def _members(one: SchemaObject) -> list[tuple[str, str]]:
    return [(place, text) for place, text in one.definition.get("members", ())]


def _changed(one: SchemaObject, how: str, members: list[str]) -> list[str]:
    return [f"alter operator family {full(one)} {how} {', '.join(members)}"] if members else []
