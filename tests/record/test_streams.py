"""A program's streams are its own; the end of what it said is kept, without secrets."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from commands.child import KEPT, Tail
from journal.events import RunCompleted, RunStarted
from journal.opening import parse_url
from journal.secrets import hide, hide_words, secrets_of
from tests.record.recorder import CHILD, CLEW, Recorder
from tests.record.test_record import SETUP, WORK

SECRET = "s3cret/w0rd"


def test_output_passes_through(recorder: Recorder) -> None:
    """Ten megabytes of any bytes arrive as they are, and the last 64 KiB are kept."""
    recorder.begin(*SETUP)
    recorder.child("many:10000000")
    expected = b"start\n" + bytes(range(250)) * 40_000 + b"\nend\n"
    assert recorder.out == expected
    completed = recorder.entries("RunCompleted")[-1].event
    assert isinstance(completed, RunCompleted)
    assert 0 <= KEPT - len(recorder.content(completed.output)) < 4
    assert expected.endswith(recorder.content(completed.output))


def test_streams_apart(recorder: Recorder) -> None:
    """What is said to stderr stays apart, and is kept in the order in which it came."""
    recorder.begin(*SETUP)
    recorder.child("say:one", "wait:0.3", "say:two")
    assert (recorder.out, recorder.err) == (b"one\ntwo\n", b"one\ntwo\n")
    completed = recorder.entries("RunCompleted")[-1].event
    assert isinstance(completed, RunCompleted)
    assert recorder.content(completed.output) == b"one\none\ntwo\ntwo\n"


def test_nothing_said(recorder: Recorder) -> None:
    """Of a program that says nothing, nothing is kept."""
    recorder.begin(*SETUP)
    recorder.child(WORK[0])
    completed = recorder.entries("RunCompleted")[-1].event
    assert isinstance(completed, RunCompleted)
    assert completed.output == ""


@pytest.mark.parametrize("before", [0, 1, 2000, 5000])
def test_no_part_of_a_secret(before: int) -> None:
    """A secret is hidden wherever it stands, also where what is kept begins within it."""
    for size in (*range(80, 120), *range(1100, 1150)):
        tail = Tail([SECRET], size=100)
        tail.take(b"." * before + SECRET.encode() + b"-" * size)
        said = tail.text()
        assert len(said) <= 100
        assert not any(part.encode() in said for part in ("ret/w", "w0rd", "rd-", SECRET))


def test_much_is_not_held() -> None:
    """However much is said, little of it is held."""
    tail = Tail()
    for _ in range(1000):
        tail.take(bytes(100_000))
        assert len(tail._held) < 5 * KEPT
    tail.take("é".encode() * KEPT)
    assert tail.text().decode() == "é" * (KEPT // 2)


@pytest.mark.parametrize(
    ("words", "hidden"),
    [
        (f"prisma --url postgres://u:{SECRET}@h/d?x=1", "prisma --url postgres://u:***@h/d?x=1"),
        (f"tool --password {SECRET} --next 1", "tool --password *** --next 1"),
        (f"tool --db-password={SECRET} x", "tool --db-password=*** x"),
        (f"env PGPASSWORD={SECRET} psql", "env PGPASSWORD=*** psql"),
        (f"tool --api-key {SECRET}", "tool --api-key ***"),
        ("psql --no-password db", "psql --no-password db"),
        ("tool -x 3 http://host/path", "tool -x 3 http://host/path"),
    ],
)
def test_words(words: str, hidden: str) -> None:
    """A command line is kept without what lets anybody in."""
    assert " ".join(hide_words(words.split())) == hidden


@pytest.mark.parametrize("letter", ["-", "a", "passw", "a:", "x://y:", "token=", "'"])
def test_long_words_are_read_at_once(letter: str) -> None:
    """However long a word is, secrets are looked for in no time."""
    began = time.process_time()
    hide(letter * (KEPT // len(letter)), [SECRET])
    assert time.process_time() - began < 3


def test_connection_words() -> None:
    """Passwords in a connection string of words are hidden too."""
    assert hide(f"host=h password='{SECRET} x' dbname=d") == "host=h password=*** dbname=d"
    url = parse_url("postgresql://u:a%2Fb@h/d?sslpassword=q9")
    assert set(secrets_of(url)) == {"a/b", "a%2Fb", "q9"}
    assert hide("a/b and a%2Fb and q9", secrets_of(url)) == "*** and *** and ***"


def test_secrets_stay_out_of_the_journal(file: Recorder) -> None:
    """Neither command line nor output bring a secret into the journal."""
    file.begin(*SETUP)
    file.record(
        sys.executable,
        CHILD,
        "delete from pet",
        f"say:connecting to postgres://u:{SECRET}@h/d",
        f"say:the password is {SECRET}!",
        env={"PGPASSWORD": SECRET},
    )
    assert SECRET.encode() in file.out
    assert SECRET.encode() not in Path(file.url.removeprefix("sqlite:///")).read_bytes()
    started = file.entries("RunStarted")[-1].event
    assert isinstance(started, RunStarted)
    assert b"***" in file.content(started.command)


def test_exit_code_and_answer(recorder: Recorder) -> None:
    """Typed, the verb returns the program's exit code, its output, and the answer on stderr."""
    recorder.begin(*SETUP)
    words = (sys.executable, CHILD, *WORK, "say:hello", "exit:7")
    done = recorder.clew("record", "--reason", "why", "--", *words)
    assert done.returncode == 7
    assert done.stdout == b"hello\n"
    said = done.stderr.decode()
    assert said.startswith("hello\n")
    assert "exit code 7" in said
    assert f"take it back with: clew rollback {recorder.entries('RunStarted')[-1].position}" in said


def test_answer_in_json(recorder: Recorder) -> None:
    """With --format json the answer has stdout for itself."""
    recorder.begin(*SETUP)
    words = (sys.executable, CHILD, *WORK, "say:hello")
    done = recorder.clew("record", "--format", "json", "--", *words)
    assert (done.returncode, done.stderr) == (0, b"hello\nhello\n")
    answer = json.loads(done.stdout)
    assert answer["exit_code"] == 0
    assert answer["back"] == f"clew rollback {answer['first']}"
    assert {one["table"].rpartition(".")[2] for one in answer["tables"]} >= {"pet", "visit"}


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["record"], 2, "no command was given"),
        (["record", "--finish", "--", "ls"], 2, "expected no command with --finish"),
        (["record", "--", "no-such-program"], 127, "no such program"),
        (["record", "--nonsense", "--", "ls"], 2, "no such option"),
    ],
)
def test_bad_calls(file: Recorder, words: list[str], code: int, said: str) -> None:
    """A call that makes no sense gets one line and its exit code."""
    file.begin(*SETUP)
    done = file.clew(*words)
    assert done.returncode == code
    assert said in done.stderr.decode()


def test_without_a_journal(file: Recorder) -> None:
    """Where there is no journal nothing is run, and the answer says how to make one."""
    Path(file.url.removeprefix("sqlite:///")).touch()
    done = file.clew("record", "--", "touch", "ran")
    assert done.returncode == 4
    assert b"clew init" in done.stderr
    assert not (file.home / "ran").exists()


def test_input_is_its_own(recorder: Recorder) -> None:
    """What is typed reaches the program."""
    recorder.begin(*SETUP)
    done = recorder.clew("record", "--", sys.executable, CHILD, "ask", input=b"hello\n")
    assert (done.returncode, done.stdout) == (0, b"what? you said 'hello'\n")


def test_reader_goes_away(recorder: Recorder) -> None:
    """Where nobody reads on, the program ends as it would, and its record is finished."""
    recorder.begin(*SETUP)
    words = (sys.executable, CHILD, WORK[0], "many:5000000", WORK[1])
    with recorder.started("record", "--", *words) as clew:
        assert clew.stdout is not None
        clew.stdout.read(10)
        clew.stdout.close()
        clew.stdout = None
        assert clew.wait(timeout=30) == 1  # Python's own, of a broken pipe
    assert recorder.entries("RunFailed")
    recorder.prove()


def test_children_that_stay(recorder: Recorder) -> None:
    """A process that the program leaves behind is not waited for, where it does no harm."""
    recorder.begin(*SETUP)
    began = time.monotonic()
    answer = recorder.record("sh", "-c", "sleep 20 & echo done")
    assert (answer.exit_code, recorder.out) == (0, b"done\n")
    assert time.monotonic() - began < 15


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_goes_to_the_program(recorder: Recorder, number: signal.Signals) -> None:
    """A signal ends the program and not the record."""
    recorder.begin(*SETUP)
    before = recorder.fingerprint()
    mark = recorder.home / "there"
    words = (sys.executable, CHILD, WORK[0], f"touch:{mark}", "wait:30")
    with recorder.started("record", "--", *words) as clew:
        until = time.monotonic() + 20
        while not mark.exists():
            assert time.monotonic() < until
            time.sleep(0.02)
        clew.send_signal(number)
        assert clew.wait(timeout=30) == 128 + number
    assert recorder.entries("RunFailed")
    assert recorder.go(recorder.entries("RunStarted")[-1].position) == before


class Terminal:
    """A terminal at which the verb is typed."""

    def __init__(self, recorder: Recorder, *words: str) -> None:
        self.pid, self.handle = pty.fork()
        if not self.pid:
            os.chdir(recorder.home)
            os.execvpe(sys.executable, [*CLEW, "record", "--", *words], recorder.environment())
        self.said = b""

    def until(self, words: bytes, *, seconds: float = 30) -> None:
        """Read until something was said."""
        end = time.monotonic() + seconds
        while words not in self.said:
            assert time.monotonic() < end, self.said
            if select.select([self.handle], [], [], 0.2)[0]:
                try:
                    self.said += os.read(self.handle, 4096)
                except OSError:
                    break
        assert words in self.said, self.said

    def end(self) -> int:
        """Wait for the end, and return the exit code."""
        end = time.monotonic() + 30
        while time.monotonic() < end:
            if select.select([self.handle], [], [], 0.05)[0]:
                with suppress(OSError):
                    self.said += os.read(self.handle, 4096)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                os.close(self.handle)
                return os.waitstatus_to_exitcode(status)
        os.kill(self.pid, signal.SIGKILL)
        raise AssertionError(self.said)


def test_at_a_terminal(file: Recorder) -> None:
    """At a terminal the program finds one, and can ask."""
    file.begin(*SETUP)
    terminal = Terminal(file, sys.executable, CHILD, "terminal", "ask", WORK[0])
    terminal.until(b"[True, True, True]\r\n")
    terminal.until(b"what? ")
    os.write(terminal.handle, b"me\n")
    terminal.until(b"you said 'me'\r\n")
    assert terminal.end() == 0
    completed = file.entries("RunCompleted")[-1].event
    assert isinstance(completed, RunCompleted)
    assert file.content(completed.output) == b"[True, True, True]\nwhat? you said 'me'\n"


def test_interrupted_at_a_terminal(file: Recorder) -> None:
    """Ctrl-C ends the program, once, and its record is finished."""
    file.begin(*SETUP)
    script = (
        "import signal, time, sys\n"
        "seen = []\n"
        "signal.signal(signal.SIGINT, lambda *_: seen.append(1))\n"
        "print('ready', flush=True)\n"
        "end = time.monotonic() + 2\n"
        "while time.monotonic() < end: time.sleep(0.05)\n"
        "print('seen', len(seen), flush=True); sys.exit(5)\n"
    )
    terminal = Terminal(file, sys.executable, "-c", script)
    terminal.until(b"ready")
    os.write(terminal.handle, b"\x03")
    terminal.until(b"seen 1")
    assert terminal.end() == 5
    assert file.entries("RunFailed")


def test_nothing_is_left_running(file: Recorder) -> None:
    """The verb leaves no process behind."""
    file.begin(*SETUP)
    file.clew("record", "--", sys.executable, CHILD, WORK[0])
    found = subprocess.run(["ps", "-eo", "args"], capture_output=True, check=True).stdout
    assert str(file.home).encode() not in found
