"""Statements of SQLite: there, back, there again and back, or refused by name."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from journal.errors import NotKnownExact
from tests.language.cases import Case, Section, parameters
from tests.sqlite.schema_cases import statements
from tests.sqlite.there_and_back import File
from tests.support.oracle import fingerprint

pytestmark = pytest.mark.listed


@pytest.mark.parametrize(("section", "case"), parameters("sqlite"))
def test_statement(tmp_path: Path, section: Section, case: Case) -> None:
    """A statement comes back, in place or with a rebuild, or is refused and changes nothing."""
    if sqlite3.sqlite_version_info < (case.since // 100, case.since % 100):
        pytest.skip(f"SQLite {case.since // 100}.{case.since % 100} brought it")
    file = File(tmp_path / "x.db", section.base + case.setup)
    script = statements(case.statement.rstrip().removesuffix(";") + ";")
    url = f"sqlite:///{file.path}"
    before = fingerprint(url)
    if case.outcome == "refused":
        with pytest.raises(NotKnownExact) as refused:
            file.run(script)
        assert refused.value.name == case.name
        assert fingerprint(url) == before
        return
    done = file.run(script)
    after = fingerprint(url)
    undone = file.undo(done)
    assert bool(file.anew) is (case.outcome == "rebuild")
    assert fingerprint(url) == before
    redone = file.undo(undone)
    assert fingerprint(url) == after
    file.undo(redone)
    assert fingerprint(url) == before
