"""The step of a migration that drops tables of which nothing says that they are used."""

from __future__ import annotations

from commands.quoting import quoted
from commands.transform.steps import DropUnused
from commands.unused.look import Look, gather
from commands.unused.standing import standing_signs
from commands.unused.using import using_signs
from journal.errors import StillUsed
from journal.events import CheckRun
from journal.recording import Recording
from journal.values import SchemaObject
from journal.verified import Sign, Use
from projections.schema import dotted

SAID = 3
"""Signs of use that a line repeats."""


def run_drop_unused(
    step: DropUnused, recording: Recording, *, allowed: frozenset[str] = frozenset()
) -> tuple[CheckRun, ...]:
    """Collect the evidence on all tables, note it, and drop them.

    Raises:
        NotFound, Usage: as ``gather`` does.
        StillUsed: something speaks for the use of one, and that is not waived.
        StatementFailed, NotExact: as ``Recording.execute`` does.
    """
    look = gather(step, recording)
    checks = tuple(_check(step, table, look) for table in look.dropped)
    used = [
        f"{dotted(table.path)} is used: {check.found}"
        for table, check in zip(look.dropped, checks, strict=True)
        if not check.passed
    ]
    if used:
        raise StillUsed("; ".join(used), checks=checks)
    recording.note(*checks)
    for sql in _statements(look):
        recording.execute(sql, number=recording.number + 1, allowed=allowed)
    return checks


def _check(step: DropUnused, table: SchemaObject, look: Look) -> CheckRun:
    signs = (*standing_signs(table, look), *using_signs(table, look))
    used = [sign for sign in signs if sign.speaks == "used"]
    waived = _waived(step, table, look)
    return CheckRun(
        name=f"{dotted(table.path)} is unused",
        passed=not used or bool(waived),
        expected="no sign of use",
        found=_said(used) or "no sign of use",
        details=Use(table=dotted(table.path), signs=signs, waived=waived if used else ""),
    )


def _waived(step: DropUnused, table: SchemaObject, look: Look) -> str:
    """What is waived for a table is waived for its partitions."""
    names = (dotted(table.path), table.path[-1])
    for name in names:
        if name in step.waive:
            return step.waive[name]
    parents = [tuple(path) for path in table.definition.get("inherits", ())]
    found = (_waived(step, one, look) for one in look.dropped if one.path in parents)
    return next(filter(None, found), "")


def _said(used: list[Sign]) -> str:
    more = f" and {len(used) - SAID} more" if len(used) > SAID else ""
    return "; ".join(sign.found for sign in used[:SAID]) + more


def _statements(look: Look) -> tuple[str, ...]:
    """On PostgreSQL one statement drops tables that refer to each other in a circle, too."""
    names = [quoted(*table.path) for table in look.dropped]
    if look.kind == "postgresql":
        return (f"DROP TABLE {', '.join(names)}",)
    return tuple(f"DROP TABLE {name}" for name in names)
