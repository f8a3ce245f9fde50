"""What a stranger did to a SQLite file is told so that it comes back exactly, and goes again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.record.observing import ObservedFile, working
from tests.record.stranger_scripts import SCRIPTS
from tests.sqlite.capture_cases import CAPTURED
from tests.sqlite.rebuild_cases import HISTORIES
from tests.sqlite.schema_cases import CASES
from tests.sqlite.test_virtual_tables import EXACT as VIRTUAL
from tests.sqlite.text_cases import TEXTS
from tests.sqlite.there_and_back import POPULATED, fingerprint

ALL: dict[str, tuple[str, str]] = {
    **SCRIPTS,
    **{
        f"virtual: {name}, {number}": (setup, "; ".join(statements[:number]) + ";")
        for name, (setup, statements) in VIRTUAL.items()
        for number in range(1, len(statements) + 1)
    },
    **{f"schema: {name}": (POPULATED, script) for name, script in CASES.items()},
    **{f"rebuilt: {name}": (POPULATED, "".join(files)) for name, files in HISTORIES.items()},
    **{
        name: (setup, f"BEGIN; {script} COMMIT;")
        for name, (setup, script) in (CAPTURED | TEXTS).items()
    },
}


@pytest.mark.listed
@pytest.mark.parametrize("name", ALL)
def test_comes_back_exactly(name: str, tmp_path: Path) -> None:
    """Whatever a script did at once, its three steps taken back leave the file as it was."""
    setup, script = ALL[name]
    file = ObservedFile(tmp_path / "x.db", setup)
    before = fingerprint(file.path)
    keys = not name.startswith("schema: off ")
    found, steps = file.observe(working(script, foreign_keys=keys))
    after = fingerprint(file.path)
    assert found.lost == ()

    undone = file.undo(steps)
    assert fingerprint(file.path) == before
    assert file.net == []

    redone = file.undo(undone)
    assert fingerprint(file.path) == after
    assert file.net == []

    file.undo(redone)
    assert fingerprint(file.path) == before
