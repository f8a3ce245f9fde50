"""Rows with values of every kind go from PostgreSQL into either database, and back exactly."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.copying_values.making import run
from tests.copying_values.test_planning import FAR
from tests.drills.operator import Operator

ROWS = """
INSERT INTO shop.people (id, mail, mood, tags, seen, paid, ok, doc, key, name, span, pic, age, kind, boss)
VALUES (7, 'a@b', 'it''s', '{a,NULL,"b c","q\\"q"}', '2024-02-29 10:00:00.123456+07', 12.50, false,
        '{"b": 1.00, "a": [null, 1e400]}', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', E'กข\\t\\\\N\\n🙂',
        '[1,5)', '\\x00ff', 42, 'x', 9),
       (8, 'c@d', NULL, NULL, 'infinity', NULL, true, NULL, NULL, '', 'empty', '', NULL, NULL, NULL),
       (9, 'e@f', 'glad', '{}', '0044-03-15 00:00:00+00 BC', 0.00, true, '"x"', NULL, 'A', NULL, NULL,
        1, 'y', 9)
"""


@pytest.fixture
def source(postgresql_url: str) -> str:
    """A database with a column of each kind."""
    run(postgresql_url, *FAR, ROWS, "SELECT 1")
    return postgresql_url


def _opened(url: str, home: Path, capsys: pytest.CaptureFixture[str]) -> Operator:
    home.mkdir()
    operator = Operator(url, home, capsys)
    operator.type("init", "--name", "target")
    operator.type("mark", "start")
    return operator


def _copy(operator: Operator, source: str) -> None:
    """Copy, and hold the answer against the three rows."""
    answer = operator.json("copy", "--from", source, "--create", "--yes")
    assert all(check["passed"] for check in answer["checks"])
    (table,) = [one for one in answer["tables"] if one["source"].endswith("people")]
    assert (table["rows"], table["inserted"]) == (3, 3)
    assert table["digest"] == table["found"]


def test_same_kind(
    source: str, other_postgresql_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another database of PostgreSQL holds the very rows, its next numbers above theirs."""
    operator = _opened(other_postgresql_url, tmp_path / "home", capsys)
    before = operator.fingerprint()
    _copy(operator, source)
    query = "SELECT x::text FROM shop.people x ORDER BY id"
    assert operator.application(query) == run(source, query)
    insert = "INSERT INTO shop.people (mail) VALUES ('n@n') RETURNING id"
    operator.back("@start")
    assert operator.fingerprint() == before
    _copy(operator, source)
    assert operator.application(insert) == [(10,)]


def test_there_and_home(
    source: str,
    sqlite_url: str,
    other_postgresql_url: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """By way of SQLite they come into the same tables of PostgreSQL as they were."""
    lite = _opened(sqlite_url, tmp_path / "lite", capsys)
    before = lite.fingerprint()
    _copy(lite, source)
    run(other_postgresql_url, *FAR, "SELECT 1")
    home = _opened(other_postgresql_url, tmp_path / "home", capsys)
    empty = home.fingerprint()
    _copy(home, sqlite_url)
    columns = (
        "id, mail, mood, tags, seen, paid, ok, doc::text, key, name, span, pic, age, kind, boss"
    )
    query = f"SELECT ({columns})::text FROM shop.people ORDER BY id"
    assert home.application(query) == run(source, query)
    home.back("@start")
    assert home.fingerprint() == empty
    lite.back("@start")
    assert lite.fingerprint() == before
