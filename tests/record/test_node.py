"""Knex as it is from the npm registry, recorded from outside: ``clew record -- knex ...``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.drills.operator import Operator
from tests.support.oracle import fingerprint
from tests.tools.node_project import FAILING, NodeProject, installed

FOUND = "CREATE TABLE found (id integer PRIMARY KEY);\nINSERT INTO found VALUES (1)"


@pytest.fixture(scope="session")
def packages(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Knex with its drivers, kept between runs where pytest has a cache."""
    cache = getattr(pytestconfig, "cache", None)
    home = Path(cache.mkdir("knex")) if cache else tmp_path_factory.mktemp("knex")
    if missing := installed(home):
        pytest.skip(missing)
    return home


@pytest.fixture
def watched(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Operator:
    """Somebody who types verbs at an empty database of each kind."""
    home = tmp_path / "home"
    home.mkdir()
    return Operator(url, home, capsys)


@pytest.fixture
def project(url: str, tmp_path: Path, packages: Path) -> NodeProject:
    """A project that is set up for the same database."""
    return NodeProject(tmp_path / "node", packages, url)


def apart(found: dict[str, str]) -> dict[str, str]:
    """Leave out what tells the time: when each migration was applied."""
    return {name: text for name, text in found.items() if "rows" not in name or "knex" not in name}


def test_migrate(watched: Operator, project: NodeProject) -> None:
    """A project is migrated under a record, rolled back to nothing, and brought again."""
    before = watched.begin_with(FOUND)
    start = watched.json("status")["head"]["position"]
    watched.type("record", "--reason", "release", "--", *project.command("migrate:latest"))
    after = watched.fingerprint()
    assert "No Pending" in project.knex("migrate:list")
    assert watched.application("SELECT count(*) FROM items WHERE number = id") == [(87,)]
    top = watched.json("status")["head"]["position"]
    told = {one["evidence"] for one in watched.lines("log") if one["type"] == "RowsChanged"}
    assert told == {"observed"}
    watched.back(str(start))
    assert watched.fingerprint() == before
    watched.back(str(top))
    assert watched.fingerprint() == after
    watched.back(str(start))
    project.knex("migrate:latest")
    assert apart(fingerprint(watched.url)) == apart(after)


def test_failing(watched: Operator, project: NodeProject) -> None:
    """A migration that fails half-way is on record with what stayed, and can be taken back."""
    watched.begin_with(FOUND)
    watched.type("record", "--", *project.command("migrate:latest"))
    before, start = watched.fingerprint(), watched.json("status")["head"]["position"]
    project.migration("0004_failing", FAILING)
    watched.type("record", "--", *project.command("migrate:latest"), code=1)
    assert watched.application("SELECT count(*) FROM half") == [(0,)]
    assert watched.fingerprint() != before
    watched.back(str(start))
    assert watched.fingerprint() == before
