"""Files of chance are taken apart as sqlite3 and psql themselves take them apart."""

from __future__ import annotations

import os
import re
import socket
import sqlite3
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commands.split import postgresql
from commands.split.statements import pieces, split
from commands.split.tokens import Unsplittable
from tests.differential import templates
from tests.differential.grammar import statement, twisted
from tests.support.oracle import pg_program

NIGHTLY = os.environ.get("CLEW_PROFILE") == "nightly"
NAMES = dict.fromkeys("t c v e y n view index".split(), ("one", "Two", 'qu"ote', "end", "it's"))
TRIGGERS = (
    "create trigger {n} after insert on {t} begin select {v}; select case when {e} then 1 end; end",
    "create temp trigger if not exists {n} delete on {t} begin delete from {t}; end",
    "explain create trigger {n} update on {t} begin select 1; end",
    "create table {n} (begin text, trigger text, end)",
    "create function {n}() returns int language sql begin atomic select {v}; select case {v} when 1 then 2 end; end",
    "create procedure {n}() language sql begin atomic insert into {t} values ({v}); end",
    "create rule {n} as on insert to {t} do also (delete from {t}; select {v})",
    "do $a$begin perform {v}; $$; $b$ ; end$a$",
    "select E'\\';', U&'\\0041;', $x$;$x$, ';' as \"a;b\"",
)
BETWEEN = (";", " ;\n", ";\n-- ; '\n", ";/* ' */", "\n;\t", ";;")


@st.composite
def files(draw: st.DrawFn, kind: str) -> str:
    """Draw a file: statements, some twisted, and what stands between them."""
    sqlite_file = kind == "sqlite"
    forms = (templates.SQLITE if sqlite_file else templates.POSTGRESQL) + list(TRIGGERS)
    values = templates.SQLITE_VALUES if sqlite_file else templates.POSTGRESQL_VALUES
    parts: list[str] = []
    for _ in range(draw(st.integers(1, 6))):
        sql = draw(statement(NAMES, forms, values))
        if draw(st.booleans()):
            sql = draw(twisted(sql, "sqlite" if sqlite_file else "postgresql"))
        parts += [sql, draw(st.sampled_from(BETWEEN))]
    return "".join(parts)


_STRANGE = re.compile(r"explain(?! create trigger).*trigger", re.IGNORECASE | re.DOTALL)
splitting = settings(
    max_examples=3000 if NIGHTLY else 100,
    derandomize=not NIGHTLY,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@given(text=files("sqlite"))
@splitting
def test_as_sqlite3(text: str) -> None:
    """A statement ends where SQLite itself holds the text to be complete, and nowhere else."""
    try:
        found = list(pieces(text, "sqlite"))
    except Unsplittable:
        return
    assert "".join(text[one.start : one.end] for one in found) == text
    if "\x00" in text:  # which ends the text for SQLite
        return
    if _STRANGE.search(text):  # sqlite3_complete takes any word for a part of EXPLAIN
        return
    ends = []
    begin = 0
    for place, sign in enumerate(text):
        if sign == ";" and sqlite3.complete_statement(text[begin : place + 1]):
            ends.append(text[begin : place + 1])
            begin = place + 1
    ends.append(text[begin:])
    expected = [one for part in ends for one in split(part, "sqlite")]
    assert len(expected) == sum(bool(split(part, "sqlite")) for part in ends)
    assert [one.text for one in split(text, "sqlite")] == [one.text for one in expected]


@pytest.mark.listed(rate=2)
def test_as_psql(tmp_path: Path) -> None:
    """What psql sends to a server, statement by statement, is what a file is taken apart into."""
    texts: list[str] = []

    @given(text=files("postgresql"))
    @settings(splitting, max_examples=400 if NIGHTLY else 60)
    def gather(text: str) -> None:
        texts.append(text)

    gather()
    with listening() as (port, heard):
        for text in texts:
            try:
                parts = split(text, "postgresql")
            except Unsplittable:
                continue
            if "\x00" in text or any(one.data is not None for one in parts):
                continue
            heard.clear()
            send(tmp_path / "file.sql", text, port)
            sent = [found for found in map(_meant, heard) if found]
            assert sent == [_meant(one.text) for one in parts], text


def _meant(sql: str) -> list[str]:
    """The tokens of a statement, without blanks and the last semicolons."""
    found = [sql[one.start : one.end] for one in postgresql.tokens(sql) if not one.blank]
    while found and found[-1] == ";":
        found.pop()
    return found


# --- a server that only listens ---------------------------------------------------------


def send(path: Path, text: str, port: int) -> None:
    """Have psql run a file."""
    path.write_text(text, encoding="utf-8", newline="")
    psql, env = pg_program("psql")
    named = f"host=127.0.0.1 port={port} dbname=x user=x sslmode=disable gssencmode=disable"
    command = [psql, "-X", "-q", "-v", "ON_ERROR_STOP=0", "-f", str(path), named]
    subprocess.run(command, env=env, capture_output=True, check=False, timeout=20)


@contextmanager
def listening() -> Iterator[tuple[int, list[str]]]:
    """Listen as a server does; yield the port, and the queries that are heard."""
    heard: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        Thread(target=_serve, args=(server, heard), daemon=True).start()
        yield server.getsockname()[1], heard


def _serve(server: socket.socket, heard: list[str]) -> None:
    while True:
        try:
            client, _ = server.accept()
        except OSError:
            return
        with client, client.makefile("rb") as read:
            _answer(client, read, heard)


def _answer(client: socket.socket, read: object, heard: list[str]) -> None:
    """Let everybody in, take each query for done, until the client leaves."""

    def message(kind: bytes, body: bytes) -> bytes:
        return kind + struct.pack("!i", len(body) + 4) + body

    ready = message(b"Z", b"I")
    (size,) = struct.unpack("!i", read.read(4))
    read.read(size - 4)
    settings = {
        "server_version": "18.0",
        "client_encoding": "UTF8",
        "standard_conforming_strings": "on",
    }
    told = b"".join(message(b"S", f"{k}\0{v}\0".encode()) for k, v in settings.items())
    client.sendall(message(b"R", struct.pack("!i", 0)) + told + ready)
    while kind := read.read(1):
        (size,) = struct.unpack("!i", read.read(4))
        body = read.read(size - 4)
        if kind == b"X":
            return
        if kind == b"Q":
            heard.append(body[:-1].decode())
            client.sendall(message(b"C", b"SELECT 0\0") + ready)
