"""The clean-up of a platform as one story: all recipes of the page, the report, and the way back."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.drills.operator import Operator
from tests.scenarios import platform_data, rekeying_data
from tests.scenarios.platform_data import user
from tests.scenarios.recipes import ARRIVED, INVITED, recipes, rewards, script, users_then
from tests.scenarios.test_platform_cleanup import disagreements, persons
from tests.scenarios.test_two_writers import beside
from tests.scenarios.writers import Moment, holds, waits

OWN = f"INSERT INTO users VALUES ('{user(107)}', 'own107@x.org')"
WAYPOINTS = ("0008_unused", "0006_referrals")
PAUSED = '''

def coded(number, code):
    """Stand still at the last record."""
    moment(number)
    return code


'''


class Story:
    """A platform, its recipes, and what it was like before each of them."""

    def __init__(self, platform: Operator, source: Path) -> None:
        self.platform = platform
        self.source = source
        self.texts = recipes()
        self.found = platform.begin_with(script())
        self.states: dict[str, dict[str, str]] = {}

    def write(self, name: str, text: str = "") -> None:
        """Write the migration of a recipe, or another text under its name."""
        if name in WAYPOINTS:
            self.states[name] = self.platform.fingerprint()
        self.platform.file(f"{name}.py", text or self.texts[name])

    def apply(self, name: str, text: str = "") -> dict[str, Any]:
        """Apply a recipe; return what its run says."""
        self.write(name, text)
        runs = self.platform.json("apply", str(self.platform.migrations))["runs"]
        assert [run["migration"] for run in runs] == [name]
        return dict(runs[0])

    def conflicts(self, field: str, *words: str) -> dict[str, list[list[Any]]]:
        """Return, by subject, the values that each conflict about a field holds."""
        found: dict[str, list[list[Any]]] = {}
        for one in self.platform.lines("conflicts", "--field", field, *words):
            values = [candidate["value"] for candidate in one["candidates"]]
            found.setdefault(json.loads(one["conflict"]["subject"]), []).append(values)
        return found

    def emails(self) -> dict[str, str]:
        """Return users as they are."""
        return dict(self.platform.application("SELECT id, email FROM users"))


@pytest.fixture
def story(operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Story:
    """The platform as found, with the source code of its application."""
    monkeypatch.chdir(tmp_path)
    source = tmp_path / "src"
    source.mkdir()
    (source / "app.py").write_text("USERS = 'select id, email from users'\n")
    (source / "limits.py").write_text("TABLE = 'user_limit'\n")
    return Story(operator, source)


def test_the_whole_story(story: Story) -> None:
    """Each step leaves what plain Python says, the report tells all, and all of it comes back."""
    people(story)
    days(story)
    invitations(story)
    arrivals(story)
    referrals(story)
    rewarded(story)
    unused(story)
    homes(story)
    reported(story)
    there_and_back(story)


def people(story: Story) -> None:
    """Spellings become one; what disagrees is a conflict, and the rest has no home."""
    (done,) = story.apply("0001_person")["transformed"]
    rows = "SELECT user_id, first_name, image_url FROM person ORDER BY user_id"
    assert story.platform.application(rows) == persons()
    assert done["conflicts"] == len(disagreements())
    left = {one["field"]: one["count"] for one in story.platform.lines("unmapped")}
    assert left["locale"] == platform_data.USERS


def days(story: Story) -> None:
    """Days of several campaigns are one list."""
    story.apply("0002_claimed_days")
    wanted: dict[str, list[int]] = {}
    for n in range(1, platform_data.CAMPAIGNS + 1):
        mine = wanted.setdefault(platform_data.campaign_user(n), [])
        mine += [day for day in platform_data.claimed(n) if day not in mine]
    rows = story.platform.application("SELECT user_id, claimed_days FROM person")
    assert {who: json.loads(text) for who, text in rows if text} == wanted


def invitations(story: Story) -> None:
    """Parents are made just in time while an application makes one of them; again adds nothing."""
    story.apply("0003_invited")
    moment = Moment(story.platform.home)
    text = story.texts["0004_invitations"].replace("first, key,", "compute, first, key,")
    text = text.replace('first("code")', 'compute(coded, "invitation", "code")')
    text = text.replace("\nmigration =", f"\n{moment.pause(len(INVITED))}{PAUSED}migration =")
    url = story.platform.url
    if story.platform.sqlite:
        with beside(_locked_out, url, moment) as other:
            (done,) = story.apply("0004_invitations", text)["transformed"]
        assert other.result() == "database is locked"
    else:
        with beside(holds, url, moment, OWN, "COMMIT") as other:
            (done,) = story.apply("0004_invitations", text)["transformed"]
        other.result()
    wanted, disagreeing = users_then(real=not story.platform.sqlite)
    assert story.emails() == wanted
    made = len(wanted) - platform_data.USERS - (not story.platform.sqlite)
    assert done["rows"] == {"users": made, "invited": len(INVITED)}
    assert len(story.platform.lines("log", "--type", "RowProvisioned")) == made
    by_user: dict[str, list[list[Any]]] = {}
    for subject, found in story.conflicts("users.email").items():
        by_user.setdefault(INVITED[int(subject) - 1][1], []).extend(found)
    assert by_user == disagreeing
    (done,) = story.apply("0004_invited_again", story.texts["0004_invitations"])["transformed"]
    assert (done["rows"], done["rejected"]) == ({}, 0)
    assert story.emails() == wanted


def _locked_out(url: str, moment: Moment) -> str:
    moment.wait()
    try:
        waits(url, OWN)
    except sqlite3.OperationalError as error:
        return str(error)
    finally:
        moment.go()
    return "written"


def arrivals(story: Story) -> None:
    """Real records merge into stand-ins, and differences are conflicts with both values."""
    before = story.emails()
    (done,) = story.apply("0005_arrivals")["transformed"]
    assert story.emails() == before | {who: email for _, who, email in ARRIVED}
    assert story.conflicts("users.email", "--transform", "arrivals") == {
        who: [[before[who], email]] for _, who, email in ARRIVED if before.get(who, email) != email
    }
    assert done["rejected"] == 0


def referrals(story: Story) -> None:
    """The second user of a browser gets nothing of the first; circles and oneself are found."""
    run = story.apply("0006_referrals")
    rows = story.platform.application("SELECT user_id, referred_by, state FROM referral")
    wanted = rekeying_data.referrals(shared=False)
    assert {who: (referrer, state) for who, referrer, state in rows} == wanted
    shared = {rekeying_data.browser(n): [[user(n), user(60 + n)]] for n in rekeying_data.SHARED}
    assert story.conflicts("claim.user_id") == shared
    assert all(user(60 + n) not in wanted for n in rekeying_data.SHARED)
    assert [check["passed"] for check in run["checks"]] == [False]
    (rejected,) = story.platform.lines("log", "--type", "RecordRejected")
    assert json.loads(rejected["data"]["subject"]) == rekeying_data.SELF
    assert rejected["data"]["error"] == "state: refers himself"


def rewarded(story: Story) -> None:
    """The same reward twice is one; another amount waits for a person, who decides."""
    run = story.apply("0007_rewards")
    assert run["checks"][0]["passed"]
    sql = "SELECT user_id, code, coins FROM reward"
    wanted = rewards()
    assert {(w, c): coins for w, c, coins in story.platform.application(sql)} == wanted
    (one,) = story.platform.lines("conflicts", "--field", "coins")
    assert [candidate["value"] for candidate in one["candidates"]] == [20, 99]
    words = ("conflicts", "decide", one["conflict"]["id"], "--choose", "1", "--reason", "asked")
    assert story.platform.json(*words)["after"] == 99
    wanted[user(16), "Code10"] = 99
    assert {(w, c): coins for w, c, coins in story.platform.application(sql)} == wanted


def unused(story: Story) -> None:
    """A table that code names stays until that is waived; then all three go, with evidence."""
    name, platform = "0008_unused", story.platform
    text = story.texts[name]
    start, end = text.index("            waive="), text.index("        ),\n    ),\n    verify")
    story.write(name, text[:start] + text[end:])
    platform.type("apply", str(platform.migrations), code=3)
    assert "user_limit is used: named in src/limits.py:1" in platform.err
    assert platform.fingerprint() == story.states[name]
    run = story.apply(name)
    *dropped, core, timing = run["checks"]
    found = {one["details"]["table"].split(".")[-1]: one["details"] for one in dropped}
    rows = {
        table: next(sign["count"] for sign in one["signs"] if sign["what"] == "rows")
        for table, one in found.items()
    }
    assert rows == {"request_log": 5000, "user_limit": 60, "daily_login_campaigns": 40}
    assert "dead" in found["user_limit"]["waived"]
    assert core["passed"]
    assert core["details"]["before"] == core["details"]["after"]
    assert timing["details"]["after"]["rows"] == len(story.emails())
    assert not any("request_log" in one for one in platform.fingerprint())


def homes(story: Story) -> None:
    """A field without a home finds one, from the journal alone."""
    story.apply("0009_locale")
    locales = story.platform.application("SELECT DISTINCT locale FROM person")
    assert locales == [("th",)]
    assert "locale" not in {one["field"] for one in story.platform.lines("unmapped")}


def reported(story: Story) -> None:
    """The audit report tells every run, count, conflict, check and piece of evidence."""
    audit = story.platform.json("report")["audit"]
    runs = {run["migration"]: run for run in audit["runs"] if run["state"] == "completed"}
    assert runs.keys() - {""} == {*story.texts, "0004_invited_again"}
    assert all(step["conserved"] for run in audit["runs"] for step in run["transforms"])
    (failed,) = [run for run in audit["runs"] if run["state"] == "failed"]
    assert [one["event"].get("passed") for one in failed["verification"]].count(False) == 1
    page = story.platform.type("report")
    for words in (
        "#### Verification", "dead since the gateway", "nobody comes back to himself",
        "Evidence on", "who referred whom", "rows provisioned",
    ):  # fmt: skip
        assert words in page
    assert "own107@x.org" not in page
    story.platform.type("verify")


def there_and_back(story: Story) -> None:
    """Back before each step, to the beginning, and forward again: always exact."""
    platform = story.platform
    last = platform.fingerprint()
    for name in WAYPOINTS:
        platform.back(f"before:{name}")
        assert platform.fingerprint() == story.states[name]
    platform.back("before:0001_person")
    platform.application(f"DELETE FROM users WHERE id = '{user(107)}'")
    assert platform.fingerprint() == story.found
    if not platform.sqlite:  # the row is the application's
        platform.application(OWN)
    platform.back("after:0009_locale")
    assert platform.fingerprint() == last
