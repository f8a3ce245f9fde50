"""A database of each kind with a directory of migrations beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.places import Place


@pytest.fixture
def place(url: str, tmp_path: Path) -> Place:
    """An empty database of each kind."""
    directory = tmp_path / "migrations"
    directory.mkdir()
    kind = "sqlite" if url.startswith("sqlite") else "postgresql"
    return Place(kind=kind, url=url, directory=directory)
