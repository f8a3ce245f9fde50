"""What a stranger did to a SQLite file is told so that it comes back exactly, and goes again."""

from __future__ import annotations

from pathlib import Path

import pytest

from journal.sqlite.connection import Session
from journal.sqlite.observing import comparing, pages
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
def test_comes_back_exactly(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a script did at once, its three steps taken back leave the file as it was."""
    monkeypatch.setattr(pages, "SMALL", 0)
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


BIG = """
    CREATE TABLE big (id INTEGER PRIMARY KEY, v BLOB);
    INSERT INTO big WITH RECURSIVE c (x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM c WHERE x < 40)
    SELECT x, CAST(randomblob(50000) || x'01' || randomblob(49999) AS BLOB) FROM c;
    CREATE TABLE other (id INTEGER PRIMARY KEY, v TEXT);
    INSERT INTO other SELECT id, hex(id) FROM big;
    CREATE TABLE still (k TEXT PRIMARY KEY) WITHOUT ROWID;
    INSERT INTO still SELECT hex(id) FROM big;
"""


@pytest.mark.parametrize("mode", ["delete", "wal"])
@pytest.mark.parametrize(
    ("script", "changed"),
    [
        (  # within the pages that hold the rest of a long value, and nowhere else
            "UPDATE big SET v = CAST(substr(v, 1, 50000) || x'00' || substr(v, 50002) AS BLOB)"
            " WHERE id = 7;",
            {"big"},
        ),
        ("DELETE FROM big WHERE id = 3; VACUUM;", {"big"}),
        ("UPDATE other SET v = 'x' WHERE id = 1;", {"other"}),
        ("INSERT INTO still VALUES ('z'); DELETE FROM still WHERE k = 'z';", set()),
        ("INSERT INTO still VALUES ('z'); UPDATE big SET v = zeroblob(5);", {"big", "still"}),
    ],
)
def test_pages_that_changed(script: str, changed: set[str], mode: str, tmp_path: Path) -> None:
    """A table is passed over only where no page of it changed, be it of a long value."""
    file = ObservedFile(tmp_path / "x.db", f"PRAGMA journal_mode = {mode};" + BIG)
    before = fingerprint(file.path)
    _, steps = file.observe(working(script))
    names = {one.id: one.path[0] for one in file.known.objects.values()}
    assert {names[rows.table] for step in steps for rows in step.rows} == changed
    file.undo(steps)
    assert fingerprint(file.path) == before


def test_untouched_tables_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables of which no page changed are not compared row by row."""
    file = ObservedFile(tmp_path / "x.db", BIG)
    read: list[str] = []
    whole = comparing.differ

    def differ(session: Session, pair: comparing.Pair) -> bool:
        read.append(pair.before.table)
        return whole(session, pair)

    monkeypatch.setattr(comparing, "differ", differ)
    file.observe(working("UPDATE other SET v = 'x' WHERE id = 1;"))
    assert read == ["other"]
