"""Every kind of schema change comes back exactly, data included, and goes forward again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.language.cases import Rebuilt
from tests.sqlite.schema_cases import CASES, statements
from tests.sqlite.there_and_back import File, fingerprint


@pytest.mark.parametrize("name", CASES)
def test_comes_back_exactly(name: str, tmp_path: Path) -> None:
    """A migration undone leaves the file as it was, and undoing that leaves it migrated."""
    file = File(tmp_path / "x.db")
    before = fingerprint(file.path)
    steps = file.run(statements(CASES[name]), foreign_keys=not name.startswith("off "))
    after = fingerprint(file.path)

    undone = file.undo(steps)
    assert bool(file.anew) is isinstance(CASES[name], Rebuilt)
    assert file.anew == file.told == file.foretold
    assert fingerprint(file.path) == before
    assert file.net == []

    redone = file.undo(undone)
    assert fingerprint(file.path) == after
    assert file.net == []

    file.undo(redone)
    assert fingerprint(file.path) == before
