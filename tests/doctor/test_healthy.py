"""Nothing false is said of a healthy database, and nothing is written to any."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.demo.application import TABLES as DEMO
from tests.cli.typing_in import FILES
from tests.doctor.healthy import script
from tests.doctor.ward import Ward
from tests.postgresql.odd import ODD
from tests.scenarios import platform_data, rekeying_data
from tests.scenarios.people import people
from tests.scenarios.people_tables import load
from tests.scenarios.test_half_migrated import platform
from tests.support.oracle import fingerprint

POPULATED = Path(__file__).parents[1] / "sqlite" / "populated.sql"


def test_rich_and_healthy(ward: Ward) -> None:
    """A healthy database with a bit of everything has no error and no warning, only true notes."""
    ward.made(*script(sqlite=ward.sqlite))
    found = {(one["kind"], one["where"]) for one in ward.diagnosis()}
    expected = {
        ("missing-foreign-key", "login_log.user_id"),
        ("unused-table", "pairs" if ward.sqlite else "accounts"),
    }
    if not ward.sqlite:
        expected |= {("foreign-key-types", "invoices.order_id")}
    assert found == expected


@pytest.mark.parametrize("journal", [False, True])
def test_only_read(ward: Ward, *, journal: bool) -> None:
    """The database is the same afterwards, to its last sequence, with a journal and without."""
    ward.made(*script(sqlite=ward.sqlite))
    if journal:
        ward.type("init", "--name", "ward")
    before = fingerprint(ward.url)
    answer = ward.json("doctor")
    assert fingerprint(ward.url) == before
    assert not [one for one in answer["findings"] if "clew" in one["where"]]
    assert not [edge for edge in answer["map"] if "clew" in ".".join(edge["table"])]


@pytest.mark.parametrize("name", ["platform", "cleanup", "rekeying", "letters", "demo", "empty"])
def test_databases_of_the_scenarios(ward: Ward, name: str) -> None:
    """The databases that other scenarios begin with have nothing wrong with them."""
    texts = {
        "platform": platform(ward),
        "cleanup": f"{platform_data.TABLES};\n{platform_data.rows()}",
        "rekeying": rekeying_data.script(),
        "letters": "".join(FILES.values()),
        "demo": DEMO,
        "empty": "CREATE TABLE gone (id integer PRIMARY KEY);\nDROP TABLE gone",
    }
    ward.script(texts[name])
    assert [one for one in ward.diagnosis() if one["severity"] != "note"] == []


def test_people_whose_parents_are_missing(ward: Ward) -> None:
    """Of the people only the rows without parents are found, by the keys that they violate."""
    everybody = people()
    load(ward.url, everybody)
    found = [one for one in ward.diagnosis(code=1) if one["severity"] != "note"]
    kind = "orphans" if ward.sqlite else "not-valid-constraint"
    assert {one["kind"] for one in found} == {kind}
    users, contexts = set(everybody.users), {one.id for one in everybody.contexts}
    lost = (
        sum(one.user not in users for one in everybody.contexts),
        sum(one.context not in contexts for one in everybody.profiles),
    )
    assert sorted(one["evidence"][0]["count"] for one in found) == sorted(lost)


def test_odd_databases(postgresql_ward: Ward) -> None:
    """Names, types and entanglements of every kind are looked at, and what is said is true."""
    ward = postgresql_ward
    ward.made(*[part for part in ODD.split(";\n") if part.strip()])
    found = {(one["kind"], one["where"]) for one in ward.diagnosis() if one["severity"] != "note"}
    assert found == set()


def test_odd_files(sqlite_ward: Ward) -> None:
    """The same on SQLite, where values of another storage class are told."""
    ward = sqlite_ward
    ward.script(POPULATED.read_text(encoding="utf-8"))
    found = {
        (one["kind"], one["where"]) for one in ward.diagnosis(code=1) if one["severity"] != "note"
    }
    assert found == {("storage-class", "pet.weight")}
