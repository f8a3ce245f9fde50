"""One profile per person, a thousand people: everything that goes wrong, against a reckoning."""

from __future__ import annotations

from typing import Any

import pytest

from commands.findings import findings
from journal import open_journal
from tests.drills.operator import Operator
from tests.scenarios.expected import SHARED, Disagreement, Expected, exact, expect, kinds, said_by
from tests.scenarios.people import People, people
from tests.scenarios.people_tables import FIELDS, MIGRATION, TABLES, load


@pytest.fixture(scope="module")
def everybody() -> People:
    """The people, the same in each run."""
    return people()


@pytest.fixture(scope="module")
def expected(everybody: People) -> Expected:
    """What must become of them."""
    return expect(everybody)


@pytest.fixture
def begun(operator: Operator, everybody: People) -> tuple[Operator, dict[str, str]]:
    """The old tables and the new ones, the migration not yet applied; the first fingerprint."""
    load(operator.url, everybody)
    operator.type("init", "--name", "people")
    before = operator.fingerprint()
    operator.apply("0001_tables", TABLES)
    operator.file("0002_profiles.py", MIGRATION)
    return operator, before


def test_a_thousand(begun: tuple[Operator, dict[str, str]], expected: Expected) -> None:
    """Rows, conflicts, homeless and rejected values are those reckoned; every way back is exact."""
    operator, before = begun
    between = operator.fingerprint()
    trial = operator.json("apply", str(operator.migrations), "--dry-run")
    assert operator.fingerprint() == between
    answer = operator.json("apply", str(operator.migrations))
    (done,) = answer["runs"][0]["transformed"]
    assert trial["migrations"][0]["transformed"] == [done]
    failed = [check["name"] for check in answer["runs"][0]["checks"] if not check["passed"]]
    assert failed == ["everybody has one"]
    hold_report(done, expected)
    hold_rows(operator, expected)
    hold_findings(operator, expected)
    filled = operator.fingerprint()

    assert operator.json("apply", str(operator.migrations))["runs"] == []
    operator.file("0003_again.py", MIGRATION)
    answer = operator.json("apply", str(operator.migrations))
    (again,) = answer["runs"][0]["transformed"]
    assert (again["rows"], again["subjects"]) == ({}, done["subjects"])
    assert [again[name] for name in ("values", "conflicts", "rejected", "unmapped")] == [
        done[name] for name in ("values", "conflicts", "rejected", "unmapped")
    ]
    assert sum(again["fates"].values()) == expected.values
    assert operator.fingerprint() == filled

    operator.back("before:0002_profiles")
    assert operator.fingerprint() == between
    assert operator.lines("conflicts") == operator.lines("unmapped") == []
    operator.back("before:0001_tables")
    assert operator.fingerprint() == before
    operator.back("after:0002_profiles")
    assert operator.fingerprint() == filled
    hold_findings(operator, expected)


def hold_report(done: dict[str, Any], expected: Expected) -> None:
    """The counts, and that every value has a fate."""
    assert done["subjects"] == expected.subjects
    assert done["rows"] == {
        "profile_new": len(expected.profiles),
        "context_intent": len(expected.intents),
    }
    assert done["conflicts"] == len(expected.conflicts)
    assert done["rejected"] == expected.subjects - len(expected.profiles)
    assert done["unmapped"] == len(expected.unmapped)
    assert done["values"] == sum(done["fates"].values()) == expected.values
    assert done["fates"]["rejected"] == sum(map(len, expected.rejected.values()))
    assert done["fates"]["unmapped"] == sum(map(len, expected.unmapped.values()))


def hold_rows(operator: Operator, expected: Expected) -> None:
    """Row by row, value by value."""
    packed = {*SHARED[:5], "missing"}
    names = (*SHARED, "completeness", "missing")
    rows = operator.application(f"SELECT user_id, {', '.join(names)} FROM profile_new")
    assert len(rows) == len(expected.profiles)
    for user, *values in rows:
        found = [
            exact(said_by(value)) if name in packed else exact(value)
            for name, value in zip(names, values, strict=True)
        ]
        found[-2] = values[-2]
        assert tuple(found) == expected.profiles[user], user
    columns = [
        f"CAST({name} AS text)" if name == "complementary_skills" else name for name in FIELDS
    ]
    rows = operator.application(
        f"SELECT user_id, context, {', '.join(columns)} FROM context_intent"
    )
    assert len(rows) == len(expected.intents)
    for user, context, *values in rows:
        found = [
            exact(said_by(value) if name == "complementary_skills" else value)
            for name, value in zip(FIELDS, values, strict=True)
        ]
        assert tuple(found) == expected.intents[user, context], (user, context)


def hold_findings(operator: Operator, expected: Expected) -> None:
    """Conflict by conflict and field by field, as the verbs tell and as the journal keeps them."""
    found = [disagreement(one) for one in lines(operator, "conflicts")]
    assert len(found) == len(expected.conflicts)
    assert set(found) == expected.conflicts
    fields = {one["field"]: one["count"] for one in lines(operator, "unmapped")}
    assert fields == kinds(expected.unmapped)
    with open_journal(operator.url) as journal:
        at = findings(journal)
        for kept, wanted in ((at.unmapped, expected.unmapped), (at.rejected, expected.rejected)):
            values = {one.record: journal.content(one.content) for one in kept}
            assert len(values) == len(kept)
            assert {record: fields_of(text) for record, text in values.items()} == wanted


def lines(operator: Operator, verb: str) -> list[Any]:
    """Return the lines of an answer; text within may hold what Python takes for the end of one."""
    answer = operator.type(verb, "--format", "jsonl")
    return [said_by(line) for line in answer.split("\n") if line]


def disagreement(answer: dict[str, Any]) -> Disagreement:
    """Return a conflict as the verb tells it."""
    one = answer["conflict"]
    candidates = tuple((c["record"], exact(c["value"])) for c in answer["candidates"])
    return Disagreement(one["subject"], one["field"], candidates, one["chosen"])


def fields_of(text: str) -> dict[str, str]:
    """Return kept fields with their values."""
    return {name: exact(value) for name, value in said_by(text).items()}
