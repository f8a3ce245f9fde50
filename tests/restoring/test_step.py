"""A restore as a step of a migration."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.backups.files import events, take
from tests.drills.operator import Operator

SCRIPT = (
    "CREATE TABLE person (id integer PRIMARY KEY, name text);\n"
    "CREATE TABLE letter (id integer PRIMARY KEY, person integer REFERENCES person (id) ON DELETE CASCADE);\n"
    "INSERT INTO person VALUES (1, 'Ada'), (2, 'Bela'), (3, 'Cleo');\n"
    "INSERT INTO letter VALUES (1, 1), (2, 2), (3, 3);\n"
)
STEPS = """
from commands.transform import Backup, Check, Migration, Restore, Sql

migration = Migration(
    steps=(
        {first}
        Restore(backup={place!r}{more}),
        Check(name="three", sql="SELECT count(*) FROM letter", equals=3),
    ),
)
"""
CHANGES = (
    "DELETE FROM letter WHERE id = 3",
    "DELETE FROM person WHERE id = 3",
    "INSERT INTO person VALUES (4, 'Dan')",
    "UPDATE letter SET person = 4 WHERE id = 2",
    "DELETE FROM person WHERE id = 2",
)


def write(operator: Operator, place: Path, *, first: str = "", more: str = "") -> None:
    """Write a migration that restores."""
    text = STEPS.format(place=str(place), first=first, more=more)
    operator.file("0001_restore.py", text)


@pytest.mark.parametrize("batched", [False, True])
def test_step(operator: Operator, batched: bool) -> None:
    """Foreign keys are on in a migration, and drag nothing along; it is dry run, run and undone."""
    before = operator.begin_with(SCRIPT)
    place = take(operator)
    operator.application(*CHANGES)
    changed = operator.fingerprint()
    first = "Sql(sql=\"UPDATE person SET name = 'Other' WHERE id = 1\"),"
    write(operator, place, first=first)
    if batched:
        file = operator.migrations / "0001_restore.py"
        file.write_text(file.read_text().replace("Migration(\n", "Migration(\n    batched=10,\n"))
    trial = operator.json("apply", str(operator.migrations), "--dry-run")
    (found,) = trial["migrations"][0]["restored"]
    assert sum(one.get("added", 0) for one in found["tables"]) == 3
    assert operator.fingerprint() == changed
    assert "restore of all tables from" in operator.type(
        "apply", str(operator.migrations), "--dry-run"
    )
    answer = operator.type("apply", str(operator.migrations))
    assert "restored 2 tables" in answer
    assert operator.fingerprint() == before
    operator.back("before:0001_restore")
    assert operator.fingerprint() == changed
    operator.back("after:0001_restore")
    assert operator.fingerprint() == before


def test_backup_and_restore_in_one(operator: Operator) -> None:
    """A step after one that took the backup is vouched for by its own run."""
    before = operator.begin_with(SCRIPT)
    place = take(operator)
    operator.file(
        "0001_both.py",
        "from pathlib import Path\n"
        "from commands.transform import Backup, Migration, Restore, Sql\n"
        "migration = Migration(steps=(\n"
        "    Sql(sql=\"UPDATE person SET name = 'Other'\"),\n"
        f"    Restore(backup={str(place)!r}, tables=('person',)),\n"
        "))\n",
    )
    operator.type("apply", str(operator.migrations))
    assert operator.fingerprint() == before
    assert events(operator, "BackupRestored")


def test_unknown(operator: Operator) -> None:
    """A backup that the journal does not know is refused, unless the step says why not."""
    operator.begin_with(SCRIPT)
    place = take(operator)
    text = (place / "manifest.json").read_text(encoding="utf-8")
    moved = place.parent / "moved"
    place.rename(moved)
    name = place.name.rpartition("-")[2]
    (moved / "manifest.json").write_text(text.replace(name, "00000000"), encoding="utf-8")
    operator.application("DELETE FROM letter")
    write(operator, moved)
    operator.type("apply", str(operator.migrations), code=3)
    assert "does not know backup" in operator.err
    write(operator, moved, more=", allow_unknown='from staging'")
    operator.type("apply", str(operator.migrations))
    assert operator.application("SELECT count(*) FROM letter") == [(3,)]


def test_makes_no_sense(operator: Operator) -> None:
    """A step without a directory, or with a text for a tuple, is refused before anything runs."""
    operator.begin_with(SCRIPT)
    write(operator, Path(), more=", tables='person'")
    operator.type("apply", str(operator.migrations), "--dry-run", code=3)
    assert "tuple" in operator.err
    operator.file("0001_restore.py", STEPS.format(place="", first="", more=""))
    operator.type("apply", str(operator.migrations), "--dry-run", code=3)
    assert "names no backup" in operator.err


def test_rehearsed(operator: Operator) -> None:
    """On a scratch copy the step restores, and goes back exactly."""
    operator.begin_with(SCRIPT)
    place = take(operator)
    operator.application(*CHANGES)
    before = operator.fingerprint()
    write(operator, place)
    words = () if operator.sqlite else ("--by", "template")
    answer = operator.json("rehearse", str(operator.migrations), *words)
    assert answer["go"], answer
    assert operator.fingerprint() == before
