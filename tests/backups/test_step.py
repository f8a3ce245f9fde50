"""A backup as a step of a migration: it sees what the transaction sees."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from tests.backups.files import events, manifest, rows, traces
from tests.drills.operator import Operator

SCRIPT = (
    "CREATE TABLE person (id integer PRIMARY KEY, name text);\n"
    "INSERT INTO person VALUES (1, 'Ada'), (2, 'Bela');\n"
    "CREATE TABLE other (id integer PRIMARY KEY);\n"
)
STEPS = """
from commands.transform import Backup, Check, Migration, Sql

migration = Migration(
    steps=(
        Sql(sql="INSERT INTO person VALUES (3, 'Cleo'); CREATE TABLE fresh (id integer)"),
        Backup(tables=({tables}), to={to!r}),
        Sql(sql="DROP TABLE person"),
        {more}
    ),
)
"""


def write(
    operator: Operator, *, tables: str = '"person", "fresh"', to: str = "", more: str = ""
) -> None:
    """Write a migration that backs up and then drops."""
    place = to or str(operator.home / "backups")
    operator.file("0001_drop.py", STEPS.format(tables=tables, to=place, more=more))


def test_step(operator: Operator) -> None:
    """The rows that the migration itself wrote are in it, and the way back passes it."""
    before = operator.begin_with(SCRIPT)
    write(operator)
    answer = operator.json("apply", str(operator.migrations))
    (place,) = traces(operator)
    (written,) = answer["runs"][0]["backups"]
    assert written["location"] == str(place)
    assert [row["name"] for row in rows(place, "person")] == ["Ada", "Bela", "Cleo"]
    assert rows(place, "fresh") == []
    assert manifest(place)["migration"] == "0001_drop"
    types = [one["type"] for one in operator.lines("log", "--migration", "0001_drop")]
    assert types.index("BackupTaken") + 1 == types.index("BackupVerified")
    assert types.index("BackupTaken") > types.index("RowsChanged")
    assert operator.json("backup", "verify", str(place))["vouched"]
    operator.back("before:0001_drop")
    assert operator.fingerprint() == before
    assert place.exists()
    operator.back("after:0001_drop")
    assert operator.application("SELECT count(*) FROM fresh") == [(0,)]


def test_text_answer(operator: Operator) -> None:
    """Apply says that there is a backup, and where."""
    operator.begin_with(SCRIPT)
    write(operator)
    assert "backup of 2 tables, 3 rows, read back" in operator.type(
        "apply", str(operator.migrations)
    )


def test_all_tables(operator: Operator) -> None:
    """Without names, all tables as they are then."""
    operator.begin_with(SCRIPT)
    write(operator, tables="")
    operator.type("apply", str(operator.migrations))
    (place,) = traces(operator)
    names = [one["path"][-1] for one in manifest(place)["tables"]]
    assert names == ["fresh", "other", "person"]


def test_dry_run(operator: Operator) -> None:
    """The same events, and nothing stays."""
    operator.begin_with(SCRIPT)
    write(operator, tables='"person", "fresh", "other"')
    answer = operator.json("apply", str(operator.migrations), "--dry-run")
    told = answer["migrations"][0]["events"]
    (taken,) = [one for one in told if one["type"] == "BackupTaken"]
    assert sorted(taken["tables"].values()) == [0, 0, 3]
    assert Path(taken["location"]).parent == operator.home / "backups"
    assert not (operator.home / "backups").exists()
    assert events(operator, "BackupTaken") == []
    if not operator.sqlite:
        locks = {lock["object"]: lock["mode"] for lock in answer["locks"]}
        assert locks["public.other"] == "SHARE ROW EXCLUSIVE"
    assert "BackupTaken" in operator.type("apply", str(operator.migrations), "--dry-run")
    assert operator.json("apply", str(operator.migrations))["runs"]


@pytest.mark.parametrize("words", [(), ("--dry-run",)])
def test_no_such_table(operator: Operator, words: tuple[str, ...]) -> None:
    """A table that is not there fails the migration, and nothing is dropped."""
    before = operator.begin_with(SCRIPT)
    write(operator, tables='"nobody",')
    operator.type("apply", str(operator.migrations), *words, code=4)
    assert "0001_drop.py line 1 (statement 3): no table nobody" in operator.err
    assert operator.fingerprint() == before
    assert not (operator.home / "backups").exists()


@pytest.mark.parametrize("words", [(), ("--dry-run",)])
def test_place_is_a_file(operator: Operator, words: tuple[str, ...]) -> None:
    """A place that cannot be written to fails the migration before anything is dropped."""
    before = operator.begin_with(SCRIPT)
    file = operator.home / "file"
    file.write_text("")
    write(operator, to=str(file))
    operator.type("apply", str(operator.migrations), *words, code=3)
    assert "is a file" in operator.err
    assert operator.fingerprint() == before


def test_relative_place(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative place is one of the current directory."""
    operator.begin_with(SCRIPT)
    monkeypatch.chdir(operator.home)
    write(operator, to="backups")
    operator.type("apply", str(operator.migrations))
    (place,) = traces(operator)
    assert events(operator, "BackupTaken")[0]["location"] == str(place)


def test_migration_fails_later(operator: Operator) -> None:
    """The directory stays and is whole; no entry names it."""
    before = operator.begin_with(SCRIPT)
    write(operator, more='Check(name="never", sql="SELECT 1"),')
    operator.type("apply", str(operator.migrations), code=5)
    assert operator.fingerprint() == before
    assert events(operator, "BackupTaken") == []
    (place,) = traces(operator)
    assert len(rows(place, "person")) == 3
    answer = operator.json("backup", "verify", str(place), code=5)
    assert [problem["kind"] for problem in answer["problems"]] == ["unknown"]


def test_nobody_writes_between_backup_and_drop(
    postgresql_operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is dropped afterwards is what stands in the backup."""
    from commands.backup.files import InDirectory

    operator = postgresql_operator
    operator.begin_with(SCRIPT)
    write(operator, tables='"other",')
    write_table = InDirectory.take

    def disturbed(*words: object) -> object:
        with psycopg.connect(operator.url) as other:
            other.execute("SET lock_timeout = '100ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                other.execute("INSERT INTO other VALUES (1)")
        return write_table(*words)  # type: ignore[arg-type]

    monkeypatch.setattr(InDirectory, "take", disturbed)
    operator.type("apply", str(operator.migrations))
    assert len(traces(operator)) == 1
