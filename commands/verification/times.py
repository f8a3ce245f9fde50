"""Named queries measured before the first step of a migration and after the last one."""

from __future__ import annotations

from commands.failure import public_message
from commands.transform.steps import Timing
from journal.errors import StatementFailed
from journal.events import CheckRun
from journal.recording import Recording
from journal.store import put_text
from journal.verified import Measured, Times

MILLISECONDS = 1000


def measured(declared: Timing, recording: Recording) -> Measured:
    """Measure a query as the transaction sees the tables; its plan is content.

    Raises:
        Refused: it is not a query.
    """
    try:
        found = recording.database.measure(declared.sql, runs=declared.runs)
    except StatementFailed as error:
        state = f" [{error.sqlstate}]" if error.sqlstate else ""
        return Measured(error=f"{public_message(error)}{state}")
    plan = put_text(recording.database, found.plan)
    return Measured(seconds=found.seconds, rows=found.rows, plan=plan)


def judged(declared: Timing, before: Measured | None, after: Measured, query: str) -> CheckRun:
    """Hold a timing against its limits; a query that ran on one side only has no ratio."""
    return CheckRun(
        name=declared.name,
        passed=_within(declared, before, after),
        expected=_expected(declared),
        found=_found(before, after),
        details=Times(query=query, before=before, after=after),
    )


def _within(declared: Timing, before: Measured | None, after: Measured) -> bool:
    if after.error:
        return bool(before and not before.error) and not _expected(declared)
    if declared.seconds is not None and after.median > declared.seconds:
        return False
    if declared.ratio is None or before is None or before.error:
        return True
    return after.median <= declared.ratio * before.median


def _expected(declared: Timing) -> str:
    parts = []
    if declared.seconds is not None:
        parts.append(f"at most {declared.seconds:g} s")
    if declared.ratio is not None:
        parts.append(f"at most {declared.ratio:g} times as long")
    return " and ".join(parts)


def _found(before: Measured | None, after: Measured) -> str:
    said = [f"{_told(before)} before"] if before is not None else []
    return ", ".join([*said, f"{_told(after)} after"])


def _told(one: Measured) -> str:
    return "did not run" if one.error else f"{one.median * MILLISECONDS:.3f} ms"
