"""What old entries name leaves, later positions are as they were, and all of it comes back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from journal.errors import Archived
from journal.events import RowsChanged
from journal.opening import open_journal
from tests.archiving.archivist import Archivist
from tests.erasing.eraser import ADA, standing


def test_values_leave(archivist: Archivist) -> None:
    """Values of old rows are in no table of the journal any more, and in the archive."""
    assert standing(ADA, archivist.kept()) == list(ADA)
    archivist.take()
    assert standing(ADA, archivist.kept()) == []
    held = b"".join(
        (archivist.place() / name).read_bytes() for name in ("images.jsonl", "content.jsonl")
    )
    assert held.count(b'"run"') == archivist.seals()[0]["chunks"]
    archivist.proves("archive")


def test_later_answers(archivist: Archivist) -> None:
    """At each position from the seal on every answer is what it was before."""
    positions = range(archivist.old, archivist.old + 5)
    before = [archivist.answers(one) for one in positions]
    archivist.take()
    assert [archivist.answers(one) for one in positions] == before


def test_rollback_after(archivist: Archivist) -> None:
    """A rollback to the seal's own position, and forth again, is exact."""
    here = archivist.oracle()
    archivist.take()
    head = archivist.lines("log")[-1]["position"]
    archivist.back("@old")
    there = archivist.oracle()
    assert there != here
    archivist.back(str(head))
    assert archivist.oracle() == here
    archivist.proves("archive")


def test_rollback_before(archivist: Archivist) -> None:
    """A rollback past the seal is refused before it acts, and says where the archive is."""
    archivist.take()
    old, (seal,) = archivist.old, archivist.seals()
    here, entries = archivist.oracle(), archivist.entries()
    for words in (("rollback", "before:0003_third", "--yes"), ("rollback", "6", "--plan")):
        archivist.type(*words, code=3)
        assert str(archivist.place()) in archivist.err
        assert seal["manifest"] in archivist.err
        assert f"positions up to {old}" in archivist.err
    assert (archivist.oracle(), archivist.entries()) == (here, entries)


@pytest.mark.parametrize(
    "words",
    [
        ("rows", "person", "--at", "after:0002_second"),
        ("diff", "after:0001_first", "head", "--data"),
        ("diff", "after:0001_first", "after:0002_second", "--data"),
        ("history", "person", "2", "--at", "after:0001_first"),
    ],
)
def test_reading_before(archivist: Archivist, words: tuple[str, ...]) -> None:
    """Rows of a time before the seal are refused by the name of the archive, never left out."""
    archivist.type(*words)
    archivist.take()
    archivist.type(*words, code=3)
    assert str(archivist.place()) in archivist.err


def test_bisect(archivist: Archivist) -> None:
    """Looking for a change begins at the seal; a beginning before it is refused."""
    archivist.take()
    asked = "select born from person where id = 2"
    archivist.type("bisect", asked, "--from", "after:0001_first", code=3)
    assert str(archivist.place()) in archivist.err
    if archivist.sqlite:
        found = archivist.json("bisect", asked)
        assert found["from"] == archivist.old
        assert len(found["changes"]) == 1


def test_without_rows(archivist: Archivist) -> None:
    """What no image is needed for is answered for every position, before the seal too."""
    asked: tuple[tuple[str, ...], ...] = (
        ("schema", "--at", "after:0001_first"),
        ("diff", "after:0001_first", "@old"),
        ("log", "--at", "@old"),
        ("conflicts", "--at", "@old"),
    )
    before = [archivist.json(*words) for words in asked]
    archivist.take()
    assert [archivist.json(*words) for words in asked] == before


def test_history(archivist: Archivist) -> None:
    """The history of a row begins after the seal, says so, and blames nobody for what left."""
    whole = archivist.json("history", "person", "2")
    archivist.take()
    found = archivist.json("history", "person", "2")
    after = [one for one in whole["changes"] if one["position"] > archivist.old]
    assert [one["position"] for one in found["changes"]] == [one["position"] for one in after]
    assert [one["cause"] for one in found["changes"]] == ["updated"]
    assert found["row"] == whole["row"]
    assert any(str(archivist.place()) in note for note in found["notes"])


def test_statements_shown(archivist: Archivist) -> None:
    """An old statement is told as archived, with the position, never as lost."""
    changed = [one for one in archivist.lines("log") if one["type"] == "RowsChanged"]
    archivist.take()
    (seal,) = archivist.seals()
    shown = archivist.json("show", str(changed[0]["position"]))
    assert list(shown["content"].values()) == [{"archived": seal["position"]}]
    assert f"archived at {seal['position']}" in archivist.type("show", str(changed[0]["position"]))


def test_restored(archivist: Archivist) -> None:
    """What comes back is what left: each answer, and a rollback to the very beginning."""
    positions = [one["position"] for one in archivist.lines("log")][2:]
    before = [archivist.answers(one) for one in positions]
    kept = archivist.json("history", "person", "2")["changes"]
    archivist.take()
    archivist.restore()
    assert [archivist.answers(one) for one in positions] == before
    assert archivist.json("history", "person", "2")["changes"] == kept
    archivist.proves("archive")
    archivist.back("2")
    archivist.proves("archive")
    archivist.restore(code=3)
    assert "is back already" in archivist.err


def test_several(archivist: Archivist) -> None:
    """A second archive takes what came since; both come back, the newest first."""
    before = archivist.kept()
    archivist.take(name="one")
    archivist.take("head", "two")
    archivist.proves("one", "two")
    assert [one.get("after", 0) for one in archivist.seals()] == [0, archivist.old]
    archivist.restore("one", code=3)
    assert str(archivist.place("two")) in archivist.err
    archivist.restore("two")
    archivist.restore("one")
    archivist.proves("one", "two")
    assert len(archivist.kept()) >= len(before)
    archivist.back("2")
    told = archivist.json("archive", "list")
    assert [one["restored"] is not None for one in told] == [True, True]


def test_twice(archivist: Archivist) -> None:
    """The same position a second time is refused; after it came back, it leaves once more."""
    archivist.take()
    archivist.take(name="again", code=3)
    archivist.restore()
    archivist.take(name="again")
    archivist.proves("again", "archive")


def test_moved(archivist: Archivist) -> None:
    """An archive is known by its content: wherever it was moved, it proves itself and returns."""
    archivist.take()
    archivist.place().rename(archivist.place("elsewhere"))
    archivist.proves("elsewhere")
    archivist.restore("elsewhere")
    archivist.back("2")


def test_dry_run(archivist: Archivist) -> None:
    """A dry run tells what would leave and what it closes, and writes nothing."""
    entries, kept = archivist.entries(), archivist.kept()
    words = ("archive", "take", "head", "--to", str(archivist.place()), "--dry-run")
    told = archivist.json(*words)
    assert told["marks"] == ["old"]
    assert not archivist.place().exists()
    assert (archivist.entries(), archivist.kept()) == (entries, kept)
    archivist.take("head")
    (seal,) = archivist.seals()
    assert (seal["rows"], seal["contents"]) == (told["rows"], told["contents"])


def test_same_statement_later(archivist: Archivist) -> None:
    """A statement that ran before the seal and after it keeps its text, and proves itself."""
    archivist.apply("0005_again", "update person set born = born + 1;\n")
    fourth = str(archivist.lines("log")[-1]["position"] - 3)
    archivist.take(fourth)
    archivist.proves("archive")
    shown = archivist.json("show", str(int(fourth) - 1))
    assert any("born + 1" in str(one) for one in shown["content"].values())


def test_run_again(archivist: Archivist) -> None:
    """A statement whose text left is kept anew when it runs again, and comes back once."""
    archivist.take("head")
    archivist.apply("0005_again", "update person set born = born + 1;\n")
    archivist.proves("archive")
    archivist.take("head", "later")
    archivist.proves("archive", "later")
    archivist.restore("later")
    archivist.restore("archive")
    archivist.proves("archive", "later")
    archivist.back("2")


def test_views_and_saved_folds(archivist: Archivist) -> None:
    """The views for SQL, saved folds and the index of rows prove themselves afterwards."""
    archivist.type("rebuild")
    archivist.take()
    archivist.type("rebuild")
    archivist.proves("archive")
    archivist.restore()
    archivist.type("rebuild")
    archivist.proves("archive")


def test_proofs(archivist: Archivist) -> None:
    """Checkpoints of before still hold, and exports and new checkpoints go on from them."""
    key, first = archivist.home / "key", archivist.home / "first"
    archivist.type("key", "new", "--to", str(key), "--name", "audit.example")
    archivist.type("checkpoint", "--key", str(key), "--to", str(first))
    archivist.take()
    archivist.type("verify", "--checkpoint", str(first))
    second = archivist.home / "second"
    archivist.type("checkpoint", "--key", str(key), "--extends", str(first), "--to", str(second))
    archivist.type("prove", "5", "--checkpoint", str(second), "--to", str(archivist.home / "p"))
    archivist.type("prove", "--check", str(archivist.home / "p"))
    archivist.type("export", str(archivist.home / "out"), "--content", "--key", str(key))
    archivist.type("verify", "--export", str(archivist.home / "out"), "--checkpoint", str(first))
    archivist.type("report", "--format", "json")


def test_erased_since(archivist: Archivist) -> None:
    """Erasing tells which archives hold what it cannot reach, and so does bringing one back."""
    archivist.take()
    stays = archivist.looked("row", "person", "2")["stays"]
    assert str(archivist.place()) in [one["where"] for one in stays if one["kind"] == "archive"]
    archivist.erase("row", "person", "2")
    archivist.proves("archive")
    words = ("archive", "restore", str(archivist.place()), "--dry-run")
    assert archivist.json(*words)["erased_since"]
    archivist.restore()
    archivist.proves("archive")
    assert archivist.looked("row", "person", "2")["images"]


def test_erased_before(archivist: Archivist) -> None:
    """What was erased before it left stays erased in the archive, and when it comes back."""
    archivist.erase("row", "person", "1")
    archivist.take()
    held = b"".join(path.read_bytes() for path in archivist.place().glob("*.jsonl"))
    assert standing(ADA, held) == []
    archivist.proves("archive")
    archivist.restore()
    archivist.proves("archive")
    assert standing(ADA, archivist.kept()) == []


def test_export_complete(archivist: Archivist) -> None:
    """An export of which a content is missing is found, also where its manifest was made to fit."""
    archivist.take()
    archivist.type("export", str(archivist.place("out")), "--content")

    def cut(content: bytes) -> bytes:
        return b"".join(content.splitlines(keepends=True)[1:])

    archivist.rewrite("content.jsonl", cut, "out")
    manifest = archivist.place("out") / "manifest.json"
    said: dict[str, Any] = json.loads(manifest.read_bytes())
    said["contents"] = None
    manifest.write_text(json.dumps(said), encoding="utf-8")
    told = archivist.json("verify", "--export", str(archivist.place("out")), code=6)
    assert "which an entry names" in told["flaws"][0]["text"]


def test_lowest_layer(archivist: Archivist) -> None:
    """Whatever reads images that left is refused by the functions that read them."""
    with open_journal(archivist.url) as journal:
        (old, *_, new) = journal.read(types=("RowsChanged",))
    archivist.take()
    with open_journal(archivist.url) as journal:
        database = journal.database
        assert isinstance(old.event, RowsChanged)
        assert isinstance(new.event, RowsChanged)
        gone, here = [old.event.rows], [new.event.rows]
        key = dict.fromkeys(old.event.rows.key, "2")
        for read in (
            lambda: list(database.net(gone)),
            lambda: list(database.net([*here, *gone])),
            lambda: list(database.net_rows(gone, schema={})),
            lambda: list(database.row_images([(old.position, gone[0])], key)),
        ):
            with pytest.raises(Archived):
                read()
        assert list(database.net(here))
