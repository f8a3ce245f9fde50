"""The index of rows: without it, or with a wrong one, and what rebuild says of it."""

from __future__ import annotations

import pytest

from tests.drills.operator import Operator


def begin(operator: Operator) -> None:
    """A table whose row 7 changed in two of forty entries."""
    operator.type("init", "--name", "drill")
    lines = [f"insert into t values ({n}, 'a');\n" for n in range(1, 40)]
    operator.apply("0001_t", f"create table t (id integer primary key, v text);\n{''.join(lines)}")
    operator.apply("0002_t", "update t set v = 'b' where id = 7;\n")


def index(operator: Operator) -> str:
    """The table of the index."""
    return "clew_row_index" if operator.sqlite else "clew.row_index"


def test_the_answer_is_the_same(operator: Operator) -> None:
    """With the index, with one that ends before the head, and without any, the answer is one."""
    begin(operator)
    told = operator.json("history", "t", "7")
    assert len(told["changes"]) == 2
    answer = operator.json("rebuild")
    assert answer["index"] == {"former": 0, "blocks": 1, "state": "made"}
    assert operator.json("history", "t", "7") == told
    operator.apply("0003_t", "update t set v = 'c' where id = 7;\n")
    later = operator.json("history", "t", "7")
    assert [one["after"]["v"] for one in later["changes"]] == ["a", "b", "c"]
    assert operator.json("history", "t", "7", "--no-index") == later
    operator.application(f"drop table {index(operator)}")
    assert operator.json("history", "t", "7") == later
    assert operator.json("rebuild")["index"]["state"] == "made"
    assert operator.json("history", "t", "7") == later


def test_a_wrong_index(operator: Operator) -> None:
    """An index that hides a change is found out by rebuild, which makes it anew."""
    begin(operator)
    operator.type("rebuild")
    told = operator.json("history", "t", "7")
    digests = "zeroblob(length(digests))" if operator.sqlite else r"'\x0000'::bytea"
    operator.application(f"update {index(operator)} set digests = {digests} where object <> 0")
    assert operator.json("history", "t", "7") != told
    assert operator.json("history", "t", "7", "--no-index") == told
    assert operator.json("rebuild")["index"]["state"] == "was wrong"
    assert operator.json("history", "t", "7") == told
    assert operator.json("rebuild")["index"]["state"] == "as it was"
    operator.application(f"delete from {index(operator)} where object <> 0")
    assert "the index of rows was wrong" in operator.type("rebuild")
    unreadable = "x'00'" if operator.sqlite else r"'\x00'::bytea"
    operator.application(f"update {index(operator)} set places = {unreadable}")
    operator.type("history", "t", "7", code=6)
    assert "clew rebuild" in operator.err
    assert operator.json("rebuild")["index"]["state"] == "was wrong"


def test_an_index_that_names_too_much(operator: Operator) -> None:
    """What the index names is looked at in entry and image, so that nothing is made up."""
    begin(operator)
    operator.type("rebuild")
    (digests,) = operator.application(f"select digests from {index(operator)} where object <> 0")
    same = bytes(digests[0])[:2] * (len(digests[0]) // 2)
    every = f"x'{same.hex()}'" if operator.sqlite else rf"'\x{same.hex()}'::bytea"
    operator.application(f"update {index(operator)} set digests = {every} where object <> 0")
    assert operator.json("history", "t", "1") != operator.json("history", "t", "7")
    assert operator.json("history", "t", "1", "--no-index") == operator.json("history", "t", "1")
    operator.type("history", "t", "99", code=4)


def test_runs_bring_it_on(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run brings the index on once it is far enough behind, and a rollback does."""
    operator.type("init", "--name", "drill")
    monkeypatch.setattr("commands.indexing.BEHIND", 1)
    operator.apply("0001_t", "create table t (id integer primary key, v text);\n")
    operator.apply("0002_t", "insert into t values (7, 'a');\nupdate t set v = 'b';\n")
    ends = f"select max(last) from {index(operator)}"
    ((first,),) = operator.application(ends)
    assert first == operator.json("status")["head"]["position"]
    operator.back("after:0001_t")
    operator.apply("0003_t", "update t set v = 'c';\n")
    ((second,),) = operator.application(ends)
    assert second > first
    told = operator.json("history", "t", "7")
    assert len(told["changes"]) == 7
    assert operator.json("history", "t", "7", "--no-index") == told
    answer = operator.json("rebuild")["index"]
    assert (answer["former"], answer["state"]) == (second, "as it was")
