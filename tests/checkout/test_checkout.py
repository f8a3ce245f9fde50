"""The verb checkout: what it answers, what it refuses, and what it leaves when it dies."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from commands.checkout import checkout as checking_out
from tests.checkout.places import elsewhere
from tests.drills.operator import Operator
from tests.rehearsal.theatre import programs
from tests.support.oracle import fingerprint, sqlite_path

PEOPLE = (
    'create table "Per son" (id integer primary key, name text, email text);\n'
    "insert into \"Per son\" values (1, 'Ada', 'a@x'), (2, 'it''s 🙂', null), (190, '', 'z@x');\n"
)
LOST = 'update "Per son" set name = upper(name);\nalter table "Per son" drop column email;\n'


@pytest.fixture
def past(operator: Operator) -> dict[str, str]:
    """Two migrations, the second of which loses a column; returns what stood before it."""
    operator.begin_with("create table untouched (a integer primary key)")
    operator.apply("0001_people", PEOPLE)
    found = operator.fingerprint()
    operator.apply("0002_lost", LOST)
    return found


def check_out(operator: Operator, *words: str, code: int = 0) -> str:
    """Type the verb."""
    return operator.type("checkout", *words, "--pg-bin", str(programs()), code=code)


def test_any_sql(operator: Operator, past: dict[str, str], then: str) -> None:
    """The copy holds what stood at the position, without the journal; the source is as it was."""
    now = fingerprint(operator.url)
    there = operator.json("checkout", "before:0002_lost", "--to", then, "--pg-bin", str(programs()))
    assert fingerprint(then) == past
    assert fingerprint(operator.url) == now
    assert there["done"]
    assert there["steps"] == 2
    assert ":clew@" not in there["url"]
    (people,) = [one for one in there["tables"] if one["table"].endswith("Per son")]
    assert people["rows"] == 3
    home = operator.home / "there"
    home.mkdir()
    other = Operator(then, home, operator.capsys)
    assert other.application('select email from "Per son" where id = 190') == [("z@x",)]
    assert "expected a journal" in (other.type("log", code=4) + other.err)


def test_written_since(operator: Operator, past: dict[str, str], then: str) -> None:
    """Rows that others wrote come back as the journal knows them, and are counted."""
    operator.application("update \"Per son\" set name = 'other' where id = 1")
    said = check_out(operator, "before:0002_lost", "--to", then)
    assert "1 row written since, brought back as the journal knows them" in said
    assert fingerprint(then) == past


def test_dry_run(operator: Operator, past: dict[str, str], then: str) -> None:
    """A dry run says what would be done, and makes nothing."""
    assert past
    said = check_out(operator, "before:0002_lost", "--to", then, "--dry-run")
    assert "take back 2 steps" in said
    assert not exists(operator, then)


def test_irreversible(operator: Operator, past: dict[str, str], then: str) -> None:
    """What cannot be taken back is refused beforehand, with its position."""
    assert past
    sql = "vacuum" if operator.sqlite else "declare held cursor with hold for select 1"
    name = "vacuum" if operator.sqlite else "cursor-with-hold"
    if operator.sqlite:
        operator.apply(
            "0003_loose", "create table loose (a text);\ninsert into loose values ('a');\n"
        )
    alone = "-- clew: no-transaction\n" if operator.sqlite else ""
    operator.apply("0004_x", f"{alone}{sql};\n", "--allow-irreversible", name)
    check_out(operator, "before:0002_lost", "--to", then, code=3)
    assert "cannot be taken back" in operator.err
    assert not exists(operator, then)


def test_refused(operator: Operator, past: dict[str, str], then: str) -> None:
    """The database itself, one that is not empty, and another kind are refused untouched."""
    assert past
    before = fingerprint(operator.url)
    check_out(operator, "head", "--to", operator.url, code=3)
    assert "itself" in operator.err
    other = "postgresql://localhost/x" if operator.sqlite else "sqlite:///x.db"
    check_out(operator, "head", "--to", other, code=2)
    check_out(operator, "99", "--to", then, code=4)
    check_out(operator, "head", "--to", then)
    was = fingerprint(then)
    check_out(operator, "head", "--to", then, code=3)
    assert fingerprint(then) == was
    assert fingerprint(operator.url) == before


def test_dies(
    operator: Operator, past: dict[str, str], then: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is left of one that fails in the middle; the same command works again."""

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(checking_out, "rollback", die)
        check_out(operator, "before:0002_lost", "--to", then, code=130)
    assert not exists(operator, then)
    assert list(operator.home.parent.glob("*unfinished*")) == []
    check_out(operator, "before:0002_lost", "--to", then)
    assert fingerprint(then) == past


def exists(operator: Operator, url: str) -> bool:
    """Tell whether a database is there."""
    if operator.sqlite:
        return Path(sqlite_path(url)).exists()
    with closing(psycopg.connect(operator.url)) as db:
        name = url.rpartition("/")[2]
        found = db.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
        return found is not None


def test_killed(sqlite_operator: Operator, tmp_path: Path) -> None:
    """What a killed command left is removed; while another one works, this one waits outside."""
    sqlite_operator.begin_with("create table t (a integer primary key)")
    place = tmp_path / "then.db"
    left = Path(f"{place}-clew-unfinished")
    left.mkdir()
    (left / "in-use").touch()
    (left / "copy.db").write_bytes(b"half")
    check_out(sqlite_operator, "head", "--to", f"sqlite:///{place}")
    assert not left.exists()
    with closing(sqlite3.connect(place)) as db:
        assert [name for (name,) in db.execute("SELECT name FROM sqlite_master")] == ["t"]


def test_empty_database(postgresql_operator: Operator, then_empty: str) -> None:
    """An empty database of the asker's is filled, also one that a killed command left half full."""
    operator = postgresql_operator
    operator.begin_with("create table t (a integer primary key)")
    was = fingerprint(operator.url)
    with psycopg.connect(then_empty, autocommit=True) as db:
        db.execute("create table half (a integer)")
    check_out(operator, "head", "--to", then_empty, code=3)
    with psycopg.connect(then_empty, autocommit=True) as db:
        db.execute("select lo_from_bytea(7240417, 'plpgsql')")
    check_out(operator, "head", "--to", then_empty)
    assert fingerprint(then_empty) == was
    with psycopg.connect(then_empty, autocommit=True) as db:
        assert db.execute("select count(*) from pg_largeobject_metadata").fetchone() == (0,)


def test_heirs(postgresql_operator: Operator, tmp_path: Path) -> None:
    """What pg_dump does not keep is refused; a template keeps it."""
    operator = postgresql_operator
    operator.begin_with("create table t (a integer primary key)")
    operator.apply("1", "create table heir (own text) inherits (t);\nalter table t add b text;\n")
    was = operator.fingerprint()
    with elsewhere(operator.url, tmp_path) as then:
        check_out(operator, "head", "--to", then, code=5)
        assert "the copy is not like the database" in operator.err
        assert not exists(operator, then)
        check_out(operator, "head", "--to", then, "--by", "template")
        assert fingerprint(then) == was
