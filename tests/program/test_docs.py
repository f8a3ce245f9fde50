"""The page on Python says what runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.drills.operator import Operator
from tests.tools.alembic_project import AlembicProject

PAGE = Path(__file__).parents[2] / "docs" / "python.md"
BLOCK, HOOK = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
HEAD = """\
from alembic import context
from sqlalchemy import engine_from_config, pool

config = context.config
target_metadata = None
"""


def test_block(sqlite_operator: Operator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The first example, word for word, is a run that comes back exactly."""
    before = sqlite_operator.begin_with(
        "CREATE TABLE person (id integer PRIMARY KEY, mail varchar(80));\n"
        "INSERT INTO person VALUES (1, 'Ada@Example.org'), (2, 'bob@example.org')"
    )
    monkeypatch.chdir(tmp_path)
    exec(compile(BLOCK.replace("app.db", "test.db"), str(PAGE), "exec"), {})
    asked = "SELECT mail, domain FROM person ORDER BY id"
    assert sqlite_operator.application(asked)[0] == ("ada@example.org", "example.org")
    out = sqlite_operator.type("log")
    assert "addresses in lower case" in out
    sqlite_operator.back("2")
    assert sqlite_operator.fingerprint() == before


def test_hook(operator: Operator, tmp_path: Path) -> None:
    """The second one, word for word, journals each revision."""
    before = operator.begin_with("CREATE TABLE found (id integer);\nSELECT 1")
    project = AlembicProject(
        tmp_path / "alembic", operator.url, env=HEAD + HOOK + "\n\nrun_migrations_online()\n"
    )
    project.upgrade()
    assert "release 12" in operator.type("log")
    operator.back("before:a1f0")
    assert operator.fingerprint() == before
