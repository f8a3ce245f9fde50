"""Parents that are not there yet: stand-ins, and the real records that come later."""

from __future__ import annotations

from typing import Any

import pytest

from tests.drills.operator import Operator
from tests.scenarios.platform_data import USERS, user

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


def test_stand_ins(platform: Operator) -> None:
    """A missing parent is made once, a real one stays as it is; again adds nothing."""
    before = platform.fingerprint()
    wanted, disagreeing = expected()
    (done,) = apply(platform, "0001_referrals", PLAIN, REFERRALS, ONCE)
    assert (done["rows"], done["rejected"]) == ({"users": 7, "referral": 14}, 0)
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
