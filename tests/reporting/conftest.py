"""An operator with a database of each kind, who reports."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.drills.operator import Operator


@pytest.fixture
def operator(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Operator:
    """Somebody who types verbs at an empty database of each kind."""
    home = tmp_path / "home"
    home.mkdir()
    return Operator(url, home, capsys)
