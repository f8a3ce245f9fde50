"""A disk that is full in the middle: nothing half done, one line, and again once there is room."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

import journal.sqlite.connection as lite_connection
from tests.faults.scene import FOUND, Witness, apart, mounted, spread
from tests.support.oracle import fingerprint, sqlite_path
from tests.support.server import Server

PAGE = 4096
FULL = ("database or disk is full", "disk I/O error")


@contextmanager
def no_file_larger(size: int) -> Iterator[None]:
    """Have the system refuse to let any file grow beyond a size, as a full disk does.

    Python keeps what it compiles, and does not see that the half of it was not written.
    """
    keeps, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        sys.dont_write_bytecode = keeps


def apply(lite: Witness) -> list[str]:
    return ["apply", str(lite.migrations)]


def rollback(lite: Witness) -> list[str]:
    lite.type(*apply(lite))
    return ["rollback", "2", "--yes"]


def restore(lite: Witness) -> list[str]:
    lite.type("backup", "take", "--to", str(lite.home / "kept"))
    lite.application("DELETE FROM old")
    (taken,) = (lite.home / "kept").iterdir()
    return ["backup", "restore", str(taken), "--yes"]


def erase(lite: Witness) -> list[str]:
    lite.type(*apply(lite))
    return ["erase", "row", "person", "3", "--reason", "asked for", "--yes"]


def copy(lite: Witness) -> list[str]:
    source = lite.home / "source.db"
    with sqlite3.connect(source) as db:
        db.execute("CREATE TABLE letter (id integer PRIMARY KEY, v text)")
        db.executemany("INSERT INTO letter VALUES (?, ?)", [(n, "text " * 20) for n in range(500)])
    db.close()
    return ["copy", "--from", f"sqlite:///{source}", "--create", "--yes"]


def record(lite: Witness) -> list[str]:
    lite.type(*apply(lite))
    return ["record", "--", "true"]


CASES: dict[str, tuple[str, Callable[[Witness], list[str]]]] = {
    "apply": ("sql", apply),
    "apply a transform": ("transform", apply),
    "rollback": ("sql", rollback),
    "restore": ("sql", restore),
    "erase": ("sql", erase),
    "copy": ("sql", copy),
}


@pytest.mark.parametrize("case", CASES)
def test_a_disk_that_fills_up_leaves_the_database_as_it_was(lite: Witness, case: str) -> None:
    """At whatever page it fills up: as before, on record where there is room, and then again."""
    kind, prepare = CASES[case]
    lite.found(kind)
    words = prepare(lite)
    file = Path(sqlite_path(lite.url))
    before, kept = fingerprint(lite.url), lite.home / "kept.db"
    shutil.copy(file, kept)
    said = lite.attempt(*words)
    assert said.code == 0, said.err
    after, size, grown = fingerprint(lite.url), kept.stat().st_size, file.stat().st_size
    failed = 0
    for limit in spread(range(size - PAGE, max(grown, size + PAGE), PAGE), 5):
        shutil.copy(kept, file)
        with no_file_larger(limit):
            said = lite.attempt(*words)
        if said.code:
            failed += 1
            assert said.code == 5
            assert said.error.endswith(FULL), said.error
            assert said.hint
        reached = lite.judge(before, after) if case != "copy" else fingerprint(lite.url)
        assert said.code or reached == after
        if said.code:
            said = lite.attempt(*words)
            assert said.code == 0, said.err
            lite.judge(after)
    assert failed


def test_batches_before_the_disk_was_full_stand(
    lite: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batched transform stops at a batch, says how far it came, and goes on from there."""
    lite.found("batched")
    lite.application(f"""UPDATE old SET data = '{{"name": "{"n" * 400}"}}'""")
    before = fingerprint(lite.url)
    file, kept = Path(sqlite_path(lite.url)), lite.home / "kept.db"
    shutil.copy(file, kept)
    lite.type(*apply(lite))
    enough, size = (one.stat().st_size // PAGE for one in (file, kept))
    shutil.copy(kept, file)
    plain = lite_connection.prepare

    def full(raw: sqlite3.Connection) -> None:
        plain(raw)
        raw.execute(f"PRAGMA max_page_count = {(size + enough) // 2}")

    with monkeypatch.context() as patched:
        patched.setattr(lite_connection, "prepare", full)
        said = lite.attempt(*apply(lite))
    assert said.code == 5
    assert said.error.endswith("database or disk is full")
    assert "room" in said.hint
    (stood,) = lite.application("SELECT count(*) FROM fresh")[0]
    assert (stood % 50, 0 < stood < 200) == (0, True)
    lite.type("verify")
    assert lite.failures()[-1]["sqlstate"] == "SQLITE_FULL"
    lite.type(*apply(lite))
    assert lite.application("SELECT count(*) FROM fresh") == [(200,)]
    lite.back("before:0001_change")
    lite.judge(before)


def test_a_full_disk_leaves_no_half_backup(lite: Witness) -> None:
    """What could not be written whole leaves no directory, and no entry."""
    before = lite.found()
    to = lite.home / "backups"
    for limit in (0, 1000, 10_000):
        with no_file_larger(limit):
            said = lite.attempt("backup", "take", "--to", str(to))
        assert said.code == 5
        assert said.error
        assert not list(to.glob("*"))
    lite.judge(before)
    lite.type("backup", "take", "--to", str(to))
    assert len(list(to.glob("*"))) == 1


def test_a_full_disk_leaves_no_half_export(lite: Witness) -> None:
    """An export that does not fit is told in one line, and can be written again in its place."""
    lite.found()
    to = lite.home / "audit"
    with no_file_larger(500):
        said = lite.attempt("export", str(to))
    assert said.code == 5
    assert said.error
    lite.type("export", str(to))


def test_a_full_disk_leaves_no_half_file(lite: Witness) -> None:
    """A key, a checkpoint and a page that do not fit leave nothing, and can be written again."""
    lite.found()
    home = lite.home / "files"
    home.mkdir()
    key, note, page = home / "key.pem", home / "head.txt", home / "page.html"
    for words in (
        ["key", "new", "--to", str(key), "--name", "audit.example"],
        ["checkpoint", "--key", str(key), "--to", str(note)],
        ["report", "--html", str(page)],
    ):
        there = set(home.iterdir())
        with no_file_larger(10):
            said = lite.attempt(*words)
        assert said.code in (3, 5)
        assert "file too large" in said.error
        assert said.hint
        assert set(home.iterdir()) == there
        lite.type(*words)
    lite.type("verify")


def test_a_full_disk_under_a_sqlite_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a file system without room the attempt fails whole; with more room it goes on."""
    disk = tmp_path / "disk"
    disk.mkdir()
    with mounted(disk, "250k") as resize:
        sqlite3.connect(disk / "a.db").close()
        (disk / "a.db").touch()
        lite = Witness(f"sqlite:///{disk / 'a.db'}", tmp_path, capsys)
        before = lite.found()
        said = lite.attempt(*apply(lite))
        assert said.code == 5
        assert said.error.endswith(FULL)
        assert said.hint
        lite.judge(before)
        resize("8m")
        lite.type(*apply(lite))
        lite.back("2")
        lite.judge(before)


def test_a_temporary_directory_that_is_full(lite: Witness, tmp_path: Path) -> None:
    """A sort that does not fit into the temporary directory fails the migration, and it alone."""
    before = lite.found()
    disk = tmp_path / "temporary"
    disk.mkdir()
    lite.file(
        "0001_change.sql",
        "UPDATE old SET data = 'sorted';\n"
        "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 100000)"
        " INSERT INTO fresh SELECT 1, count(*) FROM"
        " (SELECT r FROM (SELECT hex(randomblob(40)) || n AS r FROM s) GROUP BY r);\n",
    )
    with mounted(disk, "64k") as resize:
        said = apart(lite.url, *apply(lite), env={"SQLITE_TMPDIR": str(disk)})
        assert said.code == 5
        assert said.error.endswith(FULL)
        lite.judge(before)
        resize("64m")
        assert apart(lite.url, *apply(lite), env={"SQLITE_TMPDIR": str(disk)}).code == 0
    lite.back("2")
    lite.judge(before)


@pytest.fixture
def small(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Iterator[tuple[Witness, Callable[[str], object]]]:
    """A database in a small tablespace of the server, and what gives it more room."""
    with psycopg.connect(server.admin, autocommit=True) as db:
        (data,) = db.execute("SHOW data_directory").fetchone() or ("",)
        if not Path(data).is_dir():
            pytest.skip("the server is not on this machine")
        place = Path(data).parent / f"small-{os.getpid()}"
        place.mkdir()
        owner = Path(data).stat()
        with mounted(place, "12m") as resize:
            os.chown(place, owner.st_uid, owner.st_gid)
            db.execute(
                sql.SQL("CREATE TABLESPACE clew_small LOCATION {}").format(sql.Literal(str(place)))
            )
            db.execute("GRANT CREATE ON TABLESPACE clew_small TO PUBLIC")
            user = make_url(server.url).username
            db.execute(
                sql.SQL(
                    "CREATE DATABASE clew_small OWNER {} TEMPLATE template0"
                    " TABLESPACE clew_small STRATEGY file_copy"
                ).format(sql.Identifier(str(user)))
            )
            url = make_url(server.url).set(database="clew_small")
            try:
                yield Witness(url.render_as_string(hide_password=False), tmp_path, capsys), resize
            finally:
                db.execute("DROP DATABASE clew_small WITH (FORCE)")
                db.execute("CHECKPOINT")
                db.execute("DROP TABLESPACE clew_small")
        place.rmdir()


def test_a_full_disk_under_a_server(small: tuple[Witness, Callable[[str], object]]) -> None:
    """Where the server finds no room, apply and rollback fail whole, with SQLSTATE 53100."""
    witness, resize = small
    before = witness.begin_with(FOUND)
    witness.file(
        "0001_change.sql",
        "ALTER TABLE person ADD COLUMN family text;\n"
        "UPDATE person SET family = (SELECT string_agg(md5((person.id * n)::text), '')"
        " FROM generate_series(1, 2000) n);\n",
    )
    said = witness.attempt(*apply(witness))
    assert said.code == 5
    assert "No space left on device" in said.error
    assert "disk is full" in said.hint
    witness.judge(before)
    assert not witness.failures() or witness.failures()[-1]["sqlstate"] == "53100"
    resize("120m")
    witness.type(*apply(witness))
    after = witness.judge(fingerprint(witness.url))
    assert after != before
    witness.back("2")
    witness.judge(before)


def test_a_limit_of_temporary_files(server_witness: Witness, server: Server) -> None:
    """A sort beyond temp_file_limit fails with SQLSTATE 53400, and the hint names the limit."""
    before = server_witness.found()
    name = sql.Identifier(str(make_url(server_witness.url).database))
    server_witness.file(
        "0001_change.sql",
        "SET work_mem = '64kB';\nUPDATE person SET note = 'x';\n"
        "UPDATE old SET data = (SELECT max(r) FROM (SELECT md5(n::text) r"
        " FROM generate_series(1, 200000) n ORDER BY 1 OFFSET 0) s);\n",
    )
    with psycopg.connect(server.admin, autocommit=True) as db:
        db.execute(sql.SQL("ALTER DATABASE {} SET temp_file_limit = '100kB'").format(name))
    said = server_witness.attempt(*apply(server_witness))
    assert said.code == 5
    assert "temp_file_limit" in said.error
    assert "temp_file_limit" in said.hint
    server_witness.judge(before)
    assert server_witness.failures()[-1]["sqlstate"] == "53400"
