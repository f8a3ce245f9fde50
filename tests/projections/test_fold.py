"""All projections over all events."""

import typing

import pytest

from journal import events as e
from journal.chain import GENESIS
from journal.codec import EVENT_TYPES, open_entry, seal
from journal.events import AnyEvent
from journal.values import SequenceMove, SequenceState, Statement, TableRows
from projections.fold import replay
from projections.history import History
from projections.marks import Marks
from projections.positions import Places
from projections.runs import Runs
from projections.schema import Schema
from tests.projections.journals import Made

VALUES = {
    str: "x",
    int: 1,
    bool: True,
    tuple[str, ...]: ("x",),
    Statement: Statement(number=1),
    TableRows: TableRows(table=1),
    SequenceMove: SequenceMove(object=1, before=SequenceState(), after=SequenceState()),
}


def example(kind: type) -> AnyEvent:
    """Make an event with whatever fits its required fields."""
    import msgspec

    hints = typing.get_type_hints(kind)
    required = [f.name for f in msgspec.structs.fields(kind) if f.required]
    special = {"database": "sqlite", "verb": "apply", "changes": ()}
    return kind(**{n: special[n] if n in special else VALUES[hints[n]] for n in required})


@pytest.mark.parametrize("projection", [Schema, Runs, History, Marks, Places])
@pytest.mark.parametrize("name", sorted(EVENT_TYPES))
def test_every_fold_takes_every_event(name: str, projection: type) -> None:
    """Each projection decides about each event of the vocabulary, and never fails on one."""
    stored = seal(
        example(EVENT_TYPES[name]),
        after=GENESIS,
        run="r",
        recorded_at="2026-01-01T00:00:00.000000Z",
        actor="a",
        evidence="captured",
    )
    assert isinstance(replay(projection, [open_entry(stored)]), projection)


def test_marks_and_sign_offs() -> None:
    """A mark is known until it is taken off; verdicts stay."""
    made = Made()
    made.opened()
    made.add(e.MarkSet(name="m", at=1), e.SignedOff(at=1, verdict="good"))
    marks = replay(Marks, made.entries)
    assert marks.marks["m"].at == 1
    assert marks.sign_offs[0].verdict == "good"
    made.add(e.MarkRemoved(name="m"))
    assert replay(Marks, made.entries).marks == {}
