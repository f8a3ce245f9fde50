"""A database of each kind with a directory of migrations beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.places import Place


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty database of each kind."""
    directory = tmp_path / "migrations"
    directory.mkdir()
    if request.param == "sqlite":
        return Place(kind="sqlite", url=f"sqlite:///{tmp_path / 'app.db'}", directory=directory)
    url = request.getfixturevalue("postgresql_url")
    return Place(kind="postgresql", url=url, directory=directory)
