"""How errors are told: a line, a hint, an exit code."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import commands.cli.main as command_line
from commands.cli.main import run
from tests.cli.typing_in import Typist


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["show", "99"], 4),
        (["show", "yesterday"], 2),
        (["rows", "nothing"], 4),
        (["log", "--type", "Nothing"], 2),
        (["rollback", "@nothing", "--yes"], 4),
        (["frobnicate"], 2),
        (["rows"], 2),
        (["accept"], 2),
        (["mark", "two words"], 2),
    ],
)
def test_exit_codes(typist: Typist, words: list[str], code: int) -> None:
    """Each kind of error has its exit code, one line in lower case, and prints no answer."""
    typist.begin()
    assert typist.type(*words, code=code) == ""
    first, *rest = typist.err.splitlines()
    assert first.startswith("error: ")
    assert not first.endswith(".")
    assert first[7] == first[7].lower()
    assert all(line.startswith("hint: ") for line in rest)


def test_without_a_journal(typist: Typist) -> None:
    """A database without a journal is said to have none, and what creates one."""
    typist.type("status", code=4)
    assert "clew init" in typist.err


def test_errors_in_json(typist: Typist) -> None:
    """With a machine's format the error is an object on stderr."""
    typist.begin()
    typist.type("show", "99", "--format", "json", code=4)
    error = json.loads(typist.err)["error"]
    assert error["exit_code"] == 4
    assert error["kind"] == "NotFound"
    assert "99" in error["message"]


def test_no_database_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a database the hint says how to name one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert run(["status"]) == 2
    assert "--db" in capsys.readouterr().err


def test_password_is_hidden(capsys: pytest.CaptureFixture[str]) -> None:
    """An unreachable server is one line with a hint, and the password is in neither."""
    assert run(["--db", "postgresql://dana:sesame@127.0.0.1:1/x", "status"]) == 5
    err = capsys.readouterr().err
    assert "sesame" not in err
    assert "Traceback" not in err
    assert err.startswith("error: ")
    assert "hint: " in err


def test_options_before_and_after_the_verb(
    typist: Typist, capsys: pytest.CaptureFixture[str]
) -> None:
    """--db and --format are taken on both sides of the verb."""
    typist.begin()
    capsys.readouterr()
    assert run(["--format", "json", "verify", "--db", typist.url]) == 0
    before = capsys.readouterr().out
    assert run(["verify", "--db", typist.url, "--format", "json"]) == 0
    assert capsys.readouterr().out == before


def test_interrupt(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C ends with 130 and one word."""

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command_line.Verbs, "get_command", interrupted)
    assert run(["status"]) == 130
    assert "interrupted" in capsys.readouterr().err


def test_reader_that_goes_away(typist: Typist) -> None:
    """A closed pipe ends quietly."""
    typist.begin()
    script = "from commands.cli.main import main; main()"
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as closed:
        done = subprocess.run(
            [sys.executable, "-c", script, "--db", typist.url, "log"],
            stdout=closed,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.stderr == b""
    assert done.returncode == 141


def test_a_foreign_package_is_named(tmp_path: Path) -> None:
    """Where a project's own package hides ours, Clew says so and stops."""
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal" / "__init__.py").touch()
    home = Path(command_line.__file__).parents[2]
    for name in ("commands", "projections"):
        (tmp_path / name).symlink_to(home / name)
    script = (
        "import sys; from commands.cli import main; import journal;"
        "sys.path.insert(0, sys.argv.pop()); del sys.modules['journal'];"
        "print(main.foreign_package())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert str(tmp_path / "journal") in done.stdout
    assert command_line.foreign_package() == ""


def test_an_unexpected_error_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A fault of ours is told in a line, and not as a page of code."""

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("nothing")

    monkeypatch.setattr(command_line.Verbs, "get_command", broken)
    assert run(["status"]) == 5
    err = capsys.readouterr().err
    assert "ZeroDivisionError" in err
    assert "Traceback" not in err
