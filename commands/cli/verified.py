"""What a migration was verified by: in an answer's few lines, and in a report's tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from commands.cli.markdown import table, text
from commands.cli.page import Page
from journal.events import CheckRun
from journal.verified import Contents, Measured, TableState, Times, Use
from projections.audited import RunAudit, Said

MILLISECONDS = 1000


def tell_verification(page: Page, checks: Sequence[CheckRun]) -> None:
    """Write how many checks passed, and a line for each."""
    if not checks:
        return
    passed = sum(check.passed for check in checks)
    style = "" if passed == len(checks) else "yellow"
    page.line(f"  verification: {passed} of {len(checks)} passed", style)
    for check in checks:
        said = f"expected {check.expected}, found {check.found}"
        if check.passed:
            said = check.found if check.details else "holds"
        what = check.name if isinstance(check.details, Use) else f"{_kind(check)} {check.name}"
        page.line(f"    {what}: {said}", "" if check.passed else "yellow")
        for line in _evidence(check):
            page.line(f"      {line}")


def verified(runs: Iterable[RunAudit]) -> str:
    """Say how many checks all runs together had, and how many passed; nothing without one."""
    checks = [one.event for run in runs for one in run.verification]
    passed = sum(isinstance(check, CheckRun) and check.passed for check in checks)
    return f"{len(checks):,} run, {passed:,} passed" if checks else ""


def verification_lines(said: Sequence[Said], content: Mapping[str, Any]) -> Iterator[str]:
    """Yield the section of a run's checks: all in one table, then what each rests on.

    ``content`` holds texts of queries and plans by digest, where they were asked for.
    """
    checks = [one.event for one in said if isinstance(one.event, CheckRun)]
    if not checks:
        return
    yield "#### Verification"
    yield ""
    yield from table(("check", "kind", "expected", "found", "passed"), map(_row, checks))
    yield from table(
        ("table", "rows before", "rows after", "digest before", "digest after", "equal"),
        (row for check in checks if isinstance(check.details, Contents) for row in _states(check)),
    )
    timed = [(check.name, check.details) for check in checks if isinstance(check.details, Times)]
    yield from table(
        ("query", "when", "rows", "runs", "median", "fastest", "slowest", "SHA-256 of the plan"),
        (row for name, times in timed for row in _measures(name, times)),
    )
    for name, times in timed:
        yield from _plans(name, times, content)
    for check in checks:
        if isinstance(check.details, Use):
            yield from _signs(check.details)


def _evidence(check: CheckRun) -> Iterator[str]:
    if isinstance(check.details, Use):
        for sign in check.details.signs:
            yield f"{sign.speaks:7}  {sign.what}: {sign.found}"
        if check.details.waived:
            yield f"waived: {check.details.waived}"


def _signs(use: Use) -> Iterator[str]:
    yield f"Evidence on {text(use.table)}{':' if not use.waived else f', waived: {text(use.waived)}'}"
    yield ""
    yield from table(
        ("what", "where", "count", "found", "speaks"),
        (
            (sign.what, sign.place, "" if sign.count is None else f"{sign.count:,}",
             sign.found, sign.speaks)
            for sign in use.signs
        ),
    )  # fmt: skip


def _kind(check: CheckRun) -> str:
    match check.details:
        case Contents():
            return "unchanged"
        case Times():
            return "timing"
        case Use():
            return "unused"
        case _:
            return "check"


def _row(check: CheckRun) -> tuple[str, ...]:
    passed = "yes" if check.passed else "NO"
    return (check.name, _kind(check), check.expected, check.found, passed)


def _states(check: CheckRun) -> Iterator[tuple[str, ...]]:
    assert isinstance(check.details, Contents)
    for before, after in zip(check.details.before, check.details.after, strict=True):
        equal = "yes" if before == after else "NO"
        rows = "gone" if after.missing else f"{after.rows:,}"
        yield (before.table, f"{before.rows:,}", rows, before.digest, _digest(after), equal)


def _digest(state: TableState) -> str:
    return "" if state.missing else state.digest


def _measures(name: str, times: Times) -> Iterator[tuple[str, ...]]:
    for when, one in (("before", times.before), ("after", times.after)):
        if one is None:
            continue
        if one.error:
            yield (name, when, f"did not run: {one.error}", "", "", "", "", "")
        else:
            yield (name, when, f"{one.rows:,}", str(len(one.seconds)), *_seconds(one), one.plan)


def _seconds(one: Measured) -> tuple[str, str, str]:
    found = (one.median, min(one.seconds), max(one.seconds))
    median, fastest, slowest = (f"{seconds * MILLISECONDS:.3f} ms" for seconds in found)
    return median, fastest, slowest


def _plans(name: str, times: Times, content: Mapping[str, Any]) -> Iterator[str]:
    """Both plans side by side, a line of each in a row."""
    query = content.get(times.query)
    if query is None:
        return
    yield f"Timing {text(name)}: {text(' '.join(str(query).split()))}"
    yield ""
    before, after = (
        str(content.get(side.plan, "")).splitlines() if side else []
        for side in (times.before, times.after)
    )
    yield from table(("plan before", "plan after"), zip_longest(before, after, fillvalue=""))
