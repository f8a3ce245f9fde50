"""Who else was at the file while a program ran is named: their rows are nobody's to blame."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from commands.cli.page import Page
from commands.cli.recording import _tell
from journal.sqlite.observing import watching
from tests.record.recorder import CHILD, Recorder
from tests.record.test_record import SETUP, WORK

APPLICATION = """
import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("select 1 from person").fetchall()
print("there", flush=True)
for line in sys.stdin:
    db.execute(line)
    print("done", flush=True)
"""


@contextmanager
def application(recorder: Recorder) -> Iterator[subprocess.Popen[str]]:
    """A process that has the file open, and writes what it is told to."""
    path = recorder.url.removeprefix("sqlite:///")
    with subprocess.Popen(
        [sys.executable, "-c", APPLICATION, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "there\n"
        yield process
        assert process.stdin
        process.stdin.close()
        process.wait(timeout=10)


def test_nobody_else(file: Recorder) -> None:
    """Neither the program and its children nor the command are others."""
    file.begin(*SETUP)
    answer = file.record("sh", "-c", f"{sys.executable} {CHILD} 'delete from pet' wait:0.6")
    assert answer.others == ()
    assert answer.left == ()


def test_somebody_has_the_file_open(file: Recorder) -> None:
    """A process that has the file open is named, with the rows on record that may be its own."""
    file.begin(*SETUP)
    with application(file) as other:
        answer = file.child("delete from pet", "insert into person values (9, 'x', 1)")
        assert [one.mixed for one in answer.others] == [4]
        assert str(other.pid) in answer.others[0].who


def test_somebody_comes_meanwhile(file: Recorder, capsys: object) -> None:
    """A process that opens the file only while the program runs is named as well."""
    file.begin(*SETUP)
    mark = file.home / "there"
    script = (
        f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {APPLICATION!r},"
        f" {file.url.removeprefix('sqlite:///')!r}], env={{}}, stdin=subprocess.PIPE);"
        f"open({str(mark)!r}, 'w').close(); time.sleep(1.5)"
    )
    answer = file.record(sys.executable, "-c", script)
    assert len(answer.others) == 1  # it does not bear the run: nobody can tell it from others
    assert answer.others[0].mixed == 0


def test_others_are_told(file: Recorder) -> None:
    """The text says who was there, and that rows on record may be theirs."""
    import io

    file.begin(*SETUP)
    with application(file):
        answer = file.child("delete from pet")
    text = io.StringIO()
    _tell(Page(text), answer)
    assert "also there: python" in text.getvalue()
    assert "3 rows on record may be theirs" in text.getvalue()


def test_others_are_on_record(file: Recorder) -> None:
    """Who was there stands in the journal with the run."""
    file.begin(*SETUP)
    with application(file) as other:
        file.child("delete from pet")
    notes = file.entries("RunCompleted")[-1].event.notes
    assert any(str(other.pid) in note for note in notes)


def test_before_and_after(file: Recorder) -> None:
    """What is written before the program and after it is not the program's."""
    file.begin(*SETUP)
    file.sql("insert into pet values (50, 1, 'before')")
    answer = file.child("insert into pet values (51, 1, 'x')")
    file.sql("insert into pet values (52, 1, 'after')")
    assert [one.text for one in answer.tables] == ["pet: 1 row added"]
    file.go(answer.first)
    assert file.sql("select id from pet where id > 40 order by id") == [(50,), (52,)]


def test_child_that_holds_a_lock(file: Recorder) -> None:
    """A process that the program leaves behind with the file locked is named, and waited for."""
    file.begin(*SETUP)
    script = (
        "import sqlite3, sys, time; db = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "db.execute('begin immediate'); db.execute('delete from pet');"
        "print('there', flush=True); time.sleep(float(sys.argv[2])); db.execute('rollback')"
    )
    path = file.url.removeprefix("sqlite:///")
    command = f"""{sys.executable} -c "{script}" {path} 7 > /dev/null & sleep 1"""
    began = time.monotonic()
    answer = file.record("sh", "-c", command)
    assert time.monotonic() - began > 5
    assert len(answer.left) == 1
    assert answer.tables == ()
    file.prove()


def test_written_by_the_application_itself(file: Recorder) -> None:
    """A file open in the very process that records is not taken for an other's."""
    file.begin(*SETUP)
    with closing(sqlite3.connect(Path(file.url.removeprefix("sqlite:///")))) as mine:
        mine.execute("select 1 from pet").fetchall()
        assert file.child(*WORK).others == ()


def test_written_before_the_start(file: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who writes between the copy and the program's start is named as well."""
    file.begin(*SETUP)
    start = watching.SqliteObservation.starting

    def late(self: watching.SqliteObservation) -> None:
        file.sql("delete from pet where id = 1")
        start(self)

    monkeypatch.setattr(watching.SqliteObservation, "starting", late)
    answer = file.child("delete from pet where id = 2")
    assert [(one.who, one.mixed) for one in answer.others] == [
        ("somebody who wrote to the file before the program started", 2)
    ]
