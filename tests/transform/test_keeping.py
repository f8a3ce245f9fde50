"""A column that would round, cut or convert a value refuses it, and the subject waits."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from commands.init import init
from commands.opening import Asker, Target
from commands.transform import rules as r
from commands.transform.keeping import keeps
from commands.transform.running import run_transform
from commands.transform.spec import Rows, Select, Transform
from journal import open_journal
from journal.events import RecordRejected
from journal.opening import parse_url

ISO = "2024-01-02 03:04:05"
POSTGRESQL: dict[str, tuple[list[Any], list[Any]]] = {
    "numeric(5,2)": ([1, 1.5, 100], [1.005, 123.456, "1.50"]),
    "five": ([1], [1.005]),
    "numeric": ([0.1, 2**70], []),
    "real": ([0.1, 1.5, 16777216], [16777217, 123456789.125]),
    "double precision": ([0.1, 2**53], [2**53 + 1]),
    "money": ([0.1], [1.005]),
    "varchar(3)": (["abc", "ab "], ["abc "]),
    "char(3)": (["ab"], ["ab "]),
    '"char"': (["a", ""], ["ab", "é"]),
    "name": (["a" * 63], ["a" * 64]),
    "date": (["2024-01-02", "infinity"], ["now", "01/02/2024", ISO]),
    "timestamp": ([ISO, "2024-01-02T03:04:05.123456"], [ISO + "+07", ISO + ".1234567", "today"]),
    "timestamp(0)": ([ISO], [ISO + ".5"]),
    "timestamptz": ([ISO + "+07", ISO + "Z"], [ISO, "2024-01-02", ISO + " Asia/Bangkok"]),
    "time": (["03:04"], [ISO, "allballs"]),
    "bytea": ([], ["\\x00", "text"]),
    "text": (["007", " a ", "now"], []),
    "integer": ([1], []),
}
SQLITE: dict[str, tuple[list[Any], list[Any]]] = {
    "date": (["2024-01-02", ""], ["007", "1.0", " 1e2 ", True]),
    "string": (["a"], ["007"]),
    "real": ([0.1, 2**53], [2**53 + 1]),
    "json": (["007", 1, 0.1, [1], {"a": 1}], [2**63]),
    "text": (["007"], []),
    "": (["007", 1, 0.5], [True]),
    "blob": (["007"], []),
    "integer": ([1], [2**63]),
    "boolean": ([True, False, 1], []),
}


@pytest.mark.parametrize("declared", POSTGRESQL)
def test_postgresql(postgresql_url: str, declared: str) -> None:
    """What is stored is what was there; the rest is set aside."""
    hold(postgresql_url, declared, *POSTGRESQL[declared])


@pytest.mark.parametrize("declared", SQLITE)
def test_sqlite(sqlite_url: str, declared: str) -> None:
    """Affinity makes nothing of text that looks like a number."""
    hold(sqlite_url, declared, *SQLITE[declared])


def hold(url: str, declared: str, kept: list[Any], refused: list[Any]) -> None:
    """Run values through a transform; those kept are in the table, those refused are told."""
    init(Target(url=parse_url(url)), name="test", asker=Asker(actor="dana"))
    values = [*kept, *refused]
    with open_journal(url) as journal, journal.recording(actor="dana") as run:
        if declared == "five":
            run.execute("CREATE DOMAIN five AS numeric(5,2)")
        run.execute("CREATE TABLE old (n integer PRIMARY KEY, data text)")
        run.execute(f"CREATE TABLE new (n integer PRIMARY KEY, v {declared})")
        for n, value in enumerate(values):
            text = json.dumps({"v": value}).replace("'", "''")
            run.execute(f"INSERT INTO old VALUES ({n}, '{text}')")
        spec = Transform(
            name="kept",
            source=Select(sql="SELECT * FROM old", unpack=("data",)),
            subject="n",
            into=(Rows(table="new", columns={"n": r.key("n"), "v": r.first("v")}),),
        )
        run_transform(spec, run.recording, migration="0002")
        with journal.database.select("SELECT n FROM new ORDER BY n") as found:
            assert [values[n] for (n,) in found.rows] == kept
    with open_journal(url) as journal:
        rejected = [e.event for e in journal.read() if isinstance(e.event, RecordRejected)]
    assert [values[int(one.record[1:-1])] for one in rejected] == refused


@pytest.mark.parametrize(
    ("declared", "value"),
    [
        ("real", Decimal("1e400")),
        ("real", Decimal("1e39")),
        ("double precision", Decimal("1e400")),
        ("numeric(5,2)", Decimal("NaN")),
        ("real", float("inf")),
    ],
)
def test_beyond(declared: str, value: Any) -> None:
    """A number that is past all bounds breaks nothing."""
    keeps(declared, "postgresql", value)
    keeps(declared, "sqlite", value)
