"""The verb bisect: whose change it finds, what it says of errors, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from commands.bisect import walking
from tests.drills.operator import Operator
from tests.rehearsal.theatre import programs
from tests.support.oracle import fingerprint

PEOPLE = (
    "create table person (id integer primary key, name text, email text);\n"
    "create table beside (id integer primary key, note text);\n"
    "insert into person values (1, 'Ada', 'a@x'), (190, 'Bo', 'b@x');\n"
)
CLEAN = (
    "update beside set note = 'x';\n"
    "update person set name = upper(name);\n"
    "-- those who never wrote\n"
    "update person set email = null where id = 190;\n"
    "insert into beside values (1, 'y');\n"
)
LOST = "select email from person where id = 190"


@pytest.fixture
def history(operator: Operator) -> Operator:
    """Three migrations, the second of which loses an address."""
    return _lose(operator)


@pytest.fixture
def lite(sqlite_operator: Operator) -> Operator:
    """The same, on SQLite only: what is asked there is asked in the same way elsewhere."""
    return _lose(sqlite_operator)


def _lose(operator: Operator) -> Operator:
    operator.begin_with("create table found (id integer primary key)")
    operator.apply("0001_people", PEOPLE)
    operator.apply("0002_clean", CLEAN, "--actor", "dana", "--reason", "tidy up")
    operator.apply("0003_more", "insert into person values (7, 'Cy', null);\ndrop table beside;\n")
    return operator


def ask(operator: Operator, *words: str, code: int = 0) -> Any:
    """Type the verb and read its JSON."""
    return operator.json("bisect", *words, "--pg-bin", str(programs()), code=code)


def refuse(operator: Operator, *words: str, code: int) -> str:
    """Type the verb, expect an error, and return it."""
    operator.type("bisect", *words, "--pg-bin", str(programs()), code=code)
    return operator.err


def rows(change: Any) -> tuple[Any, Any]:
    """Return the values of both answers, errors as their text."""
    return tuple(
        one.get("error") or [tuple(row) for row in one.get("rows", ())]
        for one in (change["before"], change["after"])
    )


def test_who_lost_it(history: Operator) -> None:
    """Run, migration, actor, reason, statement, line and text of the change are named."""
    now = fingerprint(history.url)
    found = ask(history, LOST)
    (change,) = found["changes"]
    assert rows(change) == ([("b@x",)], [(None,)])
    assert (change["verb"], change["migration"]) == ("apply", "0002_clean")
    assert (change["actor"], change["reason"]) == ("dana", "tidy up")
    assert (change["statement"], change["line"]) == (3, 4)
    assert change["text"] == "update person set email = null where id = 190"
    assert fingerprint(history.url) == now
    said = history.type("bisect", LOST, "--pg-bin", str(programs()))
    assert f"position {change['position']}: apply 0002_clean" in said
    assert "before: email=b@x" in said
    assert "after:  email=null" in said
    assert "--all" in said


def test_all_of_them(history: Operator) -> None:
    """Each change is told, oldest first; what could not run there is an answer of its own."""
    found = ask(history, "select count(*) from person", "--all")
    told = [rows(change) for change in found["changes"]]
    assert "person" in told[0][0]
    assert told[0][1] == [(0,)]
    assert told[1:] == [([(0,)], [(2,)]), ([(2,)], [(3,)])]
    assert found["complete"]
    between = ask(history, "select count(*) from person", "--to", "after:0002_clean")
    assert rows(between["changes"][-1]) == ([(0,)], [(2,)])


def test_no_change(lite: Operator) -> None:
    """An answer that did not change is exit code 1; one that never runs is an error."""
    found = ask(lite, "select name from person where id = 1", "--from", "head~1", code=1)
    assert found["changes"] == []
    refuse(lite, "select no_such from nowhere", code=5)
    refuse(lite, "delete from person", code=3)
    refuse(lite, "select 1; delete from person", code=3)
    refuse(lite, LOST, "--from", "head", "--to", "3", code=2)


def test_expect(lite: Operator) -> None:
    """Where an answer became the value expected, or ceased to be it, is found."""
    count = "select count(*) from person"
    assert rows(ask(lite, count, "--expect", "2")["changes"][0]) == ([(2,)], [(3,)])
    assert rows(ask(lite, count, "--expect", "3.0")["changes"][0]) == ([(2,)], [(3,)])
    assert rows(ask(lite, LOST, "--expect", "null")["changes"][0]) == ([("b@x",)], [(None,)])
    assert ask(lite, count, "--expect", "17", code=1)["changes"] == []


def test_only_what_is_read(history: Operator) -> None:
    """Statements about other tables are no candidates; those behind a view are."""
    alone = ask(history, LOST, "--all")
    history.apply(
        "0004_view", "create view addressed as select * from person where email is not null;\n"
    )
    history.apply("0005_gone", "create table aside (a integer);\nupdate person set email = null;\n")
    seen = ask(history, "select count(*) from addressed", "--all")
    assert rows(seen["changes"][-1]) == ([(1,)], [(0,)])
    assert alone["candidates"] == 5
    assert seen["candidates"] == 7
    assert (
        seen["tables"] == alone["tables"] == ["public.person" if not history.sqlite else "person"]
    )


def test_taken_back(history: Operator) -> None:
    """A rollback that changes the answer is named as what it is."""
    history.back("after:0001_people")
    (change,) = ask(history, LOST)["changes"]
    assert change["verb"] == "rollback"
    assert rows(change) == ([(None,)], [("b@x",)])


def test_written_beside(history: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that others wrote are told; where they stand between, statements go one by one."""
    history.application("update person set email = 'other@x' where id = 190")
    history.apply("0004_all", "update person set email = email || '!';\n")
    found = ask(history, LOST, "--all")
    told = [rows(change) for change in found["changes"][1:]]
    assert found["written_since"] == 1
    assert told[-1] == ([("other@x",)], [("other@x!",)])
    monkeypatch.setattr(walking, "condensed", lambda steps: ((s, (s,)) for s in reversed(steps)))
    assert ask(history, LOST, "--all")["changes"] == found["changes"]


@pytest.mark.parametrize("last", ["D", "B"])
def test_written_between(operator: Operator, last: str) -> None:
    """Many statements are taken back at once, also those that others wrote between."""
    operator.begin_with("create table t (id integer primary key, n text)")
    operator.apply("1", "insert into t values (1, 'A'), (2, '');\n")
    filler = "update t set n = n || '.' where id = 2;\n"
    operator.apply("2", f"{filler}update t set n = 'B' where id = 1;\n{filler}")
    operator.application("update t set n = 'C' where id = 1")
    operator.apply("3", f"update t set n = '{last}' where id = 1;\n{filler}{filler}{filler}")
    found = ask(operator, "select n from t where id = 1", "--from", "after:1", "--expect", "A")
    (change,) = found["changes"]
    assert rows(change) == ([("A",)], [("C",)])  # B was overwritten beside the journal
    assert change["statement"] == 2
    assert found["probes"] <= 7  # one of them asks once more, whether the answer is a fixed one
    assert found["written_since"] == 1


def test_order_and_kinds(sqlite_operator: Operator) -> None:
    """Rows count in the order that is asked for, and in none where none is."""
    sqlite_operator.begin_with(
        "create table t (id integer primary key, n double precision, j text)"
    )
    sqlite_operator.apply(
        "1", "insert into t values (1, 0.1, '{\"a\": [1, null]}'), (2, -0.0, null);\n"
    )
    sqlite_operator.apply(
        "2", "update t set id = id + 10 where id = 1;\nupdate t set id = 1 where id = 2;\n"
    )
    told = ask(sqlite_operator, "select n, j from t", "--all")["changes"]
    assert len(told) == 1
    assert rows(told[0])[1][1:] == [(0.1, '{"a": [1, null]}')]
    told = ask(sqlite_operator, "select n, j from t order by id", "--all")["changes"]
    assert len(told) == 2
    sqlite_operator.apply("3", "update t set n = n + 1e-16 where id = 11;\n")
    assert ask(sqlite_operator, "select n from t where id = 11", "--from", "head~2", code=0)[
        "changes"
    ]


def test_irreversible(history: Operator) -> None:
    """What cannot be taken back is in the way, by its position; one can look from there on."""
    alone = "-- clew: no-transaction\n" if history.sqlite else ""
    name = "vacuum" if history.sqlite else "cursor-with-hold"
    sql = "vacuum" if history.sqlite else "declare held cursor with hold for select 1"
    table = "create table loose (a text);\ninsert into loose values ('a');\n"
    history.apply("0004_loose", table)
    history.apply("0005_x", f"{alone}{sql};\n", "--allow-irreversible", name)
    history.apply("0006_y", "update loose set a = 'b';\n")
    query = "select a from loose"
    said = refuse(history, query, code=3)
    assert "cannot be taken back" in said
    hint = said.partition("--from ")[2].split(".")[0]
    assert rows(ask(history, query, "--from", hint)["changes"][0]) == ([("a",)], [("b",)])


def test_odd_names(operator: Operator) -> None:
    """Names with quotes, capitals, signs and keywords are found in a query."""
    odd = '"Per ""son"" 🙂 select"'
    operator.begin_with(f'create table {odd} (id integer primary key, "Ä %s" text)')
    operator.apply("1", f"insert into {odd} values (1, 'it''s <script>');\n")
    operator.apply("2", f'alter table {odd} rename to "order";\n')
    found = ask(operator, f'select "Ä %s" from {odd}', "--all")
    assert rows(found["changes"][0])[1] == [("it's <script>",)]
    assert "error" in found["changes"][1]["after"]
    assert len(found["changes"]) == 2


def test_functions(postgresql_operator: Operator) -> None:
    """What a function reads is followed; one that builds its SQL leaves nothing out."""
    operator = postgresql_operator
    operator.begin_with("create table t (id integer primary key); create table u (a integer)")
    body = "$$ select count(*) from t $$"
    operator.apply("1", f"create function many() returns bigint language sql as {body};\n")
    operator.apply("2", "insert into t values (1), (2);\ninsert into u values (1);\n")
    found = ask(operator, "select many()", "--all")
    assert found["everything"] == ""
    assert [rows(change)[1] for change in found["changes"]] == [[(0,)], [(2,)]]
    built = "$$ begin execute 'select count(*) from ' || 'u' into n; end $$"
    operator.apply("3", f"create function built(out n bigint) language plpgsql as {built};\n")
    operator.apply("4", "insert into u values (2);\n")
    found = ask(operator, "select built()", "--all")
    assert "builds SQL" in found["everything"]
    assert rows(found["changes"][-1]) == ([(1,)], [(2,)])
    writes = "$$ insert into u values (3) returning a $$"
    operator.apply("5", f"create function writes() returns integer language sql as {writes};\n")
    assert "would write" in refuse(operator, "select writes()", code=3)


def test_sequences(postgresql_operator: Operator) -> None:
    """The place of a sequence, which no savepoint brings back, is asked at each statement."""
    operator = postgresql_operator
    operator.begin_with("create sequence numbers")
    for number in range(4):
        operator.apply(
            f"{number}", "create table if not exists t (a integer);\nselect nextval('numbers');\n"
        )
    found = ask(operator, "select last_value from numbers")
    assert [rows(change)[1] for change in found["changes"]] == [[(2,)], [(3,)], [(4,)]]


def test_full_text(sqlite_operator: Operator) -> None:
    """What a full-text index holds is gone back to as well."""
    operator = sqlite_operator
    operator.begin_with("create virtual table words using fts5(text)")
    operator.apply("1", "insert into words values ('one thread'), ('two threads');\n")
    operator.apply("2", "delete from words where text = 'one thread';\n")
    found = ask(operator, "select count(*) from words where words match 'thread'", "--all")
    assert [rows(change)[1] for change in found["changes"]] == [[(1,)], [(0,)]]
