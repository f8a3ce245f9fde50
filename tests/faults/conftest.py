"""A witness with a database of each kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.scene import Witness


@pytest.fixture
def witness(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Witness:
    """Somebody who types verbs that may fail, at an empty database of each kind."""
    home = tmp_path / "home"
    home.mkdir()
    return Witness(url, home, capsys)


@pytest.fixture
def lite(sqlite_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Witness:
    """The same with a SQLite file."""
    return Witness(sqlite_url, tmp_path, capsys)


@pytest.fixture
def server_witness(
    postgresql_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Witness:
    """The same with a PostgreSQL database."""
    return Witness(postgresql_url, tmp_path, capsys)
