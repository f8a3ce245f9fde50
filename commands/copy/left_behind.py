"""What of a source no table of the target stands for: views, triggers, functions and the like."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from commands.copy.creating_same import TYPES, Ddl
from commands.copy.plan import Difference, TablePlan
from journal.values import DatabaseKind, ObjectChange, SchemaObject

_CARRIED = frozenset({"table", "constraint", "index", "internal", "sequence"})
_GIVEN = frozenset({"schema", "default privileges", "setting"})
_SAME = frozenset({"schema", "sequence", *TYPES})


def left_behind(
    objects: Iterable[SchemaObject], kinds: tuple[DatabaseKind, DatabaseKind]
) -> list[Difference]:
    """Return a difference for each object that a copy does not carry over."""
    carried = _CARRIED | (_SAME if kinds[0] == kinds[1] else frozenset(("enum", "domain")))
    return [
        Difference(
            kind=one.kind,
            object=".".join(one.path),
            source=one.kind,
            reason="not carried over",
        )
        for one in objects
        if one.kind not in carried | _GIVEN
        and one.path != ("plpgsql",)
        and "shadow" not in one.definition
    ]


def views_and_triggers(
    objects: Iterable[SchemaObject], made: Sequence[TablePlan], ddl: Ddl, *, every: bool
) -> tuple[str, ...]:
    """Return what makes those of SQLite again; views only where ``every`` table is there."""
    names = {table.source.path[0].lower() for table in made}
    found: list[str] = []
    for kind in ("view", "trigger"):
        for one in objects:
            if one.kind != kind:
                continue
            if every or (kind == "trigger" and str(one.definition["table"]).lower() in names):
                found += ddl(ObjectChange(after=one))
    return tuple(found)
