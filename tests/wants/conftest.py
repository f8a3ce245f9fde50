"""A database of each kind to examine."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests.commands.conftest import place as place  # noqa: PLC0414 - pytest finds it by its name
from tests.commands.places import Place
from tests.wants.examined import Examined


@pytest.fixture
def examined(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Examined:
    """A database and a directory of migrations, and a place of their own for scratch files."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    return Examined(place, temporary)


@pytest.fixture
def server_side(examined: Examined) -> Examined:
    """The same, on PostgreSQL only."""
    if not examined.postgresql:
        pytest.skip("about PostgreSQL")
    return examined
