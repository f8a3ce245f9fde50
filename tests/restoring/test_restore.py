"""Tables are made equal to a backup, whatever happened to them since."""

from __future__ import annotations

import json

import pytest

from tests.backups.files import events, take
from tests.drills.operator import Operator
from tests.restoring.story import foresee, refused, restore, there_and_back

PEOPLE = (
    "CREATE TABLE person (id integer PRIMARY KEY, name text UNIQUE, boss integer REFERENCES person (id),"
    " score double precision);\n"
    "CREATE TABLE letter (id integer PRIMARY KEY, person integer REFERENCES person (id)"
    " ON DELETE CASCADE, words text);\n"
    "CREATE TABLE line (words text, number integer);\n"
    "INSERT INTO person VALUES (1, 'Ada', NULL, 0.1), (2, 'สมชาย 🙂', 1, -0.0), (3, 'Cleo', 2, 1e300);\n"
    "INSERT INTO letter VALUES (1, 1, 'dear'), (2, 2, NULL), (3, 3, ''), (4, 3, 'x');\n"
    "INSERT INTO line VALUES ('a', 1), ('a', 1), (NULL, NULL), ('b', 2);\n"
)
SWAP = (
    "UPDATE person SET name = 'free' WHERE id = 1",
    "UPDATE person SET name = 'Ada' WHERE id = 3",
    "UPDATE person SET name = 'Cleo' WHERE id = 1",
)


def test_rows_come_go_and_change(operator: Operator) -> None:
    """Removed rows come back, added ones go, changed ones are as they were; and undone again."""
    operator.begin_with(PEOPLE)
    there_and_back(
        operator,
        "DELETE FROM person WHERE id = 3",
        "INSERT INTO person VALUES (7, 'Gus', 2, 3.5)",
        "UPDATE person SET score = 0.0, boss = NULL WHERE id = 2",
        "UPDATE letter SET words = 'other' WHERE id = 2",
        "INSERT INTO letter VALUES (9, 7, 'new')",
        "INSERT INTO line VALUES ('a', 1), ('c', 3)",
        "DELETE FROM line WHERE number = 2",
    )


def test_unique_values_that_were_swapped(operator: Operator) -> None:
    """Values that no order of updates could bring back one by one come back."""
    operator.begin_with(PEOPLE)
    there_and_back(operator, *SWAP)


def test_keys_that_were_swapped(operator: Operator) -> None:
    """Rows that took each other's key, and what refers to them, are as they were."""
    operator.begin_with(PEOPLE)
    there_and_back(
        operator,
        "UPDATE person SET boss = NULL",
        "UPDATE letter SET person = NULL",
        "UPDATE person SET id = 9 WHERE id = 1",
        "UPDATE person SET id = 1 WHERE id = 2",
        "UPDATE person SET id = 2 WHERE id = 9",
    )


def test_everything_is_gone(operator: Operator) -> None:
    """Into empty tables every row comes back, in an order that foreign keys allow."""
    operator.begin_with(PEOPLE)
    there_and_back(
        operator,
        "DELETE FROM letter",
        "UPDATE person SET boss = NULL",
        "DELETE FROM person",
        "DELETE FROM line",
    )


def test_only_rows_that_differ_are_written(operator: Operator) -> None:
    """The journal gets images of the rows that differed, and of no other."""
    operator.begin_with(PEOPLE)
    place = take(operator)
    operator.application("UPDATE letter SET words = 'other' WHERE id = 2")
    restore(operator, place, "--reason", "wrong letter")
    (changed,) = events(operator, "RowsChanged")
    assert (changed["rows"]["removed"], changed["rows"]["added"]) == (1, 1)
    (restored,) = events(operator, "BackupRestored")
    assert sorted(restored["tables"].values()) == [3, 4, 4]
    started = [one for one in events(operator, "RunStarted") if one["verb"] == "restore"]
    assert [one["reason"] for one in started] == ["wrong letter"]
    restore(operator, place)
    assert len(events(operator, "RowsChanged")) == 1
    assert "none differs" in restore(operator, place)


def test_said_row_by_row_and_column_by_column(operator: Operator) -> None:
    """The dry run lists rows added, removed and changed, and which columns change to what."""
    operator.begin_with(PEOPLE)
    place = take(operator)
    operator.application(
        "DELETE FROM letter WHERE id = 4",
        "INSERT INTO letter VALUES (5, 1, 'new')",
        "UPDATE letter SET words = 'y', person = 2 WHERE id = 1",
        "UPDATE letter SET words = 'z' WHERE id = 2",
    )
    answer = foresee(operator, place, "--table", "letter")
    (table,) = answer["tables"]
    assert (table["added"], table["removed"], table["changed"]) == (1, 1, 2)
    assert table["columns"] == {"person": 1, "words": 2}
    rows = {(row["what"], str(row["key"]["id"])): row for row in answer["rows"]}
    assert rows.keys() == {("changed", "1"), ("changed", "2"), ("added", "4"), ("removed", "5")}
    assert rows["changed", "2"]["live"] == {"words": "z"}
    assert rows["changed", "2"]["restored"] == {"words": None}
    assert rows["removed", "5"]["live"]["words"] == "new"
    text = operator.type("backup", "restore", str(place), "--dry-run", "--table", "letter")
    assert "~ id=1: person 2 -> 1, words y -> dear" in text
    lines = operator.lines("backup", "restore", str(place), "--dry-run", "--table", "letter")
    assert [one["what"] for one in lines[:-1]] == [one["what"] for one in answer["rows"]]


def test_listed_up_to_a_bound(operator: Operator) -> None:
    """Text shows twenty rows of a table and counts the rest; JSON lines have all of them."""
    values = ", ".join(f"({n}, 'p{n}', NULL, {n})" for n in range(10, 60))
    operator.begin_with(f"{PEOPLE}INSERT INTO person VALUES {values};\n")
    place = take(operator)
    operator.application("UPDATE person SET score = 1")
    text = operator.type("backup", "restore", str(place), "--dry-run")
    assert text.count("~ id=") == 20
    assert "... and 33 more rows" in text
    lines = operator.lines("backup", "restore", str(place), "--dry-run")
    assert len([one for one in lines if one.get("type") == "row"]) == 53


def test_asks_first(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --yes the plan is shown and a person is asked; no means that nothing is done."""
    operator.begin_with(PEOPLE)
    place = take(operator)
    operator.application("DELETE FROM line")
    before = operator.fingerprint()
    monkeypatch.setattr("click.confirm", lambda *_, **__: False)
    assert "4 added" in operator.type("backup", "restore", str(place), code=1)
    assert operator.fingerprint() == before
    monkeypatch.setattr("click.confirm", lambda *_, **__: True)
    assert "4 rows written, proved" in operator.type("backup", "restore", str(place))
    monkeypatch.undo()
    head = operator.lines("log")[-1]["position"]
    assert "nothing to do" in operator.type("backup", "restore", str(place))
    assert operator.lines("log")[-1]["position"] == head


def test_asks_nothing_where_nothing_differs(operator: Operator) -> None:
    """Where the tables are as the backup has them, that is said, and nothing is recorded."""
    operator.begin_with(PEOPLE)
    place = take(operator)
    head = operator.type("log")
    assert "nothing to do" in operator.type("backup", "restore", str(place))
    assert operator.type("log") == head
    assert "nothing to do" not in operator.type("backup", "restore", str(place), "--yes")


def test_written_since_the_preview(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was agreed to is what is done: rows written between the two are not overwritten."""
    operator.begin_with(PEOPLE)
    place = take(operator)
    operator.application("DELETE FROM line")

    def answer(*_: object, **__: object) -> bool:
        operator.application("INSERT INTO line VALUES ('late', 9)")
        return True

    monkeypatch.setattr("click.confirm", answer)
    operator.type("backup", "restore", str(place), code=3)
    assert "written since the preview" in operator.err
    assert operator.application("SELECT words FROM line") == [("late",)]


def test_some_tables(operator: Operator) -> None:
    """Only the tables that are named are restored."""
    operator.begin_with(PEOPLE)
    place = take(operator)
    operator.application("DELETE FROM line", "DELETE FROM letter")
    restore(operator, place, "--table", "line")
    assert operator.application("SELECT count(*) FROM line") == [(4,)]
    assert operator.application("SELECT count(*) FROM letter") == [(0,)]
    operator.type("backup", "restore", str(place), "--table", "nobody", "--yes", code=4)
    assert "no table nobody in the backup" in operator.err


@pytest.mark.parametrize("action", ["CASCADE", "SET NULL", "NO ACTION"])
def test_rows_elsewhere_refer_to_rows_that_would_go(operator: Operator, action: str) -> None:
    """A row that a table beside refers to does not go, whatever its foreign key would do."""
    operator.begin_with(PEOPLE.replace("CASCADE", action))
    place = take(operator)
    operator.application(
        "INSERT INTO person VALUES (8, 'Hal', NULL, 1)", "INSERT INTO letter VALUES (8, 8, 'mine')"
    )
    assert "refer to rows of" in refused(operator, place, "--table", "person")
    restore(operator, place)
    assert operator.application("SELECT count(*) FROM letter") == [(4,)]


def test_a_row_they_refer_to_is_gone(operator: Operator) -> None:
    """Rows whose parent is not there any more do not come back alone."""
    operator.begin_with(PEOPLE)
    place = take(operator)
    operator.application("DELETE FROM person WHERE id = 3")
    assert "cannot stand here" in refused(operator, place, "--table", "letter")
    restore(operator, place)
    assert operator.application("SELECT count(*) FROM letter") == [(4,)]


def test_a_constraint_added_since(operator: Operator) -> None:
    """Rows that a younger constraint forbids are refused before anything is written."""
    operator.begin_with(PEOPLE)
    place = take(operator)
    operator.application("UPDATE line SET number = 1 WHERE number = 2")
    operator.apply(
        "0001_unique", "CREATE UNIQUE INDEX line_words ON line (words) WHERE number = 2;"
    )
    operator.apply("0002_more", "UPDATE line SET number = 5 WHERE words = 'a';")
    restore(operator, place)
    operator.application("DELETE FROM line")
    operator.apply("0003_unique", "CREATE UNIQUE INDEX line_number ON line (number);")
    assert "cannot stand here" in refused(operator, place)


def test_a_column_added_since(operator: Operator) -> None:
    """Its values stay in rows that are there; rows that come back get the default; said before."""
    operator.begin_with(PEOPLE)
    place = take(operator)
    operator.apply("0001_note", "ALTER TABLE person ADD COLUMN note text DEFAULT 'none';")
    operator.application(
        "UPDATE person SET note = 'mine', score = 7 WHERE id = 1",
        "UPDATE person SET boss = NULL WHERE id = 3",
        "DELETE FROM person WHERE id = 2",
        *SWAP,
    )
    answer = foresee(operator, place)
    (person,) = [one for one in answer["tables"] if one["table"].endswith("person")]
    assert person["kept"] == ["note"]
    restore(operator, place)
    rows = operator.application("SELECT id, name, note, score FROM person ORDER BY id")
    assert rows == [
        (1, "Ada", "mine", 0.1),
        (2, "สมชาย 🙂", "none", 0.0),
        (3, "Cleo", "none", 1e300),
    ]


def test_a_column_dropped_since(operator: Operator) -> None:
    """A column of the backup that is gone is refused, with a way out."""
    operator.begin_with(PEOPLE)
    place = take(operator)
    operator.apply("0001_drop", "ALTER TABLE letter DROP COLUMN words;")
    operator.application("DELETE FROM letter WHERE id = 1")
    said = refused(operator, place)
    assert "column words of" in said
    assert "--leave-out" in said
    restore(operator, place, "--leave-out", "words")
    assert operator.application("SELECT id, person FROM letter ORDER BY id") == [
        (1, 1),
        (2, 2),
        (3, 3),
        (4, 3),
    ]
    operator.type("backup", "restore", str(place), "--yes", "--leave-out", "wrods", code=4)


def test_names_changed_since(operator: Operator) -> None:
    """A table and a column that were renamed are restored under their new names."""
    operator.begin_with(PEOPLE)
    place = take(operator)
    operator.apply(
        "0001_rename",
        "ALTER TABLE line RENAME TO lines;\nALTER TABLE lines RENAME COLUMN words TO text;\n",
    )
    operator.application("DELETE FROM lines WHERE number = 1")
    answer = foresee(operator, place)
    assert [one["called"].split(".")[-1] for one in answer["tables"] if "called" in one] == [
        "lines"
    ]
    restore(operator, place)
    assert operator.application("SELECT count(*) FROM lines WHERE text = 'a'") == [(2,)]


def test_a_table_that_is_gone(operator: Operator) -> None:
    """It is made again as it was, with all that belongs to it, under its former identity."""
    operator.begin_with(
        f"{PEOPLE}CREATE INDEX letter_words ON letter (words);\n"
        "CREATE UNIQUE INDEX line_b ON line (number) WHERE number = 2;\n"
    )
    before = operator.fingerprint()
    place = take(operator)
    operator.apply("0001_drop", "DROP TABLE letter;\nDROP TABLE line;\nDROP TABLE person;\n")
    gone = operator.fingerprint()
    head = operator.lines("log")[-1]["position"]
    answer = foresee(operator, place)
    assert [one["made"] for one in answer["tables"]] == [True] * 3
    assert any(one.startswith("index ") for one in answer["made"])
    restore(operator, place)
    assert operator.fingerprint() == before
    operator.back(str(head))
    assert operator.fingerprint() == gone
    operator.back("before:0001_drop")
    assert operator.fingerprint() == before


def test_in_another_environment(operator: Operator) -> None:
    """A journal that does not know the backup refuses it, unless a reason is given."""
    operator.begin_with(PEOPLE)
    before = operator.fingerprint()
    place = take(operator)
    document = json.loads((place / "manifest.json").read_text(encoding="utf-8"))
    document["journal"] = {"id": "other", "name": "elsewhere"}
    document["backup"] = "11111111-1111-1111-1111-111111111111"
    moved = place.parent / "moved"
    place.rename(moved)
    (moved / "manifest.json").write_text(json.dumps(document), encoding="utf-8")
    operator.apply("0001_drop", "DROP TABLE letter;\nDROP TABLE line;\nDROP TABLE person;\n")
    restore(operator, moved, code=3)
    assert "does not know backup" in operator.err
    restore(operator, moved, "--allow-unknown", code=2)
    words = ("--allow-unknown", "--reason", "from staging")
    assert "does not vouch" in restore(operator, moved, *words)
    assert operator.fingerprint() == before
    operator.back("after:0001_drop")
    assert operator.application("SELECT 1") == [(1,)]
