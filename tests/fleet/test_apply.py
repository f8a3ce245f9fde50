"""Many databases: in which order, and where it stops."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.fleet.ships import Ships

BROKEN = "insert into person values (1, 'again');\n"
"""Fails where 0001 ran, on its primary key, after having done something."""


def test_everywhere(mixed: Ships) -> None:
    """Every database of either kind gets the migrations, and its journal tells with which others."""
    answer = mixed.json("apply", str(mixed.migrations), "--ref", "#481", "--jobs", "2")
    ended = answer["ended"]
    assert [one["name"] for one in ended] == ["reef", "strait", "lagoon", "ocean"]
    for one in ended:
        name = one["name"]
        assert (one["state"], one["done"]) == ("done", ["0001_people", "0002_email"])
        assert (one["before"]["position"], one["after"]["position"]) == (2, mixed.head(name))
        assert mixed.ask(name, "SELECT email FROM person ORDER BY id") == [("Ada",), ("Bela",)]
        runs = f"SELECT DISTINCT ref, fleet FROM {mixed.prefix(name)}runs"
        assert mixed.ask(name, runs) == [("#481", answer["fleet"])]
    assert {*mixed.states().values()} == {"current"}


def test_a_canary_fails(mixed: Ships) -> None:
    """Where a canary fails nothing else was touched, and it is as it was."""
    mixed.apply()
    mixed.write("0003_more.sql", "create table more (id integer primary key);\n" + BROKEN)
    mixed.ask("strait", "DELETE FROM person WHERE id = 1")  # there it would work
    before, heads = mixed.seen(), {name: mixed.head(name) for name in mixed.urls}
    found = mixed.apply("--keep-going", "--jobs", "2", code=5)
    assert {name: one["state"] for name, one in found.items()} == {
        "reef": "failed", "strait": "not-begun", "lagoon": "not-begun", "ocean": "not-begun",
    }  # fmt: skip
    assert "0003_more.sql line 2" in found["reef"]["trouble"]["message"]
    assert mixed.seen() == before
    assert {name for name in heads if mixed.head(name) != heads[name]} == {"reef"}


def test_the_third_of_ten_fails(ships: Ships) -> None:
    """The third of ten that fails stops it; mended, the next call goes on with the rest."""
    names = [f"n{number}" for number in range(10)]
    ships.sqlite(*names)
    ships.ask("n2", "create table person (id integer primary key)")
    assert ships.run("--db", ships.urls["n2"], "accept", "--reason", "by hand") == 0
    said = ships.type("apply", str(ships.migrations), code=5)
    assert "2 done, 1 failed, 7 not-begun" in said
    assert "already exists" in said
    assert [ships.head(name) for name in names[3:]] == [2] * 7
    ships.ask("n2", "drop table person")
    assert ships.run("--db", ships.urls["n2"], "accept", "--reason", "by hand") == 0
    heads = [ships.head(name) for name in names[:2]]
    found = ships.states()
    assert [found[name] for name in names] == ["current"] * 2 + ["done"] * 8
    assert [ships.head(name) for name in names[:2]] == heads


def test_keep_going(ships: Ships) -> None:
    """With --keep-going the others are done, and the exit code is that of the worst."""
    ships.sqlite("a", "b", "c")
    ships.sqlite("d", init=False)
    ships.ask("b", "create table person (id integer)")
    assert ships.run("--db", ships.urls["b"], "accept", "--reason", "by hand") == 0
    assert ships.states(code=4) == {
        "a": "not-begun", "b": "not-begun", "c": "not-begun", "d": "refused",
    }  # fmt: skip
    assert ships.states("--keep-going", code=5) == {
        "a": "done", "b": "failed", "c": "done", "d": "refused",
    }  # fmt: skip


def test_groups_and_canaries(ships: Ships) -> None:
    """Lower groups come first, marked canaries before them, and --canaries names others."""
    ships.sqlite("a", "b", "c", "d")
    ships.set("a", group=3)
    ships.set("b", group=2)
    ships.set("d", group=9, canary=True)

    def order(*words: str) -> list[tuple[str, bool]]:
        targets = ships.json("apply", str(ships.migrations), "--plan", *words)["targets"]
        return [(one["name"], one["canary"]) for one in targets]

    assert order() == [("d", True), ("c", False), ("b", False), ("a", False)]
    assert order("--canaries", "2") == [("d", True), ("c", True), ("b", False), ("a", False)]
    assert order("--canaries", "0") == [("c", False), ("b", False), ("a", False), ("d", False)]
    ships.type("apply", str(ships.migrations), "--canaries", "5", code=2)
    assert "expected 0 to 4 canaries, found 5" in ships.err


def test_a_plan_and_a_dry_run(mixed: Ships) -> None:
    """--plan and --dry-run tell what would happen everywhere, and leave everything as it is."""
    before, heads = mixed.seen(), {name: mixed.head(name) for name in mixed.urls}
    planned = mixed.apply("--plan")
    assert {tuple(one["pending"]) for one in planned.values()} == {("0001_people", "0002_email")}
    tried = mixed.apply("--dry-run", "--jobs", "2")
    assert {(one["state"], one["rows"]) for one in tried.values()} == {("pending", 4)}
    mixed.write("0003_broken.sql", BROKEN)
    assert mixed.states("--plan")["reef"] == "pending"
    assert mixed.states("--dry-run", code=5)["reef"] == "failed"
    assert mixed.seen() == before
    assert {name: mixed.head(name) for name in mixed.urls} == heads


def test_only_and_to(ships: Ships) -> None:
    """--only leaves the others alone, and --to is done where the migration is applied."""
    ships.sqlite("a", "b")
    assert ships.states("--only", "b", "--to", "0001_people.sql") == {"b": "done"}
    assert ships.states("--to", "0001_people") == {"a": "done", "b": "current"}
    assert ships.head("a") == ships.head("b")
    ships.type("apply", "--only", "nobody", code=4)
    assert "no target is named nobody" in ships.err


def test_what_is_in_the_way(mixed: Ships, tmp_path: Path) -> None:
    """Drift, changed files, another journal and no server are told for each, before anything."""
    mixed.apply("--to", "0001_people")
    mixed.ask("ocean", "alter table person add column email text")
    mixed.set("lagoon", journal="production")
    mixed.add("nowhere", "postgresql://me:s3cret@127.0.0.1:1/app", init=False)
    heads = {name: mixed.head(name) for name in mixed.urls if name != "nowhere"}
    said = mixed.type("apply", str(mixed.migrations), code=5)
    assert "expected a journal named production, found fleet" in said
    assert "nothing was begun" in said
    assert "s3cret" not in said + mixed.err
    found = mixed.apply("--plan", code=5)
    assert [found[name]["state"] for name in ("reef", "strait", "lagoon", "ocean", "nowhere")] == [
        "pending", "pending", "refused", "refused", "failed",
    ]  # fmt: skip
    assert found["nowhere"]["trouble"]["kind"] == "Unreachable"
    assert found["ocean"]["trouble"]["kind"] == "Drifted"
    mixed.write("0001_people.sql", "select 1;\n")
    found = mixed.apply("--plan", code=5)
    assert "was changed after it was applied" in found["reef"]["trouble"]["message"]
    assert {name: mixed.head(name) for name in heads} == heads


def test_one_database_by_two_names(ships: Ships, tmp_path: Path) -> None:
    """A file that is named twice, by a link that no spelling shows, is found before anything."""
    ships.sqlite("a")
    os.link(tmp_path / "a.db", tmp_path / "b.db")
    ships.add("b", f"sqlite:///{tmp_path / 'b.db'}", init=False)
    found = ships.apply(code=3)
    assert found["b"]["trouble"]["message"] == "is the same database as a"
    assert found["a"]["state"] == "not-begun"
    assert ships.head("a") == 2


def test_files_that_change_meanwhile(ships: Ships, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is changed after the plan is not run in the databases that come later."""
    from commands.fleet import doing

    ships.sqlite("a", "b")
    plain = doing.apply

    def meddle(*words: object, **options: object) -> object:
        done = plain(*words, **options)  # type: ignore[arg-type]
        ships.write("0003_new.sql", "create table new (id integer primary key);\n")
        return done

    monkeypatch.setattr(doing, "apply", meddle)
    found = ships.apply(code=3)
    assert (found["a"]["state"], found["b"]["state"]) == ("done", "refused")
    assert "not those that were planned" in found["b"]["trouble"]["message"]
    assert ships.head("b") == 2


def test_thirty(ships: Ships) -> None:
    """Thirty files are done by two processes, and none twice."""
    ships.sqlite(*(f"s{number:02}" for number in range(30)))
    assert {*ships.states("--jobs", "2").values()} == {"done"}
    assert {ships.head(name) for name in ships.urls} == {ships.head("s00")}


SLOW = (
    "create table big (i integer);\ninsert into big with recursive n(i) as"
    " (select 1 union all select i + 1 from n where i < 3000000) select max(i) from n;\n"
)
"""Takes seconds."""


def begin(ships: Ships, *words: str) -> subprocess.Popen[str]:
    """Begin to apply in a process of its own; come back when the slow migration runs."""
    ships.write("0003_slow.sql", SLOW)
    command = [
        sys.executable, "-c", "from commands.cli.main import main; main()",
        "fleet", "apply", str(ships.migrations), "--targets", str(ships.file), "--format", "json",
        *words,
    ]  # fmt: skip
    begun = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    limit = time.monotonic() + 120
    while "0003_slow" not in _begun(ships, "a") and time.monotonic() < limit:
        time.sleep(0.02)
    return begun


def _begun(ships: Ships, name: str) -> list[str]:
    return [row[0] for row in ships.ask(name, "SELECT migration FROM clew_runs")]


def test_a_worker_is_killed(ships: Ships) -> None:
    """A worker that is killed in the midst of a migration is replaced, and all is done once."""
    ships.sqlite("a", "b", "c")
    with begin(ships, "--jobs", "2") as begun:
        workers = [
            child
            for child in psutil.Process(begun.pid).children(recursive=True)
            if "spawn_main" in " ".join(child.cmdline())
        ]
        workers[0].kill()
        answer = json.loads(begun.communicate(timeout=240)[0])
    assert begun.returncode == 0, answer
    assert {(one["state"], len(one["done"])) for one in answer["ended"]} == {("done", 3)}
    assert "closed, interrupted: apply 0003_slow" in str(answer)
    for name in ships.urls:
        assert ships.ask(name, "SELECT i FROM big") == [(3000000,)]
        completed = "SELECT count(*) FROM clew_runs WHERE state = 'completed'"
        assert ships.ask(name, completed) == [(3,)]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c(ships: Ships, jobs: str) -> None:
    """After Ctrl-C what is under way ends whole, no other is begun, and all is told."""
    ships.sqlite("a", "b", "c")
    with begin(ships, "--jobs", jobs) as begun:
        os.killpg(begun.pid, signal.SIGINT)  # as a terminal does, to every process
        out, err = begun.communicate(timeout=240)
    assert begun.returncode == 130, err
    assert err == ""
    answer = json.loads(out)
    assert answer["interrupted"]
    states = {one["name"]: one["state"] for one in answer["ended"]}
    assert (states["a"], states["c"]) == ("done", "not-begun")
    assert {*states.values()} == {"done", "not-begun"}
    for name, state in states.items():
        if state == "done":
            assert ships.ask(name, "select i from big") == [(3000000,)]
        else:
            assert ships.head(name) == 2
    assert {*ships.states().values()} == {"done", "current"}
