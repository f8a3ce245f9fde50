"""Completion: what a real bash offers, and that it never disturbs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from commands.cli.main import VERBS, run
from tests.cli.typing_in import Typist

BASH = r"""
export COMP_WORDBREAKS=$' \t\n"\'><=;|&(:@'
set -e
eval "$(clew completion bash)"
complete -p clew > /dev/null
line=$1
mapfile -t COMP_WORDS < <("$PYTHON" - "$line" <<'SPLIT'
import re, sys
line = sys.argv[1]
words = re.findall(r"[^\s:=@]+|[:=@]+", line)
print("\n".join([*words, *([""] if line.endswith(" ") else [])]))
SPLIT
)
COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_LINE=$line COMP_POINT=${#line}
_clew_completion clew "${COMP_WORDS[COMP_CWORD]}" 2>/dev/null
printf '%s\n' "${COMPREPLY[@]}"
"""


class Shell:
    """A bash in which somebody types and presses the key that completes."""

    def __init__(self, home: Path, url: str) -> None:
        self.home = home
        shim = home / "bin" / "clew"
        shim.parent.mkdir()
        call = "from commands.cli.main import main; main()"
        shim.write_text(f"#!/bin/sh\nexec '{sys.executable}' -c '{call}' \"$@\"\n")
        shim.chmod(0o755)
        self.environment = {
            **os.environ,
            "PATH": f"{shim.parent}:{os.environ['PATH']}",
            "PYTHON": sys.executable,
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "DATABASE_URL": url,
            "LC_ALL": "C.UTF-8",
        }

    def offers(self, line: str) -> list[str]:
        """What is offered for the word that the line ends in."""
        done = subprocess.run(
            ["bash", "--norc", "-c", BASH, "bash", line],
            env=self.environment, cwd=self.home, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert done.stderr == ""
        return done.stdout.split("\n")[:-1] if done.stdout.strip() else []


@pytest.fixture
def shell(typist: Typist) -> Shell:
    """A shell beside a journal with marks, migrations and an odd table."""
    typist.begin()
    typist.file("0003_odd.sql", 'create table "my table; $x" (id integer primary key);\n')
    typist.type("apply", str(typist.migrations))
    typist.type("mark", "release-1")
    typist.type("mark", "release-2")
    return Shell(typist.home, typist.url)


def test_names_out_of_the_journal(shell: Shell) -> None:
    """Marks, migrations and tables are offered, without the part that bash has already."""
    assert shell.offers("clew rollback @rel") == ["release-2", "release-1"]
    assert shell.offers("clew diff before:0001_people after:000")[0] == "0003_odd"
    prefix = "" if shell.environment["DATABASE_URL"].startswith("sqlite") else "public."
    odd = rf"{prefix}my\ table\;\ \$x"
    assert shell.offers("clew history ") == [odd, f"{prefix}person"]


def test_bash(tmp_path: Path, sqlite_url: str) -> None:
    """Verbs, options and values are offered; a database that is not there disturbs nobody."""
    shell = Shell(tmp_path, "sqlite:///elsewhere.db")
    assert set(shell.offers("clew ")) == set(VERBS)
    assert shell.offers("clew ro") == ["rows", "rollback"]
    assert "--oneline" in shell.offers("clew log --on")
    assert shell.offers("clew log --type=RowsCh") == ["RowsChanged"]
    assert shell.offers("clew rows ") == []
    assert shell.offers("clew rows --at ") == ["head", "before:", "after:"]
    assert not (tmp_path / "elsewhere.db").exists()
    shell.environment["DATABASE_URL"] = "postgresql://nobody:x@127.0.0.1:1/none"
    assert shell.offers("clew rows ") == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [("zsh", "plain\nlog\nThe entries of the journal."), ("fish", "plain,log\tThe entries")],
)
def test_other_shells(name: str, expected: str, tmp_path: Path) -> None:
    """Zsh and fish are given a script, and what their scripts ask for."""
    shell = Shell(tmp_path, "")
    script = subprocess.run(
        ["clew", "completion", name], env=shell.environment, capture_output=True, text=True,
        check=True,
    ).stdout  # fmt: skip
    assert "clew" in script
    assert f"{name}_complete" in script
    asking = {"COMP_WORDS": "clew lo", "COMP_CWORD": "1" if name == "zsh" else "lo"}
    asking["_CLEW_COMPLETE"] = f"{name}_complete"
    told = subprocess.run(
        ["clew"], env=shell.environment | asking, capture_output=True, text=True, check=True
    ).stdout
    assert expected in told


def test_verbs_are_offered_without_loading_them(tmp_path: Path) -> None:
    """What is offered at first costs no driver."""
    script = (
        "import sys\nfrom commands.cli.main import run\ntry:\n    run([])\nfinally:\n"
        "    print([m for m in ('sqlalchemy', 'psycopg', 'structlog') if m in sys.modules])"
    )
    asking = {"_CLEW_COMPLETE": "bash_complete", "CLEW_LINE": "clew l"}
    done = subprocess.run(
        [sys.executable, "-c", script],
        check=False,
        env={**os.environ, **asking},
        capture_output=True,
        text=True,
    )
    assert done.stdout.splitlines() == ["plain,log", "[]"]


def test_unknown_shell(capsys: pytest.CaptureFixture[str]) -> None:
    """A shell that we do not know is told so."""
    assert run(["completion", "tcsh"]) == 2
    assert "tcsh" in capsys.readouterr().err
