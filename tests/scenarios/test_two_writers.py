"""An application writes the parents that a migration provisions: before it, beside it, after it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from tests.drills.operator import Operator
from tests.scenarios.platform_data import user
from tests.scenarios.test_stand_ins import (
    ARRIVALS,
    IMPORTS,
    INVITED,
    ONCE,
    PLAIN,
    REFERRALS,
    apply,
    conflicts,
    expected,
    script,
    users,
)
from tests.scenarios.writers import Moment, application, go_when_it_waits, holds, waits, writes

TWICE = """
migration = Migration(
    steps=(referrals("referrals", lambda number: number), referrals("again", moment))
)
"""
ADDED = f"INSERT INTO users VALUES ('{user(107)}', 'Real 107', 'application')"
UPSERT = f"{ADDED} ON CONFLICT (id) DO UPDATE SET name = excluded.name, origin = excluded.origin"


@pytest.fixture
def platform(operator: Operator) -> Operator:
    """Invitations of users, seven of whom do not exist yet."""
    operator.begin_with(script())
    return operator


@pytest.fixture
def postgresql_platform(postgresql_operator: Operator) -> Operator:
    """The same on PostgreSQL, where others write at the same time."""
    postgresql_operator.begin_with(script())
    return postgresql_operator


@contextmanager
def beside(work: Callable[..., Any], *arguments: Any) -> Iterator[Future[Any]]:
    """Do something in another thread while the block runs."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        yield pool.submit(work, *arguments)


@pytest.mark.parametrize("end", ["COMMIT", "ROLLBACK"])
@pytest.mark.parametrize("held", [False, True])
@pytest.mark.parametrize("named", [False, True])
def test_both_write_the_parent(
    postgresql_platform: Operator, end: str, held: bool, named: bool
) -> None:
    """An application makes the same parent meanwhile: one parent, nothing rejected or lost.

    Stand-ins without a name are inserted only; those with one are written to again.
    """
    platform = postgresql_platform
    moment = Moment(platform.home)
    sql = ADDED if end == "COMMIT" else f"BEGIN;\n{ADDED};\nROLLBACK"
    work = (
        (holds, platform.url, moment, ADDED, end) if held else (writes, platform.url, moment, sql)
    )
    with beside(*work) as other:
        text = REFERRALS if named else REFERRALS.replace('"name": first("nick"), ', "")
        (done,) = apply(platform, "0001_referrals", moment.pause(14), text, ONCE)
    other.result()
    real = (user(107),) if end == "COMMIT" else ()
    wanted, disagreeing = expected(*real, named=named)
    assert users(platform) == wanted
    assert conflicts(platform) == disagreeing
    made = 7 - len(real)
    assert (done["rejected"], done["rows"]["referral"]) == (0, len(INVITED))
    assert done["rows"]["users"] == made
    assert len(platform.lines("log", "--type", "RowProvisioned")) == made
    platform.back("before:0001_referrals")
    kept, _ = expected(*real, named=named)
    assert users(platform) == {k: one for k, one in kept.items() if one[1] == "application"}


def test_the_parent_goes_meanwhile(postgresql_platform: Operator) -> None:
    """A parent that was seen and is deleted before its child is written gets a stand-in."""
    platform = postgresql_platform
    moment = Moment(platform.home)
    gone = f"DELETE FROM users WHERE id = '{user(97)}'"
    with beside(writes, platform.url, moment, gone) as other:
        (done,) = apply(platform, "0001_referrals", moment.pause(14), REFERRALS, ONCE)
    other.result()
    assert (done["rejected"], done["rows"]) == (0, {"users": 8, "referral": 14})
    assert users(platform)[user(97)] == (None, "stand-in")


def test_the_application_comes_second(postgresql_platform: Operator) -> None:
    """It waits for the migration, and then merges into the stand-in."""
    platform = postgresql_platform
    moment = Moment(platform.home)

    def insert() -> int:
        moment.wait()
        return waits(platform.url, UPSERT)

    with beside(insert) as other, beside(go_when_it_waits, platform.url, moment) as observer:
        done, again = apply(platform, "0001_referrals", moment.pause(14), REFERRALS, TWICE)
    observer.result()
    assert (other.result(), done["rows"], again["rows"]) == (1, {"users": 7, "referral": 14}, {})
    assert users(platform) == expected()[0] | {user(107): ("Real 107", "application")}
    with pytest.raises(psycopg.errors.UniqueViolation):
        waits(platform.url, ADDED)


def test_a_second_writer_of_sqlite(sqlite_operator: Operator) -> None:
    """Nobody else writes while a migration runs; what comes after it finds the stand-in."""
    sqlite_operator.begin_with(script())
    moment = Moment(sqlite_operator.home)

    def insert() -> str:
        moment.wait()
        try:
            waits(sqlite_operator.url, ADDED)
        except sqlite3.OperationalError as error:
            return str(error)
        finally:
            moment.go()
        return "written"

    with beside(insert) as other:
        apply(sqlite_operator, "0001_referrals", moment.pause(14), REFERRALS, ONCE)
    assert other.result() == "database is locked"
    assert users(sqlite_operator) == expected()[0]
    with pytest.raises(sqlite3.IntegrityError):
        waits(sqlite_operator.url, ADDED)
    assert waits(sqlite_operator.url, UPSERT) == 1


@pytest.mark.parametrize("end", ["COMMIT", "ROLLBACK"])
def test_the_application_came_first(platform: Operator, end: str) -> None:
    """A migration that finds the table locked for long fails whole, and then runs."""
    platform.file("0001_referrals.py", IMPORTS + PLAIN + REFERRALS + ONCE)
    line = ("apply", str(platform.migrations))
    with application(platform.url) as other:
        other.execute("BEGIN IMMEDIATE" if platform.sqlite else "BEGIN")
        other.execute(ADDED)
        platform.type(*line, "--lock-timeout", "0.2", code=3 if platform.sqlite else 5)
        said = "held by another writer of the file" if platform.sqlite else "--lock-timeout"
        assert said in platform.err
        other.execute(end)
    real = (user(107),) if end == "COMMIT" else ()
    assert platform.application("SELECT count(*) FROM referral") == [(0,)]
    (done,) = platform.json(*line)["runs"][0]["transformed"]
    assert (done["rejected"], done["rows"]) == (0, {"users": 6 if real else 7, "referral": 14})
    assert users(platform) == expected(*real)[0]


def test_an_edit_meanwhile(postgresql_platform: Operator) -> None:
    """A row that changes after it was read is read again: the edit is a conflict, not lost."""
    platform = postgresql_platform
    apply(platform, "0001_referrals", PLAIN, REFERRALS, ONCE)
    moment = Moment(platform.home)
    edit = f"UPDATE users SET name = 'Chosen' WHERE id = '{user(104)}'"
    with beside(writes, platform.url, moment, edit) as other:
        apply(platform, "0002_arrivals", moment.pause(5), ARRIVALS)
    other.result()
    found = conflicts(platform, "--transform", "arrivals")
    assert found[user(104)] == [["Chosen", "Nick 104"]]
    assert users(platform)[user(104)] == ("Nick 104", "webhook")


def test_an_edit_between_batches(postgresql_platform: Operator) -> None:
    """A batch locks what the one before it changed; an edit waits for it, and stands."""
    platform = postgresql_platform
    apply(platform, "0001_referrals", PLAIN, REFERRALS, ONCE)
    moment = Moment(platform.home)
    batched = ARRIVALS.replace("Migration(", "Migration(batched=2, ")

    def edit() -> int:
        moment.wait()
        return waits(platform.url, f"UPDATE users SET name = 'Chosen' WHERE id = '{user(104)}'")

    with beside(edit) as other, beside(go_when_it_waits, platform.url, moment) as observer:
        (done,) = apply(platform, "0002_arrivals", moment.pause(3), batched)
    observer.result()
    assert (other.result(), done["rejected"], done["rows"]["users"]) == (1, 0, 5)
    assert users(platform)[user(104)] == ("Chosen", "webhook")
