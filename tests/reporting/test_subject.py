"""One subject from source to target, with the migration's file and without."""

from __future__ import annotations

from typing import Any

import pytest

from tests.drills.operator import Operator
from tests.reporting.test_report import MIGRATION, NEW, OLD


@pytest.fixture
def moved(operator: Operator) -> Operator:
    """Four records of three people, moved."""
    operator.begin_with(OLD)
    operator.apply("0001_profile", NEW)
    operator.file("0002_move.py", MIGRATION.format(name="move", policy="decide"))
    operator.type("apply", str(operator.migrations))
    return operator


def follow(operator: Operator, *words: str, files: bool = True) -> Any:
    """Return the one step of a subject."""
    where = ("--migrations", str(operator.migrations)) if files else ()
    (step,) = operator.json("subject", *words, *where)["steps"]
    return step


def test_with_the_file(moved: Operator) -> None:
    """Each value that was read has its fate, beside the row that came of it."""
    step = follow(moved, "1")
    assert (step["migration"], step["step"], step["batch"]) == ("0002_move", "move", 1)
    (row,) = step["rows"]
    assert (row["values"]["n"], row["values"]["name"]) == (1, "SECRET-Ada")
    fates = {(one["record"], one["field"]): one["fate"] for one in step["source"]}
    assert fates == {
        ("[1]", "id"): "key",
        ("[1]", "n"): "key",
        ("[1]", "name"): "mapped",
        ("[1]", "left"): "unmapped",
        ("[2]", "id"): "key",
        ("[2]", "n"): "key",
        ("[2]", "name"): "overruled",
    }
    (left,) = step["unmapped"]
    assert left == {"record": "[1]", "values": {"left": "SECRET-1"}, "error": "", "erased": None}
    (conflict,) = step["conflicts"]
    assert (conflict["conflict"]["by"], conflict["conflict"]["chosen"]) == ("first", 0)
    assert "as it is now" in step["notes"][0]
    said = moved.type("subject", "1", "--migrations", str(moved.migrations))
    (line,) = (one for one in said.splitlines() if one.startswith("name = SECRET-Ada"))
    assert "mapped" in line
    assert line.endswith("profile.name = SECRET-Ada")


def test_without_the_file(moved: Operator) -> None:
    """The journal knows what found no home, conflicts, and which rows bear the key."""
    step = follow(moved, "2", files=False)
    assert step["source"] == []
    assert step["rows"][0]["values"]["age"] == 3
    assert step["unmapped"][0]["values"] == {"left": "SECRET-2"}
    said = moved.type("subject", "2")
    assert "left = SECRET-2  ([3])" in said
    assert "profile.name = SECRET-Bob" in said
    moved.file("0002_move.py", MIGRATION.format(name="move", policy="park"))
    assert follow(moved, "2")["source"] == []


def test_rejected(moved: Operator) -> None:
    """A rejection is told with its reason and the record as it was."""
    moved.application("UPDATE person SET data = NULL WHERE id = 4")
    step = follow(moved, "3")
    (left,) = step["rejected"]
    assert left["error"].startswith("name: expected text")
    assert left["values"]["name"] == {"SECRET": 1}
    assert step["rows"] == []
    assert "name: expected text" in moved.type("subject", "3")


def test_not_found(moved: Operator) -> None:
    """Nobody of that name; and none after a rollback, but at the position before it."""
    for key in ("4", "ada", '"1"', "null", "o'x\"", "🦊"):
        moved.type("subject", key, code=4)
    moved.type("subject", "", code=2)
    then = str(moved.json("status", str(moved.migrations))["head"]["position"])
    moved.back("before:0002_move")
    moved.type("subject", "1", code=4)
    step = follow(moved, "1", "--at", then, files=False)
    assert step["rows"][0]["values"]["name"] == "SECRET-Ada"


def test_names(operator: Operator) -> None:
    """Text keys are found plain and as JSON, where no conflict names them; so is a new name."""
    operator.begin_with(
        "CREATE TABLE old (k text, v integer);\nINSERT INTO old VALUES ('o''x\"|🦊', 1);\n"
        "INSERT INTO old VALUES ('42', 2)"
    )
    text = 'CREATE TABLE "n|w" (k text PRIMARY KEY, v integer);\n'
    operator.apply("0001_table", text)
    operator.file(
        "0002_move.py",
        "from commands.transform import *\n"
        "migration = Migration(steps=(Transform(name='m', subject='k', source=Select("
        "sql='SELECT * FROM old', order='v'), into=(Rows(table='n|w', columns={'k': key('k'),"
        " 'v': first('v')}),)),))\n",
    )
    operator.type("apply", str(operator.migrations))
    operator.apply("0003_name", 'ALTER TABLE "n|w" RENAME COLUMN k TO "k y";\n')
    for key, value in (("o'x\"|🦊", 1), ("42", 2), ('"42"', 2)):
        step = follow(operator, key)
        assert step["rows"][0]["values"]["v"] == value
        assert {one["field"]: one["fate"] for one in step["source"]} == {"k": "key", "v": "mapped"}
    operator.apply("0004_gone", "DROP TABLE old;\n")
    assert "cannot be read any more" in follow(operator, "42")["notes"][0]
    operator.type("subject", "43", code=4)
