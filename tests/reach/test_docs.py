"""The page on asking the journal says what works: each query on it is run as it stands there."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from commands.cli.main import VERBS
from tests.cli.typing_in import Typist

PAGE = (Path(__file__).parents[2] / "docs" / "querying.md").read_text()


def blocks(language: str) -> list[str]:
    """The blocks of a language, in order."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def told(typist: Typist) -> Typist:
    """A table that was made, filled, renamed; and a run that was taken back."""
    typist.begin()
    typist.file("0003_human.sql", "alter table person rename to human;\ndelete from human;\n")
    typist.type("apply", str(typist.migrations), "--actor", "erik")
    typist.file("0004_gone.sql", "create table gone (id integer primary key);\n")
    typist.type("apply", str(typist.migrations), "--actor", "erik")
    typist.type("rollback", "before:0004_gone", "--yes")
    return typist


def test_sql(told: Typist) -> None:
    """The queries over the views answer what the page says they are for."""
    touched, who, runs, schema = (_ask(told, sql) for sql in blocks("sql"))
    prefix = "" if told.url.startswith("sqlite") else "public."
    assert touched == [
        ("0001_people", f"{prefix}person"),
        ("0002_letters", f"{prefix}person"),
        ("0003_human", f"{prefix}human"),
    ]
    assert ("erik", f"{prefix}human", 0, 0, 2) in who
    assert [(row[3], row[5]) for row in runs] == [
        ("0003_human", 2), ("0002_letters", 2), ("0001_people", 2),
    ]  # fmt: skip
    assert ("renamed", "table", f"{prefix}human") in [row[1:] for row in schema]
    assert not any("gone" in row[3] for row in schema)


def _ask(typist: Typist, sql: str) -> list[Any]:
    if typist.url.startswith("sqlite"):
        with closing(sqlite3.connect(typist.url.removeprefix("sqlite:///"))) as db:
            return db.execute(sql.replace("clew.", "clew_")).fetchall()
    with psycopg.connect(typist.url) as db:
        return db.execute(sql.encode()).fetchall()


def test_duckdb(told: Typist) -> None:
    """DuckDB sums the changes, counts the days, and proves the chain, which a gap breaks."""
    lake = told.home / "lake"
    told.type("export", str(lake), "--parquet", "--at", "6")
    told.type("export", str(lake), "--parquet")
    with duckdb.connect(":memory:") as db:
        summed, days, broken = (
            db.execute(sql.replace("lake/", f"{lake}/")).fetchall() for sql in blocks("duckdb")
        )
        head = told.json("status")["head"]["position"]
        assert sum(row[2] for row in days) == head
        assert sum(row[2] for row in summed) == 6
        assert broken == []
        gone = min(lake.glob("entries/*.parquet"))
        gone.rename(lake / "gone")
        found = db.execute(blocks("duckdb")[2].replace("lake/", f"{lake}/")).fetchall()
        assert found == [(7,)]


def test_verbs() -> None:
    """Each verb that the page types is there."""
    typed = re.findall(r"^\$ clew (\w+)", "".join(blocks("console")), re.MULTILINE)
    assert {*typed} >= {"log", "export", "completion"}
    assert {*typed} <= {*VERBS}
