"""A rollback that needs what was erased is refused; one that does not goes on exactly."""

from __future__ import annotations

from tests.erasing.eraser import Eraser


def test_refused(eraser: Eraser) -> None:
    """The plan names table, rows and erasure, and the rollback is refused before it acts."""
    eraser.live()
    eraser.erase("row", "person", "1")
    before = eraser.oracle()
    plan = eraser.json("rollback", "after:0001_first", "--plan")
    erased = [one for one in plan["irreversible"] if one["name"] == "erased"]
    assert len(erased) == len(plan["irreversible"]) == 3
    assert all("person were erased at position" in one["reason"] for one in erased)
    assert "erased at position" in eraser.back_refused("after:0001_first")
    assert eraser.oracle() == before


def test_not_needed(eraser: Eraser) -> None:
    """A rollback of later changes goes on exactly, and so does the way there again."""
    eraser.live()
    eraser.erase("row", "person", "1")
    here, position = eraser.oracle(), eraser.lines("log")[-1]["position"]
    eraser.apply("0004_later", "update person set born = born + 1;\ndelete from letter;\n")
    there, later = eraser.oracle(), eraser.lines("log")[-1]["position"]
    eraser.back(str(position))
    assert eraser.oracle() == here
    eraser.back(str(later))
    assert eraser.oracle() == there


def test_around(eraser: Eraser) -> None:
    """What an earlier rollback took back is not in the way, though it was erased since."""
    eraser.live("0002_second")
    here, position = eraser.oracle(), eraser.lines("log")[-1]["position"]
    eraser.apply("0003_email", "update person set email = 'other-' || email;\n")
    eraser.back(str(position))
    eraser.erase("row", "person", "1")
    after = eraser.lines("log")[-1]["position"]
    eraser.apply("0004_later", "update person set born = 1 where id <> 1;\n")
    eraser.back(str(after))
    assert eraser.oracle() == here
    runs = eraser.json("report")["audit"]["runs"]
    assert [run["holds"] for run in runs if run["verb"] == "erase"] == ["stands"]
    eraser.apply("0005_more", "update person set born = 2;\n")
    eraser.erase("column", "person", "name")
    eraser.apply("0006_letter", "insert into letter values (1, 2, 'x');\n")
    eraser.back("after:0005_more")
    eraser.type("verify")
    eraser.back("before:0005_more", code=3)
