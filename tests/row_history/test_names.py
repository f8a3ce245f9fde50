"""A row asked for by a name that its table bore once, or by a key that it had."""

from __future__ import annotations

from tests.cli.typing_in import Typist
from tests.drills.operator import Operator


def test_no_stranger_wrote_what_a_migration_wrote_under_a_later_name(typist: Typist) -> None:
    """A table asked for by its former name is followed under the later one, to the live row."""
    typist.begin()
    typist.file("0003_rename.sql", "alter table person rename to human;")
    typist.file("0004_write.sql", "update human set name = 'Ida' where id = 1;")
    typist.type("apply", str(typist.migrations))
    found = typist.json("history", "person", "1")
    assert [one["cause"] for one in found["changes"]][-2:] == ["schema", "updated"]
    assert found["changes"][-1]["migration"] == "0004_write"
    assert found["row"]["name"] == "Ida"
    assert found["table"].rpartition(".")[2] == "human"


def test_a_row_that_took_another_key_is_not_told_to_be_gone(typist: Typist) -> None:
    """A row asked for by a key that it had once is followed to the live row under its key now."""
    typist.begin()
    typist.file("0003_key.sql", "update person set id = 101 where id = 1;")
    typist.type("apply", str(typist.migrations))
    found = typist.json("history", "person", "1")
    assert [one["cause"] for one in found["changes"]][-1] == "rekeyed"
    assert found["key"] == {"id": 101}
    assert found["row"]["name"] == "ADA"


def test_a_row_whose_unique_key_is_null_is_not_told_to_be_gone(typist: Typist) -> None:
    """A live row is found by a NULL, which equals nothing."""
    typist.begin()
    typist.file(
        "0003_null.sql",
        "create table tag (word text unique, note text);\n"
        "insert into tag values (null, 'a'), ('x', 'b');\n"
        "update tag set note = 'c' where word is null;",
    )
    typist.type("apply", str(typist.migrations))
    found = typist.json("history", "tag", '{"word": null, "note": "c"}')
    assert found["row"] == {"word": None, "note": "c"}
    assert [one["cause"] for one in found["changes"]][-1] != "unseen"


def test_a_row_that_took_another_partition_with_its_key_did_not_rename_a_table(
    postgresql_operator: Operator,
) -> None:
    """The text says that the row moved, where the partition's key is in the primary key."""
    typist = postgresql_operator
    typist.begin()
    typist.file(
        "0003_parts.sql",
        "create table part (id integer, k text, primary key (id, k)) partition by list (k);\n"
        "create table part_a partition of part for values in ('a');\n"
        "create table part_b partition of part for values in ('b');\n"
        "insert into part values (1, 'a'), (2, 'b');\n"
        "update part set k = 'b' where id = 1;",
    )
    typist.type("apply", str(typist.migrations))
    said = typist.type("history", "part", "1", "b")
    assert "moved from public.part_a to public.part_b" in said
    assert "renamed" not in said


def test_a_table_with_a_key_of_which_no_entry_tells_is_not_told_to_have_none(
    typist: Typist,
) -> None:
    """At a position before the first entry of a table its key is that of the live table."""
    typist.application("create table pet (id integer primary key, name text)")
    typist.application("insert into pet values (1, 'Rex')")
    typist.begin()
    typist.file("0003_pet.sql", "update pet set name = 'Leo';")
    typist.type("apply", str(typist.migrations))
    assert typist.json("history", "pet", "1", "--at", "2")["row"] == {"id": 1, "name": "Rex"}
