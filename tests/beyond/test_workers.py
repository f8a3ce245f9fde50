"""Parts of work, and workers that are lost."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from commands.workers import Crew, each
from journal.errors import Refused, Unreachable, Usage, WorkerLost
from tests.beyond import parts
from tests.support.cluster import cluster

__all__ = ["cluster"]


@pytest.fixture(name="crew", params=["here", "processes", "cluster"])
def _crew(request: pytest.FixtureRequest) -> Crew:
    if request.param == "cluster":
        return Crew(scheduler=request.getfixturevalue("cluster"))
    return Crew(jobs=1 if request.param == "here" else 2)


def test_each_part_once(crew: Crew) -> None:
    """Every part is done once, whoever does it."""
    found = {done.part: done.result for done in each(crew, parts.square, range(20))}
    assert found == {number: number * number for number in range(20)}


def test_an_error_is_the_parts_own(crew: Crew) -> None:
    """What a part raises comes back as it is, with its hint, and the other parts go on."""
    found = {done.part: done for done in each(crew, parts.square, [1, -2, 3])}
    error = found[-2].error
    assert isinstance(error, Refused)
    assert (error.message, error.hint) == ("-2 is negative", "Give another.")
    assert (found[1].result, found[3].result) == (1, 9)


def test_enough(crew: Crew) -> None:
    """Once the caller has enough no part is begun, and what is under way is told still."""
    found: list[int] = []
    for done in each(crew, parts.square, range(50), enough=lambda: len(found) > 0):
        found.append(done.part)
    assert 1 <= len(found) <= 4
    assert sorted(found) == list(range(len(found)))


@pytest.mark.parametrize("crew", ["processes", "cluster"], indirect=True)
def test_a_lost_worker(crew: Crew, tmp_path: Path) -> None:
    """A part whose worker was killed is done by another."""
    files = [str(tmp_path / name) for name in ("a", "b", "c")]
    Path(files[0]).touch()
    found = sorted(done.result or "" for done in each(crew, parts.die_once, files))
    assert found == ["a", "b", "c"]


def test_a_part_no_worker_survives() -> None:
    """A part that kills each worker ends the work, and says so."""
    with pytest.raises(WorkerLost, match="3 times"):
        list(each(Crew(jobs=2), parts.die, ["x"]))


def test_bad_crews() -> None:
    """No process, or a scheduler that nobody runs, is told in one line."""
    with pytest.raises(Usage, match="expected one job or more, found 0"):
        list(each(Crew(jobs=0), parts.square, [1]))
    with pytest.raises(Unreachable, match="no scheduler answers"):
        list(each(Crew(scheduler="tcp://127.0.0.1:1"), parts.square, [1]))


def test_the_parent_is_killed(tmp_path: Path) -> None:
    """Processes of this machine end with the one that began them, whatever they do."""
    file = tmp_path / "worker"
    code = f"""
from commands.workers import Crew, each
from tests.beyond import parts
list(each(Crew(jobs=2), parts.sleep, [{str(file)!r}]))
"""
    parent = subprocess.Popen([sys.executable, "-c", code])
    deadline = time.monotonic() + 120
    while not file.exists() or not file.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    worker = int(file.read_text())
    parent.kill()
    parent.wait()
    while Path(f"/proc/{worker}").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
