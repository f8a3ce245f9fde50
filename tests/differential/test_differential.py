"""The same script with Clew and without it: the same answers, errors, rows, catalog and session."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import make_url

from commands.init import init
from commands.opening import Asker, Target
from journal.errors import NotKnownExact, Refused
from journal.opening import parse_url
from tests.differential import seeing
from tests.differential.playing import Played, plainly, play, program, recorded
from tests.support.oracle import fingerprint, sqlite_path
from tests.support.server import Server

pytestmark = pytest.mark.listed(rate=2)

HERE = Path(__file__).parent
DOCUMENTED = (HERE.parent.parent / "docs" / "refused.md").read_text(encoding="utf-8")
NIGHTLY = os.environ.get("CLEW_PROFILE") == "nightly"

Twin = Callable[[str], str]


def themes(database: str) -> list[str]:
    """Return the names of the scripts for a database."""
    return sorted(
        path.stem for path in (HERE / database).glob("[a-z]*.py") if path.stem != "library"
    )


@pytest.fixture
def postgresql_twin(server: Server, postgresql_url: str) -> Iterator[str]:
    """A second fresh database."""
    name = f"{make_url(postgresql_url).database}_plain"
    with psycopg.connect(server.url, autocommit=True) as db:
        db.execute(f'create database "{name}" template template0'.encode())
    yield make_url(server.url).set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(server.admin, autocommit=True) as db:
        db.execute(f'drop database "{name}" with (force)'.encode())


@pytest.mark.parametrize("theme", themes("postgresql"))
def test_postgresql(postgresql_url: str, postgresql_twin: str, theme: str) -> None:
    """On PostgreSQL a script answers, fails, tells and leaves behind what it would without us."""
    module = import_module(f"tests.differential.postgresql.{theme}")
    script = list(module.script())
    for url in (postgresql_url, postgresql_twin):
        with psycopg.connect(url, autocommit=True) as db:
            db.execute(module.BASE.encode())
    init(Target(url=parse_url(postgresql_url), holder="same"), asker=Asker(actor="dana"))
    found, told = listened(postgresql_url, script, recorded=True)
    left = [sql for place, sql in enumerate(script) if place not in found.refused]
    expected, told_plainly = listened(postgresql_twin, left, recorded=False)
    hold_same(found, expected)
    assert told == told_plainly
    hold_documented(found, script)
    assert fingerprint(postgresql_url) == fingerprint(postgresql_twin)


def listened(url: str, script: list[str], *, recorded: bool) -> tuple[Played, list[str]]:
    """Play a script on PostgreSQL while somebody listens; return what was heard as well."""
    block = _recorded if recorded else plainly
    with psycopg.connect(url, autocommit=True, application_name="clew test") as listener:
        listener.execute("listen heard")
        with program(url) as connection:
            found = play(connection, script, block, seeing.everything)
        return found, [one.payload for one in listener.notifies(timeout=0.3)]


_recorded = recorded


@pytest.mark.parametrize("theme", themes("sqlite"))
def test_sqlite(sqlite_url: str, tmp_path: Path, theme: str) -> None:
    """On SQLite a script answers, fails and leaves behind what it would without us."""
    module = import_module(f"tests.differential.sqlite.{theme}")
    script = list(module.script())
    twin = f"sqlite:///{tmp_path / 'twin.db'}"
    for url in (sqlite_url, twin):
        with closing(sqlite3.connect(sqlite_path(url))) as db:
            db.executescript(module.BASE)
    init(Target(url=parse_url(sqlite_url), holder="same"), asker=Asker(actor="dana"))
    with program(sqlite_url) as connection:
        found = play(connection, script, recorded, seeing.file)
    left = [sql for place, sql in enumerate(script) if place not in found.refused]
    with program(twin) as connection:
        expected = play(connection, left, plainly, seeing.file)
    hold_same(found, expected)
    hold_documented(found, script)
    assert fingerprint(sqlite_url) == fingerprint(twin)


# --- judging ----------------------------------------------------------------------------

SQLITE_DEFERRED = ("SQLITE_CONSTRAINT_FOREIGNKEY", "23503")


def hold_same(found: Played, expected: Played) -> None:
    """Hold what a script did with Clew to what it does without, statement by statement."""
    pairs = zip(found.outcomes, expected.outcomes, strict=True)
    differing = [difference(one, other) for one, other in pairs if one != other]
    assert differing == []
    assert found.end == expected.end


def difference(one: Any, other: Any) -> tuple[Any, ...]:
    """Return the statement and the parts in which two outcomes differ."""
    return one.sql, *[pair for pair in zip(one[1:], other[1:], strict=True) if pair[0] != pair[1]]


def hold_documented(found: Played, script: list[str]) -> None:
    """Hold each refusal to the list of what is refused."""
    for place, error in found.refused.items():
        assert documented(error, script[place]), (error, script[place])
    assert len(found.refused) < len(script) / 4


def documented(error: Refused, sql: str) -> bool:
    """Tell whether a refusal is in the list: by its name, its family, or as one without a name."""
    if not isinstance(error, NotKnownExact):
        return True
    named = set(re.findall(r"`([a-z…-]+)`", DOCUMENTED)) - {"…"}
    patterns = [one.replace("…", ".*") for one in named]
    if any(re.fullmatch(one, error.name) for one in patterns):
        return True
    return error.name in re.findall(r"\w+", sql.lower())  # the first word, one that nobody knows
