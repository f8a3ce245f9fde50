"""The way back, read where it leads: as short as one found with all entries at hand."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commands.way import steps_between, way_to
from journal import events as e
from journal.errors import Refused
from journal.values import ErasedImages
from projections import History, replay
from projections.plan import way_back
from projections.ways import Cost, cost
from tests.folding.stories import Listed, story
from tests.projections.journals import Made, table, wrote


def spent(history: History, steps: tuple) -> Cost:
    total = Cost()
    for step in steps:
        total = total.plus(cost(step, history.obstacles.get(step.first, ())))
    return total


def ends_in(history: History, steps: tuple, origin: int, target: int) -> bool:
    """Tell whether going back over steps, and over rollbacks for nothing, ends in a state."""
    lasts = [step.last for step in history.steps]

    def node(position: int) -> int:
        return sum(last <= position for last in lasts)

    same: dict[int, set[int]] = {}
    for one in history.returns:
        same.setdefault(node(one.end), set()).add(node(one.target))
        same.setdefault(node(one.target), set()).add(node(one.end))

    def alike(state: int) -> set[int]:
        found, queue = {state}, [state]
        while queue:
            for other in same.get(queue.pop(), set()) - found:
                found.add(other)
                queue.append(other)
        return found

    states = alike(node(origin))
    for step in steps:
        after = node(step.last)
        if after not in states:
            return False
        states = alike(after - 1)
    return node(target) in states


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), data=st.data())
def test_as_cheap_as_the_whole_story(seed: int, data: st.DataObject) -> None:
    """To any target the way leads there, and costs what the best way over all entries does."""
    entries = story(seed, runs=20)
    journal, origin = Listed(entries), len(entries)
    history = replay(History, entries)
    target = data.draw(st.integers(2, origin))
    try:
        wanted = way_back(history, target=target)
    except Refused as error:
        with pytest.raises(Refused, match=re.escape(error.message)):
            way_to(journal, target, origin=origin)
        return
    found = way_to(journal, target, origin=origin)
    assert spent(history, found.steps) == spent(history, wanted)
    assert ends_in(history, found.steps, origin, target)
    for step in found.steps:
        assert step in history.steps
        assert found.obstacles.get(step.first, ()) == history.obstacles.get(step.first, ())


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), data=st.data())
def test_steps_between(seed: int, data: st.DataObject) -> None:
    """The steps between two positions are those of the whole history that end between them."""
    entries = story(seed, runs=12)
    low, high = sorted(data.draw(st.integers(0, len(entries))) for _ in range(2))
    known = replay(History, entries[:high])
    found = steps_between(Listed(entries), low, high)
    assert found.steps == tuple(step for step in known.steps if low < step.last <= high)


def test_a_statement_that_was_only_intended_before() -> None:
    """What ran outside a transaction is in the way of a target between intention and outcome."""
    made = Made()
    made.opened(table(1, "t"))
    statement = wrote(1, 1).statement
    made.run(
        e.StatementIntended(statement=statement, kind="alter system"),
        e.StatementSettled(statement=statement, outcome="done"),
        migration="0001",
    )
    found = way_to(Listed(made.entries), 4, origin=made.head.position)
    assert [one.name for one in found.obstacles[5]] == ["outside-transaction"]


def test_reads_what_lies_near() -> None:
    """A near target is reached without reading what lies before the run it stands in."""
    made = Made()
    made.opened(table(1, "t"))
    for _ in range(30):
        made.run(*(wrote(n, 1) for n in range(1, 20)), migration="m")
    read: list[int] = []

    class Watched(Listed):
        def read(self, *, after=0, last=None, run=None, types=()):
            for entry in super().read(after=after, last=last, run=run, types=types):
                if "RowsChanged" in types and "RunFailed" not in types:
                    read.append(entry.position)
                yield entry

    way_to(Watched(made.entries), made.head.position - 5, origin=made.head.position)
    assert min(read) > made.head.position - 25


def test_erased_images_are_in_the_way_of_their_step() -> None:
    """Images that were erased later are an obstacle on the step that they belong to."""
    made = Made()
    made.opened(table(1, "t"))
    made.run(wrote(1, 1), wrote(2, 1), migration="m")
    made.run(wrote(1, 1), migration="n")
    gone = ErasedImages(position=4, table=1, run="r", first=1, last=1, rows=1)
    made.add(e.ContentErased(before="00", after="11", reason="asked", images=gone))
    origin = made.head.position
    found = way_to(Listed(made.entries), 2, origin=origin)
    history = replay(History, made.entries)
    assert found.obstacles == dict(history.obstacles)
    assert [one.name for one in found.obstacles[4]] == ["erased"]
    assert way_to(Listed(made.entries), 5, origin=origin).obstacles == {}
