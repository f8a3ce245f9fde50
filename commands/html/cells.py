"""What stands in a row of each table of the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from commands.html.text import moment, number
from commands.html.timeline import state, what
from commands.said import counts, said
from journal import events as e
from journal.chain import ChainProblem
from journal.verified import Contents, Measured, Times, Use
from projections.audit import Acting
from projections.audited import OtherRun, RowCounts, RunAudit, Said, SchemaAct
from projections.decisions import Decided
from projections.obstacles import Irreversible

Row = tuple[object, ...]
MILLISECONDS = 1000


def _rows(row: RowCounts) -> Row:
    return row.table, *map(number, (row.inserted, row.updated, row.deleted, row.lost, row.made))


def _act(act: SchemaAct) -> Row:
    return act.position, act.text


def _acting(one: Acting) -> Row:
    return one.actor, number(one.entries), number(one.decided)


def _check(one: Said) -> Row:
    event = one.event
    assert isinstance(event, e.CheckRun)
    waived = isinstance(event.details, Use) and event.details.waived
    passed = "✓ yes" if event.passed else "✕ NO"
    return event.name, event.expected, event.found, f"waived: {waived}" if waived else passed


def _placed_check(one: Said) -> Row:
    return one.position, *_check(one)


def _noted(one: Said) -> Row:
    return one.position, moment(one.recorded_at), one.actor, said(one.event)


def _noted_why(one: Said) -> Row:
    event = one.event
    what_ = f"mark @{event.name} set on {event.at}" if isinstance(event, e.MarkSet) else said(event)
    if isinstance(event, e.MarkRemoved):
        what_ = f"mark @{event.name} removed"
    return one.position, moment(one.recorded_at), one.actor, what_, getattr(event, "reason", "")


def _waiver(one: Said) -> Row:
    event = one.event
    assert isinstance(event, e.IrreversibleAllowed)
    return one.position, one.actor, f"{event.name}: {event.what}", event.reason


def _obstacle(one: Irreversible) -> Row:
    return one.position, one.name, one.reason, one.statement or ""


def _decided(one: Decided) -> Row:
    by = one.by if one.person else f"rule {one.by}"
    return one.step, one.field, by, number(one.number)


def _problem(one: ChainProblem) -> Row:
    return one.position, one.kind, one.found


def _attempt(run: RunAudit, numbers: Mapping[str, int]) -> Row:
    stayed = "; ".join(run.stayed) or "nothing"
    return numbers[run.run], what(run), state(run), run.error, run.sqlstate, stayed


def _way(run: RunAudit, numbers: Mapping[str, int]) -> Row:
    took, brought = _others(run.took), _others(run.brought)
    kept = number(run.kept)
    return numbers[run.run], run.origin, run.target, took, brought, kept, state(run)


def _others(runs: tuple[OtherRun, ...]) -> str:
    return "; ".join(f"{one.verb} {one.migration}{' in part' if one.part else ''}" for one in runs)


def _states(details: Contents) -> list[Row]:
    return [
        (
            before.table,
            f"{before.rows:,}",
            "gone" if after.missing else f"{after.rows:,}",
            before.digest,
            "" if after.missing else after.digest,
            "✓ yes" if before == after else "✕ NO",
        )
        for before, after in zip(details.before, details.after, strict=True)
    ]


def _measures(details: Times) -> list[Row]:
    sides = (("before", details.before), ("after", details.after))
    return [row for when, one in sides if one is not None for row in _measured(when, one)]


def _measured(when: str, one: Measured) -> Iterator[Row]:
    if one.error:
        yield when, f"did not run: {one.error}", "", "", "", ""
        return
    found = (one.median, min(one.seconds), max(one.seconds))
    times = (f"{seconds * MILLISECONDS:.3f} ms" for seconds in found)
    yield when, f"{one.rows:,}", len(one.seconds), *times


def _signs(details: Use) -> list[Row]:
    return [
        (one.what, one.place, "" if one.count is None else f"{one.count:,}", one.found, one.speaks)
        for one in details.signs
    ]


FILTERS: dict[str, Callable[..., Any]] = {
    "rowcounts": _rows,
    "act": _act,
    "acting": _acting,
    "check": _check,
    "placed_check": _placed_check,
    "noted": _noted,
    "noted_why": _noted_why,
    "waiver": _waiver,
    "obstacle": _obstacle,
    "decided": _decided,
    "problem": _problem,
    "attempt": _attempt,
    "way": _way,
    "states": _states,
    "measures": _measures,
    "signs": _signs,
    "counts": counts,
}
"""By these names the templates make rows."""
