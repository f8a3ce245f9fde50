"""Batches that stand each by itself; subjects that wait until they can be taken."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.drills.operator import Operator

OLD = """CREATE TABLE old (who integer, n integer PRIMARY KEY, data text);
CREATE TABLE person (who integer PRIMARY KEY, name text, twice integer)"""

MIGRATION = """
import os, signal
from pathlib import Path
from commands.transform import (
    Check, Migration, Rows, Select, Sql, Transform, compute, first, key,
)

KILL = Path({kill!r})


def twice(n):
    if KILL.exists() and n == int(KILL.read_text()):
        os.kill(os.getpid(), signal.SIGKILL)
    return 2 * n


migration = Migration(
    batched={batched},
    steps=(
        Sql(sql="CREATE TABLE log (n integer); INSERT INTO log VALUES (1)"),
        Transform(
            name="people",
            source=Select(sql="SELECT who, n, data FROM old", order="n", unpack=("data",)),
            subject="who",
            record=("n",),
            into=(Rows(table="person", columns={{
                "who": key("who"), "name": first("name"), "twice": compute(twice, "age"),
            }}),),
        ),
        Check(name="people", sql="SELECT count(*) FROM person", at_least=1),
    ),
)
"""


@pytest.fixture
def people(operator: Operator) -> Operator:
    """Twenty-five people with two records each."""
    rows = [
        f"INSERT INTO old VALUES ({n % 25}, {n}, '{json.dumps({'name': f'p{n % 25}', 'age': n % 25, 'x': n})}')"
        for n in range(50)
    ]
    operator.begin_with(OLD + ";\n" + ";\n".join(rows))
    return operator


def write(people: Operator, batched: int | None = 10) -> Path:
    """Write the migration; returns the file whose number is the age at which it dies."""
    kill = people.home / "kill"
    people.file("0001_people.py", MIGRATION.format(kill=str(kill), batched=batched))
    return kill


def killed(people: Operator) -> None:
    """Apply in a process of its own, which is killed."""
    words = ["--db", people.url, "apply", str(people.migrations)]
    code = f"import sys; from commands.cli.main import main; sys.argv[1:] = {words!r}; main()"
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr


def batches(people: Operator) -> list[tuple[int, int]]:
    """Return the number and the subjects of each batch in the journal."""
    found = [one for one in people.lines("log") if one["type"] == "RowsTransformed"]
    return [(one["data"]["batch"], one["data"]["subjects"]) for one in found]


def test_batches_stand(people: Operator) -> None:
    """Each batch is a transaction of its own; the result is that of one transaction."""
    before = people.fingerprint()
    write(people, None)
    people.type("apply", str(people.migrations))
    whole = people.fingerprint()
    people.back("before:0001_people")
    assert people.fingerprint() == before
    write(people)
    trial = people.json("apply", str(people.migrations), "--dry-run")
    assert people.fingerprint() == before
    (run,) = people.json("apply", str(people.migrations))["runs"]
    (done,) = run["transformed"]
    assert trial["migrations"][0]["transformed"] == [done]
    assert people.fingerprint() == whole
    assert batches(people)[-3:] == [(1, 10), (2, 10), (3, 5)]
    people.back("before:0001_people")
    assert people.fingerprint() == before


@pytest.mark.parametrize("age", [0, 10, 19, 24])
def test_killed_and_resumed(people: Operator, age: int) -> None:
    """A killed run goes on at the next subject: nothing is lost, and nothing doubled."""
    before = people.fingerprint()
    kill = write(people)
    kill.write_text(str(age))
    killed(people)
    stood = age // 10
    assert people.application("SELECT count(*) FROM person") == [(10 * stood,)]
    status = people.json("status", str(people.migrations))
    assert status["incomplete"] or status["open_runs"]
    kill.unlink()
    trial = people.json("apply", str(people.migrations), "--dry-run")
    answer = people.json("apply", str(people.migrations))
    (closed,) = answer["interrupted"]
    assert ("people" in " ".join(closed["stayed"])) == (stood > 0)
    (done,) = answer["runs"][0]["transformed"]
    assert done["subjects"] == 25 - 10 * stood
    assert trial["migrations"][0]["transformed"] == [done]
    assert people.application("SELECT count(*), sum(twice) FROM person") == [(25, 600)]
    assert people.application("SELECT count(*) FROM log") == [(1,)]
    assert [n for n, _ in batches(people)] == [1, 2, 3]
    people.fingerprint()
    assert people.json("apply", str(people.migrations))["runs"] == []
    people.back("before:0001_people")
    assert people.fingerprint() == before


def test_changed_in_between(people: Operator) -> None:
    """A file that was changed after batches of it stand is refused; the way back is open."""
    before = people.fingerprint()
    kill = write(people)
    kill.write_text("15")
    killed(people)
    kill.unlink()
    people.type("status", str(people.migrations))
    assert people.application("SELECT count(*) FROM person") == [(10,)]
    path = people.migrations / "0001_people.py"
    path.write_text(path.read_text().replace("CREATE TABLE log", "CREATE  TABLE log"))
    people.type("apply", str(people.migrations), code=3)
    assert "changed since" in people.err
    people.back("before:0001_people")
    assert people.fingerprint() == before


@pytest.mark.parametrize("batched", [None, 10])
def test_subjects_wait(people: Operator, batched: int | None) -> None:
    """Rejected subjects make a migration incomplete; after the mend just those are taken."""
    people.application(
        "UPDATE old SET data = '[]' WHERE n = 7",
        "UPDATE old SET who = NULL WHERE n IN (8, 33)",
        """UPDATE old SET data = '{"name": {"a": 1}}' WHERE n = 9""",
    )
    write(people, batched)
    trial = people.type("apply", str(people.migrations), "--dry-run")
    assert "subjects rejected: 3" in trial
    people.type("apply", str(people.migrations), "--max-rejects", "2", code=3)
    assert "at most 2 may be" in people.err
    if batched:
        people.back("before:0001_people")
    answer = people.json("apply", str(people.migrations), "--max-rejects", "3")
    assert answer["runs"][0]["rejected"] == 3
    (waiting,) = answer["waiting"]
    assert waiting["subjects"] == 3
    assert people.json("status", str(people.migrations))["waiting"] == {"0001_people": 3}
    at = people.json("status")["head"]["position"]
    again = people.json("apply", str(people.migrations))
    assert (again["runs"], again["head"]) == ([], at)
    people.application(
        "UPDATE old SET who = 8 WHERE n IN (8, 33)",
        """UPDATE old SET data = '{"name": "seven", "age": 7}' WHERE n = 7""",
    )
    (run,) = people.json("apply", str(people.migrations))["runs"]
    assert (run["transformed"][0]["rows"], run["rejected"]) == ({"person": 2}, 1)
    people.application("DELETE FROM old WHERE n = 9", "DELETE FROM old WHERE n = 34")
    answer = people.json("apply", str(people.migrations))
    assert (answer["runs"][0]["rejected"], answer["waiting"]) == (0, [])
    assert people.application("SELECT count(*) FROM person") == [(24,)]
    assert people.json("status", str(people.migrations))["waiting"] == {}
    people.type("verify")
    people.back("before:0001_people")
    assert people.application("SELECT count(*) FROM person") == [(0,)]
