"""An archive that was touched, a seal that lies, and what left without a seal, are found."""

from __future__ import annotations

import json
import shutil
from typing import Any

import pytest

from commands.archiving import archive as archiving
from commands.archiving.answer import ArchiveAnswer
from commands.export import directory
from journal.events import CheckRun
from journal.opening import open_journal
from journal.postgresql.own_tables import PostgresqlTables
from journal.sqlite.own_tables import SqliteTables
from tests.archiving.archivist import Archivist

BLOB = {"sqlite": "x'7b7d'", "postgresql": "'{}'::bytea"}


@pytest.fixture
def archived(archivist: Archivist) -> Archivist:
    """A journal whose first three migrations left."""
    archivist.take()
    return archivist


@pytest.mark.parametrize("file", ["images.jsonl", "content.jsonl", "entries.jsonl"])
def test_edited(archived: Archivist, file: str) -> None:
    """A line that is missing is found though size and digest were made to fit; nothing returns."""

    def cut(content: bytes) -> bytes:
        return b"".join(content.splitlines(keepends=True)[:-1])

    archived.rewrite(file, cut)
    assert any("seals the archive" in one for one in archived.flaws())
    assert json.loads(archived.type("verify", "--export", str(archived.place()),
                                    "--format", "json", code=6))["flaws"]  # fmt: skip
    entries = archived.entries()
    archived.restore(code=6)
    assert archived.entries() == entries


def test_torn(archived: Archivist) -> None:
    """A file cut short is found, and nothing of it comes back."""
    path = archived.place() / "images.jsonl"
    path.write_bytes(path.read_bytes()[:-20])
    assert any(one.startswith("images.jsonl: has") for one in archived.flaws())
    archived.restore(code=6)
    archived.proves()


def test_another_journals(archived: Archivist) -> None:
    """The directory of an export, or of nothing, is no archive."""
    archived.type("export", str(archived.place("out")))
    archived.restore("out", code=4)
    archived.restore("nothing", code=4)


def test_content_gone(archived: Archivist) -> None:
    """What stands in the place of content that left is missed, and what stands there instead."""
    kind = "sqlite" if archived.sqlite else "postgresql"
    (seal,) = archived.seals()
    one = "(SELECT min(digest) FROM @content WHERE digest LIKE 'archived:%')"
    archived.forge(f"UPDATE @content SET content = {BLOB[kind]} WHERE digest = {one}")
    assert (seal["position"], "archive-altered") in archived.problems()
    archived.forge(f"DELETE FROM @content WHERE digest = {one}")
    assert (seal["position"], "archive-missing") in archived.problems()


def test_left_without_a_seal(archived: Archivist) -> None:
    """Images and content after the seal that somebody took out are tampering, as ever."""
    rows = [one for one in archived.lines("log") if one["type"] == "RowsChanged"]
    last = rows[-1]
    digest = last["data"]["statement"]["digest"]
    archived.forge(
        f"DELETE FROM @image WHERE run = '{last['run']}'",
        f"UPDATE @content SET digest = 'archived:{digest}' WHERE digest = '{digest}'",
    )
    found = archived.problems()
    assert (last["position"], "images-missing") in found
    assert (last["position"], "content-missing") in found


def test_images_stand_again(archived: Archivist) -> None:
    """Images that stand where they are said to have left are found."""
    first = next(one for one in archived.lines("log") if one["type"] == "RowsChanged")
    columns = "run, number, sign, rows, chunk" if archived.sqlite else "*"
    last = "run = (SELECT max(run) FROM @image)"
    values = (
        f"SELECT '{first['run']}', number + 100, sign, rows, chunk FROM @image WHERE {last}"
        if archived.sqlite
        else f"SELECT '{first['run']}', number + 100, object, event, sign, rows, digest, chunk"
        f" FROM @image WHERE {last}"
    )
    into = f"@image ({columns})" if archived.sqlite else "@image"
    archived.forge(f"INSERT INTO {into} {values}")
    assert "images-unnamed" in [kind for _, kind in archived.problems()]


def test_lost_archive(archived: Archivist) -> None:
    """Without the archive the record proves itself still, and what needs it is refused."""
    shutil.rmtree(archived.place())
    archived.proves()
    archived.back("before:0003_third", code=3)
    archived.back("@old")


def test_checkout(archived: Archivist) -> None:
    """The past before the seal becomes no database of its own; nothing is made."""
    to = archived.home / "then.db"
    url = f"sqlite:///{to}" if archived.sqlite else f"{archived.url}_then"
    archived.type("checkout", "after:0001_first", "--to", url, code=3)
    assert str(archived.place()) in archived.err
    assert not to.exists()


def test_filled(archivist: Archivist) -> None:
    """A directory that holds something is refused, and nothing leaves."""
    archivist.place().mkdir()
    (archivist.place() / "mine").write_text("mine")
    kept = archivist.kept()
    archivist.take(code=3)
    assert archivist.kept() == kept


def test_disk_full(archivist: Archivist, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the archive cannot be written nothing leaves, and nothing of it stays."""
    kept, entries = archivist.kept(), archivist.entries()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(directory, "_sync_all", full)
    archivist.take(code=5)
    assert (archivist.kept(), archivist.entries()) == (kept, entries)
    assert [one.name for one in archivist.home.iterdir() if "archive" in one.name] == []
    monkeypatch.undo()
    archivist.take()


def test_altered_before(archivist: Archivist) -> None:
    """What was altered before is not archived: that would hide it."""
    kind = "sqlite" if archivist.sqlite else "postgresql"
    first = next(one for one in archivist.lines("log") if one["type"] == "RowsChanged")
    digest = first["data"]["statement"]["digest"]
    archivist.forge(f"UPDATE @content SET content = {BLOB[kind]} WHERE digest = '{digest}'")
    archivist.take(code=6)
    assert not archivist.place().exists()


def test_named_meanwhile(archivist: Archivist, monkeypatch: pytest.MonkeyPatch) -> None:
    """Content that an entry names which was appended while the archive was written stays."""
    seal = archiving._seal
    first = next(one for one in archivist.lines("log") if one["type"] == "RowsChanged")
    digest = first["data"]["statement"]["digest"]

    def later(*given: Any) -> ArchiveAnswer:
        with open_journal(archivist.url) as journal:
            text = journal.needed_content(digest).decode()
            said = CheckRun(name="said", passed=True, output=digest)
            journal.append(said, actor="somebody", texts=(text,))
        return seal(*given)

    monkeypatch.setattr(archiving, "_seal", later)
    archivist.take()
    monkeypatch.undo()
    archivist.proves("archive")
    with open_journal(archivist.url) as journal:
        assert isinstance(journal.content(digest), bytes)
    archivist.restore()
    archivist.proves("archive")


def test_not_whole(archivist: Archivist, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where other chunks leave than were written, nothing leaves."""
    kept, entries = archivist.kept(), archivist.entries()
    for kind in (SqliteTables, PostgresqlTables):
        taken = kind.take_images
        monkeypatch.setattr(kind, "take_images", lambda s, r, t=taken: t(s, list(r)[:-1]))
    archivist.take(code=6)
    assert (archivist.kept(), archivist.entries()) == (kept, entries)


def test_incomplete(archivist: Archivist) -> None:
    """While a migration is incomplete, what takes it back may not leave."""
    outside = "vacuum" if archivist.sqlite else "create index concurrently born on person (born)"
    text = f"-- clew: no-transaction\n{outside};\ninsert into nowhere values (1);\n"
    archivist.apply("0005_outside", text, code=5)
    assert archivist.json("status")["incomplete"]
    archivist.take(name="refused", code=3)
    assert "0005_outside" in archivist.err
    assert not archivist.place("refused").exists()
