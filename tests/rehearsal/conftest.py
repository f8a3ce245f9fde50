"""A database of each kind with migrations to rehearse."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests.commands.conftest import place as place  # noqa: PLC0414 - pytest finds it by its name
from tests.commands.places import Place
from tests.rehearsal.theatre import Theatre


@pytest.fixture
def theatre(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Theatre:
    """A place whose scratch copies are its own."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    return Theatre(place, temporary)
