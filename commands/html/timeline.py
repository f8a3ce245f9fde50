"""The timeline: each run in its place, and how far rollbacks went back; many runs by their time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import msgspec

from commands.html.text import moment, short
from journal.events import MarkSet
from projections.audit import Audit
from projections.audited import RunAudit

RUNS = 60
"""How many runs are drawn one by one; more are drawn as columns of a span of time each."""

COLUMNS = 48

SLOT, LEFT, RAIL, HIGH = 56, 36, 128, 84
ARCS = 86
"""Room for the ways back, of which a curve fills three quarters."""

FLAGS = 42
"""Room for the names of marks."""

LABEL = 26
"""Letters of a name beneath the rail."""


class Stop(msgspec.Struct, frozen=True, kw_only=True):
    """A run on the rail; ``day`` is told where it is another than that of the run before."""

    x: int
    number: int
    label: str
    told: str
    time: str
    day: str
    state: str
    mark: str


class Arc(msgspec.Struct, frozen=True, kw_only=True):
    """A rollback's way back, as a path."""

    path: str
    told: str


class Flag(msgspec.Struct, frozen=True, kw_only=True):
    """A mark between two runs."""

    x: int
    label: str
    told: str


class Rail(msgspec.Struct, frozen=True, kw_only=True):
    """Runs one by one, left to right in order; ``top`` is the upper edge, sizes are in pixels."""

    width: int
    top: int
    height: int
    y: int
    left: int
    right: int
    stops: tuple[Stop, ...]
    arcs: tuple[Arc, ...]
    flags: tuple[Flag, ...]


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """Runs that began within one span of time; heights in pixels."""

    x: int
    width: int
    done: int
    bad: int
    done_height: int
    bad_height: int
    told: str


class Columns(msgspec.Struct, frozen=True, kw_only=True):
    """Runs by the time at which they began."""

    width: int
    height: int
    columns: tuple[Column, ...]
    first: str
    last: str
    most: int


def rail(audit: Audit) -> Rail | None:
    """Return the runs one by one; nothing where there is none, or too many."""
    runs = audit.runs
    if not runs or len(runs) > RUNS:
        return None
    flags, arcs, stops = tuple(_flags(audit)), tuple(_arcs(runs)), tuple(_stops(runs))
    return Rail(
        width=LEFT * 2 + SLOT * len(runs) + LABEL * 4,
        top=RAIL - (ARCS if arcs else 0) - (FLAGS if flags else 16),
        height=RAIL + 76 + round(max(len(one.label) + 3 for one in stops) * 3.7),
        y=RAIL,
        left=LEFT - 18,
        right=LEFT + SLOT * len(runs) + 18,
        stops=stops,
        arcs=arcs,
        flags=flags,
    )


def columns(audit: Audit) -> Columns | None:
    """Return many runs by their time."""
    runs = audit.runs
    if len(runs) <= RUNS:
        return None
    times = [datetime.fromisoformat(run.started_at).timestamp() for run in runs]
    first, last = min(times), max(times)
    span = (last - first) or 1.0
    done, bad = [0] * COLUMNS, [0] * COLUMNS
    for run, time in zip(runs, times, strict=True):
        place = min(int((time - first) / span * COLUMNS), COLUMNS - 1)
        (done if run.state == "completed" else bad)[place] += 1
    most = max(map(sum, zip(done, bad, strict=True)))
    began = [moment(datetime.fromtimestamp(first + span * n / COLUMNS, tz=UTC).isoformat())
             for n in range(COLUMNS)]  # fmt: skip
    return Columns(
        width=COLUMNS * 18 + 16,
        height=160,
        columns=tuple(
            Column(
                x=8 + n * 18,
                width=14,
                done=done[n],
                bad=bad[n],
                done_height=_height(done[n], most),
                bad_height=_height(bad[n], most),
                told=f"from {began[n]}: {done[n]:,} completed, {bad[n]:,} did not complete",
            )
            for n in range(COLUMNS)
        ),
        first=moment(min(run.started_at for run in runs)),
        last=moment(max(run.started_at for run in runs)),
        most=most,
    )


def _height(number: int, most: int) -> int:
    return max(round(110 * number / most), 2) if number else 0


def _x(place: float) -> int:
    return round(LEFT + SLOT * (place + 0.5))


def what(run: RunAudit) -> str:
    """Return what a run did, in two or three words."""
    way = f" to {run.target}" if run.target is not None else ""
    return f"{run.verb} {run.migration}".rstrip() + way


def state(run: RunAudit) -> str:
    """Return how a run stands, in one word or two."""
    if run.state != "completed":
        return "no end" if run.state == "started" else run.state
    if run.verb in {"rollback", "backup", "erase", "archive"}:
        return "completed"
    return {"stands": "stands", "partly": "stands in part", "gone": "taken back"}[run.holds]


def _stops(runs: Sequence[RunAudit]) -> Iterator[Stop]:
    day = ""
    for place, run in enumerate(runs):
        here, time = run.started_at[:10], run.started_at[11:19]
        yield Stop(
            x=_x(place),
            number=place + 1,
            label=short(what(run), LABEL),
            told=f"{what(run)}: {state(run)}, by {run.actor}, {moment(run.started_at)}",
            time=time,
            day=here if here != day else "",
            state=_class(run),
            mark=_letter(run),
        )
        day = here


def _class(run: RunAudit) -> str:
    if run.state != "completed":
        return "bad"
    if run.verb == "rollback":
        return "back"
    return "gone" if run.holds != "stands" else "good"


def _letter(run: RunAudit) -> str:
    """A sign beside the colour: completed, taken back, did not complete, went back."""
    return {"bad": "✕", "back": "↶", "gone": "", "good": "●"}[_class(run)]


def _before(runs: Sequence[RunAudit], position: int) -> int:
    """Count the runs that had ended at a position."""
    return sum(run.last <= position for run in runs)


def _arcs(runs: Sequence[RunAudit]) -> Iterator[Arc]:
    for place, run in enumerate(runs):
        if run.verb != "rollback" or run.target is None or run.state != "completed":
            continue
        goal = min(_before(runs, run.target), place) - 0.5
        start, end = _x(place), _x(goal)
        height = min(24 + (place - goal) * 9, HIGH)
        top = round(RAIL - 14 - height)
        path = f"M{start} {RAIL - 14} C{start} {top},{end} {top},{end} {RAIL - 8}"
        yield Arc(path=path, told=f"run {place + 1} went back to position {run.target}")


def _flags(audit: Audit) -> Iterator[Flag]:
    found: dict[float, list[str]] = {}
    said = [*audit.said, *(one for run in audit.runs for one in run.said)]
    for one in sorted(said, key=lambda one: one.position):
        if isinstance(one.event, MarkSet):
            place = _before(audit.runs, one.event.at) - 0.5
            found.setdefault(place, []).append(f"@{one.event.name}")
    for place, names in sorted(found.items()):
        label = names[-1] if len(names) == 1 else f"{names[-1]} +{len(names) - 1}"
        yield Flag(x=_x(place), label=short(label, 18), told=", ".join(names))
