"""Readers at full speed beside runs: they see before or after, and what they answer is right."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.load.place import Place
from tests.load.terminals import Terminal

NIGHTLY = os.environ.get("CLEW_PROFILE") == "nightly"
ROUNDS, ROWS = (30, 20_000) if NIGHTLY else (2, 1_000)
PATIENT = ("--lock-timeout", "120")
SERIES = "with recursive n(i) as (select 1 union all select i + 1 from n where i < {rows})"
BEGUN = (
    "create table t (id integer primary key, v integer not null);\n"
    f"insert into t {SERIES} select i, 0 from n;\n"
)
CHANGES = (
    "create table u (id integer primary key);\n"
    "insert into u values (1);\n"
    "create index u_id on u (id);\n"
    "alter table t add column w text;\n"
    "update t set v = v + 1, w = 'w';\n"
    "delete from t where id % 2 = 0;\n"
)


@pytest.fixture(params=["delete", "wal", "postgresql"])
def toggled(request: pytest.FixtureRequest) -> Place:
    """A table of many rows, and a migration that goes there and back."""
    postgresql = request.param == "postgresql"
    place: Place = request.getfixturevalue("on_postgresql" if postgresql else "on_sqlite")
    if not postgresql:
        place.sql(f"PRAGMA journal_mode = {request.param}")
    place.file("0001_t.sql", BEGUN.format(rows=ROWS))
    place.type("init")
    place.type("apply", str(place.migrations))
    place.file("0002_u.sql", CHANGES)
    return place


@contextmanager
def meanwhile(*loops: Callable[[], None]) -> Iterator[None]:
    """Run these again and again while the block runs; what one of them raises is raised."""
    ended = threading.Event()
    failures: list[BaseException] = []

    def again(loop: Callable[[], None]) -> None:
        try:
            while not ended.is_set():
                loop()
        except BaseException as error:  # noqa: BLE001 - told below
            failures.append(error)

    threads = [threading.Thread(target=again, args=(loop,)) for loop in loops]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    for failure in failures:
        raise failure


def toggle(place: Place) -> None:
    """Apply and roll back, so many times."""
    for _ in range(ROUNDS):
        place.type("apply", str(place.migrations), *PATIENT)
        place.type("rollback", "before:0002_u", "--yes", *PATIENT)


def checks(terminal: Terminal) -> None:
    """There never was any drift."""
    terminal.type("check")


def proves(terminal: Terminal) -> None:
    """The record was never touched."""
    terminal.type("verify")


def tells(terminal: Terminal) -> None:
    """Nobody was killed, nothing drifted, so that there is nothing to repair."""
    found = terminal.type("status", "--format", "json").json()
    assert found["drift"] == []
    assert {one["state"] for one in found["incomplete"]} <= {"running"}
    assert found["next"] == ""


def remembers(terminal: Terminal) -> None:
    """The past is what it was."""
    found = terminal.type("rows", "t", "--at", "after:0001_t", "--format", "jsonl").out
    rows = [json.loads(line) for line in found.splitlines()]
    assert len(rows) == ROWS
    assert all(row == {"id": row["id"], "v": 0} for row in rows)


def test_no_alarm_beside_a_run(toggled: Place) -> None:
    """While runs come and go, check, status and verify find nothing wrong."""
    _, one, two, three = toggled.terminals
    with meanwhile(lambda: checks(one), lambda: tells(two), lambda: proves(three)):
        toggle(toggled)
    toggled.proved()


def looks(terminal: Terminal) -> None:
    """A doctor comes to an end, or says that a lock was not free in time."""
    terminal.ask("doctor")
    found = terminal.answer()
    assert found.code in (0, 1) or "lock timeout" in found.err, found.err


def test_a_doctor_beside_a_run(toggled: Place) -> None:
    """Tables that go while the catalog is read are no error."""
    _, one, two, _ = toggled.terminals
    with meanwhile(lambda: looks(one), lambda: looks(two)):
        toggle(toggled)


def test_the_past_beside_a_run(toggled: Place) -> None:
    """Rows of the past, and the log, are read right while the same table is rolled back."""
    _, one, two, _ = toggled.terminals
    with meanwhile(lambda: remembers(one), lambda: whole(two)):
        toggle(toggled)
    toggled.proved()


def whole(terminal: Terminal) -> None:
    """The log has no gap."""
    lines = terminal.type("log", "--format", "jsonl").out.splitlines()
    assert [json.loads(line)["position"] for line in lines] == list(range(1, len(lines) + 1))


def test_never_a_mixture(toggled: Place) -> None:
    """Whoever selects from a table that comes and goes sees one side or the other."""
    sides = {(ROWS, 0), ((ROWS + 1) // 2, (ROWS + 1) // 2)}
    seen: set[tuple[int, int]] = set()

    def selects() -> None:
        ((count, total),) = toggled.sql("SELECT count(*), coalesce(sum(v), 0) FROM t")
        seen.add((count, total))

    with meanwhile(selects, selects, lambda: proves(toggled.terminals[1])):
        toggle(toggled)
    assert seen <= sides, seen
    toggled.proved()
