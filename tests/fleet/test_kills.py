"""Killed at any moment, a fleet goes on where it was, and every database ends as it should."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from commands.fleet.answer import Ended
from commands.fleet.errand import Errand
from commands.fleet.walking import Stopping, walk
from commands.opening import Asker
from commands.workers import Crew
from tests.fleet.ships import Ships
from tests.support.oracle import fingerprint

ROUNDS = 25 if os.environ.get("CLEW_PROFILE") == "nightly" else 1


def begun(ships: Ships, *words: str) -> subprocess.Popen[bytes]:
    """Begin a verb of the fleet in a session of its own."""
    command = [
        sys.executable, "-c", "from commands.cli.main import main; main()",
        "fleet", *words, "--targets", str(ships.file),
    ]  # fmt: skip
    return subprocess.Popen(
        command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_killed_at_any_moment(mixed: Ships, seed: int) -> None:
    """All processes are killed again and again; in the end all is done everywhere, and once."""
    chance = random.Random(seed)
    mixed.sqlite("model", "c", "d")
    for number in range(3, 7):
        mixed.write(
            f"000{number}_more.sql",
            f"create table t{number} (id integer primary key, name text);\n"
            f"insert into t{number} select id + {number}, name from person;\n"
            f"update person set email = email || '{number}';\n",
        )
    mixed.states("--only", "model")
    for _ in range(4):
        with begun(mixed, "apply", str(mixed.migrations), "--jobs", "2") as process:
            limit = time.monotonic() + chance.uniform(1, 8)
            while process.poll() is None and time.monotonic() < limit:
                time.sleep(0.01)
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    found = mixed.apply("--lock-timeout", "60")
    assert {one["state"] for one in found.values()} <= {"done", "current"}
    mixed.type("verify")
    model = fingerprint(mixed.urls["model"])
    for name, url in mixed.urls.items():
        completed = f"SELECT count(*) FROM {mixed.prefix(name)}runs WHERE state = 'completed'"
        assert mixed.ask(name, completed) == [(6,)]
        assert mixed.ask(name, "SELECT email FROM person ORDER BY id") == [
            ("Ada3456",), ("Bela3456",),
        ]  # fmt: skip
        if url.startswith("sqlite"):
            assert fingerprint(url) == model


def die(errand: Errand) -> Ended:
    """Take the worker along."""
    os.kill(os.getpid(), signal.SIGKILL)
    return Ended(name=errand.name, state="done")


def test_a_database_no_worker_survives(tmp_path: Path) -> None:
    """Where workers are lost again and again it is told, and the next group is not begun."""
    errands = [
        Errand(name=name, url=f"sqlite:///{tmp_path}/{name}", asker=Asker(actor="dana"))
        for name in "abc"
    ]
    found = walk(
        Crew(jobs=2), die, [errands[:2], errands[2:]], Stopping(), keep_going=False, careful=0
    )
    assert {name: one.state for name, one in found.items()} == {"a": "unknown", "b": "unknown"}
    assert found["a"].trouble is not None
    assert found["a"].trouble.exit_code == 5
