"""Files that a power cut or a full disk left torn: each is known for what it is, and not used."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.crash.places import Ground, Place
from tests.crash.works import begin

DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "half": lambda content: content[: len(content) // 2],
    "one byte short": lambda content: content[:-1],
    "zeros at the end": lambda content: (
        content[: len(content) // 2] + bytes((len(content) + 1) // 2)
    ),
    "zeros at the beginning": lambda content: (
        bytes(len(content) // 2) + content[len(content) // 2 :]
    ),
    "all zeros": lambda content: bytes(len(content)),
    "gone": lambda content: content,
}
"""What a disk may hold of a file that was not synced; ``gone`` is one whose name is missing."""
_ANY_ROWS = 20
"""Bytes of a compressed file that holds any row."""


@pytest.fixture(scope="module", name="whole")
def _whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A place with one of each kind of file."""
    ground = Ground(tmp_path_factory.mktemp("torn"))
    place = begin(ground)
    home = place.home
    place.ask("backup", "take", "--to", f"{home}/backups", "--single")
    key = ("--key", f"{home}/audit.pem")
    place.ask("checkpoint", *key, "--to", f"{home}/head.txt")
    place.ask("prove", "3", *key, "--to", f"{home}/3.proof")
    place.ask("export", f"{home}/out", *key, "--content")
    place.ask("export", f"{home}/lake", "--parquet")
    shown = json.loads(place.ask("key", "show", f"{home}/audit.pem", "--format", "json").out)
    (home / "verifier").write_text(shown["verifier"])
    yield place
    ground.drop(place)


def _read(place: Place, file: Path) -> list[tuple[str, ...]]:
    """Say which verbs read a file, and use what stands in it."""
    home = place.home
    trusted = ("--verifier", (home / "verifier").read_text())
    match file.relative_to(home).parts:
        case ("taken" | "backups" as folder, name, *_):
            backup = f"{home}/{folder}/{name}"
            return [("backup", "verify", backup), ("backup", "restore", backup, "--yes")]
        case ("out", *_):
            return [("verify", "--export", f"{home}/out", *trusted)]
        case ("lake", *_):
            return [("verify", "--export", f"{home}/lake")]
        case ("head.txt",):
            return [("verify", "--checkpoint", str(file), *trusted)]
        case ("3.proof",):
            return [("prove", "--check", str(file), *trusted)]
        case _:
            return [("checkpoint", "--key", str(file))]


def _same(file: Path, torn: bytes, content: bytes) -> bool:
    """Tell what says the same: without its last line end, or a table without rows, zeros and all."""
    unended = file.name in ("audit.pem", "manifest.json", "ranges.json") and torn + b"\n" == content
    return unended or len(torn) == len(content) < _ANY_ROWS


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_torn_file_is_never_taken_for_whole(whole: Place, damage: str) -> None:
    """Whichever file it is: words and an exit code say what is wrong, and nothing is taken in."""
    before = whole.seen()
    folders = ("taken", "backups", "out", "lake", "head.txt", "3.proof", "audit.pem")
    below = (
        one for name in folders for one in (whole.home / name, *(whole.home / name).rglob("*"))
    )
    for file in [one for one in below if one.is_file()]:
        content = file.read_bytes()
        torn = DAMAGE[damage](content)
        if damage != "gone" and (torn == content or _same(file, torn, content)):
            continue
        for words in _read(whole, file):
            file.unlink() if damage == "gone" else file.write_bytes(torn)
            answer = whole.ask(*words, code=None)
            file.write_bytes(content)
            codes = (2, 4) if words[0] == "checkpoint" else (3, 4, 5, 6)
            assert answer.code in codes, (file, words, answer)
            assert "fault of Clew" not in answer.err
            said = answer.out + answer.err
            assert file.name in said or file.parent.name in said or "backup verify" in said, answer
    assert whole.seen() == before
    whole.ask("verify", "--export", f"{whole.home}/lake")
