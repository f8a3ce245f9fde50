"""Referrals kept by browser become referrals of users, and nobody takes another's referrer."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import pytest

from tests.drills.operator import Operator
from tests.scenarios import rekeying_data as data
from tests.scenarios.platform_data import user

TARGETS = """
CREATE TABLE claim (browser text PRIMARY KEY, user_id text REFERENCES users (id), code text);
CREATE TABLE referral (user_id text PRIMARY KEY REFERENCES users (id),
    referred_by text REFERENCES users (id), state text NOT NULL);
CREATE TABLE reward (user_id text NOT NULL, code text NOT NULL, coins integer,
    PRIMARY KEY (user_id, code));
"""

IMPORTS = """
from commands.transform import (
    Check, Migration, Reject, Rows, Select, Transform, derive, first, key,
)
"""

CLAIMS = '''
claims = Transform(
    name="claims",
    source=Select(
        sql="""SELECT l.id AS login, p.id AS seen, p.fingerprint, lower(p.code) AS code, l.user_id
               FROM pending p JOIN logins l ON l.fingerprint = p.fingerprint""",
        order="login, seen",
    ),
    subject="fingerprint",
    record=("login", "seen"),
    into=(
        Rows(table="claim", columns={
            "browser": key("fingerprint"),
            "user_id": first("user_id", on_conflict="park"),
            "code": first("code"),
        }),
    ),
)
'''

REFERRALS = '''
def state(row):
    if row["referred_by"] == row["user_id"]:
        raise Reject("refers himself")
    return "open" if row["referred_by"] is None else "known"


referrals = Transform(
    name="referrals",
    source=Select(
        sql="""SELECT c.browser, c.user_id, o.user_id AS referrer
               FROM claim c LEFT JOIN codes o ON lower(o.code) = c.code
               WHERE c.user_id IS NOT NULL""",
        order="browser",
    ),
    subject="user_id",
    record=("browser",),
    into=(
        Rows(table="referral", match=("user_id",), missing="insert", columns={
            "user_id": key("user_id"),
            "referred_by": first("referrer", on_conflict="park"),
            "state": derive(state),
        }),
    ),
)
'''

CYCLES = '''
cycles = Check(
    name="nobody comes back to himself",
    sql="""WITH RECURSIVE up (start, at, steps) AS (
               SELECT user_id, referred_by, 1 FROM referral WHERE referred_by IS NOT NULL
               UNION ALL
               SELECT up.start, r.referred_by, up.steps + 1
               FROM up JOIN referral r ON r.user_id = up.at
               WHERE r.referred_by IS NOT NULL AND up.at <> up.start AND up.steps < 100)
           SELECT start FROM up WHERE at = start""",
    warns=True,
)
'''
ALL = "migration = Migration(steps=(claims, referrals, cycles))\n"
TEXT = IMPORTS + CLAIMS + REFERRALS + CYCLES + ALL

REWARDS = """
migration = Migration(steps=(Transform(
    name="rewards",
    source=Select(
        sql="SELECT id AS given, user_id, code AS code, coins FROM rewarded", order="given"
    ),
    subject="user_id",
    record=("given",),
    into=(
        Rows(table="reward", per=("code",), columns={
            "user_id": key("user_id"), "code": key("code"),
            "coins": first("coins", on_conflict="park"),
        }),
    ),
),))
"""


@pytest.fixture
def platform(operator: Operator) -> Operator:
    """Referrals by browser, and empty tables for those by user."""
    operator.begin_with(data.script())
    operator.apply("0001_targets", TARGETS)
    return operator


def apply(platform: Operator, name: str, text: str) -> dict[str, Any]:
    """Apply a migration in Python; return what its one run says."""
    platform.file(f"{name}.py", text)
    (run,) = platform.json("apply", str(platform.migrations))["runs"]
    return dict(run)


def referrals(platform: Operator) -> dict[str, tuple[str | None, str]]:
    """Return the referrals as they are."""
    rows = platform.application("SELECT user_id, referred_by, state FROM referral")
    return {who: (referrer, state) for who, referrer, state in rows}


def conflicts(platform: Operator, field: str) -> dict[str, list[Any]]:
    """Return, by subject, the values that conflicts about a field hold."""
    return {
        json.loads(one["conflict"]["subject"]): [each["value"] for each in one["candidates"]]
        for one in platform.lines("conflicts", "--field", field)
    }


@pytest.mark.parametrize("policy", ["park", "decide"])
def test_by_user(platform: Operator, policy: str) -> None:
    """The second user of a browser gets nothing of the first: both stand in a conflict."""
    before = platform.fingerprint()
    claims = CLAIMS.replace('"park"', f'"{policy}"')
    run = apply(platform, "0002_referrals", IMPORTS + claims + REFERRALS + CYCLES + ALL)
    wanted = data.referrals(shared=policy == "decide")
    assert referrals(platform) == wanted
    shared = {data.browser(n): [user(n), user(60 + n)] for n in data.SHARED}
    assert conflicts(platform, "claim.user_id") == shared
    for fingerprint, users in shared.items():
        (row,) = platform.application(f"SELECT user_id FROM claim WHERE browser = '{fingerprint}'")
        assert row == (users[0] if policy == "decide" else None,)
        assert users[1] not in wanted
    assert conflicts(platform, "referred_by") == {data.TORN: [user(60), user(90)]}
    assert wanted[data.TORN] == (None, "open")
    assert wanted[data.AGREEING] == (user(61), "known")
    assert wanted[data.UNKNOWN] == (None, "open")
    assert run["transformed"][1]["conflicts"] == 1
    filled = platform.fingerprint()
    platform.back("before:0002_referrals")
    assert platform.fingerprint() == before
    platform.back("after:0002_referrals")
    assert platform.fingerprint() == filled


def test_a_person_decides_whose_browser(platform: Operator) -> None:
    """Once decided, the referral is that user's, and the other has none."""
    apply(platform, "0002_referrals", TEXT)
    (one,) = platform.lines("conflicts", "--subject", data.browser(4))
    words = ("conflicts", "decide", one["conflict"]["id"], "--choose", "1", "--reason", "asked")
    assert platform.json(*words)["after"] == user(64)
    again = REFERRALS + "migration = Migration(steps=(referrals,))\n"
    run = apply(platform, "0003_again", IMPORTS + again)
    assert run["transformed"][0]["rows"] == {"referral": 1}
    assert referrals(platform) == data.referrals(shared=False) | {user(64): (user(44), "known")}


def test_self_referral(platform: Operator) -> None:
    """A user who refers himself is set aside, with the reason."""
    run = apply(platform, "0002_referrals", TEXT)
    assert run["transformed"][1]["rejected"] == 1
    assert data.SELF not in referrals(platform)
    (rejected,) = platform.lines("log", "--type", "RecordRejected")
    assert json.loads(rejected["data"]["subject"]) == data.SELF
    assert rejected["data"]["error"] == "state: refers himself"


def test_a_cycle(platform: Operator) -> None:
    """Three who refer one another are found by a check, which warns or aborts."""
    before = platform.fingerprint()
    strict = TEXT.replace("warns=True", "warns=False")
    platform.file("0002_referrals.py", strict)
    platform.type("apply", str(platform.migrations), code=5)
    assert "nobody comes back to himself: expected no row, found a row" in platform.err
    assert platform.fingerprint() == before
    run = apply(platform, "0002_referrals", TEXT)
    assert [check["passed"] for check in run["checks"]] == [False]
    found = referrals(platform)
    for who in data.CYCLE:
        assert found[found[found[who][0] or ""][0] or ""][0] == who
    platform.back("before:0002_referrals")
    platform.application("DELETE FROM pending WHERE code = 'Code97'")
    run = apply(platform, "0002_referrals", strict)
    assert [check["passed"] for check in run["checks"]] == [True]


def test_letters_told_apart(platform: Operator) -> None:
    """Without lower() a code in other letters is another code, and has no owner."""
    exact = TEXT.replace("lower(p.code)", "p.code").replace("lower(o.code)", "o.code")
    apply(platform, "0002_referrals", exact)
    found = data.referrals(shared=False, exact=True)
    assert referrals(platform) == found
    folded = data.referrals(shared=False)
    assert folded[user(1)] == (user(41), "known")
    assert found[user(1)] == (None, "open")


@pytest.mark.parametrize("code", ["code", "lower(code)"])
def test_the_same_reward_twice(platform: Operator, code: str) -> None:
    """Equal rewards are one row, different ones a conflict; other letters only where said."""
    before = platform.fingerprint()
    run = apply(platform, "0002_rewards", IMPORTS + REWARDS.replace("code AS", f"{code} AS"))
    coins: dict[tuple[str, str], list[int]] = defaultdict(list)
    for who, text, given in data.rewards():
        coins[who, text if code == "code" else text.lower()].append(given)
    differing = {place: values for place, values in coins.items() if len(set(values)) > 1}
    rows = platform.application("SELECT user_id, code, coins FROM reward")
    assert {(who, text): given for who, text, given in rows} == {
        place: None if place in differing else values[0] for place, values in coins.items()
    }
    assert len(rows) == (10 if code == "code" else 9)
    (done,) = run["transformed"]
    assert (done["conflicts"], done["parked"], done["rejected"]) == (1, 1, 0)
    assert conflicts(platform, "coins") == {who: values for (who, _), values in differing.items()}
    platform.back("before:0002_rewards")
    assert platform.fingerprint() == before
