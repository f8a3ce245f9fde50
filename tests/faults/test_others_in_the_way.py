"""Others who hold, cancel or end what Clew works at: one outcome each, on record, and then again."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing, suppress
from typing import Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from commands import batched
from journal.recording import Recording
from tests.faults.scene import FILES, PATIENCE, Witness
from tests.support.oracle import sqlite_path
from tests.support.server import Server


def refused(witness: Witness, text: str, state: str) -> dict[str, object]:
    """Apply a migration that is to fail in some way; return what is on record of it."""
    before = witness.found()
    witness.file("0001_change.sql", f"UPDATE person SET name = 'x';\n{text};\n")
    said = witness.attempt("apply", str(witness.migrations))
    assert said.code == 5, said
    assert said.error
    assert said.hint
    witness.judge(before)
    if state:
        (failed,) = witness.failures()
        assert failed["sqlstate"] == state
    return before


def goes_on(witness: Witness, before: dict[str, str]) -> None:
    """The next command works, there and back."""
    witness.file(*FILES["sql"])
    witness.type("apply", str(witness.migrations))
    witness.back("2")
    witness.judge(before)


@pytest.mark.parametrize(
    ("state", "text"),
    [
        ("57014", "SET statement_timeout = '50ms';\nSELECT pg_sleep(60)"),
        ("57P01", "SELECT pg_terminate_backend(pg_backend_pid())"),
        ("57014", "SELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(60)"),
        ("40001", "DO $$ BEGIN RAISE serialization_failure; END $$"),
        ("40P01", "DO $$ BEGIN RAISE deadlock_detected; END $$"),
        ("53200", "DO $$ BEGIN RAISE out_of_memory; END $$"),
    ],
    ids=["statement timeout", "ended", "cancelled", "serialization", "deadlock", "memory"],
)
def test_a_statement_that_the_server_gives_up(
    server_witness: Witness, state: str, text: str
) -> None:
    """The migration is aborted whole, its SQLSTATE is on record, and the next command works."""
    goes_on(server_witness, refused(server_witness, text, state))


def test_a_table_that_somebody_holds(server_witness: Witness) -> None:
    """After the lock timeout the attempt fails, names the holder, and works once it is gone."""
    before = server_witness.found()
    with psycopg.connect(server_witness.url, application_name="night job") as other:
        other.execute("LOCK TABLE person")
        said = server_witness.attempt(
            "apply", str(server_witness.migrations), "--lock-timeout", "0.2"
        )
        assert said.code == 5
        assert "lock timeout" in said.error
        assert "night job" in said.hint
        other.rollback()
    server_witness.judge(before)
    assert server_witness.failures()[-1]["sqlstate"] == "55P03"
    goes_on(server_witness, before)


def cross(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """Let the server give up the transaction of the second batch so many times."""
    plain, tries = Recording.insert, iter(range(times))

    def crossed(self: Recording, table: Any, columns: Any, rows: Any, **given: Any) -> Any:
        if rows[0][0] == 51 and next(tries, None) is not None:
            self.database.session.run("DO $$ BEGIN RAISE deadlock_detected; END $$")
        return plain(self, table, columns, rows, **given)

    monkeypatch.setattr(Recording, "insert", crossed)


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_batch_that_meets_a_deadlock_is_begun_again(
    server_witness: Witness, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice a batch is begun again by itself, and on record; then it fails, and goes on later."""
    monkeypatch.setattr(batched, "PAUSE", 0.01)
    before = server_witness.found("batched")
    cross(monkeypatch, times)
    said = server_witness.attempt("apply", str(server_witness.migrations), "--format", "json")
    assert (said.code == 0) == (times < batched.TRIES)
    ends = ("RunCompleted", "RunFailed")
    notes = [one["data"] for one in server_witness.lines("log") if one["type"] in ends][-1]["notes"]
    assert len(notes) == min(times, batched.TRIES - 1)
    assert all("batch 2 of people was begun again" in one and "40P01" in one for one in notes)
    if said.code:
        assert server_witness.application("SELECT count(*) FROM fresh") == [(50,)]
        server_witness.type("apply", str(server_witness.migrations))
    else:
        assert "begun again" in said.out
    assert server_witness.application("SELECT count(*) FROM fresh") == [(200,)]
    server_witness.back("before:0001_change")
    server_witness.judge(before)


def test_a_real_deadlock(server_witness: Witness) -> None:
    """Two that wait for each other: one is given up whole, and the other goes on."""
    before = server_witness.found()
    server_witness.file(
        "0001_change.sql",
        "UPDATE person SET name = 'x' WHERE id = 1;\n"
        "SELECT pg_advisory_xact_lock(7);\nUPDATE old SET data = 'x' WHERE n = 1;\n",
    )
    with psycopg.connect(server_witness.url) as other:
        other.execute("SELECT pg_advisory_xact_lock(7)")
        other.execute("UPDATE old SET data = 'other' WHERE n = 1")
        done = threading.Event()

        def wait_for_it() -> None:
            with psycopg.connect(server_witness.url, autocommit=True) as db:
                end = time.monotonic() + PATIENCE
                while time.monotonic() < end and not done.is_set():
                    row = db.execute(
                        "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = 7"
                        " AND NOT granted"
                    ).fetchone()
                    if row:
                        break
                    time.sleep(0.02)
            with suppress(psycopg.errors.DeadlockDetected):
                other.execute("UPDATE person SET name = 'other' WHERE id = 1")
            other.rollback()

        waiting = threading.Thread(target=wait_for_it)
        waiting.start()
        said = server_witness.attempt(
            "apply", str(server_witness.migrations), "--lock-timeout", "60"
        )
        done.set()
        waiting.join(PATIENCE)
    if said.code:
        assert "deadlock" in said.error
        server_witness.judge(before)
        assert server_witness.failures()[-1]["sqlstate"] == "40P01"
        server_witness.type("apply", str(server_witness.migrations))
    server_witness.back("2")
    server_witness.judge(before)


@pytest.mark.parametrize("setting", ["idle_in_transaction_session_timeout", "transaction_timeout"])
def test_a_session_that_idled_too_long(
    server_witness: Witness, server: Server, setting: str
) -> None:
    """A transform that thinks for longer than the server allows is aborted whole, and says so."""
    before = server_witness.found("transform")
    name, text = FILES["transform"]
    slow = (
        text.replace(
            "\nmigration = ",
            "\n\ndef name(text):\n    import time\n    time.sleep(0.02)\n    return text\n\n\nmigration = ",
            1,
        )
        .replace('first("name")', 'compute(name, "name")')
        .replace("first, key", "compute, key")
    )
    server_witness.file(name, slow)
    database = sql.Identifier(str(make_url(server_witness.url).database))
    with psycopg.connect(server.admin, autocommit=True) as db:
        if not db.execute("SELECT 1 FROM pg_settings WHERE name = %s", (setting,)).fetchone():
            pytest.skip(f"this version has no {setting}")
        db.execute(
            sql.SQL("ALTER DATABASE {} SET {} = '1s'").format(database, sql.Identifier(setting))
        )
    said = server_witness.attempt("apply", str(server_witness.migrations))
    assert said.code == 5
    assert "timeout" in said.error
    assert setting in said.hint
    with psycopg.connect(server.admin, autocommit=True) as db:
        db.execute(sql.SQL("ALTER DATABASE {} RESET {}").format(database, sql.Identifier(setting)))
    server_witness.judge(before)
    server_witness.type("apply", str(server_witness.migrations))
    server_witness.back("2")
    server_witness.judge(before)


@pytest.mark.parametrize("mode", ["delete", "wal"])
@pytest.mark.parametrize("verb", ["apply", "rollback", "mark"])
def test_a_file_that_another_program_writes(lite: Witness, mode: str, verb: str) -> None:
    """After the lock timeout it is refused in one line; reading goes on; later it works."""
    with closing(sqlite3.connect(sqlite_path(lite.url))) as db:
        db.execute(f"PRAGMA journal_mode = {mode}")
    before = lite.found()
    words = {
        "apply": ["apply", str(lite.migrations)],
        "rollback": ["rollback", "2", "--yes"],
        "mark": ["mark", "here"],
    }[verb]
    if verb == "rollback":
        lite.type("apply", str(lite.migrations))
        before = lite.fingerprint()
    with closing(sqlite3.connect(sqlite_path(lite.url), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        timeout = [] if verb == "mark" else ["--lock-timeout", "0.2"]
        said = lite.attempt(*words, *timeout)
        assert said.code == 3, said
        assert "another writer of the file" in said.error
        lite.type("status")
        lite.type("verify")
        other.execute("ROLLBACK")
    lite.judge(before)
    lite.type(*words)
    lite.type("verify")


def test_a_reader_that_keeps_a_commit_from_being_written(lite: Witness) -> None:
    """A reader of a file without a write-ahead log stops the commit: refused whole, then again."""
    before = lite.found()
    with closing(sqlite3.connect(sqlite_path(lite.url), isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM person").fetchone()
        said = lite.attempt("apply", str(lite.migrations), "--lock-timeout", "0.2")
        assert said.code == 3, said
        assert said.error
    lite.judge(before)
    lite.type("apply", str(lite.migrations))
    lite.back("2")
    lite.judge(before)
