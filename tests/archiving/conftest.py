"""An operator with a database of each kind, who archives."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.archiving.archivist import Archivist


@pytest.fixture
def archivist(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Archivist:
    """Somebody with a journal whose first three migrations are old."""
    home = tmp_path / "home"
    home.mkdir()
    made = Archivist(url, home, capsys)
    made.begin_old()
    return made
