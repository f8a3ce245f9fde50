"""Tables that a migration must leave as they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.drills.operator import Operator

TABLES = """
CREATE TABLE card (id integer PRIMARY KEY, name text, keywords text);
CREATE TABLE reading (id integer PRIMARY KEY, card integer REFERENCES card (id), note text);
INSERT INTO card VALUES (188, 'คนโง่ 🙂', '["a", "b"]'), (189, NULL, '[]');
INSERT INTO reading VALUES (1, 188, 'x'), (2, 189, 'y'), (3, 188, NULL)"""

HEAD = "from commands.transform import Check, Migration, Sql, Timing, Unchanged\n\n"
CORE = 'verify=(Unchanged(name="core", tables=("card",)),)'
SILENT = {
    True: """CREATE TRIGGER silent AFTER DELETE ON reading BEGIN
    UPDATE card SET name = 'gone' WHERE id = old.card; END""",
    False: """CREATE FUNCTION silent() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE card SET name = 'gone' WHERE id = old.card; RETURN NULL; END $$;
CREATE TRIGGER silent AFTER DELETE ON reading FOR EACH ROW EXECUTE FUNCTION silent()""",
}


def migration(*steps: str, verify: str = CORE, batched: bool = False) -> str:
    """Return the text of a migration."""
    written = ", ".join(f"Sql(sql={step!r})" for step in steps)
    more = ", batched=10" if batched else ""
    return f"{HEAD}migration = Migration(steps=({written},), {verify}{more})\n"


@pytest.fixture
def cards(operator: Operator) -> Operator:
    """Cards that must survive, and readings that may go."""
    operator.begin_with(TABLES)
    return operator


def contents(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the details of the one check of the last run."""
    (check,) = answer["runs"][-1]["checks"]
    assert check["passed"]
    return dict(check["details"])


def runs(operator: Operator, *words: str) -> list[dict[str, Any]]:
    """Return the runs of the report."""
    return list(operator.json("report", *words)["audit"]["runs"])


def test_as_before(cards: Operator) -> None:
    """Rows and digests of both moments are equal, in the answer, the entry and the report."""
    cards.file("0001_reset.py", migration("DELETE FROM reading"))
    trial = cards.json("apply", str(cards.migrations), "--dry-run")
    answer = cards.json("apply", str(cards.migrations))
    found = contents(answer)
    assert found["before"] == found["after"]
    assert [(one["table"].split(".")[-1], one["rows"]) for one in found["after"]] == [("card", 2)]
    assert trial["migrations"][0]["checks"] == answer["runs"][0]["checks"]
    locks = [lock["mode"] for lock in trial["locks"] if lock["object"] == "public.card"]
    assert cards.sqlite or locks == ["SHARE ROW EXCLUSIVE"]
    (entry,) = cards.lines("log", "--type", "CheckRun")
    assert entry["data"]["details"] == found
    (said,) = runs(cards)[-1]["verification"]
    assert said["event"]["details"] == found
    page = cards.type("report")
    assert "| checks | 1 run, 1 passed |" in page
    assert "#### Verification" in page
    assert found["after"][0]["digest"] in page
    cards.type("verify")
    assert cards.json("status")["pending"] == []


def test_the_digest_is_that_of_a_backup(cards: Operator) -> None:
    """The digest is the one that a backup's manifest has for the table."""
    taken = cards.json("backup", "take", "card", "--to", str(cards.migrations.parent / "out"))
    cards.file("0001_reset.py", migration("DELETE FROM reading"))
    found = contents(cards.json("apply", str(cards.migrations)))
    manifest = json.loads(
        Path(taken["backup"]["location"], "manifest.json").read_text(encoding="utf-8")
    )
    assert [one["digest"] for one in manifest["tables"]] == [
        one["digest"] for one in found["after"]
    ]


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("UPDATE card SET name = 'other' WHERE id = 189", "card: other values in 2 rows"),
        ("INSERT INTO card VALUES (190, 'new', NULL)", "card: 2 rows before, 3 after"),
        ("ALTER TABLE card RENAME TO cards", "card is gone"),
        ("ALTER TABLE card ADD COLUMN more integer", "card: other values in 2 rows"),
    ],
)
def test_changed(cards: Operator, step: str, said: str) -> None:
    """A table that is not as before aborts all, and the attempt with its digests is on record."""
    before = cards.fingerprint()
    cards.file("0001_wrong.py", migration(step))
    for words in (("--dry-run",), ()):
        cards.type("apply", str(cards.migrations), *words, code=5)
        assert "core: expected 1 table as before, found" in cards.err
        assert said in cards.err
        assert cards.fingerprint() == before
    run = runs(cards)[-1]
    assert run["state"] == "failed"
    (kept,) = run["verification"]
    assert (kept["event"].get("passed"), said in kept["event"]["found"]) == (False, True)
    page = cards.type("report")
    assert "| checks | 1 run, 0 passed |" in page
    assert "NO" in page


def test_a_silent_trigger(cards: Operator) -> None:
    """A trigger that writes to the table is found, one that changes it and back is not."""
    cards.apply("0001_trigger", SILENT[cards.sqlite])
    before = cards.fingerprint()
    cards.file("0002_reset.py", migration("DELETE FROM reading"))
    cards.type("apply", str(cards.migrations), code=5)
    assert "other values in 2 rows" in cards.err
    assert cards.fingerprint() == before
    back = "UPDATE card SET name = 'คนโง่ 🙂' WHERE id = 188"
    cards.file(
        "0002_reset.py",
        migration("DELETE FROM reading", back, "UPDATE card SET name = NULL WHERE id = 189"),
    )
    contents(cards.json("apply", str(cards.migrations)))
    cards.back("before:0002_reset")
    assert cards.fingerprint() == before


def test_a_deferred_trigger(postgresql_operator: Operator) -> None:
    """A trigger that was to fire at the commit fires before the last look."""
    cards = postgresql_operator
    cards.begin_with(TABLES)
    later = SILENT[False].replace("CREATE TRIGGER", "CREATE CONSTRAINT TRIGGER")
    later = later.replace("ON reading FOR", "ON reading DEFERRABLE INITIALLY DEFERRED FOR")
    cards.apply("0001_trigger", later)
    cards.file("0002_reset.py", migration("DELETE FROM reading"))
    cards.type("apply", str(cards.migrations), code=5)
    assert "other values in 2 rows" in cards.err


def test_batched(cards: Operator) -> None:
    """A batched migration that was cut is held against what stood before its first attempt."""
    steps = ("DELETE FROM reading WHERE id = 1", "INSERT INTO reading VALUES (1, 999, 'z')")
    cards.file("0001_cut.py", migration(*steps, batched=True))
    cards.type("apply", str(cards.migrations), code=5)
    cards.application("UPDATE card SET keywords = '[1]' WHERE id = 188")
    cards.application("INSERT INTO card VALUES (999, 'now', NULL)")
    cards.type("apply", str(cards.migrations), code=5)
    assert "core: expected 1 table as before, found" in cards.err
    cards.application("DELETE FROM reading WHERE id = 1", "DELETE FROM card WHERE id = 999")
    cards.application('UPDATE card SET keywords = \'["a", "b"]\' WHERE id = 188')
    found = contents(cards.json("apply", str(cards.migrations)))
    assert found["before"] == found["after"]
    first = runs(cards)[0]
    assert first["verification"] == []


def test_rehearsed(cards: Operator) -> None:
    """A rehearsal lists what was verified, and is no-go where it does not hold."""
    cards.file("0001_reset.py", migration("DELETE FROM reading"))
    words = ("rehearse", str(cards.migrations), *(() if cards.sqlite else ("--by", "template")))
    answer = cards.json(*words)
    (item,) = [item for item in answer["items"] if item["what"] == "check"]
    assert item["evidence"] == "core: expected 1 table as before, found as before, 2 rows"
    cards.file("0001_reset.py", migration("DELETE FROM reading", "DELETE FROM card"))
    answer = cards.json(*words, code=1)
    assert not answer["go"]


@pytest.mark.parametrize(
    ("verify", "code", "said"),
    [
        ('verify=(Unchanged(tables=("nowhere",)),)', 4, "no table nowhere"),
        ("verify=(Unchanged(tables=()),)", 3, "verify, tables: no table"),
        ('verify=(Unchanged(tables=("card",)),) * 2', 3, "two are named tables"),
        ('verify=(Unchanged(tables="card"),)', 3, "expected a tuple of str, found str"),
        ('verify=Unchanged(tables=("card",))', 3, "expected a tuple of"),
        ('verify=(Timing(name="x", sql="DELETE FROM card"),)', 3, "expected a SELECT"),
        ('verify=(Timing(name="x", sql="SELECT 1", runs=0),)', 3, "runs is less than 1"),
    ],
)
def test_refused(sqlite_operator: Operator, verify: str, code: int, said: str) -> None:
    """What cannot be verified is refused in a line, and nothing has run."""
    cards, before = sqlite_operator, sqlite_operator.begin_with(TABLES)
    cards.file("0001_bad.py", migration("DELETE FROM reading", verify=verify))
    cards.type("apply", str(cards.migrations), code=code)
    assert said in cards.err
    assert cards.fingerprint() == before


def test_a_file_of_sql(cards: Operator) -> None:
    """A file of SQL names its tables in a comment, and its statements keep their numbers."""
    before = cards.fingerprint()
    head = "-- clew: unchanged card\n"
    cards.apply("0001_wrong", f"{head}DELETE FROM reading;\nUPDATE card SET name = 'x';\n", code=5)
    assert "unchanged tables: expected 1 table as before, found" in cards.err
    assert cards.fingerprint() == before
    cards.apply("0001_wrong", f"{head}DELETE FROM reading;\nDELETE FROM nowhere;\n", code=5)
    assert "line 3 (statement 2)" in cards.err
    said = cards.apply("0001_wrong", f"{head}DELETE FROM reading;\n")
    assert "unchanged tables: as before, 2 rows" in said
    cards.back("before:0001_wrong")
    assert cards.fingerprint() == before


@pytest.mark.parametrize(
    ("head", "code", "said"),
    [
        ("-- clew: unchanged\n", 3, "directive 'unchanged' is not known"),
        ("-- clew: unchanged nowhere\n", 4, "no table nowhere"),
        ("-- clew: no-transaction\n-- clew: unchanged card\n", 3, "without a transaction"),
        ("SELECT 1;\n-- clew: unchanged card\n", 3, "directive after the first statement"),
    ],
)
def test_a_bad_directive(sqlite_operator: Operator, head: str, code: int, said: str) -> None:
    """A directive that cannot be followed is refused, and nothing has run."""
    cards = sqlite_operator
    cards.begin_with(TABLES)
    cards.apply("0001_bad", f"{head}DELETE FROM reading;\n", code=code)
    assert said in cards.err
    assert cards.application("SELECT count(*) FROM reading") == [(3,)]


def test_partitions(postgresql_operator: Operator) -> None:
    """Partitions belong to their table: a change of one is found, and so is a new one."""
    cards = postgresql_operator
    cards.begin_with(
        "CREATE TABLE card (id integer, note text) PARTITION BY RANGE (id);\n"
        "CREATE TABLE card_old PARTITION OF card FOR VALUES FROM (1) TO (100);\n"
        "INSERT INTO card VALUES (1, 'x'), (2, 'y')"
    )
    new = "CREATE TABLE card_new PARTITION OF card FOR VALUES FROM (100) TO (200)"
    for step, said in (
        ("UPDATE card SET note = 'z' WHERE id = 2", "public.card_old: other values in 2 rows"),
        (new, "public.card_new is new"),
    ):
        cards.file("0001_wrong.py", migration(step))
        cards.type("apply", str(cards.migrations), code=5)
        assert said in cards.err


def test_writers_wait(postgresql_operator: Operator) -> None:
    """Who is at work on the table is waited for, as long as the lock timeout says."""
    cards = postgresql_operator
    before = cards.begin_with(TABLES)
    cards.file("0001_reset.py", migration("DELETE FROM reading"))
    with psycopg.connect(cards.url) as other:
        other.execute("UPDATE card SET name = 'mine' WHERE id = 188")
        cards.type("apply", str(cards.migrations), "--lock-timeout", "0.2", code=5)
        other.rollback()
    assert cards.fingerprint() == before
    found = contents(cards.json("apply", str(cards.migrations)))
    assert found["before"] == found["after"]
