"""Two at once, and processes that are killed."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from commands.init import init
from commands.status import status
from journal.errors import Busy
from journal.events import RunInterrupted, RunStarted
from tests.commands.places import Place
from tests.commands.test_apply import entries, run

WORKER = """
    import sys
    from pathlib import Path
    from commands.apply import apply
    from commands.opening import Asker, Target
    from journal.opening import parse_url
    target = Target(url=parse_url(sys.argv[1]), lock_timeout=20.0, holder="the other one")
    def progress(name, done, total):
        print(name, done, flush=True)
        if sys.argv[3] == "stop" and done == 2:
            sys.stdin.readline()
    apply(target, [Path(sys.argv[2])], asker=Asker(actor="other"), progress=progress)
"""


def worker(place: Place, how: str) -> subprocess.Popen[str]:
    """Start another process that applies the directory; "stop" waits before statement 3."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(WORKER), place.url, str(place.directory), how],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def until(process: subprocess.Popen[str], line: str) -> None:
    """Wait for a line of progress."""
    assert process.stdout is not None
    for found in process.stdout:
        if found.strip() == line:
            return
    raise AssertionError(line)


@pytest.fixture(name="begun")
def _begun(place: Place) -> Place:
    place.write("1_a.sql", "create table a (id integer primary key);\n")
    place.write(
        "2_b.sql",
        "create table b (id integer primary key);\ninsert into b values (1);\n"
        "insert into b values (2);\n",
    )
    init(place.target, asker=place.asker)
    return place


def test_the_second_waits_and_says_who_holds_it(begun: Place) -> None:
    """While one applies, another waits and then names the holder; the first goes on."""
    with worker(begun, "stop") as other:
        until(other, "2_b 2")
        started = time.monotonic()
        with pytest.raises(Busy, match="the other one"):
            run(begun, wait=0.5)
        assert time.monotonic() - started >= 0.5
        seen = status(begun.target, [begun.directory])
        assert "the other one" in seen.held_by
        assert [(one.migration, one.state) for one in seen.incomplete] == [("2_b", "running")]
        assert seen.next == ""
        other.communicate("\n", timeout=30)
    assert other.returncode == 0
    assert status(begun.target, [begun.directory]).held_by == ""
    assert run(begun).runs == ()
    assert begun.sql("select count(*) from b") == [(2,)]


def test_two_at_once_apply_each_migration_once(begun: Place) -> None:
    """Two processes that apply at once run each migration exactly once."""
    with worker(begun, "go") as one, worker(begun, "go") as two:
        one.communicate(timeout=60)
        two.communicate(timeout=60)
    assert (one.returncode, two.returncode) == (0, 0)
    started = [e.event for e in entries(begun) if isinstance(e.event, RunStarted)]
    assert [event.migration for event in started] == ["1_a", "2_b"]


def test_a_killed_run_is_closed_by_the_next(begun: Place) -> None:
    """Nothing of a killed run is kept; the next apply closes it as interrupted and goes on."""
    with worker(begun, "stop") as other:
        until(other, "2_b 2")
        other.send_signal(signal.SIGKILL)
    done = run(begun)
    assert [one.migration for one in done.interrupted] == ["2_b"]
    assert done.interrupted[0].todo
    assert [one.migration for one in done.runs] == ["2_b"]
    assert begun.sql("select count(*) from b") == [(2,)]
    closed = [e for e in entries(begun) if isinstance(e.event, RunInterrupted)]
    assert [e.actor for e in closed] == ["dana"]
