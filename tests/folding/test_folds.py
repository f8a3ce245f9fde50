"""Folds that stop and go on: the answer is that of all entries."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commands.begun import Begun
from commands.folding import closed, opened
from commands.history import history
from commands.saving import SAVED
from projections import Findings, Places, replay
from projections.fold import SavableFold
from projections.moments import MomentsFold
from projections.positions import resolve
from projections.undecided import Undecided
from tests.folding.stories import story
from tests.projections.journals import Made

KINDS = pytest.mark.parametrize("kind", SAVED, ids=lambda kind: kind.saving.name)
STATES = "8b7241171e6ca9f0"
"""Changes with the shape of a state; raise the layout of that fold, then write the new one."""


@KINDS
@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), data=st.data())
def test_cut_anywhere(kind: type[SavableFold[Any]], seed: int, data: st.DataObject) -> None:
    """Wherever a fold is saved and restored, it goes on to the answer of one that never was."""
    entries = story(seed)
    cut = data.draw(st.integers(0, len(entries)))
    whole, first = kind(), kind()
    for entry in entries:
        whole.take(entry)
    for entry in entries[:cut]:
        first.take(entry)
    saved = closed(first, position=cut, digest=bytes(32))
    again = opened(kind, saved)
    assert again is not None
    assert again.answer() == first.answer()
    for entry in entries[cut:]:
        again.take(entry)
    assert again.answer() == whole.answer()
    assert again.state() == whole.state()
    assert opened(kind, saved) is not None, "going on changed what was saved"


@KINDS
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_only_its_types(kind: type[SavableFold[Any]], seed: int) -> None:
    """A fold answers the same whether it sees all entries or those of its types alone."""
    entries = story(seed)
    whole, part = kind(), kind()
    for entry in entries:
        whole.take(entry)
        if not kind.saving.types or type(entry.event).__name__ in kind.saving.types:
            part.take(entry)
    answers = [fold.answer() for fold in (whole, part)]
    if hasattr(answers[0], "position"):  # the last entry seen, of whichever type
        answers = [msgspec.structs.replace(one, position=0) for one in answers]
    elif hasattr(answers[0], "head"):
        answers = [msgspec.structs.replace(one, head=0) for one in answers]
    elif hasattr(answers[0], "runs"):
        runs = [msgspec.structs.replace(one, last=0) for one in answers[0].runs.runs]
        others = [msgspec.structs.replace(one, last=0) for one in answers[1].runs.runs]
        assert [(one.run, one.state) for one in runs] == [(one.run, one.state) for one in others]
        return
    assert answers[0] == answers[1]


def test_layouts_are_raised() -> None:
    """The shape of a saved state never changes without somebody raising a layout."""
    shapes = [_shape(msgspec.json.schema(kind.saving.state)) for kind in SAVED]
    layouts = [(kind.saving.name, kind.saving.layout) for kind in SAVED]
    found = hashlib.sha256(repr((layouts, shapes)).encode()).hexdigest()[:16]
    assert found == STATES, "raise the layout of the fold whose state changed, then note this"


def _shape(schema: Any) -> Any:
    """A JSON schema without what is said of it."""
    if isinstance(schema, dict):
        return {name: _shape(one) for name, one in schema.items() if name != "description"}
    return [_shape(one) for one in schema] if isinstance(schema, list) else schema


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_undecided_are_the_open_conflicts(seed: int) -> None:
    """The conflicts that status counts are those that the list of conflicts calls open."""
    entries = story(seed)
    found = [one.id for one in replay(Findings, entries).conflicts if one.status == "open"]
    assert sorted(replay(Undecided, entries).conflicts) == sorted(found)


@settings(max_examples=30, deadline=None)
@given(jumps=st.lists(st.integers(-3000, 4000), max_size=30), data=st.data())
def test_times_with_clocks_put_back(jumps: list[int], data: st.DataObject) -> None:
    """A time names the last entry recorded by then, however often the clock was put back."""
    made = Made()
    made.opened()
    times = [0]
    for jump in jumps:
        times += [times[-1] + jump] * data.draw(st.integers(1, 3))
    entries = [
        msgspec.structs.replace(
            made.entries[0], position=n, recorded_at=f"2026-11-21T{time + 500_000:09d}"
        )
        for n, time in enumerate(times, start=1)
    ]
    moment = f"2026-11-21T{data.draw(st.sampled_from(times)) + 500_000 + data.draw(st.integers(-1, 1)):09d}"
    fold = MomentsFold(apart=data.draw(st.integers(1, 5)))
    for entry in entries:
        fold.take(entry)
    first, last = fold.answer().stretch(moment)
    found = [one.position for one in entries[first:last] if one.recorded_at <= moment]
    every = [one.position for one in entries if one.recorded_at <= moment]
    assert max(found, default=0) == max(every, default=0)


def test_places_of_times() -> None:
    """Times are found by whoever reads the entries, and not by the names of places."""
    made = Made()
    made.opened()
    assert resolve(made.entries[0].recorded_at, made.entries) == 1
    assert replay(Places, made.entries).resolve("1") == 1


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), data=st.data())
def test_attempts_of_the_past(seed: int, data: st.DataObject) -> None:
    """What stands of attempts after a rollback is what stood at its target."""
    entries = story(seed)
    cut = data.draw(st.integers(1, len(entries)))
    begun = Begun()
    for entry in entries[:cut]:
        begun.take(entry)
    assert begun.attempts == history(entries[:cut]).attempts
