"""A connection that is cut at any moment: whole or not at all, one line, and again afterwards."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import make_url

from journal.errors import StatementFailed
from journal.postgresql.connection import connect
from journal.postgresql.database import PostgresqlDatabase
from journal.recording import Recording
from tests.faults.scene import Witness, spread
from tests.faults.wire import Fault, Wire
from tests.support.oracle import fingerprint, sqlite_path
from tests.support.server import Server


def cut(wire: Wire) -> None:
    wire.cut()


@pytest.fixture
def faults(server_witness: Witness, server: Server) -> dict[str, Fault]:
    """What may happen to sessions: the wire is cut, an administrator ends or cancels them."""
    name = make_url(server_witness.url).database

    def each(function: str) -> Fault:
        def fault(_: Wire) -> None:
            with psycopg.connect(server.admin, autocommit=True) as db:
                db.execute(
                    f"SELECT {function}(pid) FROM pg_stat_activity"
                    " WHERE datname = %s AND application_name LIKE 'clew%%'".encode(),
                    (name,),
                )

        return fault

    return {
        "cut": cut,
        "ended": each("pg_terminate_backend"),
        "cancelled": each("pg_cancel_backend"),
    }


def apply(witness: Witness) -> list[str]:
    return ["apply", str(witness.migrations)]


def rollback(witness: Witness) -> list[str]:
    witness.type(*apply(witness))
    return ["rollback", "2", "--yes"]


def erase(witness: Witness) -> list[str]:
    witness.type(*apply(witness))
    return ["erase", "row", "person", "3", "--reason", "asked for", "--yes"]


def restore(witness: Witness) -> list[str]:
    witness.type("backup", "take", "--to", str(witness.home / "kept"))
    witness.application("DELETE FROM old")
    (taken,) = (witness.home / "kept").iterdir()
    return ["backup", "restore", str(taken), "--yes"]


def record(witness: Witness) -> list[str]:
    witness.type(*apply(witness))
    return ["record", "--", "true"]


def backup(witness: Witness) -> list[str]:
    return ["backup", "take", "--to", str(witness.home / "taken")]


def export(witness: Witness) -> list[str]:
    return ["export", str(witness.home / "audit")]


CASES: dict[str, tuple[str, Callable[[Witness], list[str]]]] = {
    "apply": ("sql", apply),
    "transform": ("transform", apply),
    "rollback": ("sql", rollback),
    "restore": ("sql", restore),
    "erase": ("sql", erase),
    "record": ("sql", record),
    "backup": ("sql", backup),
    "export": ("sql", export),
}
ENDS = {0, 3, 5}
"""Done (what was lost was not needed any more), refused (another is still held), failed."""


WAYS = ("cut", "ended", "cancelled")
NIGHTLY = pytest.mark.skipif(
    os.environ.get("CLEW_PROFILE") != "nightly", reason="each way for each verb: at night"
)
PLAYED = [
    pytest.param(case, way, marks=() if WAYS[n % len(WAYS)] == way else NIGHTLY)
    for n, case in enumerate(CASES)
    for way in WAYS
]


@pytest.mark.parametrize(("case", "way"), PLAYED)
def test_a_session_that_is_lost_at_any_moment(
    server_witness: Witness, case: str, way: str, faults: dict[str, Fault]
) -> None:
    """Whenever the session goes, the database is as before or as after, and the next one works."""
    kind, prepare = CASES[case]
    witness = server_witness
    witness.found(kind)
    words = prepare(witness)
    before = fingerprint(witness.url)
    wire = Wire(witness.url)
    said = witness.attempt(*words, db=wire.url)
    assert said.code == 0, said.err
    wire.close()
    after, last = fingerprint(witness.url), wire.sent
    print(f"{case}: {last} moments")
    for at in spread(range(1, last + 1), 3):
        again(witness, case)
        wire = Wire(witness.url, at=at, fault=faults[way])
        said = witness.attempt(*words, db=wire.url)
        wire.close()
        assert said.code in ENDS, (at, said)
        if said.code:
            assert said.error
            assert said.hint, (at, said.error)
        reached = witness.judge(before, after)
        assert said.code or reached == after
        if reached == before != after:
            said = witness.attempt(*words)
            assert said.code == 0, said.err
            witness.judge(after)


@pytest.mark.parametrize(
    ("method", "words"),
    [("key_forms", ["erase", "row"]), ("stored_forms", ["history"])],
)
def test_a_session_lost_while_a_key_is_read(
    server_witness: Witness, method: str, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lost session is told as one, and not as a key that no row can have."""
    server_witness.found()
    server_witness.type("apply", str(server_witness.migrations))
    plain = getattr(PostgresqlDatabase, method)

    def losing(self: PostgresqlDatabase, *given: Any) -> Any:
        with suppress(StatementFailed):
            self.session.run("SELECT pg_terminate_backend(pg_backend_pid())")
        return plain(self, *given)

    monkeypatch.setattr(PostgresqlDatabase, method, losing)
    yes = ["--reason", "asked for", "--yes"] if words[0] == "erase" else []
    said = server_witness.attempt(*words, "person", "3", *yes)
    assert (said.code, said.error) == (5, "the connection is closed")
    assert said.hint


def again(witness: Witness, case: str) -> None:
    """Bring the database to where the verb has something to do."""
    match case:
        case "apply" | "transform":
            witness.back("2")
        case "rollback":
            witness.type(*apply(witness))
        case "restore":
            witness.application("DELETE FROM old")
        case "export":
            for one in (witness.home / "audit").glob("*"):
                shutil.rmtree(one) if one.is_dir() else one.unlink()
        case _:
            pass


def test_a_server_that_is_silent_from_the_start(server_witness: Witness) -> None:
    """A server that takes a connection and says nothing is given up after ten seconds."""
    listening = socket.create_server(("127.0.0.1", 0))
    url = make_url(server_witness.url).set(port=listening.getsockname()[1])
    said = server_witness.attempt("status", db=url.render_as_string(hide_password=False))
    listening.close()
    assert said.code == 5
    assert said.error.startswith("cannot reach")
    assert said.hint


def test_a_silent_server_is_asked_whether_it_is_there(server_witness: Witness) -> None:
    """Both ends of a session look for the other, so that neither waits for hours."""
    with closing(connect(make_url(server_witness.url), lock_timeout=1, holder="").raw) as raw:
        with socket.socket(fileno=os.dup(raw.fileno())) as wire:
            assert wire.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            assert wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 30
        for name, value in (
            ("client_connection_check_interval", "2s"),
            ("tcp_keepalives_idle", "30"),
        ):
            assert raw.execute(f"SHOW {name}".encode()).fetchone() == (value,)


@pytest.mark.parametrize("way", ["moved", "replaced", "removed"])
def test_a_file_that_goes_away_while_it_is_migrated(lite: Witness, way: str) -> None:
    """A file that is moved, replaced or removed meanwhile is told; what comes back is whole."""
    before = lite.found()
    file, aside = Path(sqlite_path(lite.url)), lite.home / "aside.db"
    plain = Recording.execute
    copy = lite.home / "copy.db"
    shutil.copy(file, copy)

    def going(self: Recording, sql: str, **given: Any) -> Any:
        if sql.startswith("DELETE") and not aside.exists():
            file.rename(aside)
            if way == "replaced":
                shutil.copy(copy, file)
        return plain(self, sql, **given)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Recording, "execute", going)
        said = lite.attempt("apply", str(lite.migrations))
    assert said.code in (0, 5), said
    if said.code:
        assert said.error
        assert said.hint
    if way == "replaced":
        lite.judge(before)
    for one in lite.home.glob("test.db-*"):
        if one.suffix != ".db":
            one.rename(lite.home / one.name.replace("test.db", "aside.db"))
    aside.replace(file)
    for one in lite.home.glob("aside.db-*"):
        one.rename(lite.home / one.name.replace("aside.db", "test.db"))
    lite.type("verify")
    if fingerprint(lite.url) == before:
        lite.type("apply", str(lite.migrations))
    lite.back("2")
    lite.judge(before)
