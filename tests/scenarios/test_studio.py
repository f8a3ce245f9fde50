"""The studio moves from SQLite in development to PostgreSQL in production, and back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.drills.operator import Operator
from tests.scenarios.studio import Studio, key, stored_moment, studio, write
from tests.scenarios.studio_defects import DANGLING, TENANTS, lost, rejected, spoil
from tests.scenarios.studio_rules import FOLD, RULES, WRAPPED
from tests.scenarios.studio_tables import COUNTS

WORDS = {0: False, 1: True, "true": True, "FALSE": False, "t": True, "No": False, None: None}


class Moving:
    """A studio in a file, and an operator of the database that it moves into."""

    def __init__(self, operator: Operator, home: Path) -> None:
        self.operator = operator
        self.rows: Studio = spoil(studio())
        self.path = home / "studio.db"
        write(self.path, self.rows)
        self.rules = home / "rules.py"
        self.rules.write_text(RULES, encoding="utf-8")
        self.source = f"sqlite:///{self.path}"
        self.rejected = rejected(self.rows)
        self.lost = lost(self.rows)
        operator.application("CREATE TABLE kept (id integer PRIMARY KEY, v text)")
        operator.application("INSERT INTO kept VALUES (1, 'was here')")
        operator.type("init", "--name", "production")
        operator.type("mark", "start")
        self.before = operator.fingerprint()

    @property
    def given(self) -> tuple[str, ...]:
        """What is typed each time."""
        return ("--from", self.source, "--rules", str(self.rules), "--create")

    def copy(self, *words: str, code: int = 0) -> Any:
        """Type the verb."""
        return self.operator.json("copy", *self.given, *words, code=code)

    def there(self, table: str) -> list[dict[str, Any]]:
        """Return the rows of a table that have to be in the target."""
        gone = self.rejected.keys() | self.lost
        return [row for row in self.rows[table] if (table, row["id"]) not in gone]

    def change(self, *statements: str) -> None:
        """Let the studio go on working."""
        with closing(sqlite3.connect(self.path)) as db:
            for statement in statements:
                db.execute(statement)
            db.commit()


@pytest.fixture
def moving(postgresql_operator: Operator, tmp_path: Path) -> Moving:
    """A studio about to move to PostgreSQL."""
    return Moving(postgresql_operator, tmp_path)


def _by_table(answer: Any) -> dict[str, Any]:
    return {one["source"]: one for one in answer["tables"]}


def _hold_found(moving: Moving, answer: Any) -> None:
    """Every seeded defect is found, each with its reason; every other row is taken."""
    found = _by_table(answer)
    assert {table: one["rows"] for table, one in found.items()} == COUNTS
    for table, one in found.items():
        bad = [reason for key_, reason in moving.rejected.items() if key_[0] == table]
        orphans = [key_ for key_ in moving.lost if key_[0] == table]
        assert (one.get("rejected", 0), one.get("quarantined", 0)) == (len(bad), len(orphans))
        assert one["inserted"] == COUNTS[table] - len(bad) - len(orphans)
        for column, reason in bad:
            assert one["reasons"][f"{column}: {reason}"]
    dangling = {f"{one['table']}.{one['columns'][0]}": one["rows"] for one in answer["dangling"]}
    assert dangling == {name: len(numbers) for name, numbers in DANGLING.items()}
    mixed = {(one["table"], row[0]) for one in answer["violations"] for row in one["sample"]}
    assert mixed == {(table, key(table, number)) for table, number, *_ in TENANTS}


def test_the_whole_move(moving: Moving) -> None:
    """Losses are shown first, what converts is there and nothing else, and all of it goes back."""
    operator = moving.operator
    planned = moving.copy("--orphans", "quarantine", "--dry-run")
    assert not planned["done"]
    _hold_found(moving, planned)
    assert operator.fingerprint() == moving.before
    operator.type("copy", *moving.given, "--yes", code=3)
    assert "would refer to none" in operator.err
    assert operator.fingerprint() == moving.before

    done = moving.copy("--orphans", "quarantine", "--yes", code=1)  # tenants are mixed there too
    _hold_found(moving, done)
    checks = {check["name"]: check for check in done["checks"]}
    assert [name for name, check in checks.items() if not check["passed"]] == ["isolation agency"]
    assert checks["copy: schema"]["found"].startswith("14 tables as in the source, 31 types")
    _hold_rows(moving)
    _hold_log(moving)
    _cut_over(moving)
    _fold(operator, "postgresql")
    assert operator.json("report", "1", "head")["waiting"]["rejected"]
    operator.back("before:0001_fold")
    operator.back("@start")
    assert operator.fingerprint() == moving.before


def _fold(operator: Operator, kind: str) -> None:
    """Fold each brief into its data; those that differ are conflicts, those that agree are none."""
    operator.file("0001_fold.py", FOLD.replace("WRAPPED", WRAPPED[kind]))
    operator.type("apply", str(operator.migrations))
    conflicts = [one["conflict"] for one in operator.lines("conflicts")]
    assert {one["subject"] for one in conflicts} == {f'"campaign_{n:04}"' for n in range(18, 30)}
    assert len(conflicts) == 12
    empty = "SELECT count(*) FROM campaigns WHERE brief IS NOT NULL AND brief_data IS NULL"
    assert operator.application(empty) == [(0,)]


def _hold_rows(moving: Moving) -> None:
    """The target holds what plain Python makes of the source's rows."""
    ask = moving.operator.application
    captions = {row["id"]: row for row in moving.there("captions")}
    for id_, text, approved, created in ask("SELECT id, text, approved, created_at FROM captions"):
        row = captions.pop(id_)
        assert (text, approved) == (row["text"], WORDS[row["approved"]])
        assert created == stored_moment(int(id_[-4:]))
    assert not captions
    for id_, created, size in ask("SELECT id, created_at, size_bytes FROM assets"):
        row = moving.rows["assets"][int(id_[-4:])]
        expected = datetime.fromisoformat(row["created_at"]).replace(tzinfo=UTC)
        assert (created, size) == (expected, row["size_bytes"])
    for id_, spend in ask("SELECT id, spend FROM performance_metrics"):
        assert spend == Decimal(repr(moving.rows["performance_metrics"][id_ - 1]["spend"]))
    (logo,) = ask("SELECT logo FROM brand_kits WHERE id = 'brand_kit_0003'")
    assert bytes(logo[0]) == bytes(range(3, 35))
    (spec,) = ask("SELECT spec #>> '{h,deep,2}' FROM ad_creatives WHERE id = 'ad_creative_0002'")
    assert spec == ("é",)
    assert ask("SELECT last_value FROM approvals_id_seq") >= [(COUNTS["approvals"],)]


def _hold_log(moving: Moving) -> None:
    """Each row that stayed behind stands in the journal with its reason and its values."""
    records = moving.operator.json("report", "1", "head")["waiting"]
    assert records["rejected"] == len(moving.rejected) + len(moving.lost)


def _cut_over(moving: Moving) -> None:
    """A second run says what changed since, and brings just that."""
    moving.change(
        "UPDATE captions SET text = 'mended' WHERE id = 'caption_0700'",
        "UPDATE agencies SET name = 'Renamed' WHERE id = 'agency_0001'",
        "DELETE FROM masks WHERE id = 'mask_0001'",
        "INSERT INTO batch_jobs (id, retries) VALUES ('batch_job_new', 1)",
    )
    words = ("--orphans", "quarantine")
    planned = _by_table(moving.copy(*words, "--dry-run"))
    assert planned["agencies"]["changes"]["changed"] == 1
    assert planned["masks"]["changes"]["deleted"] == 1
    assert planned["batch_jobs"]["changes"]["new"] == 1
    done = _by_table(moving.copy(*words, "--yes", code=1))
    assert (done["agencies"]["updated"], done["masks"]["deleted"]) == (1, 1)
    assert done["captions"]["inserted"] == 1
    ask = moving.operator.application
    assert ask("SELECT text FROM captions WHERE id = 'caption_0700'") == [("mended",)]
    assert ask("SELECT name FROM agencies WHERE id = 'agency_0001'") == [("Renamed",)]
    assert moving.copy(*words, "--yes")["nothing"]


def test_between_files(sqlite_operator: Operator, tmp_path: Path) -> None:
    """A file of SQLite takes whatever another holds, word by word, but what cannot be bound."""
    moving = Moving(sqlite_operator, tmp_path)
    words = ("--orphans", "quarantine")
    done = _by_table(moving.copy(*words, "--yes", code=1))
    bad = {"captions": 2, "caption_variations": 1}  # NUL, and what is no UTF-8
    assert {table: one["rejected"] for table, one in done.items() if one.get("rejected")} == bad
    with closing(sqlite3.connect(moving.path)) as db:
        expected = db.execute("SELECT * FROM batch_jobs WHERE workspace_id <> 'nowhere'").fetchall()
        texts = set(db.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"))
    assert moving.operator.application("SELECT * FROM batch_jobs") == expected
    assert texts <= set(moving.operator.application("SELECT sql FROM sqlite_master"))
    assert moving.copy(*words, "--yes")["nothing"]
    _fold(moving.operator, "sqlite")
    moving.operator.back("@start")
    assert moving.operator.fingerprint() == moving.before


def test_there_and_home_again(
    moving: Moving, sqlite_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What went to PostgreSQL comes home into a file of SQLite with the very digests."""
    done = moving.copy("--orphans", "quarantine", "--yes", code=1)
    home = tmp_path / "home_again"
    home.mkdir()
    file = Operator(sqlite_url, home, capsys)
    file.type("init", "--name", "home")
    file.type("mark", "start")
    before = file.fingerprint()
    back = file.json("copy", "--from", moving.operator.url, "--create", "--yes")
    digests = {one["table"]: one["digest"] for one in done["tables"]}
    found = {one["source"]: one["digest"] for one in back["tables"]}
    assert found.pop("public.kept")
    assert found == digests
    assert all(check["passed"] for check in back["checks"])
    file.back("@start")
    assert file.fingerprint() == before
