"""Disks that fill up, compressed files that were changed, places and databases out of reach."""

from __future__ import annotations

import gzip
import json
import os
import resource
import signal
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard

from commands.backup import verify as verifying
from commands.backup.stored import open_backup
from commands.cli.main import run
from commands.opening import Asker
from journal.errors import CheckFailed
from tests.backups.files import events, manifest, take
from tests.drills.operator import Operator

SCRIPT = (
    "CREATE TABLE big (id integer PRIMARY KEY, t text);\n"
    "INSERT INTO big WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
    " WHERE i < 60000) SELECT i, 'row ' || (i * 7919) || ' of many ' || (i % 997 * 104729) FROM n;\n"
)
CLEW = "import sys; from commands.cli.main import run; sys.exit(run(sys.argv[1:]))"
KB = 1 << 10


@pytest.mark.parametrize("words", [("--compress", "none"), ("--compress", "zstd"), ("--single",)])
def test_disk_that_fills_up(operator: Operator, words: tuple[str, ...]) -> None:
    """In the middle of a table: one line, exit code 5, no directory, no entry; then it works."""
    operator.begin_with(SCRIPT)

    size = (100 if "zstd" in words else 1_000) * KB

    def little() -> None:  # a write beyond it fails as one to a full disk does
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    to = operator.home / "backups" / "deep"
    take_it = ("backup", "take", *words, "--to", str(to))
    if operator.sqlite:  # whose own files are as large as that
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("commands.backup.files.os.fdopen", full_after(size))
            operator.type(*take_it, code=5)
        said = operator.err
    else:
        done = subprocess.run(
            [sys.executable, "-c", CLEW, "--db", operator.url, *take_it],
            check=False,
            preexec_fn=little,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert (done.returncode, done.stdout) == (5, "")
        said = done.stderr
    line, hint = said.splitlines()[-2:]
    assert line.startswith("error: cannot write the backup to")
    assert hint == "hint: Nothing of it was kept."
    assert not (operator.home / "backups").exists()
    assert events(operator, "BackupTaken") == []
    assert take(operator, *words).exists()


def full_after(size: int) -> Callable[..., Any]:
    """Return what opens files on a disk that has room for so much."""
    fdopen = os.fdopen

    def opened(handle: int, mode: str) -> Any:
        file, left = fdopen(handle, mode), [size]
        write = file.write

        class Little:
            def __enter__(self) -> Any:
                return self

            def __exit__(self, *_: object) -> None:
                file.close()

            def write(self, data: bytes) -> int:
                left[0] -= len(data)
                if left[0] < 0:
                    raise OSError(28, "No space left on device")
                return write(data)

            def __getattr__(self, name: str) -> Any:
                return getattr(file, name)

        return Little()

    return opened


def test_error_in_the_middle(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever ends it while a table is half read, the session is free again at once."""
    operator.begin_with(SCRIPT)

    def failed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("commands.backup.files._Written.take", failed)
        operator.type("backup", "take", "--to", str(operator.home / "backups"), code=130)
    assert not (operator.home / "backups").exists()
    operator.application("DROP TABLE big")


SUFFIX = {"gzip": ".gz", "zstd": ".zst"}
PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}


def turned(content: bytes, place: int) -> bytes:
    """Return the content with one bit turned."""
    return content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :]


@pytest.mark.parametrize("compress", SUFFIX)
def test_damaged_streams(
    sqlite_operator: Operator, compress: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A compressed file that was changed in any way is named in one line, with exit code 5."""
    operator = sqlite_operator
    operator.begin_with(SCRIPT)
    place = take(operator, "--compress", compress)
    file = place / f"0001.jsonl{SUFFIX[compress]}"
    whole = file.read_bytes()
    other = PACK[compress](b'{"id":1,"t":"x"}\n')
    cases: dict[str, tuple[bytes, set[str]]] = {
        "cut": (whole[: len(whole) // 2], {"size", "damaged", "digest", "count", "line"}),
        "cut by one": (whole[:-1], {"size", "damaged", "digest", "count", "line"}),
        "begins otherwise": (turned(whole, 0), {"damaged"}),
        "plain text": (b"x" * len(whole), {"damaged"}),
        "more behind it": (whole + b"x", {"size", "damaged"}),
        "twice": (whole + whole, {"size", "damaged"}),
        "another stream": (other, {"size", "digest", "count"}),
        "0 bytes": (b"", {"empty"}),
    }
    monkeypatch.delenv("DATABASE_URL", raising=False)
    found = {}
    for name, (content, expected) in cases.items():
        file.write_bytes(content)
        answer = verifying.verify(None, place, asker=Asker(actor="test"))
        found[name] = {problem.kind for problem in answer.problems} - expected
        assert not answer.ok, name
        assert all("\n" not in problem.text for problem in answer.problems)
        stored = open_backup(place)
        with pytest.raises(CheckFailed):
            list(stored.rows(stored.manifest.tables[0]))
    assert found == {name: {"size"} & found[name] for name in cases}
    for at in range(20, len(whole), len(whole) // 40):
        file.write_bytes(turned(whole, at))
        assert not verifying.verify(None, place, asker=Asker(actor="test")).ok, at
    assert run(["backup", "verify", str(place)]) == 5


@pytest.mark.parametrize("compress", SUFFIX)
def test_bomb(sqlite_operator: Operator, compress: str) -> None:
    """A small file that becomes a large one is left when it has become too much."""
    operator = sqlite_operator
    operator.begin_with("CREATE TABLE t (id integer PRIMARY KEY);\nINSERT INTO t VALUES (1);\n")
    place = take(operator, "--compress", compress)
    file = place / f"0001.jsonl{SUFFIX[compress]}"
    file.write_bytes(PACK[compress](b"0" * (200 << 20)))
    tracemalloc.start()
    answer = operator.json("backup", "verify", str(place), code=5)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 << 20
    assert [problem["kind"] for problem in answer["problems"]] == ["size", "size"]
    assert answer["problems"][1]["found"] == "more"


def test_swapped_files(operator: Operator) -> None:
    """Two files that bear each other's names are both named."""
    operator.begin_with(
        "CREATE TABLE a (id integer PRIMARY KEY);\nCREATE TABLE b (x text);\n"
        "INSERT INTO a VALUES (1);\nINSERT INTO b VALUES ('1');\n"
    )
    place = take(operator)
    one, two = (place / table["file"] for table in manifest(place)["tables"])
    one.rename(place / "x")
    two.rename(one)
    (place / "x").rename(two)
    answer = operator.json("backup", "verify", str(place), code=5)
    assert {problem["file"] for problem in answer["problems"]} == {one.name, two.name}


def test_manifest_of_another_compression(operator: Operator) -> None:
    """A manifest that was edited to claim no compression names no file of its backup."""
    operator.begin_with(SCRIPT)
    place = take(operator)
    text = (place / "manifest.json").read_text()
    assert '"compression": "zstd"' in text
    (place / "manifest.json").write_text(text.replace('"zstd"', '"none"'))
    answer = operator.json("backup", "verify", str(place), code=5)
    assert "manifest-unreadable" in {problem["kind"] for problem in answer["problems"]}


def test_unreachable(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A database out of reach is one line without the password, and nothing is made."""
    words = ["backup", "take", "--to", str(tmp_path / "b")]
    assert run(["--db", "postgresql://dana:sesame@127.0.0.1:1/x", *words]) == 5
    err = capsys.readouterr().err
    assert "cannot reach" in err
    assert "sesame" not in err
    assert run(["--db", f"sqlite:///{tmp_path}/none.db", *words]) == 5
    assert list(tmp_path.iterdir()) == []


def test_json_answers(operator: Operator) -> None:
    """What was taken is told as JSON, sizes as they are stored included."""
    operator.begin_with(SCRIPT)
    answer = operator.json("backup", "take", "--to", str(operator.home / "b"))["backup"]
    stored = sum(file.stat().st_size for file in Path(answer["location"]).iterdir())
    assert answer["stored"] == stored
    assert answer["bytes"] > 2 * stored
    assert json.loads((Path(answer["location"]) / "manifest.json").read_text())["tables"]
