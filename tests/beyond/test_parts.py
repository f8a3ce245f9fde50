"""Transforms that many workers do: the result of one, whatever becomes of the workers."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

from tests.beyond.conftest import People

FIGURES = ("subjects", "rows", "conflicts", "parked", "unmapped", "rejected", "values", "fates")


def applied(people: People, *words: str) -> dict[str, object]:
    """Apply, and return the figures of the transform."""
    (run,) = people.json("apply", str(people.migrations), *words)["runs"]
    (done,) = run["transformed"]
    return {name: done[name] for name in (*FIGURES, "absent")}


def apart(people: People, *words: str) -> subprocess.CompletedProcess[str]:
    """Apply in a process of its own, whose number the workers can find."""
    typed = ["--db", people.url, "apply", str(people.migrations), *words]
    parent = str(people.home / "parent")
    code = f"""
import os, pathlib, sys
if __name__ == "__main__":
    pathlib.Path({parent!r}).write_text(str(os.getpid()))
    from commands.cli.main import main
    sys.argv[1:] = {typed!r}
    main()
"""
    file = people.home / "typed.py"
    file.write_text(code)
    return subprocess.run(
        [sys.executable, str(file)], check=False, capture_output=True, text=True, timeout=300
    )


def numbers(people: People) -> list[int]:
    """Return the numbers of the parts that the journal noted, in their order."""
    found = [one["data"] for one in people.lines("log") if one["type"] == "RowsTransformed"]
    return sorted(one["batch"] for one in found)


def test_many_workers_and_one(people: People, cluster: str) -> None:
    """One worker, four processes, or a cluster: equal rows, equal fates, equal findings."""
    people.write()
    before = people.fingerprint()
    found = []
    for words in ((), ("--jobs", "4"), ("--scheduler", cluster)):
        figures = applied(people, *words)
        found.append((figures, people.tables(), people.told()))
        people.type("verify")
        people.back("before:0001_people")
        assert people.fingerprint() == before
        people.fresh()
    assert found[1] == found[0]
    assert found[2] == found[0]
    figures = found[0][0]
    assert sum(figures["fates"].values()) == figures["values"]
    assert figures["rejected"] == 4
    assert figures["parked"] > 0


@pytest.mark.parametrize("who", [0, 17, 39])
def test_a_worker_is_killed(people: People, who: int) -> None:
    """A worker that is killed in the middle loses nothing and doubles nothing."""
    people.write()
    people.kill.write_text(f"{who} once")
    figures = applied(people, "--jobs", "2")
    assert figures["subjects"] == 41
    assert numbers(people) == list(range(1, 12))
    assert people.application("SELECT count(*) FROM person") == [(37,)]
    people.type("verify")


@pytest.mark.parametrize("again", [(), ("--jobs", "3")])
def test_the_parent_is_killed(people: People, again: tuple[str, ...]) -> None:
    """What stands of a run with holes is gone on with, by one worker or by many."""
    people.write()
    people.kill.write_text("13 parent")
    assert apart(people, "--jobs", "2").returncode == -signal.SIGKILL
    noted = numbers(people)
    assert 4 not in noted
    trial = people.json("apply", str(people.migrations), "--dry-run")["migrations"][0]
    figures = applied(people, *again)
    assert trial["transformed"][0]["subjects"] == figures["subjects"]
    assert figures["subjects"] + 4 * len(noted) == 41
    assert numbers(people) == list(range(1, 12))
    people.type("verify")
    rows = people.tables()
    people.back("before:0001_people")
    assert people.tables() == [[], []]
    people.fresh()
    applied(people)
    assert people.tables() == rows


def disagree(people: People, other: str) -> None:
    """Let the records of one person say ``a`` and another word where there is to be only one."""
    for n, word in ((5, "a"), (45, other)):
        data = json.dumps({"age": 5, "word": "ab"[n == 45], "one": word})
        people.application(f"UPDATE old SET data = '{data}' WHERE n = {n}")


def test_holes(people: People) -> None:
    """Parts that were noted beyond one that failed are not done again."""
    people.write()
    disagree(people, "b")
    people.type("apply", str(people.migrations), "--jobs", "3", code=3)
    assert "records disagree about person.one" in people.err
    noted = numbers(people)
    assert 2 not in noted
    assert {1, 3} <= set(noted)
    assert "clew apply" in people.type("status", str(people.migrations))
    disagree(people, "a")
    figures = applied(people)
    assert figures["subjects"] == 41 - 4 * len(noted)
    assert numbers(people) == list(range(1, 12))


def test_rejects_are_limited(people: People) -> None:
    """The limit of rejected subjects holds for all workers together."""
    people.write()
    words = ("apply", str(people.migrations), "--jobs", "2", "--max-rejects")
    people.type(*words, "1", code=3)
    assert "at most 1 may be" in people.err
    assert len(numbers(people)) < 11
    people.json(*words, "4")
    assert len(numbers(people)) == 11


def test_not_batched(people: People) -> None:
    """A migration of one transaction is done by one worker."""
    people.write(None)
    assert applied(people, "--jobs", "4")["subjects"] == 41
