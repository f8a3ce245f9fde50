"""The plan of a rollback."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journal import events as e
from journal.errors import NotFound, Refused
from journal.values import ObjectChange, SequenceMove, SequenceState, Statement
from projections.fold import replay
from projections.history import History
from projections.plan import items, plan_rollback
from tests.projections.journals import Made, changed, column, table, wrote


def spans(made: Made, target: int) -> list[tuple[int, int]]:
    """Return the stretches that a plan takes back, in its order."""
    return [(step.first, step.last) for step in plan_rollback(made.entries, target=target).steps]


def story() -> Made:
    """Baseline 2; run 3-8: table made (4), rows of two tables by one statement (5, 6), rows (7)."""
    made = Made()
    made.opened(table(1, "old"))
    made.run(
        changed(1, (None, table(2, "new"))), wrote(2, 1), wrote(2, 2), wrote(3, 1), migration="0001"
    )
    return made


def test_newest_first() -> None:
    """Statements are taken back one by one, newest first."""
    assert spans(story(), 2) == [(7, 7), (5, 6), (4, 4)]
    assert spans(story(), 6) == [(7, 7)]
    assert spans(story(), 8) == []


def test_inside_one_statement() -> None:
    """A target between two entries of one statement is refused, with its whole neighbours."""
    with pytest.raises(Refused) as error:
        spans(story(), 5)
    assert "4" in error.value.hint
    assert "6" in error.value.hint


def test_before_the_baseline() -> None:
    """Nothing is known before the baseline, so a target there is refused."""
    with pytest.raises(Refused):
        spans(story(), 1)
    with pytest.raises(NotFound):
        spans(story(), 9)


def test_then_and_names() -> None:
    """The plan tells the schema at the target, and names of tables that are gone."""
    plan = plan_rollback(story().entries, target=2)
    assert plan.then == {1: table(1, "old")}
    assert plan.names == {1: "old", 2: "new"}
    assert [(item.kind, item.object or item.table, item.rows) for item in items(plan)] == [
        ("rows", "old", 1),
        ("rows", "new", 1),
        ("rows", "old", 1),
        ("drop", "new", 0),
    ]


def test_a_clean_rollback_is_stepped_over() -> None:
    """What a clean rollback took back is not made again to be taken back once more."""
    made = story()
    made.run(wrote(1, 1), wrote(2, 1), changed(3, (table(2, "new"), None)), target=2)
    made.run(wrote(1, 1), migration="0002")
    assert spans(made, 2) == [(15, 15)]


def test_a_rollback_that_kept_rows_is_not_stepped_over() -> None:
    """The state after a rollback that kept rows is not the target's, so its steps count."""
    made = story()
    made.run(wrote(1, 1), target=6, kept=1)
    assert spans(made, 6) == [(10, 10), (7, 7)]


def test_forward() -> None:
    """A position before an earlier rollback is reached by taking that rollback back."""
    made = story()
    made.run(wrote(1, 1), target=6)
    assert spans(made, 8) == [(10, 10)]


def test_equal_states_cost_nothing() -> None:
    """Two rollbacks to one state are one state: from the second to the first there is no way."""
    made = story()
    made.run(wrote(1, 1), target=6)
    first = made.head.position
    made.run(wrote(1, 1), migration="0002")
    made.run(wrote(1, 1), target=first)
    assert spans(made, first) == []
    assert spans(made, 6) == []


def test_waivers_are_irreversible() -> None:
    """What was waived on record stands in the plan as irreversible."""
    made = Made()
    made.opened()
    made.run(
        e.IrreversibleAllowed(
            name="create-database", statement=Statement(number=1), what="create database"
        ),
        migration="0001",
    )
    found = plan_rollback(made.entries, target=2).irreversible
    assert [(one.position, one.name) for one in found] == [(4, "create-database")]


def outside(kind: str, *after: e.AnyEvent) -> Made:
    """One statement outside a transaction."""
    made = Made()
    made.opened(table(1, "t"))
    statement = Statement(number=1)
    made.add(e.RunStarted(verb="apply", migration="0001"), run="r")
    made.add(e.StatementIntended(statement=statement, kind=kind), run="r")
    made.add(*after, e.StatementSettled(statement=statement, outcome="done"), run="r")
    made.add(e.RunCompleted(), run="r")
    return made


def test_outside_a_transaction() -> None:
    """A statement outside a transaction is irreversible, unless what it did is on record."""
    assert len(plan_rollback(outside("alter system").entries, target=2).irreversible) == 1
    assert plan_rollback(outside("analyze").entries, target=2).irreversible == ()
    index = table(2, "i", kind="index")
    plan = plan_rollback(
        outside("create index concurrently", changed(1, (None, index))).entries, target=2
    )
    assert plan.irreversible == ()
    assert [step.changes for step in plan.steps] == [(ObjectChange(after=index),)]


@pytest.mark.parametrize(
    ("definition", "written", "names"),
    [
        ({}, 1, ["vacuum"]),
        ({}, 9, []),
        ({"primary_key": ["id"]}, 1, []),
        ({"without_rowid": True}, 1, []),
    ],
)
def test_vacuum_on_sqlite(definition: dict[str, object], written: int, names: list[str]) -> None:
    """VACUUM is in the way of older rows of tables whose rowids it gives anew, and of no other."""
    made = Made()
    made.opened(table(1, "t", **definition))
    made.run(wrote(1, written), migration="0001")
    made.add(e.RunStarted(verb="apply", migration="0002"), run="r")
    made.add(e.StatementIntended(statement=Statement(number=1), kind="vacuum"), run="r")
    made.add(e.StatementSettled(statement=Statement(number=1), outcome="done"), run="r")
    made.add(e.RunCompleted(), run="r")
    found = plan_rollback(made.entries, target=2).irreversible
    assert [one.name for one in found] == names
    assert plan_rollback(made.entries, target=5).irreversible == ()


def test_accepted_drift() -> None:
    """Accepted drift can be taken back unless it took rows away, which nobody has."""
    made = Made()
    made.opened()
    index = table(2, "i", kind="index")
    made.add(e.DriftAccepted(changes=(ObjectChange(after=index),), reason="r"))
    assert plan_rollback(made.entries, target=2).irreversible == ()
    known = table(3, "t", column(4, "c"))
    made.add(e.DriftAccepted(changes=(ObjectChange(after=known),), reason="r"))
    assert plan_rollback(made.entries, target=2).irreversible == ()
    made.add(e.DriftAccepted(changes=(ObjectChange(before=known),), reason="r"))
    found = plan_rollback(made.entries, target=2).irreversible
    assert [(one.name, one.tables) for one in found] == [("accepted-drift", (3,))]


def test_deferred_triggers_make_a_step_of_their_own() -> None:
    """A second effect of the same statement on the same table is another step."""
    made = Made()
    made.opened(table(1, "t"))
    made.run(wrote(1, 1), changed(1, (None, table(2, "u"))), wrote(1, 1), migration="0001")
    assert spans(made, 2) == [(6, 6), (4, 5)]


def test_sequences_belong_to_their_statement() -> None:
    """Rows and the sequence they moved are taken back together."""
    made = Made()
    made.opened(table(1, "t"))
    move = SequenceMove(object=1, before=SequenceState(), after=SequenceState(last_value=2))
    made.run(
        wrote(1, 1), e.SequenceMoved(statement=Statement(number=1), move=move), migration="0001"
    )
    (step,) = plan_rollback(made.entries, target=2).steps
    assert (step.first, step.last, step.sequences) == (4, 5, (move,))


@given(st.data())
def test_the_way_back_leads_to_the_state(data: st.DataObject) -> None:
    """Whatever was rolled back before, walking the plan ends in the state of the target."""
    made = Made()
    made.opened(table(1, "t"))
    states = {2: ()}
    state: tuple[int, ...] = ()
    undo: dict[int, tuple[int, ...]] = {}
    for number in range(data.draw(st.integers(1, 8))):
        before = state
        if data.draw(st.booleans()) or not undo:
            state = (*state, number)
            made.run(wrote(1, 1, data.draw(st.integers(1, 50))), migration=str(number))
            undo[made.head.position - 1] = before
        else:
            target = data.draw(st.sampled_from(sorted(states)))
            plan = plan_rollback(made.entries, target=target)
            way = walk(made, plan.steps, state, undo)
            assert way[-1:] == [states[target]] or (not way and state == states[target])
            made.run(*(wrote(n, 1) for n, _ in enumerate(way, start=1)), target=target)
            for offset, reached in enumerate(reversed(way), start=1):
                place = made.head.position - offset
                undo[place] = way[-offset - 1] if offset < len(way) else before
                assert reached is not None
            state = states[target]
        states[made.head.position] = state
    target = data.draw(st.sampled_from(sorted(states)))
    way = walk(made, plan_rollback(made.entries, target=target).steps, state, undo)
    assert (way or [state])[-1] == states[target]


def walk(made: Made, steps: tuple, state: tuple, undo: dict) -> list[tuple[int, ...]]:
    """Return the states that a plan goes through; each step is known by what was before it."""
    return [undo[step.last] for step in steps]


def test_history_of_a_long_journal_is_cheap() -> None:
    """A plan over twenty thousand statements and many rollbacks is found without recursion."""
    made = Made()
    made.opened(table(1, "t"))
    for _ in range(20):
        made.run(*(wrote(n, 1) for n in range(1, 500)), migration="m")
        made.run(wrote(1, 1), target=2)
    assert replay(History, made.entries).head == made.head.position
    assert spans(made, 2) == []
