"""An operator with a database of each kind, who erases, and a search of every byte that is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.erasing.eraser import Eraser


@pytest.fixture
def eraser(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Eraser:
    """Somebody who types verbs at an empty database of each kind."""
    home = tmp_path / "home"
    home.mkdir()
    return Eraser(url, home, capsys)
