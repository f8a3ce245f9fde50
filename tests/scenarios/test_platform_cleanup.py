"""The clean-up of a platform: spellings become one, days are kept, unused tables go and come back."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from tests.drills.operator import Operator
from tests.scenarios import platform_data as data

PERSON = """CREATE TABLE person (user_id text PRIMARY KEY REFERENCES users (id), first_name text,
    image_url text, claimed_days text);
"""

SPELLINGS = """
from commands.transform import Check, Migration, Rows, Select, Transform, first, key

migration = Migration(
    steps=(
        Transform(
            name="one spelling",
            source=Select(
                sql="SELECT id AS hook, user_id, payload FROM user_webhooks",
                order="hook",
                unpack=("payload",),
            ),
            subject="user_id",
            record=("hook",),
            into=(
                Rows(
                    table="person",
                    columns={
                        "user_id": key("user_id"),
                        "first_name": first("first_name", "firstName", "given_name"),
                        "image_url": first("image_url", "imageUrl", "picture", on_conflict="park"),
                    },
                ),
            ),
        ),
        Check(name="a person for each user", sql="SELECT count(*) FROM person", equals=100),
    ),
)
"""

DAYS = '''
from commands.transform import Migration, Rows, Select, Transform, key, merge_lists

migration = Migration(
    steps=(
        Transform(
            name="claimed days",
            source=Select(
                sql="""SELECT id AS campaign, user_id,
                              '{"days": ' || claimed_days || '}' AS found
                       FROM daily_login_campaigns""",
                order="campaign",
                unpack=("found",),
            ),
            subject="user_id",
            record=("campaign",),
            into=(
                Rows(
                    table="person",
                    match=("user_id",),
                    columns={"user_id": key("user_id"), "claimed_days": merge_lists("days")},
                ),
            ),
        ),
    ),
)
'''

LEAVES = f"""DELETE FROM person WHERE user_id = '{data.user(2)}';
DELETE FROM referral_codes WHERE code = 'Code2';
DELETE FROM users WHERE id = '{data.user(2)}';
"""
"""A user whom the code of another names as its referrer."""
UNUSED = "DROP TABLE request_log;\nDROP TABLE user_limit;\nDROP TABLE daily_login_campaigns;\n"


@pytest.fixture
def as_found(operator: Operator) -> dict[str, str]:
    """The fingerprint of the platform as found."""
    return operator.begin_with(data.TABLES + ";\n" + data.rows())


@pytest.fixture
def platform(operator: Operator, as_found: dict[str, str]) -> Operator:
    """The platform with a table for persons."""
    operator.apply("0001_person", PERSON)
    return operator


def spell(platform: Operator) -> dict[str, Any]:
    """Apply the migration that makes spellings one, and return its report."""
    platform.file("0002_spellings.py", SPELLINGS)
    trial = platform.json("apply", str(platform.migrations), "--dry-run")
    answer = platform.json("apply", str(platform.migrations))
    assert [check["passed"] for check in answer["runs"][0]["checks"]] == [True]
    (done,) = answer["runs"][0]["transformed"]
    assert trial["migrations"][0]["transformed"] == [done]
    return dict(done)


def persons() -> list[tuple[str, Any, Any]]:
    """Return what persons must be: the first name said, and an image where all agree."""
    found = []
    for key, records in data.by_user():
        names, images = data.said(records, data.FIRST_NAME), data.said(records, data.IMAGE)
        found.append((key, names[0], images[0] if len(set(images)) == 1 else None))
    return found


def disagreements() -> dict[tuple[str, str], list[Any]]:
    """Return the fields about which a user's records disagree, with what they say."""
    fields = {"person.first_name": data.FIRST_NAME, "person.image_url": data.IMAGE}
    found = {
        (key, field): data.said(records, spellings)
        for key, records in data.by_user()
        for field, spellings in fields.items()
    }
    return {place: values for place, values in found.items() if len(set(values)) > 1}


def test_spellings(platform: Operator) -> None:
    """Several spellings are one field; two values under two of them are a conflict, equal ones not."""
    before, done = platform.fingerprint(), spell(platform)
    expected = disagreements()
    parked = {key for key, field in expected if field == "person.image_url"}
    assert (done["subjects"], done["rows"]) == (data.USERS, {"person": data.USERS})
    assert (done["conflicts"], done["parked"], done["rejected"]) == (len(expected), len(parked), 0)
    assert sum(done["fates"].values()) == done["values"]
    assert done["values"] == sum(len(payload) + 2 for _, _, payload in data.payloads())
    rows = "SELECT user_id, first_name, image_url FROM person ORDER BY user_id"
    assert platform.application(rows) == persons()
    found = {
        (json.loads(one["conflict"]["subject"]), one["conflict"]["field"]): [
            candidate["value"] for candidate in one["candidates"]
        ]
        for one in platform.lines("conflicts")
    }
    assert found == expected
    left = Counter(
        name
        for _, _, payload in data.payloads()
        for name in payload
        if name not in {*data.FIRST_NAME, *data.IMAGE}
    )
    assert {one["field"]: one["count"] for one in platform.lines("unmapped")} == left
    platform.back("before:0002_spellings")
    assert platform.fingerprint() == before


def test_the_parked_one_is_decided(platform: Operator) -> None:
    """A field that waits gets the choice or a value of a person, and both go back with a rollback."""
    spell(platform)
    waiting = platform.lines("conflicts", "--status", "open")
    assert platform.json("status")["open_conflicts"] == len(waiting)
    at, before = platform.json("status")["head"]["position"], platform.fingerprint()
    choices = {}
    for one, words in zip(
        waiting, (("--choose", "1"), ("--value", '"https://w"'), ("--choose", "0")), strict=False
    ):
        answer = platform.json(
            *("conflicts", "decide", one["conflict"]["id"], *words),
            *("--reason", "asked", "--actor", "eve"),
        )
        choices[json.loads(one["conflict"]["subject"])] = answer["after"]
        if words[0] == "--choose":
            assert answer["after"] == one["candidates"][int(words[1])]["value"]
    rows = dict(platform.application("SELECT user_id, image_url FROM person"))
    assert rows == {key: image for key, _, image in persons()} | choices
    assert len(platform.lines("conflicts", "--status", "open")) == len(waiting) - len(choices)
    platform.back(str(at))
    assert platform.fingerprint() == before
    assert len(platform.lines("conflicts", "--status", "open")) == len(waiting)


def test_there_and_back(platform: Operator, as_found: dict[str, str]) -> None:
    """Days are kept, tables are dropped, a user leaves; every row comes back, and forward again."""
    spell(platform)
    platform.file("0003_days.py", DAYS)
    platform.apply("0004_unused", UNUSED)
    days: dict[str, list[int]] = {}
    for n in range(1, data.CAMPAIGNS + 1):
        mine = days.setdefault(data.campaign_user(n), [])
        mine += [day for day in data.claimed(n) if day not in mine]
    rows = platform.application("SELECT user_id, claimed_days FROM person")
    assert {key: json.loads(text) for key, text in rows if text} == days
    referrer = "SELECT referred_by FROM referral_codes WHERE code = 'Code5'"
    assert platform.application(referrer) == [(data.user(2),)]
    platform.apply("0005_leaves", LEAVES)
    assert platform.application(referrer) == [(None,)]
    after = platform.fingerprint()
    assert not any("request_log" in name for name in after)
    platform.back("before:0004_unused")
    counts = "SELECT (SELECT count(*) FROM request_log), (SELECT count(*) FROM user_limit)"
    assert platform.application(counts) == [(data.LOGGED, data.LIMITED)]
    platform.back("before:0001_person")
    assert platform.fingerprint() == as_found
    platform.back("after:0005_leaves")
    assert platform.fingerprint() == after
