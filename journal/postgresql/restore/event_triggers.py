"""Event triggers: switched as they were."""

from __future__ import annotations

from journal.postgresql.restore.names import ident
from journal.values import SchemaObject

_SWITCHES = {"disabled": "disable", "replica": "enable replica", "always": "enable always"}


def switched(one: SchemaObject, target: SchemaObject) -> list[str]:
    """Return the statement that switches an event trigger as the target is."""
    how = _SWITCHES.get(target.definition.get("enabled", ""), "enable")
    return [f"alter event trigger {ident(one.path[0])} {how}"]
