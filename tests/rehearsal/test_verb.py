"""The verb as it is typed: the list, the last line, the exit codes, and no secrets."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
import pytest

from tests.cli.conftest import typist as typist  # noqa: PLC0414 - pytest finds it by its name
from tests.cli.typing_in import Typist
from tests.rehearsal.theatre import PREFIX, programs


@pytest.fixture
def begun(typist: Typist, monkeypatch: pytest.MonkeyPatch) -> Typist:
    """A journal with two applied migrations, and a place for copies."""
    temporary = typist.home / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    typist.begin()
    return typist


def rehearse(begun: Typist, *words: str, code: int = 0) -> str:
    """Type the verb."""
    known = ("--pg-bin", str(programs()))
    return begun.type("rehearse", str(begun.migrations), *known, *words, code=code)


def test_go_and_no_go(begun: Typist) -> None:
    """The last line is GO with exit code 0, or NO-GO with exit code 1."""
    begun.file("0003_more.sql", "create table more (id integer primary key);\n")
    said = rehearse(begun)
    assert said.splitlines()[-1] == "GO"
    assert "0003_more: returns: definitions, rows and sequences are as before" in said
    begun.file("0004_bad.sql", "select 1;\nupdate nope set x = 1;\n")
    said = rehearse(begun, code=1)
    assert said.splitlines()[-1] == "NO-GO"
    assert "no-go  0004_bad: applies: " in said
    assert "line 2" in said


def test_json(begun: Typist) -> None:
    """JSON has the verdict, each migration in figures, and each item with its evidence."""
    begun.file("0003_more.sql", "create table more (id integer primary key);\n")
    answer = begun.json("rehearse", str(begun.migrations), "--pg-bin", str(programs()))
    assert answer["go"] is True
    assert answer["copy"].keys() == {"url", "how", "sample", "bytes", "seconds", "kept"}
    assert all(
        {"what", "verdict", "evidence", "migration"} <= one.keys() for one in answer["items"]
    )
    (one,) = answer["migrations"]
    assert (one["migration"], one["returned"], one["repeated"]) == ("0003_more", "exact", "exact")
    (line,) = begun.lines("rehearse", str(begun.migrations), "--pg-bin", str(programs()))
    assert line["go"] is True


def test_no_password_is_shown(begun: Typist) -> None:
    """Neither answers nor errors show a password, of the database or of a scratch URL."""
    if begun.url.startswith("sqlite"):
        pytest.skip("a file has no password")
    begun.file("0003_more.sql", "create table more (id integer primary key);\n")
    shown = rehearse(begun, "--keep", "--format", "json")
    shown += begun.err
    name = begun.application(
        f"select datname from pg_database where datname like '{PREFIX}%\\_{os.getpid()}\\_%'"
    )[0][0]
    begun.application(f'drop database "{name}"')
    shown += rehearse(begun, "--scratch", "postgresql://me:sesame@127.0.0.1:1/x", code=5)
    shown += begun.err
    assert ":clew@" not in shown
    assert "sesame" not in shown
    assert name in shown


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ended(begun: Typist, number: signal.Signals) -> None:
    """Ctrl-C ends with 130, a request to end with 143, and the copy is gone."""
    if begun.url.startswith("sqlite"):
        begun.file("0003_slow.py", "import time\ntime.sleep(60)\n")
    else:
        begun.file("0003_slow.sql", "select pg_sleep(60);\n")
    temporary = begun.home / "temporary"
    with subprocess.Popen(
        [
            sys.executable,
            "-c",
            "from commands.cli.main import main; main()",
            "--db",
            begun.url,
            "rehearse",
            str(begun.migrations),
            "--pg-bin",
            str(programs()),
        ],
        env={**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": str(Path.cwd())},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        try:
            copies(begun, child.pid, there=True)
            time.sleep(2.0)
            child.send_signal(number)
            _, err = child.communicate(timeout=30)
        finally:
            child.kill()
    assert child.returncode == (130 if number == signal.SIGINT else 143), err
    copies(begun, child.pid, there=False)


def copies(begun: Typist, process: int, *, there: bool) -> None:
    """Wait until a process has a copy, or has none."""
    until = time.monotonic() + 30
    while bool(found := _copies(begun, process)) is not there:
        assert time.monotonic() < until, found
        time.sleep(0.1)


def _copies(begun: Typist, process: int) -> list[str]:
    if begun.url.startswith("sqlite"):
        return [path.name for path in (begun.home / "temporary").iterdir()]
    with psycopg.connect(begun.url, autocommit=True) as db:
        mine = f"{PREFIX}%\\_{process}\\_%"
        rows = db.execute("select datname from pg_database where datname like %s", (mine,))
        return [row[0] for row in rows.fetchall()]
