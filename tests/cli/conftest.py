"""A typist for each kind of database."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.typing_in import Typist


@pytest.fixture
def typist(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Typist:
    """Somebody who types verbs at an empty SQLite file."""
    return Typist(f"sqlite:///{tmp_path / 'app.db'}", tmp_path, capsys)
