"""Django as it is from PyPI, recorded from outside: ``clew record -- python manage.py migrate``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.drills.operator import Operator
from tests.support.oracle import fingerprint
from tests.tools.django_project import FAILING, DjangoProject

FOUND = "CREATE TABLE found (id integer PRIMARY KEY);\nINSERT INTO found VALUES (1)"


@pytest.fixture
def watched(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Operator:
    """Somebody who types verbs at an empty database of each kind."""
    home = tmp_path / "home"
    home.mkdir()
    return Operator(url, home, capsys)


@pytest.fixture
def project(url: str, tmp_path: Path) -> DjangoProject:
    """A project that is set up for the same database."""
    return DjangoProject(tmp_path / "django", url)


def apart(found: dict[str, str]) -> dict[str, str]:
    """Leave out what tells the time: when each migration was applied."""
    return {
        name: text for name, text in found.items() if "rows" not in name or "django" not in name
    }


def test_migrate(watched: Operator, project: DjangoProject, tmp_path: Path) -> None:
    """A project is migrated under a record, rolled back to nothing, and brought again."""
    before = watched.begin_with(FOUND)
    start = watched.json("status")["head"]["position"]
    watched.type("record", "--reason", "release", "--", *project.command("migrate"))
    after = watched.fingerprint()
    assert "[X] 0004_slugs" in project.manage("showmigrations", "library")
    found = watched.application("SELECT count(*) FROM library_book WHERE slug LIKE 'book-%'")
    assert found == [(95,)]
    top = watched.json("status")["head"]["position"]
    told = {one["evidence"] for one in watched.lines("log") if one["type"] == "RowsChanged"}
    assert told == {"observed"}
    watched.back(str(start))
    assert watched.fingerprint() == before
    watched.back(str(top))
    assert watched.fingerprint() == after
    assert "No migrations to apply" in project.manage("migrate")
    watched.back(str(start))
    project.manage("migrate")
    assert apart(fingerprint(watched.url)) == apart(after)


def test_migrate_further(watched: Operator, project: DjangoProject) -> None:
    """Of two records the second alone is taken back, and with it what Django knows of it."""
    watched.begin_with(FOUND)
    watched.type("record", "--", *project.command("migrate", "library", "0002"))
    before, start = watched.fingerprint(), watched.json("status")["head"]["position"]
    watched.type("record", "--", *project.command("migrate"))
    watched.back(str(start))
    assert watched.fingerprint() == before
    assert "[ ] 0003_shape" in project.manage("showmigrations", "library")
    watched.type("record", "--", *project.command("migrate"))
    assert "[X] 0004_slugs" in project.manage("showmigrations", "library")


def test_failing(watched: Operator, project: DjangoProject) -> None:
    """A migration that fails half-way is on record with what stayed, and can be taken back."""
    watched.begin_with(FOUND)
    watched.type("record", "--", *project.command("migrate"))
    before, start = watched.fingerprint(), watched.json("status")["head"]["position"]
    project.migration("0005_failing", FAILING)
    watched.type("record", "--", *project.command("migrate"), code=1)
    assert watched.fingerprint() != before  # the column stayed, for the migration is not atomic
    watched.back(str(start))
    assert watched.fingerprint() == before
