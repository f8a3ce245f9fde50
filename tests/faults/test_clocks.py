"""Clocks that go back, stand still or jump: positions keep the order, and nothing is negative."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain, count, repeat

import msgspec
import pytest

from commands.cli.call import Call
from tests.faults.scene import FILES, Witness

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def back() -> Iterator[datetime]:
    """A minute less each time."""
    return (START - timedelta(minutes=n) for n in count())


def still() -> Iterator[datetime]:
    """The same moment for ever."""
    return repeat(START)


def jumping() -> Iterator[datetime]:
    """A year ahead and a year back, in turn."""
    return (START + timedelta(days=365 * (n % 3 - 1), seconds=n) for n in count())


def once() -> Iterator[datetime]:
    """An hour back once, as after a night in which clocks are put back."""
    fore = (START + timedelta(minutes=n) for n in range(5))
    return chain(fore, (START - timedelta(hours=1) + timedelta(minutes=n) for n in count()))


CLOCKS = {"back": back, "still": still, "jumping": jumping, "once": once}


@pytest.mark.parametrize("name", CLOCKS)
def test_a_clock_that_is_wrong(
    witness: Witness, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the clock says, all verbs work, order is that of positions, and all comes back."""
    ticks = CLOCKS[name]()
    plain: Callable[[Call], object] = Call.target
    monkeypatch.setattr(
        Call,
        "target",
        lambda call: msgspec.structs.replace(plain(call), clock=lambda: next(ticks)),
    )
    before = witness.found()
    witness.type("mark", "start")
    witness.type("apply", str(witness.migrations))
    witness.file("0002_more.sql", "DELETE FROM old WHERE n < 10;\n")
    witness.type("apply", str(witness.migrations))
    witness.type("backup", "take", "--to", str(witness.home / "kept"))
    witness.type("backup", "take", "--to", str(witness.home / "kept"))
    assert len(witness.json("backup", "list")) >= 1
    assert len(list((witness.home / "kept").iterdir())) == 2
    entries = witness.lines("log")
    assert [one["position"] for one in entries] == list(range(1, len(entries) + 1))
    for one in entries:
        moment = one["recorded_at"]
        last = max(e["position"] for e in entries if e["recorded_at"] <= moment)
        seen = witness.json("log", "--at", moment)
        assert seen[-1]["position"] == last
        since = witness.json("log", "--since", moment)
        assert [e["position"] for e in since] == [
            e["position"] for e in entries if e["recorded_at"] >= moment
        ]
        break
    witness.type("rows", "person", "--at", entries[-1]["recorded_at"])
    witness.type("log", "--since", "2h")
    for text in (
        witness.type("report"),
        witness.type("status"),
        witness.type("history", "old", "3"),
    ):
        assert not re.search(r"-\d[\d.,]* (ms|s|min)\b", text), text
    page = witness.home / "report.html"
    witness.type("report", "--html", str(page))
    assert not re.search(r">-\d[\d.,]* (ms|s|min)\b", page.read_text())
    assert witness.json("status")["head"]["position"] == entries[-1]["position"]
    witness.type("rollback", "@start", "--yes")
    witness.judge(before)
    witness.file(*FILES["sql"])
    witness.type("apply", str(witness.migrations))
    witness.type("rollback", "before:0001_change", "--yes")
    witness.judge(before)
