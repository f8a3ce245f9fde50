"""Declared checks: what a SELECT must say before a migration may stand."""

from __future__ import annotations

from decimal import Decimal
from itertools import islice
from typing import Any

import msgspec

from commands.transform.report import Transformed
from commands.transform.steps import Check, Limit
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
        raise failed("check", event)
    recording.note(event)
    return event


def run_limit(limit: Limit, found: Transformed, seconds: float, recording: Recording) -> CheckRun:
    """Hold what a transform met against its bounds, and note the outcome.

    Raises:
        CheckFailed: a bound was passed, and the limit does not only warn.
    """
    subjects = max(found.subjects, 1)
    over = [
        f"{name} {_share(value, name, subjects)}"
        for name, value, bound in (
            ("conflicts", found.conflicts, limit.conflicts),
            ("parked", found.parked, limit.parked),
            ("unmapped", found.unmapped, limit.unmapped),
            ("rejected", found.rejected, limit.rejected),
            ("seconds", seconds, limit.seconds),
        )
        if bound is not None and value > bound * (1 if name == "seconds" else subjects)
    ]
    event = CheckRun(
        name=limit.name,
        passed=not over,
        expected=_bounds(limit),
        found=", ".join(over) or "within bounds",
    )
    if over and not limit.warns:
        raise failed("limit", event)
    recording.note(event)
    return event


def failed(what: str, event: CheckRun) -> CheckFailed:
    """Return the error for a check that failed."""
    return CheckFailed(
        f"{what} {event.name}: expected {event.expected}, found {event.found}",
        hint=f"It stops the migration here; a {what} with warns=True does not.",
        checks=(event,),
    )


def _share(value: float, name: str, subjects: int) -> str:
    return f"{value:.1f}" if name == "seconds" else f"{value:,} ({value / subjects:.2%})"


def _bounds(limit: Limit) -> str:
    shares = [
        f"{name} at most {bound:.2%}"
        for name, bound in (
            ("conflicts", limit.conflicts),
            ("parked", limit.parked),
            ("unmapped", limit.unmapped),
            ("rejected", limit.rejected),
        )
        if bound is not None
    ]
    seconds = [f"seconds at most {limit.seconds:g}"] if limit.seconds is not None else []
    return ", ".join(shares + seconds)


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
