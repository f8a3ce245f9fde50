"""Whatever happened to a backup since is found, named, and told to the journal."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from commands.cli.main import run
from tests.backups.files import events, take
from tests.drills.operator import Operator

SCRIPT = (
    "CREATE TABLE a (id integer PRIMARY KEY, t text);\n"
    "CREATE TABLE b (id integer PRIMARY KEY, t text);\n"
    "INSERT INTO a VALUES (1, 'one'), (2, 'two');\nINSERT INTO b VALUES (1, 'three');\n"
)


def edit(place: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the manifest as somebody with an editor would."""
    file = place / "manifest.json"
    found = json.loads(file.read_bytes())
    change(found)
    file.write_text(json.dumps(found, indent=2))


def flip(place: Path) -> None:
    """Turn one bit within a value, so that every line is JSON still."""
    file = place / "0001.jsonl"
    content = bytearray(file.read_bytes())
    content[content.index(b"two")] ^= 1
    file.write_bytes(content)


def append(place: Path) -> None:
    """Add a row that was never there."""
    with (place / "0001.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"id":"3","t":"more"}\n')


def odd_line(place: Path) -> None:
    """Give a row another column."""
    file = place / "0001.jsonl"
    file.write_bytes(file.read_bytes().replace(b'"t":', b'"u":', 1))


def link(place: Path) -> None:
    """Put a link where a file was."""
    (place / "0001.jsonl").rename(place.parent / "elsewhere")
    (place / "0001.jsonl").symlink_to(place.parent / "elsewhere")


def pipe(place: Path) -> None:
    """Put a pipe where a file was; to read it would never end."""
    (place / "0001.jsonl").unlink()
    os.mkfifo(place / "0001.jsonl")


DAMAGE: dict[str, tuple[Callable[[Path], Any], set[str]]] = {
    "no manifest": (lambda p: (p / "manifest.json").unlink(), {"not-a-backup"}),
    "manifest a pipe": (
        lambda p: ((p / "manifest.json").unlink(), os.mkfifo(p / "manifest.json")),
        {"not-a-backup"},
    ),
    "manifest of 0 bytes": (
        lambda p: (p / "manifest.json").write_bytes(b""),
        {"manifest-unreadable"},
    ),
    "manifest cut": (
        lambda p: (p / "manifest.json").write_bytes((p / "manifest.json").read_bytes()[:99]),
        {"manifest-unreadable"},
    ),
    "manifest of another kind": (
        lambda p: (p / "manifest.json").write_text("[1]"),
        {"manifest-unreadable"},
    ),
    "newer format": (lambda p: edit(p, lambda m: m.update(format=3)), {"manifest-unreadable"}),
    "path out of it": (
        lambda p: edit(p, lambda m: m["tables"][0].update(file="../../secret.jsonl")),
        {"manifest-unreadable"},
    ),
    "count edited": (
        lambda p: edit(p, lambda m: m["tables"][0].update(rows=7)),
        {"manifest-edited", "count"},
    ),
    "table taken out": (
        lambda p: edit(p, lambda m: m["tables"].pop(0)),
        {"manifest-edited", "extra"},
    ),
    "another identity": (
        lambda p: edit(p, lambda m: m.update(backup="0" * 32)),
        {"manifest-edited"},
    ),
    "missing": (lambda p: (p / "0001.jsonl").unlink(), {"missing"}),
    "0 bytes": (lambda p: (p / "0001.jsonl").write_bytes(b""), {"empty"}),
    "a bit": (flip, {"digest"}),
    "a row more": (append, {"digest", "size", "count"}),
    "another column": (odd_line, {"digest", "line"}),
    "no rows": (
        lambda p: (p / "0001.jsonl").write_bytes(b"\xff\n"),
        {"digest", "size", "count", "line"},
    ),
    "a link": (link, {"no-file"}),
    "a pipe": (pipe, {"no-file"}),
    "a directory": (
        lambda p: ((p / "0001.jsonl").unlink(), (p / "0001.jsonl").mkdir()),
        {"no-file"},
    ),
    "a file more": (lambda p: (p / "0009.jsonl").write_text(""), {"extra"}),
    "two at once": (
        lambda p: (flip(p), (p / "0002.jsonl").unlink(), (p / "x").mkdir()),
        {"digest", "missing", "extra"},
    ),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_damage_is_named(operator: Operator, what: str) -> None:
    """Each kind of damage by its name, all of it, with exit code 5 and an entry."""
    damage, expected = DAMAGE[what]
    operator.begin_with(SCRIPT)
    place = take(operator, "--compress", "none")
    assert operator.json("backup", "verify", str(place))["ok"]
    damage(place)
    answer = operator.json("backup", "verify", str(place), code=5)
    kinds = [problem["kind"] for problem in answer["problems"]]
    assert set(kinds) == expected
    assert len(kinds) == len(expected)
    assert not answer["ok"]
    last = events(operator, "BackupVerified")[-1]
    assert last["passed"] is False
    assert last["found"]
    assert "problem" in operator.type("backup", "verify", str(place), code=5)


def test_whole(operator: Operator) -> None:
    """A whole backup is said to be whole, and the journal vouches for its manifest."""
    operator.begin_with(SCRIPT)
    place = take(operator, "--compress", "none")
    answer = operator.json("backup", "verify", str(place), "--actor", "dana")
    assert (answer["ok"], answer["vouched"], answer["problems"]) == (True, True, [])
    entry = operator.lines("log")[-1]
    assert entry["position"] == answer["position"]
    assert entry["actor"] == "dana"
    assert entry["data"]["found"] == "2 tables, 3 rows read back"


def test_moved(operator: Operator) -> None:
    """A backup that was moved is known by its identity."""
    operator.begin_with(SCRIPT)
    place = operator.home / "moved"
    shutil.move(take(operator, "--compress", "none"), place)
    assert operator.json("backup", "verify", str(place))["vouched"]


def test_without_a_journal(
    operator: Operator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Without a database, or with one that is gone, files are held against the manifest."""
    operator.begin_with(SCRIPT)
    place = take(operator, "--compress", "none")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    assert run(["backup", "verify", str(place)]) == 0
    assert "no journal vouches" in capsys.readouterr().out
    gone = ["--db", "postgresql://dana:sesame@127.0.0.1:1/x", "--format", "json"]
    assert run([*gone, "backup", "verify", str(place)]) == 0
    out = capsys.readouterr().out
    assert "could not be asked" in json.loads(out)["note"]
    assert "sesame" not in out
    flip(place)
    assert run(["backup", "verify", str(place)]) == 5
    assert run(["--db", "nonsense", "backup", "verify", str(place)]) == 2


def test_unknown_to_its_journal(operator: Operator) -> None:
    """A backup that claims to be of this journal, which never heard of it."""
    operator.begin_with(SCRIPT)
    place = operator.home / "copy"
    shutil.copytree(take(operator, "--compress", "none"), place)
    edit(place, lambda m: m.update(backup="11111111-1111-1111-1111-111111111111"))
    answer = operator.json("backup", "verify", str(place), code=5)
    assert [problem["kind"] for problem in answer["problems"]] == ["unknown"]
    edit(place, lambda m: m["journal"].update(id="22222222", name="elsewhere"))
    answer = operator.json("backup", "verify", str(place))
    assert not answer["vouched"]
    assert "elsewhere" in answer["note"]


def test_nothing_there(operator: Operator) -> None:
    """No directory is an error of its own; a file is no backup."""
    operator.begin_with(SCRIPT)
    operator.type("backup", "verify", str(operator.home / "nothing"), code=4)
    file = operator.home / "file"
    file.write_text("")
    assert "is no backup" in operator.type("backup", "verify", str(file), code=5)
    said = operator.type("backup", "verify", str(operator.home), code=5)
    assert "is no backup: it has no manifest.json" in said
    operator.type("backup", "restore", str(operator.home), "--dry-run", code=3)
    assert "it has no manifest.json" in operator.err
    assert "clew backup list" in operator.err
