"""A typist for each kind of database."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.typing_in import Typist


@pytest.fixture
def typist(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Typist:
    """Somebody who types verbs at an empty database."""
    return Typist(url, tmp_path, capsys)
