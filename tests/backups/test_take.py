"""Taking a backup: what is in it, where it stands, and that nothing is left of one that failed."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from commands.backup import files as backup_files
from commands.backup.files import InDirectory
from journal.lines import Lines
from journal.opening import connect, parse_url
from journal.postgresql import dump as postgresql_dump
from journal.sqlite import dump as sqlite_dump
from journal.values import SchemaObject
from tests.backups.files import events, manifest, rows, take, traces
from tests.drills.operator import Operator
from tests.support.oracle import sqlite_path

TWO = (
    "CREATE TABLE person (id integer PRIMARY KEY, name text);\n"
    "CREATE TABLE letter (id integer PRIMARY KEY, person integer, words text);\n"
    "INSERT INTO person VALUES (2, 'Bela'), (1, 'Ada');\n"
    "INSERT INTO letter VALUES (1, 2, 'dear');\n"
)
ODD = ['a"b', "a/b", "..", "🙂", "a b\nc", "Case", "CASE", "a.b", "%s", "'"]


def test_answer_manifest_and_entries(operator: Operator) -> None:
    """The manifest says what there is and from when; the entries say where it stands."""
    operator.begin_with(TWO)
    head = operator.json("status")["head"]
    answer = operator.json(
        "backup", "take", "--to", str(operator.home / "b"), "--reason", "why", "--ref", "#1"
    )
    place = Path(answer["backup"]["location"])
    found = manifest(place)
    assert found["format"] == 2
    assert found["head"] == {name: head[name] for name in ("position", "digest")}
    assert str(UUID(found["backup"])) == found["backup"] == answer["backup"]["backup"]
    assert place.name.endswith(f"Z-{found['backup'][:8]}")
    assert found["journal"]["name"] == "drill"
    assert found["database"] == ("sqlite" if operator.sqlite else "postgresql")
    assert [one["path"][-1] for one in found["tables"]] == ["letter", "person"]
    assert [one["name"] for one in found["tables"][1]["columns"]] == ["id", "name"]
    ids = [str(row["id"]) for row in rows(place, "person")]
    assert ids == ["1", "2"]
    (taken,) = events(operator, "BackupTaken")
    assert taken["location"] == str(place)
    assert sorted(taken["tables"].values()) == [1, 2]
    (verified,) = events(operator, "BackupVerified")
    assert verified["passed"] is True
    run = operator.lines("log", "--run", answer["run"])
    assert [one["type"] for one in run] == [
        "RunStarted",
        "BackupTaken",
        "BackupVerified",
        "RunCompleted",
    ]
    assert (run[0]["data"]["verb"], run[0]["data"]["reason"]) == ("backup", "why")
    assert run[1]["position"] == answer["position"]
    assert [path.name for path in place.parent.iterdir()] == [place.name]


def test_no_secret(postgresql_operator: Operator) -> None:
    """Neither the manifest nor an entry holds a password or a URL."""
    operator = postgresql_operator
    operator.begin_with(TWO)
    text = (take(operator) / "manifest.json").read_text() + operator.type(
        "log", "--format", "jsonl"
    )
    assert "://" not in text
    assert "password" not in text.lower()
    assert operator.url not in text


def test_only_some_tables(operator: Operator) -> None:
    """Named tables only; a name that is no table is an error, and leaves nothing."""
    operator.begin_with(TWO)
    assert [one["path"][-1] for one in manifest(take(operator, "person"))["tables"]] == ["person"]
    kept = len(traces(operator))
    operator.type("backup", "take", "person", "nobody", "--to", str(operator.home / "new"), code=4)
    assert "no table nobody" in operator.err
    assert not (operator.home / "new").exists()
    assert len(traces(operator)) == kept
    assert len(events(operator, "BackupTaken")) == 1


def test_odd_names(operator: Operator) -> None:
    """Names that no file system takes, and names that differ only by case."""
    names = [*ODD, "n" * 300] if operator.sqlite else [*ODD, "n" * 63]
    names = [name for name in names if not (operator.sqlite and name == "CASE")]
    quoted = ['"' + name.replace('"', '""') + '"' for name in names]
    operator.application(
        *[f'CREATE TABLE {name} (id integer PRIMARY KEY, "odd ""col" text)' for name in quoted],
        *[f"INSERT INTO {name} VALUES ({n}, 'v')" for n, name in enumerate(quoted)],
    )
    operator.type("init", "--name", "odd")
    place = take(operator)
    found = {table["path"][-1]: table["file"] for table in manifest(place)["tables"]}
    assert set(found) == set(names)
    assert len(set(found.values())) == len(names)
    for number, name in enumerate(names):
        (row,) = rows(place, name)
        assert (str(row["id"]), row['odd "col']) == (str(number), "v")
    operator.type("backup", "verify", str(place))
    operator.type("backup", "list")


def test_names_that_dots_make_one(postgresql_operator: Operator) -> None:
    """Two tables whose paths read alike are counted apart."""
    operator = postgresql_operator
    operator.begin_with(
        'CREATE SCHEMA a;\nCREATE SCHEMA "a.b";\nCREATE TABLE a."b.c" (id integer);\n'
        'CREATE TABLE "a.b".c (id integer);\nINSERT INTO "a.b".c VALUES (1);\n'
    )
    take(operator)
    (taken,) = events(operator, "BackupTaken")
    assert taken["tables"] == {'"a"."b.c"': 0, '"a.b"."c"': 1}


def test_empty_tables(operator: Operator) -> None:
    """A table without rows has a file of 0 bytes, and that is what it should be."""
    operator.begin_with("CREATE TABLE none_yet (id integer PRIMARY KEY);\n")
    place = take(operator, "--compress", "none")
    (table,) = manifest(place)["tables"]
    assert (table["rows"], table["bytes"]) == (0, 0)
    operator.type("backup", "verify", str(place))


def test_no_tables(operator: Operator) -> None:
    """Where there is no table there is nothing to back up, and that is said."""
    operator.type("init", "--name", "empty")
    operator.type("backup", "take", "--to", str(operator.home / "backups"), code=3)
    assert "no table" in operator.err
    assert not (operator.home / "backups").exists()


def test_generated_columns_are_left_out(operator: Operator) -> None:
    """What the database computes is named, not copied."""
    operator.begin_with(
        "CREATE TABLE g (id integer PRIMARY KEY, twice integer GENERATED ALWAYS AS (id * 2) STORED)"
        ";\nINSERT INTO g (id) VALUES (4);\n"
    )
    place = take(operator)
    assert [list(row) for row in rows(place, "g")] == [["id"]]
    assert manifest(place)["tables"][0]["generated"] == ["twice"]


def test_virtual_tables_are_named(sqlite_operator: Operator) -> None:
    """A virtual table cannot be copied out, and is not passed over in silence."""
    operator = sqlite_operator
    operator.begin_with(TWO)
    operator.application("CREATE VIRTUAL TABLE words USING fts5(t)")
    operator.type("accept", "--reason", "search")
    out = operator.type("backup", "take", "--to", str(operator.home / "backups"))
    assert "left out, a virtual table: words" in out
    (place,) = traces(operator)
    assert manifest(place)["left_out"] == ["words"]


def test_partitions_and_heirs(postgresql_operator: Operator) -> None:
    """Rows stand with the table that holds them, each once; a parent brings its heirs along."""
    operator = postgresql_operator
    operator.begin_with(
        "CREATE TABLE event (id integer, at date) PARTITION BY RANGE (at);\n"
        "CREATE TABLE event_1 PARTITION OF event DEFAULT;\n"
        "CREATE TABLE other (id integer);\nCREATE TABLE heir (extra text) INHERITS (other);\n"
        "INSERT INTO event VALUES (1, '2024-01-01');\nINSERT INTO other VALUES (1);\n"
        "INSERT INTO heir VALUES (2, 'x');\n"
    )
    place = take(operator)
    counts = {one["path"][-1]: one["rows"] for one in manifest(place)["tables"]}
    assert counts == {"event": 0, "event_1": 1, "heir": 1, "other": 1}
    place = take(operator, "event")
    counts = {one["path"][-1]: one["rows"] for one in manifest(place)["tables"]}
    assert counts == {"event": 0, "event_1": 1}


@pytest.mark.parametrize(
    "drift", ["CREATE TABLE unknown (id integer)", "ALTER TABLE person ADD COLUMN age integer"]
)
def test_what_the_journal_does_not_know_is_not_missed(operator: Operator, drift: str) -> None:
    """A table or column that the journal never saw is told, not left out of the backup."""
    operator.begin_with(TWO)
    operator.application(drift)
    operator.type("backup", "take", "--to", str(operator.home / "backups"), code=3)
    assert "not as the journal knows" in operator.err
    assert not (operator.home / "backups").exists()
    take(operator, "letter")
    operator.type("accept", "--reason", "by hand")
    take(operator)


@pytest.mark.parametrize("under", ["", "deeper/still"])
def test_place_is_a_file(operator: Operator, under: str) -> None:
    """A place that is a file is refused in one line."""
    operator.begin_with(TWO)
    file = operator.home / "file"
    file.write_text("mine")
    operator.type("backup", "take", "--to", str(file / under), code=3)
    assert operator.err.splitlines()[0] == f"error: {file} is a file"
    assert file.read_text() == "mine"


def test_place_cannot_be_written_to(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    """A place that lets nobody in is refused in one line."""
    operator.begin_with(TWO)

    def denied(path: Path, *words: Any, **settings: Any) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    with monkeypatch.context() as patched:
        patched.setattr(Path, "mkdir", denied)
        operator.type("backup", "take", "--to", str(operator.home / "backups"), code=3)
    assert "permission denied" in operator.err
    assert len(operator.err.splitlines()) == 2


def test_disk_full(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full in the middle leaves no directory and no entry."""
    operator.begin_with(TWO)

    def full(*_: Any) -> Any:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(backup_files.os, "fsync", full)
    operator.type("backup", "take", "--to", str(operator.home / "backups" / "deep"), code=5)
    assert "no space left" in operator.err
    assert not (operator.home / "backups").exists()
    assert events(operator, "BackupTaken") == []


@pytest.mark.parametrize("damage", ["cut", "emptied", "turned"])
def test_what_cannot_be_read_back_is_no_backup(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    """Bytes that did not reach the disk as they were written: no directory, no entry."""
    operator.begin_with(TWO)
    finish = InDirectory.finish

    def lossy(into: InDirectory, found: Any, progress: Any) -> str:
        file = into.path / "0002.jsonl"
        content = file.read_bytes()
        turned = content.replace(b"Ada", b"Adb")
        file.write_bytes({"cut": content[:-9], "emptied": b"", "turned": turned}[damage])
        return finish(into, found, progress)

    monkeypatch.setattr(InDirectory, "finish", lossy)
    words = ("--compress", "none", "--to", str(operator.home / "backups"))
    operator.type("backup", "take", *words, code=5)
    assert "read back is not what was written" in operator.err
    assert not (operator.home / "backups").exists()
    assert events(operator, "BackupTaken") == []


def test_entry_that_cannot_be_written(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the journal cannot be told, the directory goes too."""
    from journal.store import Journal

    operator.begin_with(TWO)

    def never(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Journal, "append", never)
        operator.type("backup", "take", "--to", str(operator.home / "backups"), code=130)
    assert not (operator.home / "backups").exists()
    assert events(operator, "BackupTaken") == []


def test_one_moment(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another connection writes to both tables between the two: neither write is in it."""
    operator.begin_with(TWO)
    if operator.sqlite:
        with closing(sqlite3.connect(sqlite_path(operator.url))) as db:
            db.execute("PRAGMA journal_mode = wal")
    write_table = InDirectory.take

    def disturbed(into: InDirectory, database: Any, table: SchemaObject, *rest: Any) -> Any:
        if table.path[-1] == "person":
            operator.application(
                "INSERT INTO person VALUES (9, 'late')",
                "DELETE FROM letter",
                "UPDATE person SET name = 'changed'",
            )
        return write_table(into, database, table, *rest)

    monkeypatch.setattr(InDirectory, "take", disturbed)
    place = take(operator)
    assert [row["name"] for row in rows(place, "person")] == ["Ada", "Bela"]
    assert len(rows(place, "letter")) == 1
    assert operator.application("SELECT count(*) FROM person") == [(3,)]


def test_one_run_at_a_time(operator: Operator) -> None:
    """While another run holds the journal, it is said who does."""
    operator.begin_with(TWO)
    other = connect(parse_url(operator.url))
    other.hold("dana, elsewhere", wait=0)
    words = ("--to", str(operator.home / "backups"), "--lock-timeout", "0.1")
    operator.type("backup", "take", *words, code=3)
    assert "dana, elsewhere" in operator.err
    other.close()
    take(operator)


def test_truncated_before_the_snapshot(
    postgresql_operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TRUNCATE, which no snapshot withstands, waits until the backup is read."""
    operator = postgresql_operator
    operator.begin_with(TWO)
    write_table = InDirectory.take

    def disturbed(into: InDirectory, database: Any, table: SchemaObject, *rest: Any) -> Any:
        with psycopg.connect(operator.url) as other:
            other.execute("SET lock_timeout = '100ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                other.execute("TRUNCATE person")
        return write_table(into, database, table, *rest)

    monkeypatch.setattr(InDirectory, "take", disturbed)
    assert len(rows(take(operator), "person")) == 2


def test_rows_hidden_by_policies(postgresql_operator: Operator) -> None:
    """Rows that a policy hides from who asks are an error, and not left out."""
    operator = postgresql_operator
    operator.begin_with(
        TWO + "ALTER TABLE person ENABLE ROW LEVEL SECURITY;\n"
        "ALTER TABLE person FORCE ROW LEVEL SECURITY;\n"
        "CREATE POLICY few ON person USING (id = 1);\n"
    )
    operator.type("backup", "take", "--to", str(operator.home / "backups"), code=5)
    assert "row-level security" in operator.err
    assert not (operator.home / "backups").exists()


def test_rows_are_read_as_they_are_asked_for(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No more than some pages of a table are held at any moment."""
    number = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
    text = "x" * 160
    operator.begin_with(
        "CREATE TABLE big (id integer PRIMARY KEY, t text);\n"
        f"INSERT INTO big {number} SELECT i, '{text}' FROM n;\n"
    )
    sizes: list[int] = []
    module = sqlite_dump if operator.sqlite else postgresql_dump
    dump_lines = module.dump_lines

    def watched(session: Any, table: SchemaObject) -> Lines:
        found = dump_lines(session, table)
        assert isinstance(found.blocks, Iterator)
        return Lines(columns=found.columns, blocks=(seen(block) for block in found.blocks))

    def seen(block: bytes) -> bytes:
        sizes.append(len(block))
        return block

    monkeypatch.setattr(module, "dump_lines", watched)
    place = take(operator)
    assert sum(sizes) == manifest(place)["tables"][0]["bytes"]
    assert max(sizes) < 1_000_000
    assert len(sizes) >= 5


def test_list(operator: Operator) -> None:
    """The list tells place, counts and the last look, as of any position."""
    operator.begin_with(TWO)
    assert operator.type("backup", "list") == "no backup\n"
    first = take(operator)
    then = operator.json("status")["head"]["position"]
    second = take(operator, "person")
    (second / "0001.jsonl.zst").unlink()
    operator.type("backup", "verify", str(second), code=5)
    one, two = operator.json("backup", "list")
    assert (one["location"], two["location"]) == (str(first), str(second))
    assert (one["verified"]["passed"], two["verified"]["passed"]) == (True, False)
    assert sum(one["tables"].values()) == 3
    assert len(operator.lines("backup", "list", "--at", str(then))) == 1
    assert "FAILED" in operator.type("backup", "list")
    operator.type("status")
    operator.type("verify")
    operator.type("show", str(two["position"]))


def test_rollback_passes_backups(operator: Operator) -> None:
    """A backup is nothing to be taken back, and stays known."""
    before = operator.begin_with(TWO)
    operator.apply("0001_more", "INSERT INTO person VALUES (3, 'Cleo');")
    place = take(operator)
    operator.apply("0002_gone", "DROP TABLE letter;")
    operator.back("before:0001_more")
    assert operator.fingerprint() == before
    assert len(operator.json("backup", "list")) == 1
    operator.type("backup", "verify", str(place))
