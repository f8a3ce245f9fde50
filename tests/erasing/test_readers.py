"""Everything that reads tells what was erased as that: never as null, and never as an error."""

from __future__ import annotations

import pytest

from tests.erasing.eraser import ADA, Eraser, standing


@pytest.fixture
def erased(eraser: Eraser) -> Eraser:
    """A journal of which the rows 1, which is gone, and 2, which lives, were erased."""
    eraser.live()
    eraser.erase("row", "person", "1")
    eraser.erase("row", "person", "2")
    return eraser


def test_diff(erased: Eraser) -> None:
    """A difference names each row once, what was erased of it as erased, and the others exactly."""
    (table,) = erased.json("diff", "after:0001_first", "head", "--data")["data"]
    rows = {(row["sign"], row["values"]["id"]): row["values"] for row in table["rows"]}
    assert rows.keys() == {(-1, 1), (-1, 2), (-1, 3), (1, 2), (1, 3)}
    assert (table["lost"], table["gained"]) == (3, 2)
    assert rows[-1, 3]["name"] == "Carl Orff"
    assert rows[1, 3]["name"] == "CARL ORFF"
    assert rows[-1, 1]["name"].keys() == rows[1, 2]["email"].keys() == {"erased"}


def test_diff_across(erased: Eraser) -> None:
    """Images of before and after an erasure, and of two erasures, are of the same row."""
    erased.apply("0004_more", "update person set born = 1900 where id in (2, 3);\n")
    (table,) = erased.json("diff", "after:0001_first", "head", "--data")["data"]
    gained = {r["values"]["id"]: r["values"] for r in table["rows"] if r["sign"] > 0}
    assert gained.keys() == {2, 3}
    assert gained[2]["born"] == 1900
    assert gained[3] == {"id": 3, "name": "CARL ORFF", "email": "carl@music.example", "born": 1900}
    erased.erase("column", "person", "born")
    (table,) = erased.json("diff", "after:0001_first", "head", "--data")["data"]
    assert (table["lost"], table["gained"]) == (3, 2)


def test_history(erased: Eraser) -> None:
    """The history of a row has each change as before, without a value that was erased."""
    found = erased.json("history", "person", "1")
    assert [one["cause"] for one in found["changes"]] == [
        "inserted",
        "updated",
        "updated",
        "deleted",
    ]
    assert all(
        side["name"].keys() == {"erased"}
        for one in found["changes"]
        for side in (one["before"], one["after"])
        if side
    )
    assert "erased at" in erased.type("history", "person", "1")
    assert [one["cause"] for one in erased.json("history", "person", "2")["changes"]] == [
        "inserted",
        "updated",
        "updated",
    ]
    others = erased.json("history", "person", "3")["changes"]
    assert others[0]["after"]["name"] == "Carl Orff"


def test_show_and_report(erased: Eraser) -> None:
    """Entries and reports say which text was erased, and where."""
    (first, *_) = [e["position"] for e in erased.lines("log") if e["type"] == "RowsChanged"]
    assert "erased at" in erased.type("show", str(first))
    content = erased.json("show", str(first))["content"]
    assert all(value.keys() == {"erased"} for value in content.values())
    report = erased.json("report", "--values")
    assert any(run["verb"] == "erase" for run in report["audit"]["runs"])
    erased.type("report", "--html", str(erased.home / "page.html"), "--values")
    assert standing(ADA, (erased.home / "page.html").read_bytes()) == []


def test_log_status_check(erased: Eraser) -> None:
    """An erasure is a run like others, and nothing waits after it."""
    assert "erase (asked for)" in erased.type("log")
    assert erased.json("check")["ok"]
    assert "nothing to do" in erased.type("status", str(erased.migrations))


def test_backup_and_restore(erased: Eraser) -> None:
    """A backup is of the live rows: it is taken and restored as ever, and is named later."""
    erased.type("backup", "take", "person", "--to", str(erased.home / "backups"))
    before = erased.oracle()
    erased.apply("0004_name", "alter table person rename to people;\n")
    kinds = {one["kind"] for one in erased.looked("row", "people", "2")["stays"]}
    assert "backup" in kinds
    erased.back("before:0004_name")
    places = {one["kind"] for one in erased.looked("row", "person", "2")["stays"]}
    assert {"backup", "live row"} <= places
    erased.application("update person set born = 3")
    (backup,) = (one["location"] for one in erased.json("backup", "list"))
    erased.type("backup", "restore", backup, "--yes")
    assert erased.oracle() == before


def test_export(erased: Eraser) -> None:
    """An export proves itself, and says that content was erased."""
    where = erased.home / "export"
    erased.type("export", str(where), "--content")
    erased.type("verify", "--export", str(where))
    assert b"was erased" in (where / "manifest.json").read_bytes()


def test_checkout(erased: Eraser) -> None:
    """The past as a database of its own is refused where it needs what was erased."""
    if not erased.sqlite:
        return
    to = f"sqlite:///{erased.home / 'then.db'}"
    erased.type("checkout", "after:0001_first", "--to", to, code=3)
    assert "erased at position" in erased.err
    erased.type("checkout", "head", "--to", to)
