"""Four terminals type at once: one does the work, the others say plainly why they do not."""

from __future__ import annotations

import fcntl
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from journal.errors import Busy
from journal.sqlite.connection import lock_file
from journal.sqlite.holding import hold
from tests.load.place import Place
from tests.scenarios.test_deciding import PARKED, ROME, ROW
from tests.scenarios.test_one_profile import OLD, TABLES, old_rows

REPEATED = 3
CREATES = "create table {name} (id integer primary key, v integer not null);\n"
FILLS = "insert into {name} values (1, 10), (2, 20), (3, 30);\nupdate {name} set v = v + 1;\n"


def files(place: Place, number: int = 4) -> list[str]:
    """Write so many migrations and return their names."""
    names = [f"000{n}_t{n}" for n in range(1, number + 1)]
    for name in names:
        table = name.split("_")[1]
        place.file(f"{name}.sql", CREATES.format(name=table) + FILLS.format(name=table))
    return names


def test_four_inits_make_one_journal(place: Place) -> None:
    """One init creates the journal; the others find it there."""
    answers = place.at_once(*[["init", "--format", "json"]] * 4)
    assert [one.code for one in answers] == [0] * 4, answers
    assert sorted(one.json()["created"] for one in answers) == [False, False, False, True]
    place.proved()


def test_a_name_is_given_to_one_position(place: Place) -> None:
    """Of four who set the same mark one does, and of four who take it off one does."""
    place.type("init")
    for _ in range(REPEATED):
        answers = place.at_once(*[["mark", "release"]] * 4)
        assert sorted(one.code for one in answers) == [0, 3, 3, 3], answers
        assert sum("names position" in one.err for one in answers) == 3
        answers = place.at_once(*[["mark", "release", "--remove"]] * 4)
        assert sorted(one.code for one in answers) == [0, 4, 4, 4], answers
    place.proved()


def test_four_applies_of_one_directory(place: Place) -> None:
    """Each migration runs once; who comes second waits, and then finds nothing to do."""
    names = files(place)
    place.type("init")
    call = ["apply", str(place.migrations), "--format", "json"]
    answers = place.at_once(*[[*call, "--wait", "60"]] * 4)
    assert [one.code for one in answers] == [0] * 4, answers
    ran = [[run["migration"] for run in one.json()["runs"]] for one in answers]
    assert sorted(ran) == [[], [], [], names]
    assert place.completed() == dict.fromkeys(names, 1)
    place.proved()


def test_who_does_not_wait_is_told_who_holds_the_journal(place: Place) -> None:
    """With --wait 0 one applies; the others find it done, or are told that it is held."""
    names = files(place)
    place.type("init")
    answers = place.at_once(*[["apply", str(place.migrations), "--wait", "0"]] * 4)
    assert {one.code for one in answers} <= {0, 3}, answers
    assert all("the journal is held by" in one.err for one in answers if one.code)
    assert place.completed() == dict.fromkeys(names, 1)
    place.proved()


def test_who_asks_for_the_holder_is_none(tmp_path: Path) -> None:
    """A status in the same moment does not make a run that would not wait give up (SQLite)."""
    file = tmp_path / "app.db"
    with lock_file(file).open("a+") as asking, ThreadPoolExecutor() as pool:
        fcntl.flock(asking, fcntl.LOCK_SH)  # as a reader does for an instant
        held = pool.submit(hold, file, "dana", wait=0)
        time.sleep(0.3)
        fcntl.flock(asking, fcntl.LOCK_UN)
        with held.result(), pytest.raises(Busy, match="dana"):
            hold(file, "erik", wait=0)


def test_four_directories_on_one_journal(place: Place) -> None:
    """Migrations of four directories all run, each once, one run after the other."""
    place.type("init")
    calls = []
    for n in range(4):
        directory = place.directory(f"part{n}")
        text = CREATES.format(name=f"p{n}") + FILLS.format(name=f"p{n}")
        (directory / f"000{n}_p{n}.sql").write_text(text, encoding="utf-8")
        calls.append(["apply", str(directory), "--wait", "60", "--allow-late"])
    answers = place.at_once(*calls)
    told = [one.err for one in answers if one.code]
    assert all(one.code in (0, 3) for one in answers), answers
    assert all("missing" in text for text in told), told
    assert set(place.completed().values()) == {1}
    place.proved()


@pytest.mark.parametrize("turn", range(REPEATED))
def test_apply_rollback_mark_and_status_at_once(place: Place, turn: int) -> None:
    """All of them end as they say, in one order or another, and the journal is one chain."""
    place.type("init")
    place.file("0001_t1.sql", CREATES.format(name="t1") + FILLS.format(name="t1"))
    place.type("apply", str(place.migrations))
    files(place, 3)
    apply = ["apply", str(place.migrations), "--wait", "60"]
    back = ["rollback", "before:0001_t1", "--yes", "--lock-timeout", "60"]
    answers = place.at_once(apply, back, ["mark", f"m{turn}"], ["check", "--format", "json"])
    assert [one.code for one in answers] == [0] * 4, answers
    place.type(*apply)
    assert place.sql("select count(*), sum(v) from t3") == [(3, 63)]
    place.type(*back)
    place.proved()


@pytest.fixture
def parked(place: Place) -> Place:
    """A journal with one conflict that waits for a person."""
    place.sql(*[part for part in (OLD + ";\n" + old_rows()).split(";\n") if part.strip()])
    place.type("init")
    place.file("0001_tables.sql", TABLES)
    place.sql(ROME)
    place.file("0002_profiles.py", PARKED)
    place.type("apply", str(place.migrations))
    return place


def test_four_decide_the_same_conflict(parked: Place) -> None:
    """Each decision is on record, and the row holds what the last one chose."""
    asked = ["conflicts", "--field", "location", "--format", "json"]
    (found,) = parked.type(*asked).json()
    values = ["Rome", "Milan", "Turin", "Genoa"]
    line = ["conflicts", "decide", found["conflict"]["id"], "--migrations", str(parked.migrations)]
    line += ["--reason", "so", "--format", "json"]
    answers = parked.at_once(*[[*line, "--value", f'"{one}"'] for one in values])
    assert [one.code for one in answers] == [0] * 4, answers
    told = sorted((one.json() for one in answers), key=lambda one: one["position"])
    assert [one["revised"] for one in told] == [False, True, True, True]
    assert [one["before"] for one in told[1:]] == [one["after"] for one in told[:-1]]
    assert parked.sql(ROW)[0][0] == told[-1]["after"]
    parked.proved()


def test_a_decision_and_a_rollback_at_once(parked: Place) -> None:
    """The decision comes first and is taken back too, or it finds no conflict any more."""
    asked = ["conflicts", "--field", "location", "--format", "json"]
    (found,) = parked.type(*asked).json()
    line = ["conflicts", "decide", found["conflict"]["id"], "--migrations", str(parked.migrations)]
    decided, back = parked.at_once(
        [*line, "--choose", "1", "--reason", "so"], ["rollback", "after:0001_tables", "--yes"]
    )
    assert back.code == 0, back
    assert decided.code == 0 or (decided.code, "no conflict" in decided.err) == (4, True), decided
    assert parked.sql(ROW) == []
    parked.proved()
