"""What a stranger does that no journal keeps is named; what cannot be compared is refused."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from journal.errors import Busy, Drifted, NotFound, Refused, Tampered
from journal.sqlite.observing import keeping
from tests.record.observing import ObservedFile, working
from tests.sqlite.there_and_back import POPULATED, fingerprint

LOOSE = "CREATE TABLE l (a, b TEXT); INSERT INTO l (rowid, a) VALUES (2, 'x'), (9, 'y');"


def test_numbered_anew(tmp_path: Path) -> None:
    """A VACUUM that renumbered rows is told as such, and not as rows that changed."""
    file = ObservedFile(tmp_path / "x.db", LOOSE)
    found, steps = file.observe(working("VACUUM;"))
    assert steps == []
    assert [one.name for one in found.lost] == ["vacuum"]


def test_vacuum_without_loose_rows(tmp_path: Path) -> None:
    """A VACUUM that renumbers nothing is nothing."""
    file = ObservedFile(tmp_path / "x.db", "CREATE TABLE k (id INTEGER PRIMARY KEY, v);")
    found, steps = file.observe(working("VACUUM; ANALYZE;"))
    assert (steps, found.lost, found.notes) == ([], (), ())


@pytest.mark.usefixtures("unknown_fts3")
@pytest.mark.parametrize(
    ("script", "name"),
    [
        ("CREATE VIRTUAL TABLE v USING fts3 (a);", "create-virtual-table"),
        ("INSERT INTO old VALUES ('x');", "virtual-table"),
        ("DROP TABLE old;", "create-virtual-table"),
        ("CREATE TABLE h (rowid, _rowid_, oid); INSERT INTO h VALUES (1, 2, 3);", "hidden-rowid"),
        ("DROP TABLE l; CREATE TABLE l (rowid, _rowid_, oid);", "hidden-rowid"),
        ("INSERT INTO sqlite_sequence VALUES ('nobody', 3);", "sqlite-sequence"),
        ("CREATE TABLE Clew_mine (a);", "journal-names"),
        ("DROP TRIGGER clew_entry_no_update;", "journal-names"),
    ],
)
def test_lost(script: str, name: str, tmp_path: Path) -> None:
    """What does not come back exactly is named by its rule."""
    setup = "CREATE VIRTUAL TABLE old USING fts3 (a); CREATE TABLE i (id INTEGER PRIMARY KEY AUTOINCREMENT);"
    file = ObservedFile(tmp_path / "x.db", setup + LOOSE)
    found, _ = file.observe(working(script))
    assert [one.name for one in found.lost] == [name]


def test_settings_that_stay(tmp_path: Path) -> None:
    """Settings of the file that say nothing of its data are named, and stay."""
    file = ObservedFile(tmp_path / "x.db", LOOSE)
    found, steps = file.observe(
        working("PRAGMA journal_mode = WAL; INSERT INTO l VALUES (1, 2); PRAGMA user_version = 3;")
    )
    assert found.notes == ("journal_mode was delete and is wal: it stays so",)
    assert [change.after.path for step in steps for change in step.changes if change.after] == [
        ("user_version",)
    ]


def test_write_ahead_log_goes(tmp_path: Path) -> None:
    """A stranger may switch the write-ahead log off: nobody of ours has the file open."""
    file = ObservedFile(tmp_path / "x.db", "PRAGMA journal_mode = WAL;" + LOOSE)
    before = fingerprint(file.path)
    found, steps = file.observe(working("PRAGMA journal_mode = DELETE; DELETE FROM l;"))
    assert found.notes == ("journal_mode was wal and is delete: it stays so",)
    file.undo(steps)
    assert fingerprint(file.path) == before


def test_kept_of_a_write_ahead_log(tmp_path: Path) -> None:
    """What stands in the write-ahead log alone is kept as well."""
    file = ObservedFile(tmp_path / "x.db", "PRAGMA journal_mode = WAL;" + LOOSE)
    with closing(sqlite3.connect(file.path, isolation_level=None)) as reader:
        reader.execute("INSERT INTO l VALUES ('late', 1)")
        before = fingerprint(file.path)
        _, steps = file.observe(working("UPDATE l SET b = 'w';"))
        file.undo(steps)
        assert fingerprint(file.path) == before


def test_another_file_in_its_place(tmp_path: Path) -> None:
    """A file that does not hold the journal any more is not compared, and the copy stays."""
    file = ObservedFile(tmp_path / "x.db", LOOSE)

    def replace(path: Path) -> None:
        path.unlink()
        with closing(sqlite3.connect(path)) as raw:
            raw.executescript(LOOSE)

    with pytest.raises(Tampered) as error:
        file.observe(replace)
    copy = keeping.place(str(file.path), "run-1")
    assert str(copy) in error.value.hint
    assert copy.is_file()


def test_an_older_file_in_its_place(tmp_path: Path) -> None:
    """The file of an earlier day holds another journal than was kept."""
    file = ObservedFile(tmp_path / "x.db", LOOSE)
    other = ObservedFile(tmp_path / "y.db", LOOSE)
    with closing(sqlite3.connect(other.path)) as raw:
        raw.execute("DROP TRIGGER clew_journal_no_update")
        raw.execute("UPDATE clew_journal SET id = 'another'")
        raw.commit()
    with pytest.raises(Tampered):
        file.observe(lambda path: shutil.copy(other.path, path) and None)


def test_hidden_rowid_is_refused(tmp_path: Path) -> None:
    """A file with a table whose rows cannot be reached is not observed."""
    file = ObservedFile(tmp_path / "x.db", "CREATE TABLE h (rowid, _rowid_, oid);")
    with pytest.raises(Refused, match="hide each name of its rowid"):
        file.observe(working(""))
    assert list(tmp_path.iterdir()) == [file.path]


def test_schema_changed_just_now(tmp_path: Path) -> None:
    """What is kept is the schema that the journal knows, or nothing is."""
    file = ObservedFile(tmp_path / "x.db", LOOSE)
    file.application("CREATE TABLE other (a)")
    with pytest.raises(Drifted):
        file.observe(working(""))
    assert list(tmp_path.iterdir()) == [file.path]


def test_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without room for the copy nothing is begun."""
    file = ObservedFile(tmp_path / "x.db", LOOSE)
    usage = shutil.disk_usage(tmp_path)._replace(free=100)
    monkeypatch.setattr(keeping.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(Refused, match="bytes free in"):
        file.observe(working(""))
    assert list(tmp_path.iterdir()) == [file.path]


def test_writer_at_work(tmp_path: Path) -> None:
    """A file that somebody is writing is not copied half written."""
    file = ObservedFile(tmp_path / "x.db", LOOSE)
    with closing(sqlite3.connect(file.path, isolation_level=None)) as raw:
        raw.execute("BEGIN EXCLUSIVE")
        with pytest.raises(Busy):
            file._open()
    found, steps = file.observe(working("DELETE FROM l;"))
    assert (len(steps), found.lost) == (1, ())


def test_half_written_transaction(tmp_path: Path) -> None:
    """What a killed program had written and not committed is taken back, and not told."""
    file = ObservedFile(tmp_path / "x.db", POPULATED)
    before = fingerprint(file.path)

    def killed(path: Path) -> None:
        import subprocess
        import sys

        program = (
            "import os, sqlite3, sys; db = sqlite3.connect(sys.argv[1], isolation_level=None);"
            "db.execute('pragma cache_size = 1'); db.execute('pragma cache_spill = 1');"
            "db.execute('insert into log values (1)');"
            "db.execute('begin'); db.execute('update person set name = zeroblob(90000)');"
            "db.execute('delete from tree'); os.kill(os.getpid(), 9)"
        )
        subprocess.run([sys.executable, "-c", program, str(path)], check=False)
        assert Path(f"{path}-journal").exists()

    _, steps = file.observe(killed)
    assert [(rows.inserted, rows.updated, rows.deleted) for one in steps for rows in one.rows] == [
        (1, 0, 0)
    ]
    file.undo(steps)
    assert fingerprint(file.path) == before


def test_kept_names(tmp_path: Path) -> None:
    """What is kept is found again by its run, whatever letters the path has."""
    place = tmp_path / "a [b] *?"
    place.mkdir()
    file = ObservedFile(place / "x[1]*.db", LOOSE)
    session = file._open()
    session.observe("run-7", schema=file.known.objects)
    session.observe("run-8", schema=file.known.objects)
    assert session.observations() == ("run-7", "run-8")
    session.unobserve("run-7")
    session.unobserve("run-7")
    assert session.observations() == ("run-8",)
    session.begin()
    with pytest.raises(NotFound):
        session.observed("run-7", schema=file.known.objects, next_id=lambda: 1)
    session.close()
