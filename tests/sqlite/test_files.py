"""Other files on the session, VACUUM, and files of another make."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from commands.apply import apply
from commands.init import init
from commands.opening import Asker, Target
from journal.errors import NotKnownExact, Refused, Unreachable
from journal.sqlite import attaching
from journal.sqlite.adopting import adopt
from journal.sqlite.database import connect
from journal.url import URL
from tests.sqlite.there_and_back import File, fingerprint

GAPS = "CREATE TABLE note (body); INSERT INTO note (rowid, body) VALUES (5, 'five'), (8, 'eight');"
KEPT = "CREATE TABLE kept (id INTEGER PRIMARY KEY, a); INSERT INTO kept VALUES (5, 5), (8, 8);"
RESERVED = 32


def databases(raw: sqlite3.Connection) -> list[str]:
    return [name for _, name, _ in raw.execute("PRAGMA database_list") if name != "temp"]


def other(tmp_path: Path) -> Path:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as raw:
        raw.executescript("CREATE TABLE far (a); INSERT INTO far VALUES (1);")
    return path


@pytest.mark.parametrize(
    "setup", [GAPS, "CREATE TABLE h (rowid, _rowid_, oid); INSERT INTO h VALUES (1, 2, 3);"]
)
def test_vacuum_that_renumbers(setup: str, tmp_path: Path) -> None:
    """VACUUM is refused where a row would get another rowid, which nothing brings back."""
    file = File(tmp_path / "x.db", setup)
    before = fingerprint(file.path)
    with (
        closing(
            connect(URL(drivername="sqlite", database=str(file.path)), lock_timeout=1)
        ) as database,
        pytest.raises(Refused, match="other rowids"),
    ):
        database.execute_outside("VACUUM")
    assert fingerprint(file.path) == before


def test_vacuum(tmp_path: Path) -> None:
    """VACUUM changes nothing where each row keeps its rowid."""
    file = File(tmp_path / "x.db", KEPT + GAPS.replace("5,", "1,").replace("8,", "2,"))
    before = fingerprint(file.path)
    url = URL(drivername="sqlite", database=str(file.path))
    with closing(connect(url, lock_timeout=1)) as database:
        database.execute_outside("VACUUM")
    assert fingerprint(file.path) == before


@pytest.mark.parametrize(
    ("sql", "values", "there"),
    [
        ("ATTACH ? AS o", ("other.db",), True),
        ("attach database :file AS :name", {"file": "other.db", "name": "o"}, True),
        ("ATTACH 'oth' || ? AS ?", ("er.db", "o"), True),
        ("ATTACH CAST('other.db' AS TEXT) AS o", (), True),
        ("ATTACH 'file:other.db' AS o", (), True),
        ("ATTACH 'file::memory:' AS o", (), True),
        ("ATTACH 'file:none.db?mode=ro' AS o", (), True),
        ("ATTACH 'file:none.db?mode=memory' AS o", (), True),
        ("ATTACH '' AS o", (), True),
        ("ATTACH ? AS o", ("none.db",), False),
        ("ATTACH 'file:none.db' AS o", (), False),
        ("ATTACH 'file:none.db?mode=rwc' AS o", (), False),
        ("ATTACH none AS o", (), False),
        ('ATTACH "none" AS o', (), False),
    ],
)
def test_file_to_be_attached(
    sql: str, values: Any, there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that ATTACH would make is told, however it is named, and is not made."""
    other(tmp_path)
    monkeypatch.chdir(tmp_path)
    said = attaching.attachment(sql)
    assert said is not None
    url = URL(drivername="sqlite", database=str(tmp_path / "x.db"))
    with closing(connect(url, lock_timeout=1, create=True)) as database:
        if there:
            attaching.check(database.session, said, values)
        else:
            with pytest.raises(NotKnownExact, match="ATTACH would make it"):
                attaching.check(database.session, said, values)
    assert {one.name for one in tmp_path.iterdir()} <= {"other.db", "x.db"}


@pytest.mark.parametrize("end", ["commit", "abort"])
def test_attached_files_go_with_the_run(end: str, tmp_path: Path) -> None:
    """What a run attached is gone once it ends, so that the next one finds what the first did."""
    file, path = File(tmp_path / "x.db", KEPT), other(tmp_path)
    session = file.begin(foreign_keys=True)
    session.execute(f"ATTACH '{path}' AS o", run="r")
    session.execute("INSERT INTO kept (a) SELECT a FROM o.far", run="r")
    getattr(session, end)()
    assert databases(session.session.raw) == ["main"]
    session.close()


def test_attached_by_a_program(tmp_path: Path) -> None:
    """What a program attaches to its own connection stays there, and is not written to."""
    file, path = File(tmp_path / "x.db", KEPT), other(tmp_path)
    with closing(sqlite3.connect(file.path)) as raw:
        with adopt(raw) as database:
            database.begin()
            numbers = count(file.known.next_id)
            database.watch_schema(file.known.objects, next_id=lambda: next(numbers))
            database.execute(f"ATTACH '{path}' AS o", run="r")
            with pytest.raises(NotKnownExact) as refused:
                database.execute("INSERT INTO far VALUES (2)", run="r")
            assert refused.value.name == "attached-database"
            database.commit()
        assert databases(raw) == ["main", "o"]
        assert raw.execute("SELECT a FROM far").fetchall() == [(1,)]


def reserve(path: Path) -> None:
    """Make an empty file that keeps bytes at the end of each page, as extensions ask for."""
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA user_version = 1")
        raw.commit()
    content = bytearray(path.read_bytes())
    content[20] = RESERVED
    content[105:107] = (len(content) - RESERVED).to_bytes(2, "big")
    path.write_bytes(content)


def test_reserved_bytes(tmp_path: Path) -> None:
    """A file with reserved bytes in each page goes there and back, and keeps them."""
    path = tmp_path / "x.db"
    reserve(path)
    file = File(path, KEPT + GAPS)
    before = fingerprint(path)
    sql = ["UPDATE kept SET a = 'x'", "ALTER TABLE note ADD COLUMN b", "DROP TABLE kept"]
    file.undo(file.run(sql))
    assert fingerprint(path) == before
    assert path.read_bytes()[20] == RESERVED


def test_version_that_is_too_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A SQLite that cannot read the journal's views is told before anything is done."""
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 37, 2))
    monkeypatch.setattr(sqlite3, "sqlite_version", "3.37.2")
    url = URL(drivername="sqlite", database=str(tmp_path / "x.db"))
    with pytest.raises(Unreachable, match=r"expected SQLite 3.38 or later, found 3.37.2"):
        connect(url, lock_timeout=1, create=True)
    with (
        closing(sqlite3.connect(tmp_path / "x.db")) as raw,
        pytest.raises(Unreachable),
        adopt(raw),
    ):
        pass


def test_a_name_that_an_address_would_read_otherwise(tmp_path: Path) -> None:
    """A file whose name looks like part of an address is checked for rows that refer to nothing."""
    path = tmp_path / "50%25 of it.db"
    with closing(sqlite3.connect(path)) as raw:
        raw.executescript(
            "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p);"
            " INSERT INTO c VALUES (7);"
        )
    target = Target(url=URL(drivername="sqlite", database=str(path)))
    init(target, name="test", asker=Asker(actor="dana"))
    migrations = tmp_path / "migrations"
    migrations.mkdir()
    (migrations / "0001_more.sql").write_text(
        "PRAGMA foreign_keys = OFF;\nUPDATE c SET p = 7;\nINSERT INTO p VALUES (1);\n"
    )
    assert len(apply(target, [migrations], asker=Asker(actor="dana")).runs) == 1


def test_floor_is_the_database_s_own(tmp_path: Path) -> None:
    """A migration's floor() answers as SQLite does, a real; REGEXP is there, as for SQLAlchemy."""
    file = tmp_path / "app.db"
    sqlite3.connect(file).close()
    database = connect(URL(drivername="sqlite", database=str(file)), lock_timeout=5)
    run = database.session.run
    assert run("SELECT typeof(floor(2.5)), 'abc' REGEXP 'b.', NULL REGEXP 'b'") == [
        ("real", 1, None)
    ]
    database.close()
