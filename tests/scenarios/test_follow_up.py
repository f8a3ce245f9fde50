"""Fields without a home get one later, from the journal alone; and everything has a way back."""

from __future__ import annotations

import json

import pytest

from tests.drills.operator import Operator
from tests.scenarios.test_one_profile import HOMELESS, MIGRATION, OLD, TABLES, old_rows

RENAMED = """DROP TABLE profiles;
ALTER TABLE profile_new RENAME TO profiles;
ALTER TABLE profiles ADD COLUMN preferences text;
ALTER TABLE profiles ADD COLUMN dealbreakers text;
"""

FOLLOW_UP = """
from commands.transform import (
    Check, Migration, Rows, Transform, key, merge_lists, merge_objects, unmapped,
)

migration = Migration(
    batched={batched},
    steps=(
        Transform(
            name="what they want",
            source=unmapped("preferences", "dealbreakers", of="one profile per person"),
            subject="person",
            into=(
                Rows(
                    table="profiles",
                    match=("user_id",),
                    columns={{
                        "user_id": key("person"),
                        "preferences": merge_objects("preferences"),
                        "dealbreakers": merge_lists("dealbreakers"),
                    }},
                ),
            ),
        ),
        Check(name="two people", sql="SELECT count(preferences) FROM profiles", equals=2),
    ),
)
"""


@pytest.mark.parametrize("batched", [None, 1])
def test_a_home_after_the_table_is_gone(operator: Operator, batched: int | None) -> None:
    """Drop and rename, then fill new columns from the journal; three ways back, all exact."""
    states = {"found": operator.begin_with(OLD + ";\n" + old_rows())}
    operator.apply("0001_tables", TABLES)
    states["tables"] = operator.fingerprint()
    operator.file("0002_profiles.py", MIGRATION)
    operator.type("apply", str(operator.migrations))
    states["profiles"] = operator.fingerprint()
    operator.apply("0003_rename", RENAMED)
    states["renamed"] = operator.fingerprint()
    assert [one["field"] for one in operator.lines("unmapped")] == list(HOMELESS)
    operator.file("0004_wants.py", FOLLOW_UP.format(batched=batched))
    trial = operator.json("apply", str(operator.migrations), "--dry-run")
    (run,) = operator.json("apply", str(operator.migrations))["runs"]
    (done,) = run["transformed"]
    assert trial["migrations"][0]["transformed"] == [done]
    assert (done["rows"], done["fates"]) == ({"profiles": 2}, {"key": 2, "mapped": 4})
    rows = operator.application(
        "SELECT user_id, preferences, dealbreakers FROM profiles ORDER BY user_id"
    )
    wanted = tuple(json.dumps(HOMELESS[name], separators=(",", ":"))
                   for name in ("preferences", "dealbreakers"))  # fmt: skip
    assert rows == [(1, *wanted), (2, *wanted), (3, None, None)]
    assert [one["field"] for one in operator.lines("unmapped")] == ["intent"]
    states["wants"] = operator.fingerprint()
    for to, state in (
        ("before:0004_wants", "renamed"),
        ("after:0004_wants", "wants"),
        ("before:0003_rename", "profiles"),
        ("before:0002_profiles", "tables"),
        ("before:0001_tables", "found"),
        ("after:0004_wants", "wants"),
        ("after:0002_profiles", "profiles"),
    ):
        operator.back(to)
        assert operator.fingerprint() == states[state], to
    assert [one["field"] for one in operator.lines("unmapped")] == list(HOMELESS)


def test_edited_rows_are_told_before_they_are_lost(operator: Operator) -> None:
    """Going back says which rows were written since, and keeps them where it is told to."""
    operator.begin_with(OLD + ";\n" + old_rows())
    operator.apply("0001_tables", TABLES)
    between = operator.fingerprint()
    operator.file("0002_profiles.py", MIGRATION)
    operator.type("apply", str(operator.migrations))
    operator.application("UPDATE profile_new SET location = 'Oslo' WHERE user_id IN (1, 2)")
    plan = operator.json("rollback", "before:0002_profiles", "--plan")
    assert "Oslo" in json.dumps(plan)
    operator.back("before:0002_profiles", code=3)
    assert "2 rows of" in operator.err
    operator.back("before:0002_profiles", "--if-changed", "overwrite")
    assert operator.fingerprint() == between
