"""The record proves itself, or names the first position where it does not."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from commands.init import init
from commands.opening import Asker, Target
from commands.verify import Verification, verify
from journal.errors import ClewError, Tampered
from journal.opening import open_journal, parse_url
from tests.support.oracle import sqlite_path

ASKER = Asker(actor="dana")


class Record:
    """A journal with some rows in it, and somebody who may do anything to it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.postgresql = url.startswith("postgresql")
        init(Target(url=parse_url(url)), name="test", asker=ASKER)
        with open_journal(url) as journal:
            for round_ in range(3):
                with journal.recording(actor="dana") as run:
                    run.execute(f"create table t{round_} (id integer primary key, v text)")
                    run.execute(f"insert into t{round_} values (1, 'a'), (2, 'b')")
                    run.execute(f"update t{round_} set v = upper(v)")
            self.head = journal.head().position

    def table(self, name: str) -> str:
        """Return the name of a table of the journal."""
        return f"clew.{name}" if self.postgresql else f"clew_{name}"

    def forge(self, *statements: str) -> None:
        """Run statements with the append-only triggers out of the way."""
        if self.postgresql:
            with psycopg.connect(self.url) as db:
                for name in ("entry", "content", "image", "head", "journal"):
                    db.execute(f"ALTER TABLE clew.{name} DISABLE TRIGGER USER".encode())
                for statement in statements:
                    db.execute(statement.encode())
                for name in ("entry", "content", "image", "head", "journal"):
                    db.execute(f"ALTER TABLE clew.{name} ENABLE TRIGGER USER".encode())
            return
        with closing(sqlite3.connect(sqlite_path(self.url), isolation_level=None)) as db:
            triggers = db.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'clew%'"
            ).fetchall()
            for name, _ in triggers:
                db.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                db.execute(statement)
            for _, sql in triggers:
                db.execute(sql)

    def verify(self) -> Verification:
        """Prove the record."""
        with open_journal(self.url) as journal:
            return verify(journal)

    def first(self) -> tuple[int, str]:
        """Return position and kind of the first problem."""
        found = self.verify()
        assert not found.ok
        return found.problems[0].position, found.problems[0].kind


@pytest.fixture
def record(url: str) -> Record:
    """A journal of each kind of database."""
    return Record(url)


def test_untouched(record: Record) -> None:
    """A record that nobody touched proves itself."""
    found = record.verify()
    assert found.ok
    assert found.entries == record.head
    assert not found.problems


def test_append_only(record: Record) -> None:
    """UPDATE, DELETE and TRUNCATE of the record are refused, also to the owner."""
    statements = [
        f"UPDATE {record.table('entry')} SET run = 'x'",
        f"DELETE FROM {record.table('entry')}",
        f"UPDATE {record.table('content')} SET digest = 'x'",
        f"DELETE FROM {record.table('image')}",
        f"DELETE FROM {record.table('journal')}",
        f"DELETE FROM {record.table('head')}",
    ]
    if record.postgresql:
        statements += [f"TRUNCATE {record.table(name)}" for name in ("entry", "content", "image")]
    else:
        statements.append(
            "INSERT OR REPLACE INTO clew_entry SELECT * FROM clew_entry WHERE position = 3"
        )
    for statement in statements:
        with pytest.raises((psycopg.Error, sqlite3.Error), match="append-only"):
            _run(record, statement)
    assert record.verify().ok


@pytest.mark.parametrize("way", ["a fork", "a double", "a gap", "the wrong place"])
def test_only_what_follows(record: Record, way: str) -> None:
    """An entry that does not follow the last one is refused, also to the owner."""
    entry, head = record.table("entry"), record.head
    position, before = {
        "a fork": (head + 1, head - 3),
        "a double": (head, head - 1),
        "a gap": (head + 2, head),
        "the wrong place": (head + 7, head - 2),
    }[way]
    with pytest.raises((psycopg.Error, sqlite3.Error), match=r"append-only|does not follow|unique"):
        _run(
            record,
            f"INSERT INTO {entry} (position, run, type, version, body, previous, digest)"
            f" SELECT {position}, run, type, version, body, digest, {_leaf(record)}"
            f" FROM {entry} WHERE position = {before}",
        )
    assert record.verify().ok


def _leaf(record: Record) -> str:
    """SQL for the digest of what is inserted, where the database can compute it."""
    return "sha256('\\x00'::bytea || digest || body)" if record.postgresql else "zeroblob(32)"


def test_flipped_bit(record: Record) -> None:
    """A single flipped bit of an entry is found at its position."""
    change = (
        "set_byte(body, 30, get_byte(body, 30) # 1)"
        if record.postgresql
        else "CAST(replace(CAST(body AS TEXT), 'dana', 'danb') AS BLOB)"
    )
    record.forge(f"UPDATE {record.table('entry')} SET body = {change} WHERE position = 5")
    assert record.first() == (5, "altered")


def test_relabelled(record: Record) -> None:
    """A column that tells something else than its body is found."""
    record.forge(f"UPDATE {record.table('entry')} SET type = 'MarkSet' WHERE position = 6")
    position, _ = record.first()
    assert position == 6


def test_deleted(record: Record) -> None:
    """A deleted entry is missed at its position."""
    record.forge(f"DELETE FROM {record.table('entry')} WHERE position = 7")
    assert record.first() == (7, "missing")


def test_cut_off(record: Record) -> None:
    """Entries cut off at the end are missed, since the head row remembers."""
    record.forge(f"DELETE FROM {record.table('entry')} WHERE position > 9")
    assert record.first() == (10, "head-moved")


def test_inserted(record: Record) -> None:
    """An entry pushed in between is found."""
    entry = record.table("entry")
    record.forge(
        f"UPDATE {entry} SET position = position + 1000 WHERE position > 8",
        f"UPDATE {entry} SET position = position - 999 WHERE position > 1000",
        f"INSERT INTO {entry} (position, run, type, version, body, previous, digest)"
        f" SELECT 9, run, type, version, body, body, digest FROM {entry} WHERE position = 8",
    )
    position, _ = record.first()
    assert position == 9


def test_reordered(record: Record) -> None:
    """Two entries that changed places are found at the first of them."""
    entry = record.table("entry")
    record.forge(
        f"UPDATE {entry} SET position = 1000 WHERE position = 5",
        f"UPDATE {entry} SET position = 5 WHERE position = 6",
        f"UPDATE {entry} SET position = 6 WHERE position = 1000",
    )
    position, _ = record.first()
    assert position == 5


@pytest.mark.parametrize("how", ["altered", "missing", "unnamed"])
def test_content(record: Record, how: str) -> None:
    """Content that was altered, deleted or pushed in is found."""
    content = record.table("content")
    blob = "'x'::bytea" if record.postgresql else "x'78'"
    one = f"digest = (SELECT min(digest) FROM {content})"
    record.forge(
        {
            "altered": f"UPDATE {content} SET content = {blob} WHERE {one}",
            "missing": f"DELETE FROM {content} WHERE {one}",
            "unnamed": f"INSERT INTO {content} VALUES ('{'0' * 64}', {blob})",
        }[how]
    )
    kinds = {problem.kind for problem in record.verify().problems}
    assert f"content-{how}" in kinds


@pytest.mark.parametrize("how", ["altered", "deleted", "swapped", "inserted"])
def test_images(record: Record, how: str) -> None:
    """Row images that were altered, deleted, swapped or pushed in are found."""
    image = record.table("image")
    last = (
        f"(run, number) = (SELECT run, number FROM {image} ORDER BY run DESC, number DESC LIMIT 1)"
    )
    chunk = (
        "replace(chunk::text, 'A', 'Z')::text[]"
        if record.postgresql
        else "CAST(replace(hex(chunk), hex('A'), hex('Z')) AS BLOB)"
    )
    columns = (
        "object, event, sign, rows, digest, chunk" if record.postgresql else "sign, rows, chunk"
    )
    record.forge(
        *{
            "altered": [f"UPDATE {image} SET chunk = {chunk} WHERE {last}"],
            "deleted": [f"DELETE FROM {image} WHERE {last}"],
            "swapped": [f"UPDATE {image} SET sign = -sign WHERE {last}"],
            "inserted": [
                f"INSERT INTO {image} (run, number, {columns})"
                f" SELECT run, number + 500, {columns} FROM {image} WHERE {last}"
            ],
        }[how]
    )
    position, kind = record.first()
    assert kind.startswith("images-")
    assert 0 < position <= record.head


def test_newer_format(record: Record) -> None:
    """A journal of an unknown newer format is refused."""
    record.forge(f"UPDATE {record.table('journal')} SET format = 99")
    with pytest.raises(ClewError, match="format 99") as refused, open_journal(record.url):
        pass
    assert refused.value.exit_code == 3


def _run(record: Record, statement: str) -> None:
    if record.postgresql:
        with psycopg.connect(record.url) as db:
            db.execute(statement.encode())
        return
    path = Path(sqlite_path(record.url))
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute(statement)


@pytest.mark.parametrize("position", [0, -5])
def test_before_the_first(record: Record, position: int) -> None:
    """A forged entry before position 1 is found."""
    forged = "x'01', x'02'" if not record.postgresql else "'\\x01'::bytea, '\\x02'::bytea"
    record.forge(
        f"INSERT INTO {record.table('entry')} SELECT {position}, run, type, version, body, {forged}"
        f" FROM {record.table('entry')} WHERE position = 4"
    )
    assert record.first()[0] in {position, 1}


@pytest.mark.parametrize("column", ["id", "name"])
def test_other_name(record: Record, column: str) -> None:
    """A journal that bears another id or name than it was opened with is found."""
    record.forge(f"UPDATE {record.table('journal')} SET {column} = 'x'")
    assert record.first() == (1, "identity")


@pytest.mark.parametrize("name", ["content", "image", "entry", "head"])
def test_lost_table(record: Record, name: str) -> None:
    """A table of the journal that is gone is tampering, and named."""
    cascade = " CASCADE" if record.postgresql else ""
    _run(record, f"DROP TABLE {record.table(name)}{cascade}")
    assert record.first() == (1, "table-missing")


def test_lost_name(record: Record) -> None:
    """A journal whose own row is gone is tampered with."""
    record.forge(f"DELETE FROM {record.table('journal')}")
    with pytest.raises(Tampered):
        record.verify()


def test_unguarded(record: Record) -> None:
    """Append-only triggers that are gone are told, though the record proves itself."""
    assert not record.verify().unguarded
    if record.postgresql:
        _run(record, "ALTER TABLE clew.entry DISABLE TRIGGER USER")
    else:
        _run(record, "DROP TRIGGER clew_entry_no_update")
    found = record.verify()
    assert found.ok
    assert len(found.unguarded) == 1


@pytest.mark.parametrize(
    ("table", "change", "kind"),
    [
        ("entry", "body = CAST(body AS TEXT)", "altered"),
        ("entry", "digest = 7", "altered"),
        ("content", "content = CAST(content AS BLOB) || x'00'", "content-altered"),
        ("content", "content = 7", "content-altered"),
        ("image", "chunk = 'text'", "images-altered"),
        ("image", "rows = -1", "images-altered"),
    ],
)
def test_other_kinds_of_value(sqlite_url: str, table: str, change: str, kind: str) -> None:
    """SQLite lets a forger write any kind of value into any column; each is found."""
    record = Record(sqlite_url)
    record.forge(f"UPDATE {record.table(table)} SET {change} WHERE rowid > 2"
                 if table == "entry" else f"UPDATE {record.table(table)} SET {change}")  # fmt: skip
    assert record.first()[1] == kind
