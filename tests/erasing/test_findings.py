"""What transforms found of a subject is told as erased, wherever it was told."""

from __future__ import annotations

from typing import Any

import pytest

from tests.erasing.eraser import Eraser, standing
from tests.reporting.test_report import MIGRATION, NEW, OLD

VALUES = ("candidates", "unmapped_values", "rejected_values")
LATER = """
from commands.transform import *
migration = Migration(steps=(
    Transform(
        name="later",
        source=unmapped("left", of="move"),
        subject="n",
        into=(Rows(table="leftover", columns={"n": key("n"), "left_": first("left")}),),
    ),
))
"""


@pytest.fixture
def moved(eraser: Eraser) -> Eraser:
    """Four records of three people, moved; the source is gone."""
    eraser.begin_with(OLD)
    eraser.apply("0001_profile", NEW)
    eraser.file("0002_move.py", MIGRATION.format(name="move", policy="decide"))
    eraser.type("apply", str(eraser.migrations))
    return eraser


def view(eraser: Eraser, name: str, columns: str, order: str = "1") -> list[tuple[Any, ...]]:
    """Return rows of a view."""
    mark = "clew_" if eraser.sqlite else "clew."
    return eraser.application(f"SELECT {columns} FROM {mark}{name} ORDER BY {order}")


def test_subject(moved: Eraser) -> None:
    """Candidates and unmapped values of a subject are gone, others stand, and all readers tell."""
    found = moved.looked("subject", "1")
    assert {one["what"] for one in found["contents"]} >= {"candidates", "unmapped values"}
    assert "ConflictFound.subject" in {one["where"] for one in found["stays"]}
    moved.erase("subject", "1")
    left = moved.raw() if moved.sqlite else moved.kept()
    assert standing(("SECRET-2",), left) == ["SECRET-2"]
    assert standing(("SECRET-Eva", "SECRET-1"), moved.kept()) == []
    at = {one["position"] for one in moved.lines("log") if one["type"] == "ContentErased"}
    (conflict,) = moved.json("conflicts")
    assert all(one["value"]["erased"] in at for one in conflict["candidates"])
    assert len(conflict["candidates"]) == 2
    assert "erased at" in moved.type("conflicts")
    fields = {one["field"]: one for one in moved.json("unmapped")}
    assert fields["left"]["kinds"] == {"erased": 1, "text": 1}
    assert fields["left"]["samples"] == ["SECRET-2"]
    (step,) = moved.json("subject", "1")["steps"]
    assert step["unmapped"][0]["values"]["left"]["erased"] in at
    assert step["conflicts"][0]["candidates"][0]["value"]["erased"] in at
    assert "erased at" in moved.type("subject", "1")
    assert "erased at" in moved.type("report", "--values")


def test_views(moved: Eraser) -> None:
    """The SQL views tell of each erased value, and rebuild proves that they do."""
    before = moved.json("rebuild")["views"]
    moved.erase("subject", "1")
    candidates = view(moved, "candidates", "number, value, record")
    assert [one[0] for one in candidates] == [0, 1]
    assert all(one[1].startswith('{"erased": ') for one in candidates)
    values = view(moved, "unmapped_values", "subject, field, kind, value")
    assert [one[:3] for one in values] == [("1", "left", "erased"), ("2", "left", "text")]
    after = moved.json("rebuild")["views"]
    assert {name: after[name] for name in VALUES} == {name: before[name] for name in VALUES}


def test_rejected(moved: Eraser) -> None:
    """A rejected record that was erased is told as that."""
    moved.erase("subject", "3")
    (row,) = view(moved, "rejected_values", "subject, fields")
    assert row[0] == "3"
    assert row[1].startswith('{"erased": ')
    assert "erased at" in moved.type("subject", "3")
    moved.type("rebuild")


def test_later_source(moved: Eraser) -> None:
    """A later transform that needs what was erased is refused by name, with nothing done."""
    moved.apply("0003_leftover", "create table leftover (n integer primary key, left_ text);\n")
    moved.erase("subject", "1")
    moved.file("0004_later.py", LATER)
    before = moved.oracle()
    moved.type("apply", str(moved.migrations), code=3)
    assert "erased at position" in moved.err
    assert moved.oracle() == before


def test_deciding(moved: Eraser) -> None:
    """An erased candidate cannot be chosen; the rest of the conflict is as it was."""
    moved.erase("subject", "1")
    (conflict,) = moved.json("conflicts")
    name = conflict["conflict"]["id"]
    moved.type("conflicts", "decide", name, "--choose", "1", "--reason", "x", code=3)
    assert "erased at position" in moved.err


def test_rows_of_a_subject(moved: Eraser) -> None:
    """The row that a subject became is erased as a row, with what was found of it."""
    found = moved.looked("row", "profile", "1")
    assert {one["what"] for one in found["contents"]} >= {"candidates"}
    assert [one["rows"] for one in found["images"]] == [1]
    moved.erase("row", "profile", "1")
    assert standing(("SECRET-Ada",), moved.kept()) == []
    moved.type("verify")
    moved.type("rebuild")


def test_kept(moved: Eraser) -> None:
    """Content that is to be kept is kept, and told."""
    found = moved.looked("subject", "1")
    (one,) = (one for one in found["contents"] if one["what"] == "unmapped values")
    moved.erase("subject", "1", "--keep", one["digest"][:10])
    assert standing(("SECRET-1",), moved.kept()) == ["SECRET-1"]
    assert standing(("SECRET-Eva",), moved.kept()) == []
