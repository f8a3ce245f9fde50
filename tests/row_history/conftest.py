"""Somebody with a database of each kind who asks what happened to rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.typing_in import Typist
from tests.drills.operator import Operator


@pytest.fixture
def operator(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Operator:
    """An operator of an empty database of each kind."""
    home = tmp_path / "home"
    home.mkdir()
    return Operator(url, home, capsys)


@pytest.fixture
def postgresql_operator(
    postgresql_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Operator:
    """An operator of a PostgreSQL database."""
    return Operator(postgresql_url, tmp_path, capsys)


@pytest.fixture
def sqlite_operator(
    sqlite_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Operator:
    """An operator of a SQLite file."""
    return Operator(sqlite_url, tmp_path, capsys)


@pytest.fixture
def typist(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Typist:
    """Somebody who types verbs at an empty database."""
    return Typist(url, tmp_path, capsys)
