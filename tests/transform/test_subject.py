"""Rules over a subject's records, and the fate of every value."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.transform import rules as r
from commands.transform.choosing import Refusal
from commands.transform.outcome import Outcome, Record
from commands.transform.spec import Rows, Rule, Select, Transform
from commands.transform.subject import transform_subject
from commands.transform.values import canonical, read, write

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "b", "1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=5,
)


def spec(columns: dict[str, Rule], **settings: Any) -> Transform:
    """A transform of subjects by ``who`` into one table."""
    return Transform(
        name="people",
        source=Select(sql="SELECT 1", order="1"),
        subject="who",
        into=(Rows(table="person", columns={"id": r.key("who"), **columns}),),
        **settings,
    )


def run(columns: dict[str, Rule], *records: dict[str, Any], **settings: Any) -> Outcome:
    """Transform records of one subject."""
    made = [Record(str(n), {"who": 1, **one}) for n, one in enumerate(records)]
    return transform_subject(spec(columns, **settings), 1, made)


def value(columns: dict[str, Rule], *records: dict[str, Any]) -> Any:
    """Return what the first column beside the key became."""
    return list(run(columns, *records).rows[0].values.values())[1]


@pytest.mark.parametrize(
    ("rule", "values", "wanted"),
    [
        (r.first("x"), [None, "a", "b"], "a"),
        (r.last("x"), ["a", "b", None], "b"),
        (r.merge_lists("x"), [["a", 1], [1, True, "1"], [{"k": 1}, {"k": 1}]], ["a", 1, True, "1", {"k": 1}]),
        (r.merge_objects("x"), [{"a": 1, "b": 2}, {"b": 3}], {"a": 1, "b": 3}),
        (r.merge_objects("x", later_wins=False), [{"b": 2}, {"b": 3}], {"b": 2}),
        (r.minimum("x"), [3, 1, 2], 1),
        (r.maximum("x"), [3, Decimal("3.5"), 2], Decimal("3.5")),
        (r.total("x"), [1, Decimal("0.1"), 0.2], Decimal("1.3")),
        (r.only("x"), ["a", None, "a"], "a"),
        (r.constant("c"), ["a"], "c"),
        (r.compute(str.upper, "x"), ["a"], "A"),
        (r.derive(lambda row: row["id"] * 2), ["a"], 2),
    ],
)  # fmt: skip
def test_rules(rule: Rule, values: list[Any], wanted: Any) -> None:
    """Each rule makes of a subject's values what it says."""
    found = value({"y": rule}, *({"x": one} for one in values))
    assert canonical(found) == canonical(wanted)


def test_prefer() -> None:
    """The best source wins, whatever the order of the records."""
    rule = r.prefer("x", by="from", order=("crm", "web"))
    outcome = run({"y": rule}, {"x": "w", "from": "web"}, {"x": "c", "from": "crm"})
    assert outcome.rows[0].values["y"] == "c"
    assert outcome.conflicts[0].chosen == 1


def test_spellings() -> None:
    """Spellings of one field are one field; two that differ are a conflict."""
    rule = r.first("firstName", "first_name")
    assert value({"name": rule}, {"first_name": "Ada"}) == "Ada"
    (conflict,) = run({"name": rule}, {"firstName": "Ada", "first_name": "Eve"}).conflicts
    assert [one.value for one in conflict.candidates] == ["Ada", "Eve"]


def test_fates() -> None:
    """A value has one fate however many columns it feeds; what no rule takes is unmapped."""
    outcome = run(
        {"y": r.first("x"), "z": r.last("x"), "tags": r.merge_lists("tags")},
        {"x": "a", "tags": [1], "intent": "i", "old": 1},
        {"x": "b", "tags": [2]},
        {"x": "c", "": "empty name"},
        ignore=("old",),
    )
    assert outcome.fates == {
        "key": 3,
        "mapped": 2,
        "overruled": 1,
        "merged": 2,
        "ignored": 1,
        "unmapped": 2,
    }
    assert sum(outcome.fates.values()) == outcome.values
    assert [one.values for one in outcome.unmapped] == [{"intent": "i"}, {"": "empty name"}]
    assert [one.field for one in outcome.conflicts] == ["person.y", "person.z"]


def test_conflict_key_by_key() -> None:
    """A key of merged objects that has two values is a conflict of its own."""
    outcome = run({"y": r.merge_objects("x")}, {"x": {"a": 1, "b": 1}}, {"x": {"a": 2, "b": 1}})
    (conflict,) = outcome.conflicts
    assert (conflict.field, conflict.chosen) == ("person.y.a", 1)


def test_policies() -> None:
    """A disagreement is decided, parked at the placeholder, or stops the run."""
    two = ({"x": "a"}, {"x": "b"})
    parked = run({"y": r.first("x", on_conflict="park", placeholder="?")}, *two)
    assert (parked.rows[0].values["y"], parked.conflicts[0].parked) == ("?", True)
    assert parked.fates == {"key": 2, "overruled": 2}
    with pytest.raises(Refusal):
        run({"y": r.only("x")}, *two)


def test_groups() -> None:
    """A table may have a row for each group of a subject's records, of the fields that fit."""
    target = Rows(
        table="intent",
        per=("context",),
        columns={
            "person": r.key("who"),
            "context": r.key("context"),
            "depth": r.first("depth", when=r.where("context", "friendship")),
        },
    )
    transform = Transform(name="t", source=Select(sql="", order="1"), subject="who", into=(target,))
    records = [
        Record("1", {"who": 1, "context": "friendship", "depth": "deep"}),
        Record("2", {"who": 1, "context": "romantic", "depth": "misplaced"}),
        Record("3", {"who": 1}),
    ]
    outcome = transform_subject(transform, 1, records)
    assert [row.values["depth"] for row in outcome.rows] == ["deep", None]
    assert [one.values for one in outcome.unmapped] == [{"depth": "misplaced"}]


def test_rejected_whole() -> None:
    """A value of the wrong shape rejects the whole subject, and says which record is the cause."""
    outcome = run({"y": r.merge_lists("x"), "z": r.first("z")}, {"x": [1], "z": 1}, {"x": "one"})
    assert outcome.rows == ()
    assert outcome.fates == {"rejected": outcome.values}
    assert outcome.rejected is not None
    assert (outcome.rejected.record, outcome.rejected.reason) == (
        "1",
        "x: expected a list, found text",
    )


def test_half_a_pair() -> None:
    """A disagreement about a key that no entry can name rejects the subject; a value may be it."""
    column: dict[str, Rule] = {"y": r.merge_objects("x")}
    same = run(column, {"x": {"\ud800": "\ud800"}}, {"x": {"\ud800": "\ud800"}})
    assert same.rows[0].values["y"] == {"\ud800": "\ud800"}
    outcome = run(column, {"x": {"\ud800": 1}}, {"x": {"\ud800": 2}})
    assert outcome.rejected is not None
    assert "'\\ud800', which no entry can name" in outcome.rejected.reason


def test_generated_again() -> None:
    """Generated ids are the same on every run, and differ between keys."""
    columns = {"uid": r.generated("people")}
    assert value(columns, {}) == value(columns, {})


@given(st.lists(st.dictionaries(st.sampled_from(["x", "y", "z"]), JSON), max_size=4))
def test_conservation(records: list[dict[str, Any]]) -> None:
    """Whatever the records are, each of their values has exactly one fate."""
    columns: dict[str, Rule] = {
        "a": r.first("x"),
        "b": r.merge_lists("y"),
        "c": r.last("x", "y", on_conflict="park"),
    }
    outcome = run(columns, *records)
    assert sum(outcome.fates.values()) == sum(len(one) + 1 for one in records)
    assert outcome == run(columns, *records)


@given(JSON)
def test_json(found: Any) -> None:
    """A value comes back from its JSON, and is the same as itself only."""
    assert canonical(read(write(found))) == canonical(found)


@pytest.mark.parametrize("text", ["1e400", "9007199254740993", '"\\ud800"', '{"__proto__":0.10}'])
def test_odd_json(text: str) -> None:
    """What other readers round, drop or break on is kept."""
    assert write(read(text)).lower().replace("+", "") == text


@pytest.mark.parametrize("text", ['{"a":1,"a":2}', "NaN", "[1,]", "-Infinity", b"\xff"])
def test_malformed(text: str | bytes) -> None:
    """What cannot be read without guessing is refused."""
    with pytest.raises(ValueError, match=r"twice|not JSON|UTF-8"):
        read(text)


def test_a_function_that_raises() -> None:
    """Its words may hold the value, so the reason names the kind of error alone."""
    outcome = run({"x": r.compute(int, "x")}, {"x": "secret"})
    assert outcome.rejected is not None
    assert outcome.rejected.reason == "x: ValueError raised"
