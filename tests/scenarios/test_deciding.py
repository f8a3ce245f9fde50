"""A person decides a conflict: row and record together, revisable, and never over an edit."""

from __future__ import annotations

from typing import Any

import pytest

from tests.drills.operator import Operator
from tests.scenarios.test_one_profile import MIGRATION, OLD, TABLES, old_rows

PARKED = MIGRATION.replace(
    '"location": first("location")', '"location": first("location", on_conflict="park")'
)
ROME = """UPDATE profiles SET data = '{"location": "Rome", "lifestyle": {"tea": false}}' WHERE id = 2"""
ROW = "SELECT location, completeness, lifestyle FROM profile_new WHERE user_id = 1"


@pytest.fixture
def parked(operator: Operator) -> Operator:
    """One profile per person with a location that waits, and a merged key that was decided."""
    operator.begin_with(OLD + ";\n" + old_rows())
    operator.apply("0001_tables", TABLES)
    operator.application(ROME)
    operator.file("0002_profiles.py", PARKED)
    operator.type("apply", str(operator.migrations))
    return operator


def conflict(parked: Operator, field: str = "location") -> dict[str, Any]:
    """Return the one conflict about a field."""
    (found,) = parked.lines("conflicts", "--field", field)
    return dict(found["conflict"])


def decide(parked: Operator, *words: str, field: str = "location", code: int = 0) -> Any:
    """Decide the conflict about a field."""
    words = (conflict(parked, field)["id"], "--migrations", str(parked.migrations), *words)
    line = ("conflicts", "decide", *words, "--reason", "asked her", "--actor", "eve")
    return parked.json(*line) if not code else parked.type(*line, code=code)


def test_decide_and_revise(parked: Operator) -> None:
    """The row gets the choice, derived columns follow, and a rollback takes both back."""
    before = parked.fingerprint()
    (row,) = parked.application(ROW)
    assert row[:2] == (None, 62)
    assert conflict(parked)["status"] == "open"
    assert parked.json("status")["open_conflicts"] == 1
    at = parked.json("status")["head"]["position"]
    answer = decide(parked, "--choose", "1")
    assert (answer["after"], answer["revised"], answer["derived"]) == (
        "Rome", False, ["completeness", "missing"],
    )  # fmt: skip
    assert parked.application(ROW)[0][:2] == ("Rome", 75)
    decided = conflict(parked)
    assert (decided["status"], decided["chosen"], decided["by"]) == ("decided", 1, "eve")
    assert decide(parked, "--value", '"Milan"')["revised"]
    assert parked.application(ROW)[0][:2] == ("Milan", 75)
    assert "by eve: asked her" in parked.type("conflicts", "--field", "location")
    after, forward = parked.fingerprint(), parked.json("status")["head"]["position"]
    parked.back(str(at))
    assert conflict(parked)["status"] == "open"
    assert parked.fingerprint() == before
    parked.back(str(forward))
    assert parked.fingerprint() == after
    assert conflict(parked)["content"] != decided["content"]


def test_decide_a_key(parked: Operator) -> None:
    """A key within an object is decided alone; the rule's choice can be revised."""
    found = conflict(parked, "lifestyle.tea")
    assert (found["status"], found["by"], found["path"]) == ("decided", "last", "tea")
    answer = decide(parked, "--choose", str(1 - found["chosen"]), field="lifestyle.tea")
    assert answer["after"] is not answer["before"]
    (row,) = parked.application(ROW)
    assert f'"tea":{str(answer["after"]).lower()}' in row[2].replace(" ", "")


def test_changed_since(parked: Operator) -> None:
    """An edit is not written over unless told so; other columns may change."""
    parked.application("UPDATE profile_new SET name = 'Other' WHERE user_id = 1")
    decide(parked, "--choose", "0")
    parked.application("UPDATE profile_new SET location = 'Oslo' WHERE user_id = 1")
    before = parked.fingerprint()
    decide(parked, "--choose", "1", code=3)
    assert "was changed since it was journaled" in parked.err
    assert parked.fingerprint() == before
    decide(parked, "--choose", "1", "--if-changed", "overwrite")
    assert parked.application(ROW)[0][0] == "Rome"
    parked.application("DELETE FROM profile_new WHERE user_id = 1")
    decide(parked, "--choose", "0", code=3)
    assert "is not there any more" in parked.err


def test_through_renames(parked: Operator) -> None:
    """Table and column are known by identity: renamed ones are found, a dropped one is told."""
    parked.apply(
        "0003_names",
        "DROP TABLE profiles; ALTER TABLE profile_new RENAME TO profiles;"
        "ALTER TABLE profiles RENAME COLUMN location TO place;",
    )
    answer = decide(parked, "--choose", "0")
    assert (answer["after"], answer["stale"], answer["derived"]) == (
        "Paris", ["completeness", "missing"], [],
    )  # fmt: skip
    assert parked.application("SELECT place FROM profiles WHERE user_id = 1") == [("Paris",)]
    parked.apply("0004_gone", "ALTER TABLE profiles DROP COLUMN place")
    decide(parked, "--choose", "1", code=3)
    assert "is not in the schema any more" in parked.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "expected a candidate or a value"),
        (("--choose", "7"), 2, "no candidate 7: there are 0 to 1"),
        (("--choose", "-1"), 2, "no candidate -1"),
        (("--value", "{"), 2, "not JSON"),
        (("--value", '{"a": 1}'), 3, "expected text, found object"),
        (("--choose", "0", "--value", "1"), 2, "expected a candidate or a value"),
    ],
)
def test_unclear(parked: Operator, words: tuple[str, ...], code: int, said: str) -> None:
    """A decision that is not clear changes nothing and is no entry."""
    before, head = parked.fingerprint(), parked.json("status")["head"]
    decide(parked, *words, code=code)
    assert said in parked.err
    assert (parked.fingerprint(), parked.json("status")["head"]) == (before, head)
    parked.type("conflicts", "decide", "nope", "--choose", "0", "--reason", "x", code=4)
    parked.type("conflicts", "decide", conflict(parked)["id"], "--choose", "0", code=2)
    assert "expected a reason" in parked.err


def test_within_a_domain(parked: Operator) -> None:
    """A value that the type beneath a domain would change is refused, not changed silently."""
    if parked.sqlite:
        pytest.skip("SQLite has no domains")
    parked.apply(
        "0003_domain",
        "CREATE DOMAIN text AS varchar(5); CREATE DOMAIN place AS public.text;"
        "ALTER TABLE profile_new ALTER COLUMN location TYPE place;",
    )
    before = parked.fingerprint()
    decide(parked, "--value", '"Rome  "', code=3)
    assert "character varying(5) would not keep this text" in parked.err
    assert parked.fingerprint() == before
    decide(parked, "--value", '"Turin"')
    assert parked.application(ROW)[0][0] == "Turin"


def test_function_refuses(operator: Operator) -> None:
    """A function that does not take the decided value refuses it in one line."""
    operator.begin_with(OLD + ";\n" + old_rows())
    operator.apply("0001_tables", TABLES)
    operator.application(ROME)
    picky = "def completeness(row):\n    len(row['location'] or '')\n    row['location'] == 'Bern' and 1 / 0\n"
    operator.file("0002_profiles.py", PARKED.replace("def completeness(row):\n", picky))
    operator.type("apply", str(operator.migrations))
    before = operator.fingerprint()
    decide(operator, "--value", '"Bern"', code=3)
    assert "completeness: ZeroDivisionError raised" in operator.err
    assert operator.fingerprint() == before
