"""The decisions behind a row's values, as its history tells them."""

from __future__ import annotations

from tests.drills.operator import Operator
from tests.scenarios.test_one_profile import MIGRATION, OLD, TABLES, old_rows


def test_decisions(operator: Operator) -> None:
    """A value that a conflict decided comes with candidates, choice, and who or what decided."""
    operator.begin_with(OLD + ";\n" + old_rows())
    operator.apply("0001_tables", TABLES)
    operator.file("0002_profiles.py", MIGRATION)
    operator.application("""UPDATE profiles SET data = '{"location": "Rome"}' WHERE id = 2""")
    operator.type("apply", str(operator.migrations))
    conflict = operator.lines("conflicts")[0]
    fact = conflict["conflict"]
    row = operator.json("history", "profile_new", fact["subject"])
    (decision,) = row["changes"][0]["decisions"]
    assert decision["by"] == fact["by"]
    assert decision["candidates"] == conflict["candidates"]
    other = 1 - fact["chosen"]
    words = ("decide", fact["id"], "--choose", str(other), "--reason", "asked her")
    operator.type("conflicts", *words, "--actor", "dana")
    row = operator.json("history", "profile_new", fact["subject"])
    decided = row["changes"][-1]
    assert (decided["verb"], decided["cause"]) == ("decide", "updated")
    (decision,) = decided["decisions"]
    assert (decision["chosen"], decision["by"], decision["reason"]) == (other, "dana", "asked her")
    text = operator.type("history", "profile_new", fact["subject"])
    assert "decided by dana (asked her)" in text
    assert "* " in text
