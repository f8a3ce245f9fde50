"""Splitting files of SQL, against the hard cases of both databases."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.split.statements import leading_words, pieces, split
from commands.split.tokens import Unsplittable
from journal.values import DatabaseKind

POSTGRESQL_WHOLE = [
    "select ';' , 'it''s; fine'",
    r"select '\', ';'",
    r"select E'\';', e'a''\\;'",
    "select E'a'\n  -- between; two\n  'b\\';c'",
    'select 1 as ";", ";""; " from "a;b"',
    "do $$ begin perform 1; end $$",
    "create function f() returns int language plpgsql as $body$\nbegin; $$ ; $$ end; $body$",
    "select $ä$;$ä$, $_1$ ; $_1$",
    "select a$b$c, 1 from t$x$",
    "select 1 /* ; /* nested; */ ; */ + 2",
    "select 1 -- ; not here\n + 2",
    "create rule r as on insert to t do also (insert into a values (1); insert into b values (2))",
    (
        "create function f(begin int) returns int begin atomic select 1; select case when true"
        " then 2 else 3 end; end"
    ),
    (
        "create or replace procedure p() language sql begin atomic"
        " select 1 as end; select t.case, t.end from t; select (case 1 when 1 then 2 end); end"
    ),
    "create schema s create table a (x int) create view v as select * from a",
    "select '%s %% :name ?', a % b, c::text, d ? 'k', $1, x[1:2], :y",
    "select U&'d\\0061t;', N';', B'1', X'1F', 1e5, 0x1f",
    "select $1, $2",
    "insert into t values ('a\r\nb;\r\n')",
    "select 'x' AS \"case\"",
]

SQLITE_WHOLE = [
    "select ';' , 'it''s; fine', '\\'",
    'select ";", ";""; ", `;``;`, [a;b], [it\'s]',
    (
        "create trigger t after insert on a begin insert into b values (1); select case when 1"
        " then 2 else 3 end; end"
    ),
    (
        "CREATE TEMP TRIGGER IF NOT EXISTS t AFTER UPDATE OF begin ON a WHEN new.x BEGIN\n"
        "  UPDATE b SET y = CASE x WHEN 1 THEN ';' END; -- end;\n"
        "  /* ; end; */ DELETE FROM c;\nEND"
    ),
    "explain create trigger t delete on a begin select 1; end",
    "select 1 /* ; /* not nested ; */ + 2",
    "select 1 -- ; not here \r ; still a comment\n + 2",
    "select :a, ?1, @b, $c, '%' || 5 % 2",
    "select x'1f', 'a\x1fb'",
    "create table end (begin text, trigger text)",
]


@pytest.mark.parametrize("sql", POSTGRESQL_WHOLE)
def test_postgresql_statement_stays_whole(sql: str) -> None:
    """A PostgreSQL statement is one statement however many semicolons it holds."""
    assert [p.text for p in split(f"{sql};\nselect 2;", "postgresql")] == [
        sql,
        "select 2",
    ]


@pytest.mark.parametrize("sql", SQLITE_WHOLE)
def test_sqlite_statement_stays_whole(sql: str) -> None:
    """A SQLite statement is one statement however many semicolons it holds."""
    assert [p.text for p in split(f"{sql} ;\nselect 2", "sqlite")] == [sql, "select 2"]


def test_number_and_line_of_each_statement() -> None:
    """Each statement has its number and the line of its first token."""
    text = "-- head\n\nselect 1;;\n/* a\nb */ select\n2; select 3\n"
    found = [(p.number, p.line, p.text) for p in split(text, "postgresql", first_line=11)]
    assert found == [(1, 13, "select 1"), (2, 15, "select\n2"), (3, 16, "select 3")]


def test_comments_alone_are_no_statement() -> None:
    """A text of comments, blanks and semicolons holds no statement."""
    for kind in ("postgresql", "sqlite"):
        assert split("-- a\n ;; /* b */\n", kind) == ()


def test_copy_data_goes_apart() -> None:
    """What follows COPY ... FROM stdin up to the line of the end is its data, to the byte."""
    text = (
        "copy t (a, b) from stdin /* ; */ with (null ''); -- rows\n"
        "1\tit's; $$\r\n2\t\\N\n\\.\nselect 1;\nCOPY u FROM STDIN;\n\\.\n"
    )
    first, second, third = split(text, "postgresql")
    assert first.text == "copy t (a, b) from stdin /* ; */ with (null '')"
    assert first.data == "1\tit's; $$\r\n2\t\\N\n"
    assert (second.text, second.line, second.data) == ("select 1", 5, None)
    assert (third.text, third.line, third.data) == ("COPY u FROM STDIN", 6, "")


def test_copy_to_and_from_files_have_no_data() -> None:
    """Only COPY ... FROM STDIN of the statement itself is followed by data."""
    text = "copy (select * from stdin) to stdout; copy t from 'stdin'; copy t from program 'x'"
    assert [p.data for p in split(text, "postgresql")] == [None, None, None]


@pytest.mark.parametrize(
    ("text", "kind", "line", "what"),
    [
        ("select 1;\nselect 'a", "postgresql", 2, "string is never closed"),
        ("select 1;\nselect E'a\\'", "postgresql", 2, "string is never closed"),
        ('select "a', "sqlite", 1, "quoted name is never closed"),
        ("\n\nselect [a", "sqlite", 3, "bracketed name is never closed"),
        ("/* /* */", "postgresql", 1, "comment is never closed"),
        ("/* ", "sqlite", 1, "comment is never closed"),
        ("do $a$ $b$", "postgresql", 1, "dollar quote $a$ is never closed"),
        (
            "select 1;\n\\connect other\n",
            "postgresql",
            2,
            r"psql command \connect other",
        ),
        ("select 1 \\gexec", "postgresql", 1, r"psql command \gexec"),
        (
            "copy t from stdin;\n1\n",
            "postgresql",
            2,
            "data of COPY FROM STDIN is never ended",
        ),
        (
            "copy t from stdin; 1\n\\.\n",
            "postgresql",
            1,
            "COPY FROM STDIN without its data",
        ),
        ("copy t from stdin", "postgresql", 1, "COPY FROM STDIN without its data"),
    ],
)
def test_what_cannot_be_split_is_refused_with_its_line(
    text: str, kind: DatabaseKind, line: int, what: str
) -> None:
    """What is never closed, and psql's own commands, are refused with the line."""
    with pytest.raises(Unsplittable) as caught:
        split(text, kind)
    assert (caught.value.line, caught.value.what) == (line, what)


def test_leading_words() -> None:
    """The leading words of a statement are found behind comments."""
    assert leading_words("/* a */ Start -- b\n TRANSACTION (", "postgresql", 3) == (
        "start",
        "transaction",
    )


_SCRAPS = st.sampled_from(
    [
        *(
            "'",
            '"',
            "`",
            "[",
            "]",
            "$$",
            "$a$",
            "--",
            "/*",
            "*/",
            ";",
            "\n",
            "\r\n",
            " ",
            "\\",
        ),
        *(
            "begin",
            "atomic",
            "end",
            "case",
            "create",
            "trigger",
            "function",
            "(",
            ")",
            "é",
        ),
        *(
            "copy t from stdin;\n",
            "\\.\n",
            "E'",
            "as",
            ".",
            "\ufeff",
            "\x00",
            "1",
            "$1",
        ),
    ]
)


@given(
    text=st.one_of(st.text(), st.lists(_SCRAPS, max_size=30).map("".join)),
    kind=st.sampled_from(["sqlite", "postgresql"]),
)
def test_pieces_joined_are_the_text(text: str, kind: DatabaseKind) -> None:
    """The pieces of any text that can be split, joined, are the text."""
    try:
        found = list(pieces(text, kind))
    except Unsplittable:
        return
    assert "".join(text[p.start : p.end] for p in found) == text
    assert [p.start for p in found[1:]] == [p.end for p in found[:-1]]


_SQL = {"postgresql": POSTGRESQL_WHOLE, "sqlite": SQLITE_WHOLE}


@given(data=st.data(), kind=st.sampled_from(["sqlite", "postgresql"]))
def test_statements_come_back_as_they_were_put_together(
    data: st.DataObject, kind: DatabaseKind
) -> None:
    """Hard statements in any order, with any blanks between, come out unchanged."""
    between = st.sampled_from([";", " ;\n", ";\r\n-- ;'\n", ";/* ' */;", "\n;\t"])
    chosen = data.draw(st.lists(st.tuples(st.sampled_from(_SQL[kind]), between), max_size=6))
    text = "".join(sql + blank for sql, blank in chosen)
    assert [p.text for p in split(text, kind)] == [sql for sql, _ in chosen]
