"""The verb history: what it says of rows whose doings are known."""

from __future__ import annotations

from typing import Any

from commands import row_history
from journal import open_journal
from tests.drills.operator import Operator

PERSON = "create table person (id integer primary key, name text, email text);\n"


def causes(operator: Operator, *words: str) -> list[str]:
    """What happened to a row, in one word each."""
    return [change["cause"] for change in operator.json("history", *words)["changes"]]


def test_what_is_told_of_a_change(operator: Operator) -> None:
    """A change tells position, time, actor, run, migration, statement, and what was and is."""
    operator.type("init", "--name", "drill")
    operator.apply("0001_person", f"{PERSON}insert into person values (42, 'Ada', null);\n")
    operator.apply("0002_email", "\nupdate person set email = 'a@x' where id = 42;\n")
    answer = operator.json("history", "person", "42")
    assert answer["key"] == {"id": 42}
    assert answer["row"] == {"id": 42, "name": "Ada", "email": "a@x"}
    inserted, updated = answer["changes"]
    assert inserted["before"] is None
    assert inserted["after"] == {"id": 42, "name": "Ada", "email": None}
    assert updated["before"] == inserted["after"]
    assert updated["changed"] == ["email"]
    entry = operator.json("show", str(updated["position"]))["entries"][0]
    same = ("position", "recorded_at", "actor", "run", "evidence")
    assert {name: updated[name] for name in same} == {name: entry[name] for name in same}
    assert (updated["verb"], updated["migration"], updated["line"]) == ("apply", "0002_email", 2)
    assert updated["statement"] == "update person set email = 'a@x' where id = 42"
    text = operator.type("history", "person", "42")
    assert "~ email null -> a@x" in text
    assert "apply 0002_email  updated" in text


def test_a_rollback_and_what_it_took_back(operator: Operator) -> None:
    """A rollback names the changes that it took back, and they name it, until they stand again."""
    operator.type("init", "--name", "drill")
    operator.apply("0001_person", f"{PERSON}insert into person values (1, 'Ada', null);\n")
    operator.apply("0002_name", "update person set name = 'Bela';\n")
    there = operator.json("status")["head"]["position"]
    operator.back("before:0002_name")
    _, updated, back = operator.json("history", "person", "1")["changes"]
    assert (back["verb"], back["takes_back"]) == ("rollback", [updated["position"]])
    assert updated["taken_back_by"] == back["position"]
    assert f"taken back at {back['position']}" in operator.type("history", "person", "1")
    operator.back(str(there))
    answer = operator.json("history", "person", "1")
    assert answer["row"]["name"] == "Bela"
    assert [one["taken_back_by"] for one in answer["changes"][:3]] == [
        None,
        None,
        answer["changes"][3]["position"],
    ]


def test_a_row_through_another_table_of_the_name(operator: Operator) -> None:
    """Where a new table took the name of one that was dropped, both tell of the row."""
    operator.type("init", "--name", "drill")
    operator.apply("0001_person", f"{PERSON}insert into person values (1, 'Ada', 'a@x');\n")
    operator.apply(
        "0002_anew",
        "create table person_new (id integer primary key, full_name text);\n"
        "insert into person_new select id, name from person;\n"
        "drop table person;\nalter table person_new rename to person;\n",
    )
    answer = operator.json("history", "person", "1")
    tables = [(one["cause"], one["table"].split(".")[-1]) for one in answer["changes"]]
    assert tables == [
        ("inserted", "person"),
        ("inserted", "person_new"),
        ("table dropped", "person"),
        ("schema", "person"),
    ]
    assert answer["changes"][2]["before"] == {"id": 1, "name": "Ada", "email": "a@x"}
    assert answer["row"] == {"id": 1, "full_name": "Ada"}
    operator.back("after:0001_person")
    answer = operator.json("history", "person", "1")
    assert answer["row"] == {"id": 1, "name": "Ada", "email": "a@x"}
    assert answer["changes"][-1]["cause"] == "table made"


def test_a_table_that_is_gone(operator: Operator) -> None:
    """The rows of a dropped table still have a history, under the last name it had."""
    operator.type("init", "--name", "drill")
    operator.apply("0001_person", f"{PERSON}insert into person values (1, 'Ada', null);\n")
    operator.apply("0002_drop", "alter table person rename to people;\ndrop table people;\n")
    assert causes(operator, "people", "1") == ["inserted", "schema", "table dropped"]
    assert operator.json("history", "people", "1")["row"] is None
    assert "gone" in operator.type("history", "people", "1")


def test_what_nobody_journaled(operator: Operator) -> None:
    """A row that is not as the journal left it was changed by somebody it does not know."""
    operator.begin_with(f"{PERSON}insert into person values (1, 'Ada', null), (2, 'Bela', null)")
    operator.apply("0001_name", "update person set name = upper(name);\n")
    operator.application("update person set email = 'b@x' where id = 2")
    operator.apply("0002_name", "update person set name = lower(name);\n")
    operator.application("delete from person where id = 1")
    operator.application("insert into person values (3, 'Cyd', null)")
    answer = operator.json("history", "person", "2")
    assert [one["cause"] for one in answer["changes"]] == ["updated", "unseen", "updated"]
    unseen = answer["changes"][1]
    assert unseen["changed"] == ["email"]
    assert unseen["actor"] == ""
    assert f"after position {answer['changes'][0]['position']}" in unseen["notes"][0]
    assert "found at the baseline" in answer["changes"][0]["notes"][0]
    gone = operator.json("history", "person", "1")
    assert [one["cause"] for one in gone["changes"]] == ["updated", "updated", "unseen"]
    assert gone["row"] is None
    found = operator.json("history", "person", "3")
    assert found["changes"] == []
    assert found["row"]["name"] == "Cyd"
    assert "no entry tells of this row" in found["notes"][0]


def test_keys_that_change(operator: Operator) -> None:
    """A row is followed under all its keys; where one statement moved many alike, it is said."""
    operator.type("init", "--name", "drill")
    operator.apply(
        "0001_person",
        f"{PERSON}insert into person values (1, 'Ada', null), (2, 'Bela', null), (3, 'Bela', null);\n",
    )
    operator.apply(
        "0002_keys", "update person set id = id + 10;\nupdate person set id = 1 where id = 11;\n"
    )
    assert causes(operator, "person", "1") == ["inserted", "rekeyed", "rekeyed"]
    assert causes(operator, "person", "11") == ["inserted", "rekeyed", "rekeyed"]
    (moved,) = operator.json("history", "person", "12")["changes"]
    assert "which key it had before, if any, is not known" in moved["notes"][0]
    assert (
        operator.json("history", "person", "2", "--at", "after:0001_person")["row"]["name"]
        == "Bela"
    )


def test_the_past_of_the_past(operator: Operator) -> None:
    """Asked at a position, it is the row of that key then, and nothing of later is told."""
    operator.type("init", "--name", "drill")
    operator.apply("0001_person", f"{PERSON}insert into person values (1, 'Ada', null);\n")
    operator.apply("0002_name", "update person set name = 'Bela';\nupdate person set id = 2;\n")
    operator.apply("0003_gone", "delete from person;\n")
    then = operator.json("history", "person", "1", "--at", "after:0001_person")
    assert then["row"] == {"id": 1, "name": "Ada", "email": None}
    assert len(then["changes"]) == 1
    assert causes(operator, "person", "2", "--from", "after:0001_person") == [
        "updated",
        "rekeyed",
        "deleted",
    ]
    assert causes(operator, "person", "2", "-n", "1") == ["deleted"]
    assert len(operator.lines("history", "person", "2")) == 4


def test_keys_of_several_columns(operator: Operator) -> None:
    """A key of several columns is written as pairs, as JSON, or in its order."""
    operator.type("init", "--name", "drill")
    operator.apply(
        "0001_t",
        'create table "T %s" (a integer, "b c" text, v text, primary key (a, "b c"));\n'
        """insert into "T %s" values (1, 'x=y', '<script>'), (1, 'x', null), (2, 'x=y', null);\n""",
    )
    ways = [("a=1", "b c=x=y"), ('{"b c": "x=y", "a": 1}',), ('[1, "x=y"]',), ("1", "x=y")]
    for words in ways:
        answer = operator.json("history", "T %s", *words)
        assert answer["key"] == {"a": 1, "b c": "x=y"}
        assert answer["row"]["v"] == "<script>"
        assert [one["cause"] for one in answer["changes"]] == ["inserted"]


def test_keys_that_do_not_fit(operator: Operator) -> None:
    """A key that never was ends with 4; one that cannot be, or is not whole, with 2 and a hint."""
    operator.begin_with("create table t (a integer, b text, primary key (a, b))")
    operator.type("history", "t", "a=1", "b=x", code=4)
    assert "no row a=1, b=x in" in operator.err
    operator.type("history", "t", "1", code=2)
    assert "Write a=VALUE b=VALUE, or JSON." in operator.err
    operator.type("history", "t", '{"c": 1}', code=2)
    assert "has no column c" in operator.err
    operator.type("history", "nowhere", "1", code=4)
    operator.type("history", "t", "a=1", "b=x", "--at", "9999", code=4)


def test_texts_with_any_characters(operator: Operator) -> None:
    """Keys of any text are found, and shown without harm."""
    operator.type("init", "--name", "drill")
    key = 'it\'s %s "q" \\ é\u202e\n{x} 🙂'
    quoted = key.replace("'", "''")
    operator.apply(
        "0001_t",
        f"create table t (k text primary key, v text);\ninsert into t values ('{quoted}', 'a');\n",
    )
    operator.apply("0002_t", "update t set v = 'b';\n")
    assert operator.json("history", "t", key)["row"] == {"k": key, "v": "b"}
    assert "\u202e" not in operator.type("history", "t", key)
    operator.apply("0003_t", "insert into t values ('k=1', 'c');\n")
    assert operator.json("history", "t", '["k=1"]')["row"]["v"] == "c"
    assert operator.json("history", "t", "k=k=1")["row"]["v"] == "c"


def test_a_table_without_a_key(operator: Operator) -> None:
    """Rows without a key are found by the columns that are named, where these name one row."""
    operator.type("init", "--name", "drill")
    operator.apply(
        "0001_t",
        "create table t (a integer, b text);\ninsert into t values (1, 'x'), (2, 'y'), (2, 'z');\n",
    )
    operator.apply("0002_t", "update t set b = 'w' where a = 1;\n")
    assert causes(operator, "t", "a=1") == ["inserted", "updated"]
    operator.type("history", "t", "a=2", code=2)
    assert "more than one row has these values" in operator.err
    if operator.sqlite:
        assert causes(operator, "t", "1") == ["inserted", "updated"]
    else:
        operator.type("history", "t", "1", code=2)
        assert "has no key" in operator.err


def test_affinity_and_collation(sqlite_operator: Operator) -> None:
    """On SQLite a key is what its column makes of it, and equal by the column's collation."""
    operator = sqlite_operator
    operator.type("init", "--name", "drill")
    operator.apply(
        "0001_t",
        "create table n (k numeric primary key, v text) without rowid;\n"
        "create table x (k primary key, v text);\n"
        "create table c (k text collate nocase primary key, v text);\n"
        "insert into n values (1, 'a'), (1.5, 'b'), ('one', 'c');\n"
        "insert into x values (1, 'int'), ('1', 'text'), (x'31', 'blob');\n"
        "insert into c values ('Ada', 'a');\nupdate c set k = 'ADA';\n",
    )
    for key, value in (("1", "a"), ("1.0", "a"), ("1.5", "b"), ("one", "c")):
        assert operator.json("history", "n", key)["row"]["v"] == value
    for key, value in (("[1]", "int"), ('["1"]', "text"), ('[{"hex": "31"}]', "blob")):
        answer = operator.json("history", "x", key)
        assert (answer["row"]["v"], len(answer["changes"])) == (value, 1)
    assert causes(operator, "c", "ada") == ["inserted", "rekeyed"]


def test_partitions(postgresql_operator: Operator) -> None:
    """A row is found in whatever partition it stands, and followed from one to another."""
    operator = postgresql_operator
    operator.type("init", "--name", "drill")
    operator.apply(
        "0001_sale",
        "create table sale (id integer, region text, amount integer, primary key (id, region))"
        " partition by list (region);\n"
        "create table sale_eu partition of sale for values in ('eu');\n"
        "create table sale_us (amount integer, region text not null, id integer not null);\n"
        "alter table sale attach partition sale_us for values in ('us');\n"
        "insert into sale values (1, 'eu', 5), (2, 'us', 6);\n",
    )
    operator.apply(
        "0002_move", "update sale set amount = 7;\nupdate sale set region = 'us' where id = 1;\n"
    )
    changes = operator.json("history", "sale", "id=1", "region=us")["changes"]
    assert [one["cause"] for one in changes] == ["inserted", "updated", "rekeyed"]
    assert changes[-1]["changed"] == ["region"]
    assert (changes[-1]["former"], changes[-1]["table"]) == ("public.sale_eu", "public.sale_us")
    assert causes(operator, "sale", "2", "us") == ["inserted", "updated"]


def test_values_that_were_only_worded_otherwise(postgresql_operator: Operator) -> None:
    """A label of an enum that was renamed is no change of the row, neither seen nor unseen."""
    operator = postgresql_operator
    operator.type("init", "--name", "drill")
    operator.apply(
        "0001_t",
        "create type mood as enum ('sad', 'glad');\ncreate table t (id integer primary key, m mood);\n"
        "insert into t values (1, 'sad');\n",
    )
    operator.apply("0002_label", "alter type mood rename value 'sad' to 'blue';\n")
    operator.apply("0003_m", "update t set m = 'glad';\n")
    assert causes(operator, "t", "1") == ["inserted", "updated"]


def test_a_column_that_takes_another_type(postgresql_operator: Operator) -> None:
    """Values that a new type brought about are told as before and after, the key's too."""
    operator = postgresql_operator
    operator.type("init", "--name", "drill")
    operator.apply(
        "0001_t",
        "create table t (id integer primary key, v integer);\ninsert into t values (1, 5), (2, 6);\n",
    )
    operator.apply("0002_type", "alter table t alter v type text using v || '!';\n")
    operator.apply("0003_key", "alter table t alter id type text;\nupdate t set v = 'x';\n")
    changes = operator.json("history", "t", "1")["changes"]
    assert changes[1]["before"]["v"] == 5
    assert changes[1]["after"]["v"] == "5!"
    assert changes[-1]["after"] == {"id": "1", "v": "x"}
    assert changes[0]["cause"] == "inserted"


def test_keys_of_python(operator: Operator) -> None:
    """A program gives a key as a value, as values in order, by column, or as text."""
    operator.type("init", "--name", "drill")
    operator.apply(
        "0001_t", "create table t (id integer primary key);\ninsert into t values (7);\n"
    )
    keys: list[Any] = [7, "7", [7], {"id": 7}, '{"id": 7}', "id=7"]
    with open_journal(operator.url) as journal:
        for key in keys:
            assert row_history(journal, "t", key).row == {"id": 7}
