"""A ward: a database of either kind, and what the doctor says of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.doctor.ward import Ward


@pytest.fixture
def ward(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Ward:
    """Somebody who asks the doctor about an empty database of each kind."""
    return _ward(url, tmp_path, capsys)


@pytest.fixture
def postgresql_ward(
    postgresql_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Ward:
    """The same about a PostgreSQL database."""
    return _ward(postgresql_url, tmp_path, capsys)


@pytest.fixture
def sqlite_ward(sqlite_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Ward:
    """The same about a SQLite file."""
    return _ward(sqlite_url, tmp_path, capsys)


def _ward(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Ward:
    home = tmp_path / "home"
    home.mkdir()
    return Ward(url, home, capsys)
