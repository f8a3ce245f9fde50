"""Databases that can only be read: verbs that read work, verbs that write refuse in one line."""

from __future__ import annotations

import ctypes
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from tests.faults.scene import Said, Witness, apart
from tests.support.oracle import fingerprint, sqlite_path
from tests.support.server import Local, binaries

READING = (
    ("status",),
    ("log",),
    ("verify",),
    ("check",),
    ("schema",),
    ("diff", "2", "head", "--data"),
    ("rows", "person"),
    ("history", "person", "3"),
    ("report",),
    ("show", "5"),
    ("doctor",),
    ("conflicts",),
    ("backup", "list"),
)
WRITING = (
    ("mark", "here"),
    ("rollback", "2", "--yes"),
    ("apply",),
    ("record", "--", "true"),
    ("erase", "row", "person", "3", "--reason", "asked for", "--yes"),
    ("backup", "take", "--to", "kept"),
    ("rebuild",),
)
_BOUNDS_DROP, _OVERRIDE, _SEARCH = 24, 1, 2


def bound_by_modes() -> None:
    """Let modes of files bind this process, though it be root's."""
    if os.geteuid() == 0:
        for one in (_OVERRIDE, _SEARCH):
            ctypes.CDLL(None).prctl(_BOUNDS_DROP, one, 0, 0, 0)


@pytest.fixture(params=["file", "directory", "both"])
def closed(request: pytest.FixtureRequest, lite: Witness) -> Iterator[Witness]:
    """A file with a journal that we may read, and not write to, in one way or another."""
    lite.found()
    lite.type("apply", str(lite.migrations))
    file = Path(sqlite_path(lite.url))
    Path(f"{file}-clew-lock").unlink()
    if request.param != "directory":
        file.chmod(0o444)
    if request.param != "file":
        file.parent.chmod(0o555)
    yield lite
    file.parent.chmod(0o755)
    file.chmod(0o644)


def alone(witness: Witness, *words: str) -> Said:
    """Run a verb as somebody whom modes bind."""
    return apart(witness.url, *words, prepare=bound_by_modes)


def test_a_file_that_cannot_be_written_to(closed: Witness) -> None:
    """Reading never writes; writing is refused in one line with a hint, and nothing changes."""
    before = fingerprint(closed.url)
    bytes_ = Path(sqlite_path(closed.url)).read_bytes()
    for words in READING[:: 5 if os.environ.get("CLEW_PROFILE") != "nightly" else 1]:
        said = alone(closed, *words)
        assert (said.code, said.err.count("error: ")) == (0, 0), (words, said.err)
    tried = 0
    for words in WRITING[:: 3 if os.environ.get("CLEW_PROFILE") != "nightly" else 1]:
        said = alone(closed, *words)
        if (
            said.code == 0
        ):  # the directory lets the record be locked, or the file lets it be written
            continue
        tried += 1
        assert said.code in (3, 5), (words, said)
        assert said.error
        assert said.hint, words
    assert tried
    if not os.access(sqlite_path(closed.url), os.W_OK):
        assert Path(sqlite_path(closed.url)).read_bytes() == bytes_
    assert fingerprint(closed.url) == before


def test_a_write_ahead_log_where_nothing_can_be_written(lite: Witness) -> None:
    """A file with a write-ahead log cannot be read there: the hint says why, not that it is none."""
    lite.found()
    file = Path(sqlite_path(lite.url))
    with closing(sqlite3.connect(file)) as db:
        db.execute("PRAGMA journal_mode = wal")
    file.parent.chmod(0o555)
    try:
        said = alone(lite, "status")
    finally:
        file.parent.chmod(0o755)
    assert said.code == 5
    assert said.error.startswith("cannot read")
    assert "write-ahead log" in said.hint


@pytest.fixture
def read_only(server_witness: Witness) -> Witness:
    """A database whose transactions are for reading only, with a journal."""
    server_witness.found()
    server_witness.type("apply", str(server_witness.migrations))
    name = sql.Identifier(str(make_url(server_witness.url).database))
    with psycopg.connect(server_witness.url, autocommit=True) as db:
        db.execute(sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = on").format(name))
    return server_witness


def test_a_database_that_was_set_read_only(
    read_only: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever switched writing off is not passed over; who knows better says so."""
    before = fingerprint(read_only.url)
    for words in READING:
        said = read_only.attempt(*words)
        assert (said.code, said.err.count("error: ")) == (0, 0), (words, said.err)
    read_only.file("0002_more.sql", "DELETE FROM old;\n")
    for words in WRITING:
        here = (str(read_only.migrations),) if words == ("apply",) else ()
        said = read_only.attempt(*words, *here)
        assert said.code == 3, (words, said)
        assert said.error == "the database can only be read: default_transaction_read_only is on"
        assert "PGOPTIONS" in said.hint
    assert fingerprint(read_only.url) == before
    monkeypatch.setenv("PGOPTIONS", "-c default_transaction_read_only=off")
    read_only.type("apply", str(read_only.migrations))
    read_only.back("before:0002_more")
    assert fingerprint(read_only.url) == before


@pytest.mark.skipif(
    os.environ.get("CLEW_PROFILE") != "nightly", reason="a server of its own: at night"
)
def test_a_standby(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A standby is read like any other server, but for rows of the past; writing is refused."""
    home = Path(tempfile.mkdtemp(prefix="clew-standby-"))
    home.chmod(0o755)
    local = Local(*binaries(), home=home)
    witness = Witness(local.start(), tmp_path, capsys)
    control = ("pg_ctl", "-D", local.data, "-l", local.root / "log", "-m", "fast", "-w")
    try:
        witness.found()
        witness.type("apply", str(witness.migrations))
        local._run(*control, "stop")
        signal = local.data / "standby.signal"
        signal.touch()
        os.chown(signal, local.data.stat().st_uid, local.data.stat().st_gid)
        local._run(*control, "start")
        for words in READING:
            said = witness.attempt(*words)
            if words[0] in ("rows", "diff"):
                assert (said.code, "temporary table" in said.error) == (3, True), words
            else:
                assert (said.code, said.err.count("error: ")) == (0, 0), (words, said.err)
        witness.file("0002_more.sql", "DELETE FROM old;\n")
        for words in WRITING:
            here = (str(witness.migrations),) if words == ("apply",) else ()
            said = witness.attempt(*words, *here)
            assert (said.code, "standby" in said.error) == (3, True), (words, said)
    finally:
        local._run(*control, "stop")
        shutil.rmtree(home)
