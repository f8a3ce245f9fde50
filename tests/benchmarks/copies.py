"""SQLite into PostgreSQL: ``clew copy`` beside a script that reads, converts and writes COPY."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import psycopg

from commands.copy.running import copy
from commands.copy.spec import Copy
from commands.init import init
from commands.opening import Asker, Target
from journal.opening import parse_url
from tests.benchmarks.measure import Cost, peak_memory
from tests.benchmarks.subjects import subject

ROWS = (200_000,)
ASKER = Asker(actor="bench")
PARENTS = 20
"""One account for so many rows."""
SCHEMA = """
CREATE TABLE account (id TEXT PRIMARY KEY, name TEXT NOT NULL, created TIMESTAMP NOT NULL);
CREATE TABLE event (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL REFERENCES account (id), active BOOLEAN,
    made TIMESTAMP, amount REAL, title TEXT, data JSON
);
"""
FILL = """
INSERT INTO account WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {parents})
SELECT 'account-' || n, 'Account ' || n, '2024-01-01T10:00:00Z' FROM s;
INSERT INTO event WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {rows})
SELECT n, 'account-' || (1 + n % {parents}), n % 2, 1700000000000 + n * 1000, n * 1.25,
    'Title of event ' || n, '{{"n": ' || n || ', "tags": ["a", "b"]}}' FROM s;
"""
TARGET = """
CREATE TABLE account (id text PRIMARY KEY, name text NOT NULL, created timestamptz NOT NULL);
CREATE TABLE event (
    id bigint PRIMARY KEY, account text NOT NULL REFERENCES account (id), active boolean,
    made timestamptz, amount double precision, title text, data jsonb
);
"""


class Copied(msgspec.Struct, frozen=True, kw_only=True):
    """What bringing so many rows over cost: seconds of client and server, and MB of the client."""

    way: str
    rows: int
    cost: Cost
    memory: float


def measure(way: str, rows: int, home: Path, server: str) -> Copied:
    """Copy in one way, into a database of its own."""
    source = home / "source.db"
    with closing(sqlite3.connect(source)) as db:
        parents = max(1, rows // PARENTS)
        db.executescript(SCHEMA + FILL.format(rows=rows, parents=parents))
        db.commit()
    with subject("postgresql", home, server) as made:
        url = made.target.url.set(drivername="postgresql").render_as_string(hide_password=False)
        WAYS[way].prepare(source, url)
        with psycopg.connect(url) as db, _measured(db) as cost:
            WAYS[way].run(source, url)
        with psycopg.connect(url) as db:
            found = db.execute("SELECT count(*) FROM event").fetchone()
        assert found == (rows,), (found, rows)
    return Copied(way=way, rows=rows, cost=cost, memory=peak_memory())


class Way(msgspec.Struct, frozen=True):
    """One way of copying: what is done before it is measured, and then."""

    prepare: Callable[[Path, str], None]
    run: Callable[[Path, str], None]


def _empty(_: Path, url: str) -> None:
    with psycopg.connect(url) as db:
        db.execute(TARGET)


def _script(source: Path, url: str) -> None:
    """What one would write by hand: no plan, no journal, no check."""
    with closing(sqlite3.connect(source)) as there, psycopg.connect(url) as here:
        with here.cursor().copy("COPY account FROM STDIN") as out:
            for row in there.execute("SELECT * FROM account"):
                out.write_row(row)
        with here.cursor().copy("COPY event FROM STDIN") as out:
            for id_, account, active, made, amount, title, data in there.execute(
                "SELECT * FROM event"
            ):
                moment = datetime.fromtimestamp(made / 1000, UTC)
                out.write_row((id_, account, bool(active), moment, amount, title, data))


def _pgloader(source: Path, url: str) -> None:
    subprocess.run(["pgloader", f"sqlite://{source}", url], check=True, stdout=subprocess.DEVNULL)


def _journal(_: Path, url: str) -> None:
    init(Target(url=parse_url(url), holder="bench"), name="bench", asker=ASKER)


def _copy(source: Path, url: str) -> None:
    answer = copy(
        Target(url=parse_url(f"sqlite:///{source}")),
        Target(url=parse_url(url), holder="bench"),
        Copy(create=True, orphans="quarantine"),
        asker=ASKER,
    )
    assert answer.agrees


def _copied(source: Path, url: str) -> None:
    _journal(source, url)
    _copy(source, url)


def _changed(source: Path, url: str) -> None:
    _copied(source, url)
    with closing(sqlite3.connect(source)) as db:
        db.execute("UPDATE event SET title = title || '!' WHERE id % 100 = 0")
        db.execute("UPDATE event SET id = -id WHERE id % 1000 = 1")
        db.commit()


WAYS = {
    "script": Way(_empty, _script),
    "clew copy": Way(_journal, _copy),
    "again, nothing new": Way(_copied, _copy),
    "again, 1 % changed": Way(_changed, _copy),
}
if shutil.which("pgloader"):
    WAYS["pgloader"] = Way(lambda *_: None, _pgloader)


class _Server:
    """The CPU of a server's processes: those that ended are counted by the one they are of."""

    def __init__(self, backend: int) -> None:
        self._postmaster = int(_stat(backend)[1])

    def seconds(self) -> float:
        fields = _stat(self._postmaster)
        return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()


@contextmanager
def _measured(db: psycopg.Connection) -> Iterator[Cost]:
    server, cost = _Server(db.info.backend_pid), Cost()
    before, own, wall = server.seconds(), time.process_time(), time.perf_counter()
    yield cost
    cost.wall = time.perf_counter() - wall
    cost.cpu = time.process_time() - own
    time.sleep(0.3)  # sessions that were closed have to end
    cost.cpu += server.seconds() - before
