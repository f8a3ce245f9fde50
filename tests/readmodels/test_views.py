"""The views say what the fold says, at every head of any history."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journal import events as e
from tests.readmodels.made import Made, made

NAMES = ("a", "b", "c")
FOUND = (
    "standing", "conflicts", "candidates", "unmapped", "unmapped_values", "rejected",
    "rejected_values", "fates", "targets",
)  # fmt: skip


@pytest.fixture
def journal(url: str) -> Iterator[Made]:
    """A journal in a transaction that is not kept."""
    with made(url) as one:
        yield one


def found(journal: Made) -> st.SearchStrategy[e.AnyEvent]:
    """Anything that a transform notes."""
    name = st.sampled_from(NAMES)
    values = st.lists(st.sampled_from([1, "1", None, True, [1], {"a": 1}]), min_size=2, max_size=3)
    fields = st.dictionaries(st.sampled_from(["f", "", "a.b"]), st.integers(0, 3), min_size=1)
    counts = st.dictionaries(st.sampled_from(["mapped", "merged"]), st.integers(0, 9))
    return st.one_of(
        st.builds(lambda n, v: journal.conflict(n, *v), name, values),
        st.builds(
            lambda n, chosen, rule, why: e.ConflictDecided(
                conflict=n, chosen=chosen, rule=rule, reason=why
            ),
            name,
            st.none() | st.integers(0, 2),
            st.sampled_from(["", "first"]),
            st.sampled_from(["", "asked her"]),
        ),
        st.builds(journal.homeless, fields),
        st.builds(journal.rejected, fields),
        st.builds(
            lambda fates, targets: e.RowsTransformed(
                migration="m", step="s", batch=1, subjects=1, values=1, fates=fates, targets=targets
            ),
            counts,
            counts,
        ),
        st.builds(
            lambda step, ends, homes, retried: e.RowsTransformed(
                migration="0001_m",
                step=step,
                batch=1,
                subjects=1,
                values=1,
                of="s",
                first=str(min(ends)),
                last=str(max(ends)),
                homes=tuple(homes),
                retried=tuple(retried),
            ),
            st.sampled_from(["s", "later"]),
            st.tuples(st.integers(0, 40), st.integers(0, 40)),
            st.lists(st.sampled_from(["f", "", "a.b"]), max_size=2),
            st.lists(st.sampled_from(["1", "2"]), max_size=1),
        ),
        st.builds(
            lambda step, subject: e.RecordRejected(
                step=step, subject=subject, record="[1]", error="x", content=journal.keep({})
            ),
            st.sampled_from(["s", "later"]),
            st.sampled_from(["1", "2"]),
        ),
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_any_history(journal: Made, data: st.DataObject) -> None:
    """Runs, decisions between them, and rollbacks to any position, some of which fail."""
    database = journal.database
    database.abort()
    database.begin()
    for _ in range(data.draw(st.integers(1, 6))):
        match data.draw(st.sampled_from(["run", "run", "back", "back", "between"])):
            case "run":
                events = data.draw(st.lists(found(journal), max_size=4))
                journal.run(*events, migration=data.draw(st.sampled_from(["", "0001_m"])))
            case "between":
                journal.add(data.draw(found(journal)))
            case _:
                target = data.draw(st.integers(0, journal.head))
                journal.run(target=target, ends=data.draw(st.integers(0, 4)) > 0)
        journal.prove()


def test_rows(journal: Made) -> None:
    """Each view has the columns that are promised, and reads well."""
    start = journal.head
    decided = e.ConflictDecided(conflict="b", chosen=1, rule="first")
    batch = e.RowsTransformed(
        migration="0001_m", step="s", batch=1, subjects=1, values=2, fates={"mapped": 2},
        targets={"t": 1},
    )  # fmt: skip
    events = (
        journal.conflict("a", "x", "y"),
        journal.conflict("b", 1, 2),
        decided,
        journal.homeless({"f": [1]}),
        journal.rejected({"g": "h"}),
        batch,
    )
    end = journal.run(*events, migration="0001_m")
    at = start + 2
    names = ("found_at", "id", "migration", "step", "subject", "field", "candidates", "status")
    assert journal.ask("conflicts", *names, "chosen", "decided_by", "decided_at", "run") == [
        (at, "a", "0001_m", "s", "1", "t.f", 2, "open", None, None, None, "run-1"),
        (at + 1, "b", "0001_m", "s", "1", "t.f", 2, "decided", 1, "first", at + 2, "run-1"),
    ]
    columns = ("conflict", "number", "record", "field", "value", "chosen")
    assert journal.ask("candidates", *columns) == [
        ("a", 0, "[0]", "f", '"x"', False),
        ("a", 1, "[1]", "f", '"y"', False),
        ("b", 0, "[0]", "f", "1", False),
        ("b", 1, "[1]", "f", "2", True),
    ]
    fixed = ("position", "migration", "step", "subject", "record")
    one = (at + 3, "0001_m", "s", "1", "[1]")
    assert journal.ask("unmapped", *fixed, "field", "run") == [(*one, "f", "run-1")]
    assert journal.ask("unmapped_values", *fixed, "field", "kind", "value") == [
        (*one, "f", "list", "[1]")
    ]
    one = (at + 4, *one[1:])
    assert journal.ask("rejected", *fixed, "error") == [(*one, "no number")]
    assert journal.ask("rejected_values", *fixed, "fields") == [(*one, '{"g":"h"}')]
    columns = ("position", "migration", "step", "batch", "fate", "count")
    batch_of = (at + 5, "0001_m", "s", 1)
    assert journal.ask("fates", *columns) == [(*batch_of, "mapped", 2)]
    assert journal.ask("targets", *columns[:4], "target", "count") == [(*batch_of, "t", 1)]
    journal.add(e.ConflictDecided(conflict="a", chosen=0, reason="asked her"))
    assert journal.ask("conflicts", "id", "decided_by", "reason") == [
        ("a", "dana", "asked her"),
        ("b", "first", ""),
    ]
    journal.run(target=end)
    assert journal.ask("conflicts", "id", "status") == [("a", "open"), ("b", "decided")]
    journal.run(target=start)
    told = journal.prove()
    assert {told[name] for name in FOUND} == {0, 1}
    assert journal.ask("standing", '"after"', "last")[0] == (0, start)
