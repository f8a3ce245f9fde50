"""A row, or a column, is unreadable after its erasure, and nothing else is."""

from __future__ import annotations

import pytest

from tests.erasing.eraser import ADA, Eraser, standing

OTHERS = ("Bela Bartok", "BELA BARTOK", "carl@music.example", "new-bela@music.example")


def test_row(eraser: Eraser) -> None:
    """No byte of an erased row is left, other rows stand, and the live database is untouched."""
    eraser.live()
    before = eraser.oracle()
    held = {
        at: eraser.rows_at("person", at) for at in ("after:0001_first", "after:0002_second", "head")
    }
    assert standing(ADA, eraser.kept()) == list(ADA)
    eraser.erase("row", "person", "1")
    assert eraser.oracle() == before
    assert standing(ADA, eraser.raw()) == []
    for at, rows in held.items():
        now = eraser.rows_at("person", at)
        assert [row for row in now if row["id"] != 1] == [row for row in rows if row["id"] != 1]
        told = [row for row in now if row["id"] == 1]
        assert len(told) == len([row for row in rows if row["id"] == 1])
        assert all(row[name].keys() == {"erased"} for row in told for name in ("name", "email"))
    assert standing(OTHERS, eraser.kept()) == list(OTHERS)


def test_dry_run(eraser: Eraser) -> None:
    """The dry run names each place, and changes nothing."""
    eraser.live()
    log = eraser.type("log")
    found = eraser.looked("row", "person", "1")
    assert [one["rows"] for one in found["images"]] == [1, 2, 2, 1]
    assert {one["what"] for one in found["contents"]} == {"statement"}
    assert not found["done"]
    assert eraser.type("log") == log
    assert standing(ADA, eraser.kept()) == list(ADA)


def test_live_row(eraser: Eraser) -> None:
    """A row that lives keeps its key in the journal, and its past is told as erased."""
    eraser.live()
    found = eraser.looked("row", "person", "2")
    assert {one["kind"] for one in found["stays"]} == {"live row"}
    assert "nobody could tell" in eraser.erase_refused("row", "person", "2", "--with-key")
    eraser.erase("row", "person", "2")
    (then,) = (row for row in eraser.rows_at("person", "after:0001_first") if row["id"] == 2)
    assert then["name"].keys() == then["born"].keys() == {"erased"}
    (now,) = (row for row in eraser.rows_at("person") if row["id"] == 2)
    assert now["email"] == "new-bela@music.example"
    assert standing(("new-bela@music.example",), eraser.kept()) == []
    eraser.apply("0004_gone", "delete from person where id = 2;\n")
    assert standing(("new-bela@music.example",), eraser.kept()) != []
    eraser.erase("row", "person", "2", "--with-key")
    assert standing(("new-bela@music.example",), eraser.raw()) == []
    assert [row["id"] for row in eraser.rows_at("person", "after:0001_first")].count(2) == 0
    assert len(eraser.rows_at("person", "after:0001_first")) == 3
    assert [row["id"] for row in eraser.rows_at("person")] == [3]


def test_key_that_says_who(eraser: Eraser) -> None:
    """A key goes with its row where that is asked for, and the row is gone."""
    eraser.begin_with("create table account (mail text primary key, age integer);\n")
    eraser.apply("0001_a", "insert into account values ('zoe@quux.example', 7), ('b@c.d', 8);\n")
    eraser.apply("0002_b", "delete from account where age = 7;\n")
    found = eraser.looked("row", "account", "zoe@quux.example")
    assert [one["count"] for one in found["stays"] if one["kind"] == "other row"] == [1, 1]
    eraser.erase("row", "account", "zoe@quux.example", "--with-key")
    assert standing(("zoe@quux.example",), eraser.raw()) == []
    told = eraser.rows_at("account", "after:0001_a")
    assert min(str(row["mail"]) for row in told) == "b@c.d"
    assert len(told) == 2


def test_column(eraser: Eraser) -> None:
    """No byte of a column is left but in the live table; other columns stand, in other rows too."""
    eraser.live()
    before = eraser.oracle()
    held = eraser.rows_at("person", "after:0001_first")
    eraser.erase("column", "person", "email")
    assert eraser.oracle() == before
    gone = ("ada@quux.example", "bela@music.example", "new-bela@music.example")
    assert standing(gone, eraser.kept()) == []
    assert standing(("Bela Bartok", "BELA BARTOK"), eraser.kept()) != []
    now = eraser.rows_at("person", "after:0001_first")
    assert [row["name"] for row in now] == [row["name"] for row in held]
    told = [row["email"] for row in now if row["id"] < 3]
    assert all(value.keys() == {"erased"} for value in told)


def test_dropped_column(eraser: Eraser) -> None:
    """A column that is gone is named as it was once, and is erased where DDL took it away."""
    eraser.live()
    eraser.apply("0004_drop", "alter table person drop column email;\n")
    eraser.type("erase", "column", "person", "email", "--dry-run", code=4)
    assert standing(("carl@music.example",), eraser.kept()) != []
    eraser.erase("column", "person", "email", "--at", "before:0004_drop")
    assert standing(("carl@music.example", "bela@music.example"), eraser.raw()) == []
    told = eraser.rows_at("person", "before:0004_drop")
    assert all(row["email"].keys() == {"erased"} for row in told)
    assert [row["name"] for row in told] == ["BELA BARTOK", "CARL ORFF"]


def test_other_rows(eraser: Eraser) -> None:
    """What other tables hold of a row is told, and left alone until it is asked for as well."""
    eraser.live("0001_first")
    eraser.apply("0002_letter", "insert into letter values (7, 1, 'Dear ada@quux.example!');\n")
    found = eraser.looked("row", "person", "1")
    (other,) = (one for one in found["stays"] if one["kind"] == "other row")
    assert other["where"].endswith("letter")
    eraser.erase("row", "person", "1")
    assert standing(("Dear ada@quux.example!",), eraser.kept()) != []
    eraser.erase("row", "letter", "7")
    assert standing(("ada@quux.example",), eraser.kept()) == []


def test_twice(eraser: Eraser) -> None:
    """One range is erased for two rows, one after the other; a third erasure finds nothing."""
    eraser.live()
    eraser.erase("row", "person", "1")
    eraser.erase("row", "person", "3")
    head = eraser.lines("log")[-1]["position"]
    assert "nothing to erase" in eraser.erase("row", "person", "1")
    assert eraser.lines("log")[-1]["position"] == head
    eraser.type("verify")
    assert standing((*ADA, "Carl Orff", "CARL ORFF"), eraser.kept()) == []
    (bela,) = (row for row in eraser.rows_at("person", "after:0001_first") if row["id"] == 2)
    assert bela["name"] == "Bela Bartok"


def test_same_text_again(eraser: Eraser) -> None:
    """A statement that was erased may come again: it is kept anew, and the record proves itself."""
    eraser.live("0001_first")
    eraser.apply("0002_more", "update person set name = 'Zenobia Quux' where id = 1;\n")
    eraser.erase("row", "person", "1")
    eraser.apply("0003_more", "update person set name = 'Zenobia Quux' where id = 1;\n")
    eraser.type("verify")
    assert standing(("Zenobia Quux",), eraser.kept()) != []
    eraser.erase("row", "person", "1")
    eraser.type("verify")
    assert standing(("Zenobia Quux",), eraser.kept()) == []


def test_hostile_names(eraser: Eraser) -> None:
    """Names with quotes, per cent signs and emoji, and values with quotes, are erased like others."""
    table, column = 'od"d 🦊 %s', 'se"lect %(x)s'
    quoted = ['"' + name.replace('"', '""') + '"' for name in (table, column)]
    eraser.begin_with(f"create table {quoted[0]} (id integer primary key, {quoted[1]} text);\n")
    value = "O''Brien <script>%s"
    eraser.apply("0001_a", f"insert into {quoted[0]} values (1, '{value}'), (2, 'other');\n")
    eraser.erase("row", table, "1")
    assert standing(("O'Brien <script>%s", "O''Brien <script>%s"), eraser.kept()) == []
    eraser.erase("column", table, column)
    told = eraser.rows_at(table, "after:0001_a")
    assert [row["id"] for row in told] == [1, 2]


def test_bad_input(eraser: Eraser) -> None:
    """What cannot be meant is refused in one line, with nothing done."""
    eraser.live()
    log = eraser.type("log")
    eraser.type("erase", "row", "person", "1", "--yes", code=2)
    eraser.type("erase", "row", "person", "1", "2", "--reason", "x", "--yes", code=2)
    eraser.type("erase", "row", "nobody", "1", "--reason", "x", "--yes", code=4)
    eraser.type("erase", "column", "person", "nothing", "--reason", "x", "--yes", code=4)
    eraser.type("erase", "column", "person", "id", "--reason", "x", "--yes", code=3)
    eraser.type("erase", "subject", "nobody", "--reason", "x", "--yes", code=4)
    eraser.type("erase", "row", "person", "1", "--reason", "x", "--format", "json", code=2)
    if not eraser.sqlite:
        eraser.type("erase", "row", "person", "one", "--reason", "x", "--yes", code=2)
    assert eraser.type("log") == log


def test_key_of_two_columns(eraser: Eraser) -> None:
    """A key of two columns is given value by value, or by name, in any order."""
    eraser.begin_with(
        "create table seat (hall text, n integer, who text, primary key (hall, n));\n"
    )
    eraser.apply("0001_a", "insert into seat values ('a', 1, 'Zenobia'), ('a', 2, 'Yolanda');\n")
    eraser.erase("row", "seat", "n=1", "hall=a")
    told = {row["n"]: row["who"] for row in eraser.rows_at("seat", "after:0001_a")}
    assert told == {1: "Zenobia", 2: "Yolanda"}  # live rows, which nobody touched since
    eraser.apply("0002_b", "delete from seat;\n")
    eraser.erase("row", "seat", "a", "1")
    told = {row["n"]: row["who"] for row in eraser.rows_at("seat", "after:0001_a")}
    assert told[2] == "Yolanda"
    assert told[1].keys() == {"erased"}
    assert standing(("Zenobia",), eraser.raw()) == []


def test_partitions(eraser: Eraser) -> None:
    """A row of a partitioned table is erased in whichever partition it stood."""
    if eraser.sqlite:
        return
    eraser.begin_with(
        "create table visit (id integer primary key, who text) partition by range (id);\n"
        "create table visit_1 partition of visit for values from (0) to (10);\n"
        "create table visit_2 partition of visit for values from (10) to (20);\n"
    )
    eraser.apply("0001_a", "insert into visit values (1, 'Zenobia'), (12, 'Yolanda');\n")
    eraser.apply("0002_b", "delete from visit;\n")
    eraser.erase("row", "visit", "12")
    assert standing(("Zenobia", "Yolanda"), eraser.kept()) == ["Zenobia"]
    told = {row["id"]: row["who"] for row in eraser.rows_at("visit", "after:0001_a")}
    assert told[1] == "Zenobia"
    assert told[12].keys() == {"erased"}
    eraser.erase("column", "visit", "who")
    assert standing(("Zenobia",), eraser.raw()) == []


def test_without_a_key(eraser: Eraser) -> None:
    """Of a table without a key columns are erased, and its past is refused where it is not clear."""
    eraser.begin_with("create table note (who text, text text);\n")
    eraser.apply("0001_a", "insert into note values ('Zenobia', 'x'), ('Yolanda', 'x');\n")
    if not eraser.sqlite:
        assert "key" in eraser.erase_refused("row", "note", "Zenobia")
    eraser.apply("0002_b", "update note set text = 'y' where who = 'Zenobia';\n")
    eraser.erase("column", "note", "who")
    assert standing(("Zenobia", "Yolanda"), eraser.kept()) == []
    eraser.oracle()
    if not eraser.sqlite:
        eraser.type("rows", "note", "--at", "after:0001_a", code=3)
        return
    told = eraser.rows_at("note", "after:0001_a")
    assert [row["text"] for row in told] == ["x", "x"]


def test_question(eraser: Eraser, monkeypatch: pytest.MonkeyPatch) -> None:
    """The places are shown and a question is asked; without a yes nothing is done."""
    eraser.live()
    log = eraser.type("log")
    monkeypatch.setattr("click.confirm", lambda *_, **__: False)
    assert "images of rows: 6" in eraser.type(
        "erase", "row", "person", "1", "--reason", "x", code=1
    )
    assert eraser.type("log") == log
    monkeypatch.setattr("click.confirm", lambda *_, **__: True)
    assert "next: VACUUM" in eraser.type("erase", "row", "person", "1", "--reason", "x")
    assert standing(ADA, eraser.kept()) == []
