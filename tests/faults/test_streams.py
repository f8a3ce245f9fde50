"""Standard streams that are closed, full, or that nobody reads: what was done stands."""

from __future__ import annotations

import shlex
import subprocess

import pytest

from tests.faults.scene import PATIENCE, Witness, command


def test_an_answer_that_nobody_reads(lite: Witness) -> None:
    """Where the reader went away, the command ends without a word, and what it did stands."""
    lite.found()
    process = subprocess.Popen(
        command(lite.url, "apply", str(lite.migrations)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    process.stdout.close()
    assert process.wait(PATIENCE) in (0, 141)
    assert process.stderr
    assert process.stderr.read() == ""
    process.stderr.close()
    assert lite.json("status", str(lite.migrations))["applied"] == ["0001_change"]
    lite.type("verify")


@pytest.mark.parametrize("closed", [">&-", "<&- >&- 2>&-"])
def test_streams_that_are_closed(lite: Witness, closed: str) -> None:
    """Without standard streams it works all the same, or fails in one line; nothing half done."""
    before = lite.found()
    words = shlex.join(command(lite.url, "apply", str(lite.migrations)))
    done = subprocess.run(
        ["sh", "-c", f"{words} {closed}"], capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr
    assert done.stderr.count("error: ") <= 1
    assert done.returncode == 0, done.stderr
    lite.back("2")
    lite.judge(before)


def test_a_question_without_an_answer(lite: Witness) -> None:
    """A rollback that may ask nobody does nothing, and says so."""
    lite.found()
    lite.type("apply", str(lite.migrations))
    done = subprocess.run(
        command(lite.url, "rollback", "2"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.count("error: ") == 1
    assert "--yes" in done.stderr


def test_an_answer_that_has_no_room(lite: Witness) -> None:
    """An answer that cannot be written is told in one line; what was done stands."""
    lite.found()
    words = shlex.join(command(lite.url, "apply", str(lite.migrations)))
    done = subprocess.run(
        ["sh", "-c", f"{words} > /dev/full"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 5
    assert done.stderr.startswith("error: no space left on device\nhint: Make room")
    assert lite.json("status", str(lite.migrations))["applied"] == ["0001_change"]
    lite.type("verify")
