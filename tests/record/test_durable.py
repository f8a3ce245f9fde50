"""Whenever the command is killed, the next one finishes the record, and it goes back exactly."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from commands.accept import accept
from commands.apply import apply
from commands.rollback import rollback
from commands.status import status
from journal.errors import AnswerIsNo, Busy, Tampered, Unreachable
from journal.events import RunInterrupted
from tests.record.recorder import CHILD, Recorder
from tests.record.test_record import SETUP, WORK

KIND = """
from commands.opening import target
with target(None).database() as database:
    kind = type(database)
"""
DIE = "lambda *_, **__: os._exit(137)"


def killed(recorder: Recorder, where: str, *words: str, patch: str = "") -> int:
    """Record a program, and end the command at once where it comes to something.

    Returns the position at which the run began.
    """
    patch = f"import os\nimport commands.record as record\n{patch}\n{where} = {DIE}"
    done = recorder.clew("record", "--", sys.executable, CHILD, *words, patch=patch)
    assert done.returncode == 137, done.stderr
    return recorder.entries("RunStarted")[-1].position


@pytest.mark.parametrize("verb", ["finish", "apply", "rollback", "record", "accept"])
def test_next_command_finishes(recorder: Recorder, verb: str) -> None:
    """Whichever verb comes next puts on record what was done, before its own work."""
    recorder.begin(*SETUP)
    before = recorder.fingerprint()
    first = killed(recorder, "record.finish", *WORK)
    after = recorder.fingerprint()
    found = status(recorder.target)
    assert (found.next, found.incomplete[0].verb, found.clean) == (
        "clew record --finish",
        "record",
        False,
    )
    match verb:
        case "finish":
            assert any("visit" in stayed for stayed in recorder.finish())
        case "apply":
            recorder.write("0001_more.sql", "create table more (id integer primary key);")
            apply(recorder.target, [recorder.directory], asker=recorder.asker)
        case "rollback":
            rollback(recorder.target, str(first), asker=recorder.asker)
            assert recorder.fingerprint() == before
        case "record":
            assert recorder.child("delete from visit").interrupted[0].position == first
        case _:
            with pytest.raises(AnswerIsNo):
                accept(recorder.target, asker=recorder.asker)
    interrupted = recorder.entries("RunInterrupted")
    assert len(interrupted) == 1
    assert recorder.kept() == ()
    assert recorder.go(interrupted[0].position) == after
    assert recorder.go(first) == before
    assert recorder.finish() == ()


def test_killed_before_the_program(recorder: Recorder) -> None:
    """A command that was killed before its program started left nothing behind."""
    recorder.begin(*SETUP)
    killed(recorder, "record.run_child", *WORK)
    assert recorder.kept() != ()
    assert recorder.finish() == ()
    assert isinstance(recorder.entries()[-1].event, RunInterrupted)
    assert recorder.kept() == ()


def test_killed_before_the_run(recorder: Recorder) -> None:
    """What was kept for a run that never began is let go of by the next one."""
    recorder.begin(*SETUP)
    patch = f"import os\nimport commands.record as record\nrecord.run_started = {DIE}"
    done = recorder.clew("record", "--", "ls", patch=patch)
    assert done.returncode == 137
    assert recorder.entries("RunStarted") == []
    assert recorder.kept() != ()
    assert recorder.child(*WORK).exit_code == 0
    assert recorder.kept() == ()


def test_finishing_fails(recorder: Recorder) -> None:
    """Where the record cannot be finished nothing of it stands, and it is finished later."""
    recorder.begin(*SETUP)
    before = recorder.fingerprint()
    patch = KIND + (
        "from journal.errors import Unreachable\n"
        "whole = kind.observed\n"
        "def fail(*given, **named):\n"
        "    whole(*given, **named)\n"
        "    raise Unreachable('the disk is gone', hint='Put it back.')\n"
        "kind.observed = fail\n"
    )
    done = recorder.clew("record", "--", sys.executable, CHILD, *WORK, patch=patch)
    assert done.returncode == Unreachable.exit_code
    assert done.stderr.decode().splitlines()[-2:] == [
        "error: the program ran, its record is not finished: the disk is gone",
        "hint: Put it back. What was kept stays; try again with: clew record --finish.",
    ]
    assert type(recorder.entries()[-1].event).__name__ == "RunStarted"
    after = recorder.fingerprint()
    assert recorder.finish() != ()
    end = recorder.entries()[-1].position
    first = recorder.entries("RunStarted")[-1].position
    assert recorder.go(first) == before
    assert recorder.go(end) == after


def test_killed_after_the_end(recorder: Recorder) -> None:
    """What is kept of a run that has its end is let go of by the next one."""
    recorder.begin(*SETUP)
    killed(recorder, "kind.unobserve", *WORK, patch=KIND)
    assert len(recorder.kept()) == 1
    assert recorder.finish() == ()
    assert recorder.kept() == ()


def test_nothing_kept(recorder: Recorder) -> None:
    """Where somebody removed what was kept, the record says that it does not know."""
    recorder.begin(*SETUP)
    killed(recorder, "record.finish", *WORK)
    with recorder.target.database() as database:
        for run in database.observations():
            database.unobserve(run)
    assert recorder.finish() == ("what it did is not known: nothing is kept of it",)
    assert status(recorder.target).drift


def _wait(path: Path) -> None:
    until = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.skipif(sys.platform != "linux", reason="others leave the program alone")
def test_killed_with_its_program(recorder: Recorder) -> None:
    """Where the command is killed its program is ended, and what it did goes on record."""
    recorder.begin(*SETUP)
    before = recorder.fingerprint()
    mark = recorder.home / "there"
    words = (
        "record",
        "--",
        sys.executable,
        CHILD,
        *WORK[:3],
        f"touch:{mark}",
        "wait:60",
        *WORK[3:],
    )
    with recorder.started(*words) as clew:
        _wait(mark)
        clew.kill()
        clew.wait()
    first = recorder.entries("RunStarted")[-1].position
    told = recorder.clew("status")
    assert b"clew record --finish" in told.stdout
    until = time.monotonic() + 10
    while True:
        try:
            stayed = recorder.finish()
            break
        except Busy:
            assert time.monotonic() < until
            time.sleep(0.05)
    assert any("person" in one for one in stayed)
    assert recorder.go(first) == before


def test_program_outlives_the_command(recorder: Recorder) -> None:
    """While a program still works whose command was killed, its record is not finished."""
    recorder.begin(*SETUP)
    mark = recorder.home / "there"
    script = (
        "import os, runpy, signal, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "open(sys.argv[1], 'w').write(str(os.getpid()));"
        "sys.argv = sys.argv[2:]; runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    words = ("-c", script, str(mark), CHILD, WORK[0], "wait:3", WORK[1])
    with recorder.started("record", "--", sys.executable, *words) as clew:
        _wait(mark)
        time.sleep(0.5)
        clew.kill()
        clew.wait()
    with pytest.raises(Busy, match="which is being recorded"):
        recorder.finish()
    program = int(mark.read_text())
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            os.kill(program, 0)
        except ProcessLookupError:
            break
        try:
            recorder.finish()
            break
        except Busy:
            time.sleep(0.1)
    else:
        pytest.fail("the program did not end")
    recorder.finish()
    recorder.prove()
    assert recorder.entries("RunInterrupted")


@pytest.mark.parametrize("delay", [0.35, 0.5, 0.65, 0.8, 1.0, 1.3])
def test_killed_at_any_moment(recorder: Recorder, delay: float) -> None:
    """Killed at some moment or other, the record is whole once the next command ran."""
    recorder.begin(*SETUP)
    before = recorder.fingerprint()
    many = [f"insert into pet values ({n}, 1, 'x')" for n in range(100, 160)]
    with recorder.started("record", "--", sys.executable, CHILD, *WORK[:4], *many) as clew:
        time.sleep(delay)
        clew.send_signal(signal.SIGKILL)
        clew.wait()
    until = time.monotonic() + 10
    while True:
        try:
            recorder.finish()
            break
        except Busy:
            assert time.monotonic() < until
            time.sleep(0.05)
    recorder.prove()
    assert recorder.kept() == ()
    after = recorder.fingerprint()
    head = recorder.entries()[-1].position
    assert recorder.go(2) == before
    if recorder.entries("RowsChanged"):
        assert recorder.go(head) == after


@pytest.mark.parametrize("left", ["rm $0", "rm $0; sqlite3 $0 'create table a (b)'", ": > $0"])
def test_file_is_gone(file: Recorder, left: str) -> None:
    """Where the program took the file away, the answer names the copy, which stays."""
    file.begin(*SETUP)
    before = file.fingerprint()
    path = Path(file.url.removeprefix("sqlite:///"))
    with pytest.raises((Unreachable, Tampered)) as error:
        file.record("sh", "-c", left, str(path))
    copy = min(file.home.glob("app.db.clew-record-*"))
    assert f" {copy}." in error.value.hint
    copy.rename(path)  # as the hint says
    assert file.fingerprint() == before
    assert file.child("delete from pet").exit_code == 0
    assert file.kept() == ()
