"""What docs/proof.md tells a stranger to type works, with none of our code and no database."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.proof.exports import Auditor

PAGE = Path(__file__).parents[2] / "docs" / "proof.md"
BLOCKS = re.findall(r"```(bash|python|javascript)\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
LOOKED_AT = (
    {"checkpoint"},
    {"checkpoint", "entries.jsonl"},
    {"checkpoint", "entries.jsonl"},
    {"entry.tlog-proof"},
)
FORGED = {
    "checkpoint": (rb"\n[0-9]+\n", b"\n1\n"),
    "entries.jsonl": (rb"captured", b"imported"),
    "entry.tlog-proof": (rb"index [0-9]+", b"index 0"),
}
PROGRAMS = {"bash": "openssl", "python": "", "javascript": "node"}


def _words(language: str, script: str) -> list[str]:
    if language == "python":
        return [sys.executable, "-I", "-W", "error::SyntaxWarning", "-c", script]
    return (
        ["bash", "-euo", "pipefail", "-c", script] if language == "bash" else ["node", "-e", script]
    )


def _run(home: Path, number: int) -> subprocess.CompletedProcess[str]:
    """Run a block of the page in a directory, in a process that finds nothing of ours."""
    language, script = BLOCKS[number]
    return subprocess.run(
        _words(language, script),
        check=False,
        cwd=home,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )


@pytest.fixture
def taken_home(auditor: Auditor) -> Path:
    """An export as an auditor has it, with a proof of one entry; the database is gone."""
    home = auditor.export("out", "--key", auditor.key)
    proof = str(home / "entry.tlog-proof")
    auditor.typist.type("prove", "5", "--checkpoint", str(home / "checkpoint"), "--to", proof)
    return home


def test_there_are_blocks() -> None:
    """The page shows OpenSSL, Python twice, and another language."""
    assert [language for language, _ in BLOCKS] == ["bash", "python", "javascript", "python"]


def test_blocks(taken_home: Path) -> None:
    """Each block proves an export that nobody touched, and fails on one that somebody did."""
    for number, (language, _) in enumerate(BLOCKS):
        program = PROGRAMS[language]
        if not program or shutil.which(program, path="/usr/bin:/bin"):
            _try(taken_home, number)


def _try(taken_home: Path, number: int) -> None:
    done = _run(taken_home, number)
    assert done.returncode == 0, done.stderr
    assert re.search(r"Verified Successfully|those that were signed|proved: \{", done.stdout)
    for name, (true, false) in FORGED.items():
        file = taken_home / name
        content = file.read_bytes()
        forged = re.sub(true, false, content, count=1)
        assert forged != content
        file.write_bytes(forged)
        assert bool(_run(taken_home, number).returncode) == (name in LOOKED_AT[number]), name
        file.write_bytes(content)
