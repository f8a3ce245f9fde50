"""Backup, migrate, reset, verify: the tarot platform, there and back, each loss shown before."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.backups.files import events, file_of, take
from tests.drills.operator import Operator
from tests.scenarios import tarot_data as data

STATUS = """
from commands.transform import Backup, Check, Migration, Sql

migration = Migration(
    steps=(
        Backup(tables={core!r}, to={to!r}, single=True),
        Check(
            name="readings with another status than the default to come",
            sql="SELECT count(*) FROM readings WHERE status <> 'COMPLETED'",
            equals=0,
            warns=True,
        ),
        Sql(sql=\"\"\"{change}\"\"\"),
    ),
)
"""
RESET = """
from commands.transform import Backup, Check, Migration, Reset, Timing, Unchanged

migration = Migration(
    verify=(
        Unchanged(name="the core tables", tables={core!r}),
        Timing(
            name="cards of a reader",
            sql="SELECT count(*) FROM readings r JOIN reading_cards c ON c.reading_id = r.id"
            " WHERE r.user_id = 7",
        ),
        Timing(name="the deck", sql="SELECT id, name_th, keywords FROM card ORDER BY id"),
    ),
    steps=(
        {before}
        Reset(tables={tables!r}, keep={core!r}, sequences="restart", {more}),
        Check(name="no reader is left", sql="SELECT 1 FROM users"),
        Check(name="the deck is whole", sql="SELECT count(*) FROM card", equals=78),
    ),
)
"""


@pytest.fixture
def as_found(operator: Operator) -> dict[str, str]:
    """The fingerprint of the platform as found."""
    return operator.begin_with(data.script(sqlite=operator.sqlite))


def backups(operator: Operator) -> str:
    """Return where backups are put."""
    return str(operator.home / "backups")


def write_status(operator: Operator) -> None:
    """Write the migration that changes the schema, a backup of the core tables before it."""
    text = STATUS.format(
        core=tuple(data.CORE), to=backups(operator), change=data.CHANGE[operator.sqlite]
    )
    operator.file("0001_status.py", text)


def write_reset(
    operator: Operator, *, tables: tuple[str, ...] = tuple(data.RESET), backup: str | None = None
) -> None:
    """Write the migration that resets; it takes its own backup unless one is named."""
    own = f"Backup(tables={tuple(data.RESET)!r}, to={backups(operator)!r}),"
    text = RESET.format(
        core=tuple(data.CORE),
        tables=tables,
        before=own if backup is None else "",
        more=f"backup={backup or ''!r}",
    )
    operator.file("0002_reset.py", text)


def name(operator: Operator, table: str) -> str:
    """Return the name of a table in answers."""
    return table if operator.sqlite else f"public.{table}"


def counts(operator: Operator) -> dict[str, int]:
    """Count the rows of all tables."""
    return {
        one: int(operator.application(f"SELECT count(*) FROM {one}")[0][0])
        for one in data.CORE | data.RESET
    }


def refused(operator: Operator, said: str) -> str:
    """Expect that dry run and apply are refused before anything changes."""
    before = operator.fingerprint()
    for words in (("--dry-run",), ()):
        operator.type("apply", str(operator.migrations), *words, code=3)
        told = operator.err
        assert said in told
    assert operator.fingerprint() == before
    return told


def test_there_and_back(operator: Operator, as_found: dict[str, str]) -> None:
    """Shown, done, verified, reported; back to the beginning exactly, and forward again."""
    place = take(operator, *data.CORE, "--single")
    assert operator.json("backup", "verify", str(place))["ok"]
    write_status(operator)
    write_reset(operator)
    _shown_before(operator)
    assert operator.fingerprint() == as_found
    answer = operator.json("apply", str(operator.migrations), "--reason", "release 3")
    after = operator.fingerprint()
    assert counts(operator) == data.CORE | dict.fromkeys(data.RESET, 0)
    for table in data.CORE:
        key = f"rows {name(operator, table)}"
        assert after[key] == as_found[key]
    (done,) = answer["runs"][1]["resets"]
    _removed(operator, done)
    _reported(operator)
    operator.back("before:0001_status")
    assert operator.fingerprint() == as_found
    assert _other(operator) == data.OTHER_STATUS
    operator.back("after:0002_reset")
    assert operator.fingerprint() == after
    assert _next(operator, "card (name, name_th, keywords) VALUES ('x', 'ก', '[]')") == 266
    assert _next(operator, "users (email, role) VALUES ('new@example.org', 'USER')") == 1


def _shown_before(operator: Operator) -> None:
    """The dry run shows what the schema change loses, and all that the reset removes."""
    trial = operator.json("apply", str(operator.migrations), "--dry-run")
    status, reset = trial["migrations"]
    loss = next(one for one in status["losses"] if one.get("columns") == ["status"])
    assert (loss["table"], loss["rows"]) == (name(operator, "readings"), 400)
    (check,) = status["checks"]
    assert (check["passed"], check["found"]) == (False, str(data.OTHER_STATUS))
    _removed(operator, reset["resets"][0])
    gone = {one["table"]: one["rows"] for one in reset["losses"] if one["deleted"]}
    assert gone == {name(operator, table): number for table, number in data.RESET.items()}
    told = operator.type("apply", str(operator.migrations), "--dry-run")
    assert f"takes away: {name(operator, 'readings')} (status), 400 rows" in told
    assert "expected 0, found 20" in told
    assert "reset, 2,330 rows in this order:" in told
    assert "on delete cascade: 1,200 rows refer, and go themselves" in told
    assert "on delete restrict: no row refers" not in told


def _removed(operator: Operator, done: dict[str, Any]) -> None:
    order = [one["table"].rpartition(".")[2] for one in done["tables"]]
    assert {one["table"].rpartition(".")[2]: one["rows"] for one in done["tables"]} == data.RESET
    for child, parent in (
        ("readings", "users"),
        ("reading_cards", "readings"),
        ("payment_history", "users"),
        ("point_transactions", "readings"),
    ):
        assert order.index(child) < order.index(parent)
    kept = {one["table"].rpartition(".")[2]: one.get("rows", 0) for one in done["kept"]}
    assert kept == data.CORE
    assert {one["after"] for one in done["sequences"]} == {None}


def _reported(operator: Operator) -> None:
    """The audit report has the backups, the digests, the times and each check."""
    report = operator.type("report", "--format", "text")
    for said in ("#### Verification", "cards of a reader", "the deck", "keeps what it is to keep"):
        assert said in report
    assert "backup" in report
    audit = operator.json("report")
    runs = audit["audit"]["runs"]
    said = [one["event"] for run in runs for one in run["said"]]
    checks = {one["event"]["name"]: one["event"] for run in runs for one in run["verification"]}
    for kept in ("the core tables", "reset: keeps what it is to keep"):
        assert checks[kept]["details"]["before"] == checks[kept]["details"]["after"]
    times = checks["cards of a reader"]["details"]
    assert times["before"]["seconds"]
    assert (times["before"]["rows"], times["after"]["rows"]) == (1, 1)
    assert sum(one["type"] == "BackupTaken" for one in said) == 3


def _other(operator: Operator) -> int:
    found = operator.application("SELECT count(*) FROM readings WHERE status <> 'COMPLETED'")
    return int(found[0][0])


def _next(operator: Operator, row: str) -> int:
    return int(operator.application(f"INSERT INTO {row} RETURNING id")[0][0])


def test_the_backup_is_read_back(operator: Operator, as_found: dict[str, str]) -> None:
    """Core tables are one time-stamped JSON file with counts and digests, Thai and emoji as text."""
    place = take(operator, *data.CORE, "--single")
    assert re.fullmatch(r"\d{8}T\d{6}Z-\w{8}\.json", place.name)
    text = place.read_text(encoding="utf-8")
    assert "ไม้เท้า" in text
    found = {one["path"][-1]: one for one in json.loads(text)["tables"]}
    assert {table: one["rows"] for table, one in found.items()} == data.CORE
    assert all(len(one["digest"]) == 64 for one in found.values())
    cards = found["card"]["content"]
    assert [int(one["id"]) for one in cards] == list(range(188, 266))
    assert json.loads(cards[0]["keywords"])[0] == "ไม้เท้า"
    assert cards[0]["emoji"] == "🔥"
    assert operator.fingerprint() == as_found


@pytest.mark.listed
@pytest.mark.parametrize("which", ["a file", "a single file", "a file of it", "its manifest"])
def test_a_backup_of_no_bytes(operator: Operator, as_found: dict[str, str], which: str) -> None:
    """A "production backup" of 0 bytes is found before anything is dropped."""
    place = take(operator, *(["--single"] if which == "a single file" else []))
    named = str(place)
    match which:
        case "a file":
            file = operator.home / "production_backup.json"
            named = str(file)
        case "a single file":
            file = place
        case "a file of it":
            file = file_of(place, "readings")
        case _:
            file = place / "manifest.json"
    file.write_bytes(b"")
    write_status(operator)
    write_reset(operator, backup=named)
    told = refused(operator, "0 bytes")
    assert not events(operator, "RunFailed")
    assert Path(file).name in told
    assert operator.fingerprint() == as_found


def test_an_older_backup(operator: Operator, as_found: dict[str, str]) -> None:
    """A backup from before somebody wrote does not count; the table that differs is named."""
    take(operator)
    operator.application("UPDATE users SET email = 'moved@example.org' WHERE id = 7")
    write_reset(operator, backup="")
    refused(operator, "users holds other rows now than the backup")
    operator.application("UPDATE users SET email = 'u7@example.org' WHERE id = 7")
    assert operator.fingerprint() == as_found
    operator.type("apply", str(operator.migrations))


def test_the_schema_change_is_not_in_it(operator: Operator, as_found: dict[str, str]) -> None:
    """The status that was added again is another one than the backup has."""
    take(operator)
    write_status(operator)
    write_reset(operator, backup="")
    operator.type("apply", str(operator.migrations), "--dry-run", code=3)
    assert "readings holds other rows now than the backup" in operator.err
    assert operator.fingerprint() == as_found


@pytest.mark.listed
@pytest.mark.parametrize(
    ("left", "said"),
    [
        ("payment_history", "80 rows of {}payment_history (user_id) would refuse it"),
        ("reading_cards", "1,200 rows of {}reading_cards (reading_id) would be deleted"),
        ("point_transactions", "600 rows of {}point_transactions (user_id) would be deleted"),
    ],
)
def test_a_table_was_forgotten(
    operator: Operator, as_found: dict[str, str], left: str, said: str
) -> None:
    """A restrict is told before it fails, and a cascade before it takes what nobody named."""
    write_reset(operator, tables=tuple(one for one in data.RESET if one != left))
    refused(operator, said.format("" if operator.sqlite else "public."))
    assert operator.fingerprint() == as_found


def test_an_older_backup_is_restored(operator: Operator, as_found: dict[str, str]) -> None:
    """It says first which rows and columns it would change; then the deck is as it was."""
    place = take(operator, *data.CORE, "--single")
    operator.application(
        "UPDATE card SET name_th = 'ผิด ❌' WHERE id IN (188, 200)",
        "UPDATE card SET emoji = NULL, keywords = '[]' WHERE id = 200",
        "UPDATE prompt_versions SET body = '' WHERE id = 3",
    )
    operator.application(
        "DELETE FROM reading_cards WHERE card_id = 265",
        "DELETE FROM card WHERE id = 265",
        "INSERT INTO card (name, name_th, keywords) VALUES ('Card 78', 'ก', '[]')",
    )
    changed, at = operator.fingerprint(), operator.json("status")["head"]["position"]
    trial = operator.json("backup", "restore", str(place), "--dry-run")
    assert operator.fingerprint() == changed
    found = {one["table"].rpartition(".")[2]: one for one in trial["tables"]}
    deck = found["card"]
    assert (deck.get("added"), deck.get("removed"), deck.get("changed")) == (1, 1, 2)
    assert deck["columns"] == {"name_th": 2, "emoji": 1, "keywords": 1}
    assert found["prompt_versions"]["columns"] == {"body": 1}
    listed = {str(one["key"]["id"]): one for one in trial["rows"] if one["table"] == deck["table"]}
    assert {key: one["what"] for key, one in listed.items()} == {
        "188": "changed",
        "200": "changed",
        "265": "added",
        "266": "removed",
    }
    assert listed["188"]["live"] == {"name_th": "ผิด ❌"}
    assert listed["200"]["restored"]["emoji"] == "🔥"
    told = operator.type("backup", "restore", str(place), "--dry-run")
    assert "name_th" in told
    operator.type("backup", "restore", str(place), "--yes", "--reason", "wrong names")
    after = operator.fingerprint()
    for table in data.CORE:
        key = f"rows {name(operator, table)}"
        assert after[key] == as_found[key]
    operator.back(str(at))
    assert operator.fingerprint() == changed


def test_the_next_card(operator: Operator, as_found: dict[str, str]) -> None:
    """The deck was emptied and its counter begun anew: restored, its next id is 266."""
    place = take(operator)
    core = tuple(one for one in data.CORE if one != "card")
    tables = ("card", *data.RESET)
    operator.file(
        "0001_all.py",
        "from commands.transform import Migration, Reset\n\nmigration = Migration(steps=("
        f"Reset(tables={tables!r}, keep={core!r}, sequences='restart'),))\n",
    )
    operator.type("apply", str(operator.migrations))
    assert counts(operator)["card"] == 0
    operator.type("backup", "restore", str(place), "--table", "card", "--yes")
    restored = operator.fingerprint()
    key = f"rows {name(operator, 'card')}"
    assert restored[key] == as_found[key]
    at = operator.json("status")["head"]["position"]
    operator.back("before:0001_all")
    assert operator.fingerprint() == as_found
    operator.back(str(at))
    assert operator.fingerprint() == restored
    assert _next(operator, "card (name, name_th, keywords) VALUES ('x', 'ก', '[]')") == 266
