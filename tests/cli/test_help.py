"""Help: every verb explains itself, and help costs little."""

import subprocess
import sys

import click
import pytest

from commands.cli.main import VERBS, clew, run
from tests.support.commands import PAGE, page


@pytest.mark.parametrize("name", VERBS)
def test_help_of_every_verb_has_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Help of a verb ends in examples that name the verb."""
    assert run([name, "--help"]) == 0
    out = capsys.readouterr().out
    assert f"clew {name}" in out[out.index("Examples:") :] or "clew --db" in out
    assert "--format" in out


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_is_what_the_list_says(name: str) -> None:
    """Each listed verb loads, and is named as the list names it."""
    command = clew.get_command(click.Context(clew), name)
    assert command is not None
    assert command.name == name
    assert command.help


@pytest.mark.parametrize("words", [["--help"], ["--version"], []])
def test_help_loads_no_driver(words: list[str]) -> None:
    """The list of verbs is printed without SQLAlchemy, psycopg, structlog and rich."""
    script = (
        "import sys; from commands.cli.main import run; run(sys.argv[1:]);"
        "print([m for m in ('sqlalchemy', 'psycopg', 'structlog', 'rich') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *words], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("words", [["status"], ["log"], ["schema"], ["mark", "here"]])
def test_verbs_load_no_sqlalchemy(url: str, words: list[str]) -> None:
    """A verb starts without SQLAlchemy, which took half of its start."""
    script = (
        "import sys; from commands.cli.main import run; run(sys.argv[1:]);"
        "print('sqlalchemy' in sys.modules)"
    )
    for asked in (["init", "--name", "test"], words):
        done = subprocess.run(
            [sys.executable, "-c", script, "--db", url, *asked],
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.splitlines()[-1] == "False"


def test_writing_verbs_ask_who_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    """Every verb that writes takes --actor, --reason and --ref."""
    for name in (
        "init",
        "apply",
        "mark",
        "rollback",
        "accept",
        "stamp",
        "backup take",
        "backup verify",
    ):
        run([*name.split(), "--help"])
        out = capsys.readouterr().out
        assert all(option in out for option in ("--actor", "--reason", "--ref")), name


@pytest.mark.parametrize("name", ["take", "verify", "list"])
def test_help_of_verbs_of_a_verb(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Verbs below a verb explain themselves too; without one, what is missing is said."""
    assert run(["backup", name, "--help"]) == 0
    out = capsys.readouterr().out
    assert f"clew backup {name}" in out[out.index("Examples:") :]
    assert run(["backup"]) == 2
    assert capsys.readouterr().err.splitlines()[0] == "error: missing command"


def test_the_page_of_all_verbs() -> None:
    """The page of all verbs says what their help says (python -m tests.support.commands)."""
    assert PAGE.read_text() == page()
