"""Statements of SQLite: there, back, there again and back, or refused by name."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import chdir, closing, contextmanager
from importlib import import_module
from pathlib import Path
from shutil import copytree

import pytest

from journal.effect import Step
from journal.errors import Refused, StatementFailed
from journal.sqlite.gate import classify
from tests.language.cases import Case, Section, parameters, sections
from tests.sqlite.there_and_back import File
from tests.support.oracle import fingerprint

pytestmark = pytest.mark.listed
VERSION = sqlite3.sqlite_version_info[0] * 100 + sqlite3.sqlite_version_info[1]


def failing() -> list[object]:
    """Return the cases of each section that SQLite itself refuses: its module's FAILING."""
    return [
        pytest.param(section, case, id=f"{section.module}-{n}")
        for section in sections("sqlite")
        for n, case in enumerate(
            getattr(import_module(f"tests.language.sqlite.{section.module}"), "FAILING", ()), 1
        )
    ]


def split(text: str) -> list[str]:
    """Split a case into its statements, by SQLite's own judgement of where one is complete."""
    found, rest = [], ""
    for part in text.split(";"):
        rest += part
        if sqlite3.complete_statement(f"{rest};"):
            found.append(rest.strip())
            rest = ""
        else:
            rest += ";"
    return [one for one in [*found, rest.strip("; \n")] if one]


class Place:
    """A populated file, alone in the current directory, and what a case runs over it."""

    def __init__(self, directory: Path, section: Section, case: Case) -> None:
        if case.since > VERSION:
            pytest.skip(f"SQLite {case.since // 100}.{case.since % 100} brought it")
        with _modules():
            self.file = File(directory / "x.db", section.base + case.setup)
        self.statements = split(case.statement)
        self.foreign_keys = not self.statements[0].upper().startswith("PRAGMA FOREIGN_KEYS")
        if not self.foreign_keys and len(self.statements) > 1:
            del self.statements[0]

    @property
    def outside(self) -> bool:
        """Whether it runs outside any transaction, and nothing is there to take back."""
        return self.statements[0].upper().split()[0] == "VACUUM" and len(self.statements) == 1

    def run(self) -> list[Step]:
        if self.outside and classify(self.statements[0]) == "outside":
            with closing(self.file._open()) as session:
                session.execute_outside(self.statements[0])
            self.file.foretold = set()
            return []
        with _modules():
            return self.file.run(self.statements, foreign_keys=self.foreign_keys)


@contextmanager
def _modules() -> Iterator[None]:
    """Skip what is about a module that this SQLite was built without."""
    try:
        yield
    except (sqlite3.OperationalError, StatementFailed) as error:
        if any(said in str(error) for said in ("no such module", "no such table: dbstat")):
            pytest.skip(str(error))
        raise


def state(directory: Path) -> dict[str, str]:
    """Return what the file in a directory holds, and what stands beside it."""
    found = fingerprint(f"sqlite:///{directory / 'x.db'}")
    beside = (one for one in directory.iterdir() if not one.name.startswith("x.db"))
    return found | {f"file {one.name}": one.read_bytes().hex() for one in beside}


def without_journal(directory: Path, place: Place) -> str:
    """Run a case on a copy, in a transaction of SQLite's own, and return its error."""
    with chdir(directory), closing(sqlite3.connect("x.db", isolation_level=None)) as raw:
        raw.text_factory = bytes
        raw.execute(f"PRAGMA foreign_keys = {place.foreign_keys}")
        if not place.outside:
            raw.execute("BEGIN IMMEDIATE")
        try:
            for one in place.statements:
                raw.execute(one).fetchall()
            if not place.outside:
                raw.execute("COMMIT")
        except sqlite3.Error as error:
            return str(error)
    return ""


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of a case's own, which is the current one: files are attached by bare names."""
    place = tmp_path / "case"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


@pytest.mark.parametrize(("section", "case"), parameters("sqlite"))
def test_statement(directory: Path, section: Section, case: Case) -> None:
    """A statement does what it does without us and comes back, or is refused by its name."""
    place = Place(directory, section, case)
    before = state(directory)
    if case.outcome == "refused":
        with pytest.raises(Refused) as refused:
            place.run()
        assert getattr(refused.value, "name", "") == case.name
        assert state(directory) == before
        return
    copy = Path(copytree(directory, directory.with_name("copy")))
    done = place.run()
    after = state(directory)
    assert without_journal(copy, place) == ""
    assert after == state(copy)
    undone = place.file.undo(done)
    assert place.file.told == place.file.foretold
    # What is written anew may come to stand where it stood, and a vacuum moves what is not.
    assert "auto_vacuum" in case.setup or place.file.anew <= place.file.told
    assert bool(place.file.told) == (case.outcome == "rebuild")
    assert state(directory) == before
    redone = place.file.undo(undone)
    assert state(directory) == after
    place.file.undo(redone)
    assert state(directory) == before


@pytest.mark.parametrize(("section", "case"), failing())
def test_failure(directory: Path, section: Section, case: Case) -> None:
    """What SQLite refuses is refused in the same words, and nothing is changed."""
    place = Place(directory, section, case)
    before = state(directory)
    expected = without_journal(Path(copytree(directory, directory.with_name("copy"))), place)
    with pytest.raises(StatementFailed) as failure:
        place.run()
    assert failure.value.message == expected
    assert state(directory) == before
