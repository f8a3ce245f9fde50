"""A database of each kind on which other programs work."""

from __future__ import annotations

from pathlib import Path

import pytest

from journal.sqlite import modules
from tests.record.recorder import Recorder


@pytest.fixture(params=["sqlite", "postgresql"])
def recorder(request: pytest.FixtureRequest, tmp_path: Path) -> Recorder:
    """An empty database of each kind that can be observed."""
    directory = tmp_path / "migrations"
    directory.mkdir()
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'app.db'}"
        return Recorder(kind="sqlite", url=url, directory=directory, home=tmp_path)
    url = request.getfixturevalue("postgresql_url")
    return Recorder(kind="postgresql", url=url, directory=directory, home=tmp_path)


@pytest.fixture
def file(tmp_path: Path) -> Recorder:
    """An empty SQLite file, for what is SQLite's own."""
    directory = tmp_path / "migrations"
    directory.mkdir()
    url = f"sqlite:///{tmp_path / 'app.db'}"
    return Recorder(kind="sqlite", url=url, directory=directory, home=tmp_path)


@pytest.fixture
def unknown_fts3(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have fts3 be a module of which nobody knows where it keeps what it holds."""
    monkeypatch.setattr(modules, "EXACT", modules.EXACT - {"fts3"})
