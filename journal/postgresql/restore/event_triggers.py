"""Event triggers: made, and switched as they were."""

from __future__ import annotations

from journal.postgresql.restore.names import ident
from journal.values import SchemaObject

_SWITCHES = {"disabled": "disable", "replica": "enable replica", "always": "enable always"}


def event_trigger(one: SchemaObject) -> list[str]:
    """Return the statements that make an event trigger, which fires from the first one on."""
    made = str(one.definition["text"])
    return [made, *switched(one, one)] if "enabled" in one.definition else [made]


def switched(one: SchemaObject, target: SchemaObject) -> list[str]:
    """Return the statement that switches an event trigger as the target is."""
    how = _SWITCHES.get(target.definition.get("enabled", ""), "enable")
    return [f"alter event trigger {ident(one.path[0])} {how}"]
