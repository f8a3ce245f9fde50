"""What an unkilled run does, and whether a killed one left anything else."""

from __future__ import annotations

import random
import re
import sqlite3
from collections import Counter
from typing import NamedTuple

import psycopg
import pytest

from tests.crash.places import Ground, Place, Seen
from tests.crash.tracing import Ended, Moment, Traced
from tests.crash.works import PROGRAM, Work
from tests.support.oracle import LOCK_WAIT

LASTING = frozenset(
    {"sync", "rename", "link", "unlink", "mkdir", "cut", "journal", "begin", "commit"}
)
"""Kinds of moments at which something begins to stand, or ceases to."""


class Reference(NamedTuple):
    """An unkilled run: what others saw of it one after the other, and what it left."""

    states: tuple[Seen, ...]
    moments: tuple[str, ...]
    seconds: float
    files: set[str]
    left: set[str]
    effects: Counter[str]


class Kill(NamedTuple):
    """When a command is killed: after some seconds, or before or after the call of a number."""

    seconds: float | None = None
    number: int = 0
    after: bool = False

    def said(self, reference: Reference) -> str:
        """Word it."""
        if self.seconds is not None:
            return f"after {self.seconds:.3f} of {reference.seconds:.3f} s"
        kind = reference.moments[self.number - 1]
        side = "after" if self.after else "before"
        return f"{side} call {self.number} of {len(reference.moments)} ({kind})"


def refer(ground: Ground, begun: Place, work: Work) -> Reference:
    """Run a command unkilled, once as it is and once from moment to moment."""
    with ground.copy(begun) as place:
        took = Traced(place.command(work.words(place)), place.environment).run(_never, seconds=600)
        assert took.code == 0, took
    with ground.copy(begun) as place:
        states, moments = [place.seen()], [""]

        def look(moment: Moment, _: Traced) -> bool:
            """Between two transactions nothing is locked, and what stands was committed."""
            if not moment.done:
                between = moment.kind in ("journal", "begin") or moments[-1] == "commit"
                moments.append(moment.kind)
                if between and not work.observed:
                    _add(states, place)
            return False

        ended = Traced(place.command(work.words(place)), place.environment).run(look)
        assert ended.code == 0, ended
        place.quiet()
        _add(states, place)
        found = (place.files(), place.left(), effects(place, work))
        work.holds(place)
    if work.observed:
        states = _played(ground, begun)
    return Reference(tuple(states), tuple(moments[1:]), took.seconds, *found)


def _add(states: list[Seen], place: Place) -> None:
    """Add what stands now, unless it is known, or somebody has locked it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PGOPTIONS", "-c lock_timeout=2s")
        patch.setenv(LOCK_WAIT, "2s")
        try:
            seen = place.seen()
        except (psycopg.errors.LockNotAvailable, sqlite3.OperationalError, AssertionError):
            return
    if seen not in states:
        states.append(seen)


def chosen(reference: Reference, chance: random.Random) -> Kill:
    """Draw a moment: by the clock, among all calls, or among those that make something last."""
    way = chance.random()
    if way < 0.25:
        return Kill(seconds=chance.uniform(0, reference.seconds))
    numbers = range(1, len(reference.moments) + 1)
    lasting = [n for n in numbers if reference.moments[n - 1] in LASTING]
    number = chance.choice(lasting if lasting and way > 0.55 else list(numbers))
    return Kill(number=number, after=chance.random() < 0.5)


def killed(place: Place, work: Work, kill: Kill) -> Ended:
    """Run a command, and kill it."""

    def act(moment: Moment, traced: Traced) -> bool:
        if (moment.number, moment.done) != (kill.number, kill.after):
            return False
        traced.kill()
        return True

    return Traced(place.command(work.words(place)), place.environment).run(
        act, seconds=kill.seconds
    )


def judge(ground: Ground, place: Place, work: Work, reference: Reference, process: int) -> str:
    """Hold what stands against the unkilled run, run the command again, and take it back.

    Returns how much of the killed one stood.
    """
    place.quiet()
    seen = place.seen()
    assert seen in reference.states, _differs(seen, reference.states)
    stood = _stood(reference, seen)
    start = _start(place, work)
    if start:
        place.ask("verify")
        if not work.observed:
            place.ask("check")
    if work.observed:
        _recorded(place, reference, start)
    again = place.run(*work.words(place))
    assert again.code in work.again, again
    assert "Traceback" not in again.err, again
    for left in place.rehearsals(process):
        assert left in again.out + again.err
        ground.drop_database(left)
    place.quiet()
    hold(place, work, reference, said=again.out + again.err)
    if work.back:
        place.ask("rollback", str(start), "--yes")
        assert place.seen() == reference.states[0]
        place.ask("verify")
        place.ask("check")
    return stood


def hold(place: Place, work: Work, reference: Reference, *, said: str = "") -> None:
    """Expect all that an unkilled run leaves, and nothing else but what was told of."""
    seen = place.seen()
    assert seen == reference.states[-1], _differs(seen, reference.states[-1:])
    place.ask("verify")
    place.ask("check")
    status = place.json("status")
    assert not status.get("incomplete"), status
    assert not status.get("open_runs"), status
    assert work.observed or effects(place, work) == reference.effects
    more = {one for one in place.files() - reference.files if not _told(one, said)}
    assert not more, more
    more = {one for one in place.left() - reference.left if not _told(one, said)}
    assert not more, more
    work.holds(place)


def _told(name: str, said: str) -> bool:
    """Tell whether the command said that this is there, or what it stands in."""
    return any(len(one) > 12 and one in said for one in re.split(r"[/ ]", name))


def effects(place: Place, work: Work) -> Counter[str]:
    """Count what the journal tells of rows and schema since a command began."""
    found: Counter[str] = Counter()
    start = _start(place, work)
    for entry in place.log():
        if entry["position"] <= start:
            continue
        if entry["type"] == "SchemaChanged":
            found["schema"] += len(entry["data"]["changes"])
        elif entry["type"] == "RowsChanged":
            rows = entry["data"]["rows"]
            for count in ("inserted", "updated", "deleted", "added", "removed"):
                found[f"{rows.get('cause', 'written')} {count}"] += rows.get(count, 0)
    return found


def _start(place: Place, work: Work) -> int:
    """Return the position at which works begin; 0 where there is no journal yet."""
    if work.base == "found":
        return 0
    return int((place.home / "start").read_text())


def _recorded(place: Place, reference: Reference, start: int) -> None:
    """A killed record is finished by the next command; what it did comes back."""
    place.ask("record", "--finish")
    place.quiet()
    place.ask("check")
    place.ask("rollback", str(start), "--yes")
    assert place.seen() == reference.states[0]


def _played(ground: Ground, begun: Place) -> list[Seen]:
    """Return what stands after each statement of the program, which commits each."""
    with ground.copy(begun) as place:
        states = [place.seen()]
        for one in PROGRAM:
            place.application(one)
            states.append(place.seen())
        return states


def _stood(reference: Reference, seen: Seen) -> str:
    if len(reference.states) == 1:
        return "no rows to write"
    if seen == reference.states[0]:
        return "nothing"
    return "all" if seen == reference.states[-1] else "a part"


def _differs(seen: Seen, states: tuple[Seen, ...]) -> list[str]:
    """Name what is unlike the state that is most like it."""
    unlike = [sorted({*seen.items()} ^ {*one.items()}) for one in states]
    return [str(one) for one in min(unlike, key=len)]


def _never(*_: object) -> bool:
    return False
