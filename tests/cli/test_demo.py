"""The demonstration runs as it is told, and leaves a place to explore."""

import json
import shlex
from io import StringIO
from pathlib import Path

import pytest

from commands.cli.demo import NEXT
from commands.cli.main import run


def test_demo_proves_that_the_database_came_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The fingerprint after the rollback is that of before, and what it suggests then works."""
    home = tmp_path / "demo place"
    assert run(["demo", str(home)]) == 0
    out = capsys.readouterr().out
    assert "equal: every definition and every row is what it was" in out
    assert "$ clew verify" in out
    assert "1,857 values read = 588 key, 676 mapped, 540 merged, 32 unmapped, 21 overruled" in out
    assert "null became Berlin" in out
    assert len(out.splitlines()) < 210
    monkeypatch.chdir(home)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    for command in NEXT:
        words = shlex.split(command)[1:]
        yes = ["--yes"] if words[0] == "rollback" and "--plan" not in words else []
        assert run([*words, *yes]) == 0, capsys.readouterr().err


class Terminal(StringIO):
    """Somebody who answers."""

    def isatty(self) -> bool:
        """Say that it is a terminal."""
        return True


def test_the_reader_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """At a terminal a person is asked which candidate is right."""
    monkeypatch.setattr("sys.stdin", Terminal("7\n2\n"))
    assert run(["demo", str(tmp_path / "d")]) == 0
    out = capsys.readouterr().out
    assert "Which one is right?" in out
    assert "null became Lagos" in out


def test_demo_in_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A program gets the fingerprints and where the files are, and nothing else."""
    assert run(["demo", str(tmp_path / "d"), "--format", "json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["equal"] is True
    assert answer["before"] == answer["after"] != answer["migrated"]
    assert Path(answer["database"]).is_file()


def test_demo_overwrites_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A directory that holds something is refused."""
    (tmp_path / "precious").touch()
    assert run(["demo", str(tmp_path)]) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]
