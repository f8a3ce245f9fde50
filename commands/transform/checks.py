"""Declared checks: what a SELECT must say before a migration may stand."""

from __future__ import annotations

from decimal import Decimal
from itertools import islice
from typing import Any

import msgspec

from commands.transform.spec import Check
from commands.transform.values import canonical, kind_of
from journal.errors import CheckFailed
from journal.events import CheckRun
from journal.recording import Recording


def run_check(check: Check, recording: Recording) -> CheckRun:
    """Run a check and note its outcome.

    Raises:
        CheckFailed: it failed, and does not only warn.
        StatementFailed, Refused: its SELECT cannot run.
    """
    with recording.database.select(check.sql) as found:
        rows = list(islice(found.rows, 1))
    event = _judge(check, rows)
    if not event.passed and not check.warns:
        raise CheckFailed(
            f"check {check.name}: expected {event.expected}, found {event.found}",
            hint="It stops the migration here; a check with warns=True does not.",
        )
    recording.note(event)
    return event


def _judge(check: Check, rows: list[Any]) -> CheckRun:
    wanted = _wanted(check)
    if not wanted:
        found = "a row" if rows else "no row"
        return CheckRun(name=check.name, passed=not rows, expected="no row", found=found)
    value = rows[0][0] if rows else None
    passed = bool(rows) and _within(check, value)
    found = _told(value) if rows else "no row"
    return CheckRun(name=check.name, passed=passed, expected=wanted, found=found)


def _wanted(check: Check) -> str:
    parts = []
    if check.equals is not msgspec.UNSET:
        parts.append(_told(check.equals))
    if check.at_least is not None:
        parts.append(f"at least {check.at_least}")
    if check.at_most is not None:
        parts.append(f"at most {check.at_most}")
    return " and ".join(parts)


def _within(check: Check, value: Any) -> bool:
    if check.equals is not msgspec.UNSET and canonical(value) != canonical(check.equals):
        return False
    if check.at_least is None and check.at_most is None:
        return True
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return False
    low = check.at_least is None or value >= check.at_least
    return low and (check.at_most is None or value <= check.at_most)


def _told(value: Any) -> str:
    """Numbers are told; what else was found may be somebody's data."""
    return str(value) if isinstance(value, int | float | Decimal) else kind_of(value)
