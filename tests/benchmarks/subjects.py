"""What is measured: a database of each kind with a table of eight mixed columns."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from sqlalchemy.engine import make_url

from commands.init import init
from commands.opening import Asker, Target
from journal.database import Database
from journal.opening import connect, parse_url

COLUMNS = "id, name, email, amount, born, note, flags, payload"
_TABLE = {
    "sqlite": "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT,"
    " amount NUMERIC, born TEXT, note TEXT, flags INTEGER, payload TEXT)",
    "postgresql": "CREATE TABLE t (id integer PRIMARY KEY, name text NOT NULL, email text,"
    " amount numeric(12,2), born timestamptz, note text, flags integer, payload jsonb)",
}
_ROWS = {
    "sqlite": "INSERT INTO t WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s"
    " WHERE n < {count}) SELECT n, 'Person number ' || n, 'person' || n || '@example.org',"
    " n * 1.25, '2024-01-01 00:00:' || (n % 60), 'note ' || hex(n * 7919) || ' lorem ipsum dolor"
    " sit amet consectetur', n % 256, '{{\"a\": ' || n || ', \"b\": \"text of ' || n || '\"}}'"
    " FROM s",
    "postgresql": "INSERT INTO t SELECT n, 'Person number ' || n, 'person' || n || '@example.org',"
    " n * 1.25, '2024-01-01'::timestamptz + n * interval '1 second', 'note ' || md5(n::text) ||"
    " ' lorem ipsum dolor sit amet consectetur', n % 256,"
    " jsonb_build_object('a', n, 'b', 'text of ' || n) FROM generate_series(1, {count}) n",
}


class Subject:
    """A database with a journal and, on request, the filled table."""

    def __init__(self, kind: str, url: str) -> None:
        self.kind = kind
        self.target = Target(url=parse_url(url), holder="benchmark")
        self.sessions: list[Database] = []

    def session(self) -> Database:
        """Open a session that is kept until the end, so that its CPU is counted."""
        session = connect(self.target.url, holder="benchmark")
        self.sessions.append(session)
        return session

    def backends(self) -> list[int]:
        """Return the server's processes of the open sessions."""
        raws: list[Any] = [session.session.raw for session in self.sessions]  # type: ignore[attr-defined]
        return [raw.info.backend_pid for raw in raws] if self.kind == "postgresql" else []

    def fill(self, count: int) -> None:
        """Make the table anew with so many rows of about 215 bytes."""
        raw = self.session()
        run = raw.session.run  # type: ignore[attr-defined]
        for statement in ("DROP TABLE IF EXISTS t", _TABLE[self.kind]):
            run(statement)
        run(_ROWS[self.kind].format(count=count))
        if self.kind == "postgresql":
            run("VACUUM ANALYZE t")

    def close(self) -> None:
        """End every session."""
        for session in self.sessions:
            session.close()
        self.sessions = []


@contextmanager
def subject(kind: str, home: Path, server: str) -> Iterator[Subject]:
    """Make a fresh database of a kind."""
    if kind == "sqlite":
        path = home / f"{uuid4().hex}.db"
        sqlite3.connect(path).close()
        made = Subject(kind, f"sqlite:///{path}")
        yield made
        made.close()
        return
    name = f"clew_bench_{uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as db:
        db.execute(f"CREATE DATABASE {name}".encode())
    url = make_url(server).set(database=name).render_as_string(hide_password=False)
    made = Subject(kind, url)
    yield made
    made.close()
    with psycopg.connect(server, autocommit=True) as db:
        db.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def open_journal_on(made: Subject) -> None:
    """Create the journal, the table as baseline."""
    init(made.target, name="benchmark", asker=Asker(actor="benchmark"))
