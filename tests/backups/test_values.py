"""Every value stands in a backup as the database holds it."""

from __future__ import annotations

import json
import random
import sqlite3
import struct
from contextlib import closing
from typing import Any

import psycopg
import pytest

from journal.lines import line
from journal.opening import connect, parse_url
from tests.backups.files import rows, take
from tests.drills.operator import Operator
from tests.scenarios.test_values import POSTGRESQL, SQLITE, TYPES, has_xml
from tests.support.oracle import sqlite_path

PLAIN = (
    "SET datestyle = 'ISO, YMD'; SET intervalstyle = 'postgres'; SET timezone = 'UTC';"
    " SET bytea_output = 'hex'; SET extra_float_digits = 3; SET lc_monetary = 'C'"
)


@pytest.mark.parametrize("kind", POSTGRESQL)
def test_postgresql(postgresql_operator: Operator, kind: str) -> None:
    """Each type's awkward values stand as text that reads back as the same value."""
    operator = postgresql_operator
    if kind == "xml" and not has_xml(operator):
        pytest.skip("this server was built without libxml")
    values = [*POSTGRESQL[kind], "NULL"]
    listed = ", ".join(f"({n}, {value})" for n, value in enumerate(values))
    operator.application(*TYPES.split(";\n")[:-1], f"CREATE TABLE v (id integer, c {kind})")
    operator.application(f"INSERT INTO v VALUES {listed}")
    operator.application(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET datestyle = ''SQL, DMY''',"
        " current_database()); EXECUTE format('ALTER DATABASE %I SET extra_float_digits = -3',"
        " current_database()); EXECUTE format('ALTER DATABASE %I SET bytea_output = ''escape''',"
        " current_database()); END $$"
    )
    operator.type("init", "--name", "values")
    found = {row["id"]: row["c"] for row in rows(take(operator), "v")}
    with psycopg.connect(operator.url) as session:
        session.execute(PLAIN.encode())
        text = "CASE WHEN c IS NOT NULL THEN format('%s', c) END" if "char(" in kind else "c::text"
        expected = dict(session.execute(f"SELECT id::text, {text} FROM v".encode()).fetchall())
        assert found == expected
        session.execute(f"CREATE TEMP TABLE w (id integer, c {kind})".encode())
        session.cursor().executemany("INSERT INTO w VALUES (%s, %s)", list(found.items()))
        back = dict(session.execute(f"SELECT id::text, {text} FROM w".encode()).fetchall())
        assert back == expected


@pytest.mark.parametrize("options", ["", " STRICT", " WITHOUT ROWID"])
def test_sqlite(sqlite_operator: Operator, options: str) -> None:
    """Each storage class stands for itself, to the last bit."""
    operator = sqlite_operator
    kind = "ANY" if "STRICT" in options else ""
    listed = ", ".join(f"({n}, {value})" for n, value in enumerate(SQLITE))
    operator.application(
        f"CREATE TABLE v (id INTEGER PRIMARY KEY, c {kind}){options}",
        f"INSERT INTO v VALUES {listed}",
    )
    operator.type("init", "--name", "values")
    found = {row["id"]: _stored(row["c"]) for row in rows(take(operator), "v")}
    with closing(sqlite3.connect(sqlite_path(operator.url))) as db:
        db.text_factory = bytes
        expected = db.execute("SELECT id, typeof(c), c FROM v").fetchall()
    assert len(expected) == len(SQLITE)
    assert found == {number: (kind.decode(), _bits(value)) for number, kind, value in expected}


PIECES = (
    "\\",
    '"',
    "\\N",
    "\\v",
    "\v",
    "\t",
    "\n",
    "\r",
    "\b",
    "\f",
    "\x01",
    "\x1f",
    "\x7f",
    ",",
    ":",
)
PIECES += ("null", "\\.", "{", "สม", "🙂", "\u2028", "\u0085", "", "n", "x", "'", "u0041", "\\u")


def test_lines_are_those_of_the_rows(operator: Operator) -> None:
    """What is written in blocks is, to the byte, what writing row after row gives."""
    choose = random.Random(5)
    texts = ["".join(choose.choices(PIECES, k=choose.randrange(9))) for _ in range(1500)]
    values = [None if choose.random() < 0.1 else text for text in texts]
    odd = 'odd "col\\umn'
    quoted = '"' + odd.replace('"', '""') + '"'
    for name, last in (("one", "r"), ("two", quoted)):
        operator.application(f"CREATE TABLE {name} (id integer PRIMARY KEY, t text, {last} text)")
        rows = (f"({n}, {_literal(one)}, {_literal(values[-n])})" for n, one in enumerate(values))
        operator.application(f"INSERT INTO {name} VALUES {', '.join(rows)}")
    if operator.sqlite:
        operator.application("CREATE TABLE many (a, b)")
        reals = ["1e400", "-1e400", "1e308", "-0.0", "1e-320", "x'00'", "CAST(x'80' AS TEXT)"]
        listed = ", ".join(f"({choose.choice(reals)}, {n})" for n in range(900))
        operator.application(f"INSERT INTO many VALUES {listed}")
        operator.application(
            "CREATE TABLE finite (a)", "INSERT INTO finite VALUES (1e308), (1e308)"
        )
    else:
        operator.application("CREATE TABLE bare ()", *["INSERT INTO bare DEFAULT VALUES"] * 3)
    database = connect(parse_url(operator.url))
    tables = [one for one in database.read_schema() if one.kind == "table"]
    assert len(tables) > 2
    with database.snapshot(tables):
        for table in tables:
            dumped, found = database.dump(table), database.dump_lines(table)
            assert found.columns == dumped.columns
            expected = b"".join(line(dumped.columns, row) for row in dumped.rows)
            assert b"".join(found.blocks) == expected
            for text in expected.split(b"\n")[:-1]:
                json.loads(text)
    database.close()


def test_rowids(sqlite_operator: Operator) -> None:
    """A rowid that is no column stands beside the columns, under a name that none has."""
    operator = sqlite_operator
    operator.begin_with(
        "CREATE TABLE loose (a, rowid TEXT);\n"
        "INSERT INTO loose (_rowid_, a, rowid) VALUES (7, 1, 'x'), (3, 1, 'y');\n"
        "CREATE TABLE keyed (k TEXT PRIMARY KEY);\nINSERT INTO keyed VALUES ('b'), ('a');\n"
        "CREATE TABLE own (id INTEGER PRIMARY KEY);\nINSERT INTO own VALUES (5);\n"
    )
    place = take(operator)
    assert rows(place, "loose") == [
        {"a": 1, "rowid": "y", "_rowid_": 3},
        {"a": 1, "rowid": "x", "_rowid_": 7},
    ]
    assert rows(place, "keyed") == [{"k": "a", "rowid": 2}, {"k": "b", "rowid": 1}]
    assert rows(place, "own") == [{"id": 5}]


def test_large_values(operator: Operator) -> None:
    """Rows of megabytes, line ends within, and more rows than one block."""
    long = "x\n\r\u2028\u0085" * 500_000
    number = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)"
    operator.begin_with(
        "CREATE TABLE big (id integer PRIMARY KEY, t text);\n"
        f"INSERT INTO big VALUES (0, '{long}');\n"
        f"INSERT INTO big {number} SELECT i, 'r' || i FROM n;\n"
    )
    found = rows(take(operator), "big")
    assert found[0]["t"] == long
    assert [int(row["id"]) for row in found] == list(range(2501))
    assert found[2500]["t"] == "r2500"


def _stored(value: Any) -> tuple[str, Any]:
    match value:
        case None:
            return "null", None
        case int():
            return "integer", value
        case float():
            return "real", _bits(value)
        case str():
            return "text", value.encode()
        case {"real": str(text)}:
            return "real", _bits(float(text))
        case {"text": str(text)}:
            return "text", bytes.fromhex(text)
        case {"blob": str(text)}:
            return "blob", bytes.fromhex(text)
        case _:
            raise AssertionError(value)


def _literal(text: str | None) -> str:
    return "NULL" if text is None else "'" + text.replace("'", "''") + "'"


def _bits(value: Any) -> Any:
    return struct.pack(">d", value) if isinstance(value, float) else value
