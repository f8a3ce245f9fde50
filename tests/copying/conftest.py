"""Two databases of each kind: one to copy from, and one with a journal to copy into."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from tests.drills.operator import Operator
from tests.support.server import Server

KINDS = ("sqlite", "postgresql")
PAIRS = [(source, target) for source in KINDS for target in KINDS]


class Journey:
    """What is copied from, by an application that keeps writing, and who copies."""

    def __init__(self, source: Operator, target: Operator) -> None:
        self.source = source
        self.target = target

    def begin(self, text: str, there: str = "SELECT 1") -> dict[str, str]:
        """Make the source, and the target as found with a journal on it."""
        self.source.script(text)
        before = self.target.begin_with(there)
        self.target.type("mark", "start")
        return before

    def plan(self, *words: str, code: int = 0) -> Any:
        """Say what a copy would do."""
        return self.copy(*words, "--dry-run", code=code)

    def copy(self, *words: str, code: int = 0) -> Any:
        """Copy without a question, and make what is missing."""
        done = () if "--dry-run" in words else ("--yes",)
        return self.target.json(
            "copy", "--from", self.source.url, "--create", *done, *words, code=code
        )

    def refused(self, *words: str, code: int = 3) -> str:
        """Copy, expect an exit code, and return what was said."""
        self.target.type("copy", "--from", self.source.url, "--create", "--yes", *words, code=code)
        return self.target.err


def by_name(answer: Any) -> dict[str, Any]:
    """Return what became of each table, by the last part of its name."""
    return {one["table"].rpartition(".")[2]: one for one in answer["tables"]}


@pytest.fixture
def other_postgresql_url(server: Server) -> Iterator[str]:
    """Make a second PostgreSQL database."""
    name = f"clew_test_from_{uuid4().hex}"
    with psycopg.connect(server.url, autocommit=True) as db:
        made = sql.SQL("CREATE DATABASE {} TEMPLATE template0")
        db.execute(made.format(sql.Identifier(name)))
    yield make_url(server.url).set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(server.admin, autocommit=True) as db:
        db.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def journey(
    kinds: tuple[str, str],
    request: pytest.FixtureRequest,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> Journey:
    """Return a journey between databases of these kinds, source first."""
    source, target = kinds
    if source == "sqlite":
        file = tmp_path / "source.db"
        sqlite3.connect(file).close()
        file.touch()
        url = f"sqlite:///{file}"
    else:
        url = request.getfixturevalue("other_postgresql_url")
    homes = [tmp_path / name for name in ("there", "here")]
    for home in homes:
        home.mkdir()
    here = request.getfixturevalue(f"{target}_url")
    return Journey(Operator(url, homes[0], capsys), Operator(here, homes[1], capsys))


@pytest.fixture(params=PAIRS, ids="->".join)
def between(
    request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Journey:
    """Go from each kind into each kind."""
    return journey(request.param, request, tmp_path, capsys)


@pytest.fixture(params=KINDS)
def into(
    request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Journey:
    """Go from a file of SQLite into each kind."""
    return journey(("sqlite", request.param), request, tmp_path, capsys)


@pytest.fixture
def across(
    request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Journey:
    """Go from a file of SQLite into PostgreSQL."""
    return journey(("sqlite", "postgresql"), request, tmp_path, capsys)


@pytest.fixture
def files(
    request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Journey:
    """Go from a file of SQLite into another."""
    return journey(("sqlite", "sqlite"), request, tmp_path, capsys)
