"""Parents that are not there yet: stand-ins, the real records, and an application that writes too."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from tests.drills.operator import Operator
from tests.scenarios.platform_data import USERS, user
from tests.scenarios.writers import Moment, application, go_when_it_waits, holds, waits, writes

TABLES = """
CREATE TABLE users (id text PRIMARY KEY, name text, origin text NOT NULL);
CREATE TABLE invited (id integer PRIMARY KEY, user_id text NOT NULL, nick text);
CREATE TABLE arrived (id integer PRIMARY KEY, user_id text NOT NULL, name text NOT NULL);
CREATE TABLE referral (id integer PRIMARY KEY, user_id text NOT NULL REFERENCES users (id),
    seen integer)"""

IMPORTS = """
from commands.transform import (
    Migration, Rows, Select, Transform, compute, constant, first, key, last, provision,
)
"""
PLAIN = """
def moment(number):
    return number
"""
REFERRALS = """
def referrals(name, function):
    return Transform(
        name=name,
        source=Select(
            sql="SELECT id AS invitation, user_id, nick FROM invited", order="invitation"
        ),
        subject="invitation",
        into=(
            provision("users", match="id", columns={
                "id": key("user_id"), "name": first("nick"), "origin": constant("stand-in"),
            }),
            Rows(table="referral", match=("id",), missing="insert", columns={
                "id": key("invitation"), "user_id": key("user_id"),
                "seen": compute(function, "invitation"),
            }),
        ),
    )

"""
ONCE = 'migration = Migration(steps=(referrals("referrals", moment),))\n'
TWICE = """
migration = Migration(
    steps=(referrals("referrals", lambda number: number), referrals("again", moment))
)
"""
ARRIVALS = """
migration = Migration(steps=(Transform(
    name="arrivals",
    source=Select(sql="SELECT id AS arrival, user_id, name FROM arrived", order="arrival"),
    subject="user_id",
    record=("arrival",),
    ignore=("arrival",),
    into=(
        Rows(table="users", match=("id",), missing="insert", columns={
            "id": key("user_id"), "name": last("name"), "origin": constant("webhook"),
        }),
        Rows(table="referral", match=("id",), missing="insert", columns={
            "id": compute(lambda number: 1000 + number, "arrival"), "user_id": key("user_id"),
            "seen": compute(moment, "arrival"),
        }),
    ),
),))
"""

INVITED = [
    (n, user(95 + n), f"Nick {95 + n}" if n % 2 else None) for n in range(1, 13)
] + [(13, user(107), "Other"), (14, user(106), "Else")]  # fmt: skip
ARRIVED = [(1, user(102), "Real 102"), (2, user(103), "Real 103"), (3, user(104), "Nick 104"),
           (4, user(106), "Nick 106"), (5, user(108), "Real 108")]  # fmt: skip
ALL_USERS = "SELECT id, name, origin FROM users ORDER BY id"
ADDED = f"INSERT INTO users VALUES ('{user(107)}', 'Real 107', 'application')"
UPSERT = f"{ADDED} ON CONFLICT (id) DO UPDATE SET name = excluded.name, origin = excluded.origin"

Users = dict[str, tuple[str | None, str]]


def script() -> str:
    """Return the tables with their rows: users 96 to 100 are there, 101 to 107 are not.

    Of 107 the first invitation has no name and the second one has: it is written twice.
    """
    parts = [TABLES]
    parts += [
        f"INSERT INTO users VALUES ('{user(n)}', 'Name {n}', 'application')"
        for n in range(1, USERS + 1)
    ]
    for table, rows in (("invited", INVITED), ("arrived", ARRIVED)):
        for n, key, name in rows:
            shown = "NULL" if name is None else f"'{name}'"
            parts.append(f"INSERT INTO {table} VALUES ({n}, '{key}', {shown})")
    return ";\n".join(parts)


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


def expected(*there: str, named: bool = True) -> tuple[Users, dict[str, list[list[str]]]]:
    """Return users after the referrals and, by user, conflicts; ``there`` came meanwhile."""
    users: Users = {user(n): (f"Name {n}", "application") for n in range(1, USERS + 1)}
    users |= {key: (f"Real {int(key[-3:])}", "application") for key in there}
    conflicts: dict[str, list[list[str]]] = {}
    for _, key, said in INVITED:
        nick = said if named else None
        name, origin = users.get(key, (None, "stand-in"))
        if nick is not None and name is not None and nick != name:
            conflicts.setdefault(key, []).append([name, nick])
        users[key] = (name if name is not None else nick, origin)
    return users, conflicts


def users(platform: Operator) -> Users:
    """Return users as they are."""
    found = platform.application(ALL_USERS)
    assert len({key for key, *_ in found}) == len(found)
    return {key: (name, origin) for key, name, origin in found}


def conflicts(platform: Operator, *words: str) -> dict[str, list[list[str]]]:
    """Return, by user, the values that conflicts of names hold."""
    found: dict[str, list[list[str]]] = {}
    for one in platform.lines("conflicts", "--field", "name", *words):
        ((_, key),) = one["conflict"]["key"]
        found.setdefault(key, []).append([candidate["value"] for candidate in one["candidates"]])
    return found


def apply(platform: Operator, name: str, *parts: str) -> list[dict[str, Any]]:
    """Apply a migration in Python; return what its transforms say."""
    platform.file(f"{name}.py", IMPORTS + "".join(parts))
    answer = platform.json("apply", str(platform.migrations))
    return list(answer["runs"][0]["transformed"])


@contextmanager
def beside(work: Callable[..., Any], *arguments: Any) -> Iterator[Future[Any]]:
    """Do something in another thread while the block runs."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        yield pool.submit(work, *arguments)


def test_stand_ins(platform: Operator) -> None:
    """A missing parent is made once, a real one stays as it is; again adds nothing."""
    before = platform.fingerprint()
    wanted, disagreeing = expected()
    (done,) = apply(platform, "0001_referrals", PLAIN, REFERRALS, ONCE)
    assert (done["rows"], done["rejected"]) == ({"users": 8, "referral": 14}, 0)
    assert users(platform) == wanted
    assert conflicts(platform) == disagreeing
    made = [one for one in platform.lines("log") if one["type"] == "RowProvisioned"]
    assert len(made) == 7
    filled = platform.fingerprint()
    (again,) = apply(platform, "0002_again", PLAIN, REFERRALS, ONCE)
    assert (again["rows"], again["rejected"]) == ({}, 0)
    assert platform.fingerprint() == filled
    platform.back("before:0001_referrals")
    assert platform.fingerprint() == before
    platform.back("after:0001_referrals")
    assert platform.fingerprint() == filled


def test_the_real_record_arrives(platform: Operator) -> None:
    """The real record merges into the stand-in; what differs from what stood is a conflict."""
    apply(platform, "0001_referrals", PLAIN, REFERRALS, ONCE)
    between, (standing, _) = platform.fingerprint(), expected()
    (done,) = apply(platform, "0002_arrivals", PLAIN, ARRIVALS)
    assert (done["rejected"], done["rows"]["users"]) == (0, 5)
    merged = {key: (name, "webhook") for _, key, name in ARRIVED}
    assert users(platform) == standing | merged
    names = {key: name for key, (name, _) in standing.items()}
    assert conflicts(platform, "--transform", "arrivals") == {
        key: [[names[key], name]] for _, key, name in ARRIVED if names.get(key) not in {None, name}
    }
    platform.back("before:0002_arrivals")
    assert platform.fingerprint() == between


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
    assert done["rows"]["users"] == made + (named and not real)
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
    assert (done["rejected"], done["rows"]) == (0, {"users": 9, "referral": 14})
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
    assert (other.result(), done["rows"], again["rows"]) == (1, {"users": 8, "referral": 14}, {})
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
    assert (done["rejected"], done["rows"]) == (0, {"users": 6 if real else 8, "referral": 14})
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
