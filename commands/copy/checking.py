"""Declared rules and the schema, held against the target once its rows are there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from commands.copy.comparing import compare
from commands.copy.isolation import violations
from commands.copy.plan import CopyPlan, Difference
from commands.copy.spec import Copy, Isolation
from commands.words import count
from journal.database import Database
from journal.effect import Row
from journal.errors import NotFound
from journal.events import CheckRun
from journal.values import SchemaObject

ISOLATION = "isolation "
"""What the names of these checks begin with: they are about rows, not about the copy."""


def check_isolation(
    spec: Copy, target: Database, objects: Sequence[SchemaObject]
) -> Iterator[CheckRun]:
    """Evaluate the declared rules within the open transaction of the target.

    A rule about tables that the target does not have is left out.
    """

    def ask(sql: str) -> list[Row]:
        with target.select(sql) as found:
            return list(found.rows)

    for rule in spec.isolation:
        try:
            found = violations((rule,), spec.references, objects, target.kind, ask)
        except NotFound:
            continue
        yield CheckRun(
            name=f"{ISOLATION}{rule.name}",
            passed=not found,
            expected=_wanted(rule),
            found="; ".join(one.text for one in found) or _wanted(rule),
        )


def check_schema(
    plan: CopyPlan, source: Iterable[SchemaObject], target: Iterable[SchemaObject]
) -> Iterator[CheckRun]:
    """Hold the tables that the copy made against those of the source, types left aside.

    What the plan stated as a difference is one.
    """
    made = {".".join(table.source.path) for table in plan.tables if not table.exists}
    if not made:
        return
    found = compare(source, target, kinds=(plan.source, plan.target), tables=made)
    stated = set(map(_about, plan.differences))
    wrong = [one.text for one in found.others if _about(one) not in stated]
    same = f"{count(len(made), 'table')} as in the source, {count(len(found.types), 'type')} apart"
    yield CheckRun(
        name="copy: schema", passed=not wrong, expected=same, found="; ".join(wrong) or same
    )


def _about(one: Difference) -> tuple[str, str]:
    """A key or a reference is told by its columns in the plan, and by its table here."""
    if one.kind in {"column", "generated"}:
        return "column", one.object
    return one.kind, one.object.partition(".")[0]


def _wanted(rule: Isolation) -> str:
    return f"each row leads to one of {rule.root}"
