"""A backup as a single file: one readable document, known and read like any other."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from commands.backup import single
from commands.backup.stored import open_backup
from tests.backups.files import events, take
from tests.drills.operator import Operator
from tests.scenarios.test_values import SQLITE

SCRIPT = (
    "CREATE TABLE card (id integer PRIMARY KEY, name text, note text);\n"
    "CREATE TABLE none_yet (id integer PRIMARY KEY);\n"
    "INSERT INTO card VALUES (1, 'ดวงอาทิตย์ 🙂', 'a \"quote\"'), (2, 'back\\slash', null);\n"
)


def test_document(operator: Operator) -> None:
    """Manifest and rows are one JSON document, in which every script is readable as itself."""
    operator.begin_with(SCRIPT)
    place = take(operator, "--single")
    assert place.is_file()
    assert [path.name for path in place.parent.iterdir()] == [place.name]
    assert place.stat().st_mode & 0o777 == 0o600
    text = place.read_text(encoding="utf-8")
    assert "ดวงอาทิตย์ 🙂" in text
    assert "\\u" not in text
    found = json.loads(text)
    assert (found["format"], found["layout"], found["journal"]["name"]) == (2, "single", "drill")
    assert place.name.endswith(f"Z-{found['backup'][:8]}.json")
    card, empty = found["tables"]
    assert [row["name"] for row in card["content"]] == ["ดวงอาทิตย์ 🙂", "back\\slash"]
    assert empty["content"] == []
    lines = "".join(
        json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in card["content"]
    ).encode()
    assert (card["rows"], card["bytes"]) == (2, len(lines))
    assert card["digest"] == hashlib.sha256(lines).hexdigest()
    assert {one["path"][-1] for one in found["objects"] if one["kind"] == "table"} == {
        "card",
        "none_yet",
    }
    (taken,) = events(operator, "BackupTaken")
    assert taken["location"] == str(place)
    assert taken["manifest"] == hashlib.sha256(place.read_bytes()).hexdigest()


def test_same_as_a_directory(operator: Operator) -> None:
    """Rows and digests are those of a backup in a directory, for every value there is."""
    if operator.sqlite:
        listed = ", ".join(f"({n}, {value})" for n, value in enumerate(SQLITE))
        script = f"CREATE TABLE v (id integer PRIMARY KEY, c);\nINSERT INTO v VALUES {listed};\n"
    else:
        script = (
            "CREATE TABLE v (id integer PRIMARY KEY, c text, b bytea);\nINSERT INTO v VALUES"
            " (1, E'\\x01\\x0b\\t\\n', '\\x00'), (2, null, null), (3, '\"\\N\"', '');\n"
        )
    operator.begin_with(script)
    one, other = open_backup(take(operator, "--single")), open_backup(take(operator))
    for left, right in zip(one.manifest.tables, other.manifest.tables, strict=True):
        assert (left.digest, left.bytes, left.rows) == (right.digest, right.bytes, right.rows)
        found = [repr(tuple(row)) for row in one.rows(left)]
        assert found == [repr(tuple(row)) for row in other.rows(right)]
    assert one.manifest.objects == other.manifest.objects


def test_verified_and_listed(operator: Operator) -> None:
    """Verify and list know it, also where it was moved to."""
    operator.begin_with(SCRIPT)
    place = take(operator, "card", "--single")
    answer = operator.json("backup", "verify", str(place))
    assert (answer["ok"], answer["vouched"], answer["problems"]) == (True, True, [])
    assert sum(answer["tables"].values()) == 2
    (known,) = operator.json("backup", "list")
    assert known["location"] == str(place)
    moved = place.rename(operator.home / "card.json")
    assert operator.json("backup", "verify", str(moved))["vouched"]


def edit(change: Callable[[dict[str, Any]], Any]) -> Callable[[Path], None]:
    """Return what changes the document and leaves its layout alone."""

    def edited(file: Path) -> None:
        found = json.loads(file.read_bytes())
        change(found)
        file.write_text(json.dumps(found, ensure_ascii=False, separators=(",", ":")))

    return edited


DAMAGE: dict[str, tuple[Callable[[Path], Any], set[str]]] = {
    "cut": (lambda p: p.write_bytes(p.read_bytes()[:-9]), {"not-a-backup"}),
    "emptied": (lambda p: p.write_bytes(b""), {"not-a-backup"}),
    "another document": (lambda p: p.write_text('{"format": 2}'), {"not-a-backup"}),
    "too large": (lambda p: p.write_bytes(b" " * (single.LIMIT + 1)), {"not-a-backup"}),
    "a letter": (
        lambda p: p.write_bytes(p.read_bytes().replace(b"slash", b"slush")),
        {"manifest-edited", "digest"},
    ),
    "a row less": (
        edit(lambda m: m["tables"][0]["content"].pop()),
        {"manifest-edited", "digest", "size", "count"},
    ),
    "another column": (
        edit(lambda m: m["tables"][0]["content"][0].pop("name")),
        {"manifest-edited", "digest", "size", "line"},
    ),
    "no content": (
        edit(lambda m: m["tables"][0].pop("content")),
        {"not-a-backup", "manifest-edited"},
    ),
    "that of a directory": (edit(lambda m: m.update(layout="directory")), {"not-a-backup"}),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_damage(sqlite_operator: Operator, what: str) -> None:
    """Each kind of damage is named, with exit code 5, and none of it can be read."""
    operator, (damage, expected) = sqlite_operator, DAMAGE[what]
    operator.begin_with(SCRIPT)
    place = take(operator, "--single")
    damage(place)
    answer = operator.json("backup", "verify", str(place), code=5)
    assert {problem["kind"] for problem in answer["problems"]} == expected
    assert events(operator, "BackupVerified")[-1]["passed"] is False
    assert len(operator.type("backup", "verify", str(place), code=5).splitlines()) < 7


def test_too_large(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables beyond the limit are refused in one line, and nothing is left."""
    operator.begin_with(SCRIPT)
    monkeypatch.setattr(single, "LIMIT", 1 << 20)
    number = "WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 40000)"
    operator.application(f"INSERT INTO card {number} SELECT i, 'name ' || i, null FROM n")
    operator.type("backup", "take", "--single", "--to", str(operator.home / "new"), code=3)
    assert operator.err.splitlines()[0].endswith(
        "more than 1 MiB, which is the most that one file holds"
    )
    assert not (operator.home / "new").exists()
    assert events(operator, "BackupTaken") == []
    take(operator, "none_yet", "--single")


def test_not_compressed(operator: Operator) -> None:
    """A single file is not compressed, and who asks for both is told."""
    operator.begin_with(SCRIPT)
    words = ("--single", "--compress", "zstd", "--to", str(operator.home / "new"))
    operator.type("backup", "take", *words, code=2)
    assert not (operator.home / "new").exists()
    assert take(operator, "--single", "--compress", "none").is_file()


def test_what_cannot_be_read_back(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the disk does not give back what was written there is no file, and no entry."""
    operator.begin_with(SCRIPT)
    document = single.Gathered.document

    def lossy(*words: Any) -> bytes:
        return document(*words).replace(b"slash", b"slush")

    monkeypatch.setattr(single.Gathered, "document", lossy)
    operator.type("backup", "take", "--single", "--to", str(operator.home / "new"), code=5)
    assert "read back is not what was written" in operator.err
    assert not (operator.home / "new").exists()
    assert events(operator, "BackupTaken") == []


def test_by_a_migration(operator: Operator) -> None:
    """The step of a migration makes one, too."""
    operator.begin_with(SCRIPT)
    operator.file(
        "0001_kept.py",
        "from commands.transform import Backup, Migration, Sql\n\n"
        f"migration = Migration(steps=(Backup(to={str(operator.home / 'b')!r}, tables=('card',),"
        " single=True), Sql(sql='DELETE FROM card')))\n",
    )
    operator.type("apply", str(operator.migrations))
    (file,) = (operator.home / "b").iterdir()
    assert len(json.loads(file.read_text())["tables"][0]["content"]) == 2
    assert operator.json("backup", "verify", str(file))["vouched"]
