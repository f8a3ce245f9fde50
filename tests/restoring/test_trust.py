"""A backup that is not whole, or not known, is refused before anything is written."""

from __future__ import annotations

from pathlib import Path
from pkgutil import resolve_name

import pytest
from msgspec.structs import replace

from tests.backups.files import take
from tests.drills.operator import Operator
from tests.restoring.story import restore

SCRIPT = (
    "CREATE TABLE a (id integer PRIMARY KEY, t text);\nINSERT INTO a VALUES (1, 'x'), (2, 'y');\n"
)


def _cut(place: Path) -> None:
    (file,) = place.glob("0001*")
    file.write_bytes(file.read_bytes()[:-3])


def _emptied(place: Path) -> None:
    (file,) = place.glob("0001*")
    file.write_bytes(b"")


def _edited(place: Path) -> None:
    file = place / "manifest.json"
    text = file.read_text(encoding="utf-8").replace('"taken_at": "2', '"taken_at": "3')
    file.write_text(text, encoding="utf-8")


def _gone(place: Path) -> None:
    for file in place.glob("0001*"):
        file.unlink()


@pytest.mark.parametrize("damage", [_cut, _emptied, _edited, _gone])
@pytest.mark.parametrize("word", ["--yes", "--dry-run"])
def test_not_whole(operator: Operator, damage: object, word: str) -> None:
    """Damage is found before a row is written, and no waiver helps."""
    operator.begin_with(SCRIPT)
    place = take(operator)
    operator.application("DELETE FROM a")
    before, head = operator.fingerprint(), len(operator.lines("log"))
    assert callable(damage)
    damage(place)
    words = (word, "--allow-unknown", "--reason", "please")
    operator.type("backup", "restore", str(place), *words, code=5)
    assert "not whole" in operator.err or "not the one" in operator.err
    assert "clew backup verify" in operator.err
    assert operator.fingerprint() == before
    assert len(operator.lines("log")) == head


def test_no_backup(operator: Operator) -> None:
    """A directory that is none, or holds none, is refused in one line."""
    operator.begin_with(SCRIPT)
    restore(operator, operator.home / "nowhere", code=4)
    assert "no backup at" in operator.err
    restore(operator, operator.home, code=3)
    assert "is no backup" in operator.err
    operator.type("backup", "restore", str(operator.home), "--format", "json", code=2)


def test_changed_while_it_is_read(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that changes between the look at it and the restore is found by its digest."""
    operator.begin_with(SCRIPT)
    place = take(operator, "--compress", "none")
    operator.application("DELETE FROM a")
    before = operator.fingerprint()
    (file,) = place.glob("0001*")
    file.write_bytes(file.read_bytes().replace(b"y", b"z"))
    monkeypatch.setattr("commands.restore.trusting.problems_in", lambda *_: ())
    restore(operator, place, code=5)
    assert "cannot be read" in operator.err
    assert operator.fingerprint() == before
    assert operator.lines("log")[-1]["type"] == "RunFailed"


def test_a_row_that_did_not_come_back(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    """The proof reads the tables again: one value that is another aborts everything."""
    operator.begin_with(SCRIPT)
    place = take(operator)
    operator.application("DELETE FROM a WHERE id = 2")
    before = operator.fingerprint()
    dump = f"journal.{'sqlite' if operator.sqlite else 'postgresql'}.dump"
    rows, lines = resolve_name(f"{dump}:dump"), resolve_name(f"{dump}:dump_lines")

    def other_rows(*given: object) -> object:
        found = rows(*given)
        return replace(found, rows=((*row[:-1], "other") for row in found.rows))

    def other_lines(*given: object) -> object:
        found = lines(*given)
        return replace(found, blocks=(block.replace(b"}", b" }") for block in found.blocks))

    monkeypatch.setattr(f"{dump}.dump", other_rows)
    monkeypatch.setattr(f"{dump}.dump_lines", other_lines)
    restore(operator, place, code=5)
    assert "did not come back as the backup has it" in operator.err
    monkeypatch.undo()
    assert operator.fingerprint() == before
