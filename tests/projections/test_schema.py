"""The schema projection."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journal import events as e
from journal.errors import NotFound, Usage
from journal.values import ObjectChange, SchemaObject, SequenceMove, SequenceState, Statement
from projections.fold import replay
from projections.schema import Rename, Schema
from tests.projections.journals import Made, changed, column, table


def test_objects_at_every_position() -> None:
    """The schema at a position holds what was there then, and no more."""
    made = Made()
    person = table(1, "person", column(2, "name"))
    wider = table(1, "person", column(2, "name"), column(3, "email"))
    made.opened(person)
    made.add(changed(1, (person, wider)))
    made.add(changed(2, (wider, None)))
    assert replay(Schema, made.entries, at=2).objects == {1: person}
    assert replay(Schema, made.entries, at=3).objects == {1: wider}
    assert replay(Schema, made.entries).objects == {}


def test_identities_are_never_used_twice() -> None:
    """The next identity is above that of dropped objects and columns too."""
    made = Made()
    person = table(1, "person", column(7, "name"))
    made.opened(person)
    made.add(changed(1, (person, None)))
    assert replay(Schema, made.entries).next_id == 8


def test_swapped_names() -> None:
    """Two tables that swap their names in one statement keep their identities."""
    made = Made()
    made.opened(table(1, "old"), table(2, "new"))
    made.add(changed(1, (table(1, "old"), table(1, "new")), (table(2, "new"), table(2, "old"))))
    schema = replay(Schema, made.entries)
    assert schema.table("new").id == 1
    assert schema.table("old").id == 2


def test_renames_are_kept() -> None:
    """Renames of tables and columns are told with their position."""
    made = Made()
    before, after = table(1, "a", column(2, "x")), table(1, "b", column(2, "y"))
    made.opened(before)
    made.add(changed(1, (before, after)))
    assert replay(Schema, made.entries).renames == (
        Rename(position=3, id=1, kind="table", before=("a",), after=("b",)),
        Rename(position=3, id=2, kind="column", before=("a", "x"), after=("b", "y")),
    )
    with pytest.raises(NotFound) as error:
        replay(Schema, made.entries).table("a")
    assert "renamed to b at position 3" in error.value.hint


def test_a_name_in_two_schemas() -> None:
    """The last part of a name is enough unless two schemas have it."""
    made = Made()
    made.opened(
        SchemaObject(id=1, kind="table", path=("public", "t")),
        SchemaObject(id=2, kind="table", path=("other", "t")),
        SchemaObject(id=3, kind="table", path=("other", "u")),
    )
    schema = replay(Schema, made.entries)
    assert schema.table("u").id == 3
    assert schema.table("other.t").id == 2
    with pytest.raises(Usage):
        schema.table("t")


def test_accepted_drift_is_part_of_the_schema() -> None:
    """What was accepted as drift stands in the schema from then on."""
    made = Made()
    made.opened()
    made.add(e.DriftAccepted(changes=(ObjectChange(after=table(1, "t")),), reason="by hand"))
    assert replay(Schema, made.entries).table("t").id == 1


def test_sequences_go_with_their_objects() -> None:
    """A sequence's place is its last move, and goes when the sequence is dropped."""
    made = Made()
    one = table(1, "s", kind="sequence")
    made.opened(one)
    move = SequenceMove(object=1, before=SequenceState(), after=SequenceState(last_value=5))
    made.add(e.SequenceMoved(statement=Statement(number=1), move=move))
    assert replay(Schema, made.entries).sequences[1].last_value == 5
    made.add(changed(2, (one, None)))
    assert replay(Schema, made.entries).sequences == {}


@given(st.lists(st.tuples(st.integers(1, 5), st.booleans()), max_size=30))
def test_going_back_by_reversed_changes(steps: list[tuple[int, bool]]) -> None:
    """Reversing the changes after a position, newest first, leads to the schema there."""
    made = Made()
    made.opened()
    live: dict[int, SchemaObject] = {}
    done = []
    for number, (id_, wide) in enumerate(steps, start=1):
        after = table(id_, f"t{number}", *([column(10 + number, "c")] if wide else []))
        pair = (live.get(id_), None if id_ in live and not wide else after)
        made.add(changed(number, pair))
        done.append(pair)
        live.pop(id_, None)
        if pair[1] is not None:
            live[id_] = pair[1]
    middle = len(steps) // 2
    then = replay(Schema, made.entries, at=2 + middle).objects
    for number, (before, after) in enumerate(reversed(done[middle:]), start=100):
        made.add(changed(number, (after, before)))
    assert replay(Schema, made.entries).objects == then
