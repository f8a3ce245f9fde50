"""A copy that is killed at any moment: the next one goes on, nothing doubled, nothing lost."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.copying.conftest import Journey, by_name, journey

TABLES = (
    "CREATE TABLE person (id integer PRIMARY KEY, boss integer REFERENCES person (id), v text);\n"
    "CREATE TABLE letter (id integer PRIMARY KEY, person integer REFERENCES person (id));\n"
    "CREATE TABLE scrap (v text);\n"
    "INSERT INTO person WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 40)"
    " SELECT n, 1 + n * 7 % 40, 'v' || n FROM s;\n"
    "INSERT INTO letter SELECT id, 41 - id FROM person;\n"
    "INSERT INTO scrap SELECT 'twice' FROM person;\n"
)
KILLED = """
import os, signal, sys
from commands.cli.main import run
from {module} import {owner}

times = 0

def wrap(name):
    plain = getattr({owner}, name)

    def killing(*given, **named):
        global times
        times += 1
        if times == {number} and {before}:
            os.kill(os.getpid(), signal.SIGKILL)
        answer = plain(*given, **named)
        if times == {number}:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    setattr({owner}, name, killing)

wrap({name!r})
sys.exit(run(sys.argv[1:]))
"""
WRITE = ("commands.copy.batch", "Writer", "write")
NOTE = ("journal.recording", "Recording", "note")


def _killed(journey: Journey, place: tuple[str, str, str], number: int, *, before: bool) -> None:
    module, owner, name = place
    text = KILLED.format(module=module, owner=owner, name=name, number=number, before=before)
    words = ["--from", journey.source.url, "--create", "--yes", "--batch", "10"]
    command = [sys.executable, "-c", text, "--db", journey.target.url, "copy", *words]
    found = subprocess.run(command, check=False, capture_output=True)
    assert found.returncode == -signal.SIGKILL, found.stderr


@pytest.mark.parametrize(
    ("kind", "place", "number", "before"),
    [
        ("sqlite", NOTE, 1, True),  # the tables were made, and are not committed
        ("sqlite", WRITE, 1, True),  # they stand, and no row
        ("sqlite", NOTE, 3, False),  # within the second batch
        ("postgresql", WRITE, 6, False),  # within the second table
        ("sqlite", WRITE, 12, False),  # all rows stand, and not all that they refer to
    ],
)
def test_goes_on(
    kind: str,
    place: tuple[str, str, str],
    number: int,
    before: bool,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Killed within a batch or between two, it goes on with what is left, and says so before."""
    into = journey(("sqlite", kind), request, tmp_path, capsys)
    into.begin(TABLES)
    start = into.target.fingerprint()
    _killed(into, place, number, before=before)
    status = into.target.json("status")
    assert status["incomplete"][0]["verb"] == "copy"
    assert status["next"].startswith("clew copy --from ")
    planned = into.plan()
    stand = sum(one["unchanged"] for one in by_name(planned).values())
    into.source.application("UPDATE person SET v = 'meanwhile' WHERE id = 3")
    done = into.copy("--batch", "10")
    assert done["again"] == done["resumed"] == (place != NOTE or number > 1)
    assert sum(one["inserted"] for one in by_name(done).values()) <= 120 - stand
    for table, order in (("person", "id"), ("letter", "id"), ("scrap", "v")):
        sql = f"SELECT * FROM {table} ORDER BY {order}"
        assert into.target.application(sql) == into.source.application(sql)
    status = into.target.json("status")
    assert not status["incomplete"]
    assert not status["next"]
    assert into.copy()["nothing"]
    into.target.back("@start")
    assert into.target.fingerprint() == start
