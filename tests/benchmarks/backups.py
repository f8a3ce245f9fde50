"""Backups beside ``pg_dump`` and ``pg_restore`` in directory format, and SQLite's own backup.

Each figure is that of a program of its own: wall time, CPU and peak memory of the client, and
the CPU of the server's processes.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import msgspec
import psycopg

from tests.support.oracle import pg_program

ROW = 230
"""Bytes of a row in PostgreSQL, its key and header included."""
TABLE = (
    "CREATE TABLE big (id bigint PRIMARY KEY, owner integer NOT NULL, name text, note text,"
    " price numeric(12,2), ratio double precision, at text, tags text, data text, ok integer)"
)
FILL = (
    "INSERT INTO big SELECT i, i % 997, 'name ' || (i * 7919) || '-' || (i % 1013 * 104729),"
    ' CASE WHEN i % 3 > 0 THEN \'ข้อความ "x" ข้อความ "x" \' || i END, (i % 100000) / 100.0,'
    " i * 0.7310585, '2020-01-01 00:00:0' || (i % 10), '{{a' || (i % 7) || ',b}}',"
    " '{{\"n\": ' || i || ', \"v\": \"text ' || i || '\"}}', i % 2 FROM {series}"
)
_CLEW = "import sys; from commands.cli.main import run; sys.exit(run(sys.argv[1:]))"
_BACKUP = "import sqlite3, sys; a, b = map(sqlite3.connect, sys.argv[1:]); a.backup(b); b.close()"
_TICKS = os.sysconf("SC_CLK_TCK")


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """What one program took; ``beside`` is the work it is held against."""

    name: str
    beside: str
    wall: float
    client: float
    server: float
    memory: float
    stored: float


def postgresql(url: str, size: int, home: Path) -> Iterator[Work]:
    """Measure on a PostgreSQL server."""
    with _database(url) as (place, pids):
        rows = size * 1_000_000 // ROW
        with psycopg.connect(place, autocommit=True) as db:
            db.execute(TABLE)
            db.execute(FILL.format(series=f"generate_series(1::bigint, {rows}) AS s(i)").encode())
            db.execute("VACUUM ANALYZE big")
        dump, env = pg_program("pg_dump")
        restore, _ = pg_program("pg_restore")
        run = _Runner(home, pids, env)
        run.clew(place, "init", "--name", "bench")
        for level in (0, 3, 6):
            command = [dump, "-Fd", "-j1", f"-Z{level}", "-t", "big", f"--dbname={place}"]
            to = home / f"dump{level}"
            yield run.measure(f"pg_dump -Fd -Z{level}", "pg_dump -Fd -Z3", [*command, "-f", to], to)
        yield from run.backups(place, "pg_dump -Fd -Z3")
        data = [restore, "--data-only", f"--dbname={place}", home / "dump3"]
        _empty_postgresql(place)
        yield run.measure("pg_restore", "pg_restore", data)
        _empty_postgresql(place)
        yield run.restored(place, "pg_restore")


def sqlite(size: int, home: Path) -> Iterator[Work]:
    """Measure on a SQLite file."""
    file = home / "big.db"
    rows = size * 1_000_000 // ROW
    series = f"(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})"
    with closing(sqlite3.connect(file)) as db:
        db.execute(TABLE.replace("bigint", "integer"))
        db.execute(FILL.format(series=f"{series} SELECT i FROM n) AS s"))
        db.commit()
    run = _Runner(home, list, None)
    place = f"sqlite:///{file}"
    run.clew(place, "init", "--name", "bench")
    copy = [sys.executable, "-c", _BACKUP, file, home / "copy.db"]
    yield run.measure("sqlite3 .backup", "sqlite3 .backup", copy, home / "copy.db")
    yield from run.backups(place, "sqlite3 .backup")
    back = [sys.executable, "-c", _BACKUP, home / "copy.db", home / "back.db"]
    yield run.measure("sqlite3 .restore", "sqlite3 .restore", back)
    with closing(sqlite3.connect(file)) as db:
        db.execute("DELETE FROM big")
        db.commit()
    yield run.restored(place, "sqlite3 .restore")


class _Runner:
    """Runs programs one after the other."""

    def __init__(
        self, home: Path, pids: Callable[[], list[int]], env: dict[str, str] | None
    ) -> None:
        self._home = home
        self._pids = pids
        self._env = env

    def clew(self, url: str, *words: object) -> None:
        command = [sys.executable, "-c", _CLEW, "--db", url, *map(str, words)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def backups(self, url: str, beside: str) -> Iterator[Work]:
        """Take backups of each kind, and verify them; the last one stays."""
        for compress in ("none", "gzip", "zstd"):
            to = self._home / "backups"
            shutil.rmtree(to, ignore_errors=True)
            yield self._ours(
                f"take, {compress}", beside, to, url, "take", "--compress", compress, "--to", to
            )
            place = next(to.iterdir())
            yield self._ours(f"verify, {compress}", beside, None, url, "verify", place)

    def restored(self, url: str, beside: str) -> Work:
        """Restore the last backup into a table that is empty now."""
        place = next((self._home / "backups").iterdir())
        return self._ours("restore, zstd", beside, None, url, "restore", place, "--yes")

    def _ours(self, name: str, beside: str, to: Path | None, url: str, *words: object) -> Work:
        command = [sys.executable, "-c", _CLEW, "--db", url, "backup", *words]
        return self.measure(f"clew {name}", beside, command, to)

    def measure(
        self, name: str, beside: str, command: Sequence[object], to: Path | None = None
    ) -> Work:
        """Run a program to its end."""
        before = _cpu(self._pids())
        started = time.perf_counter()
        with tempfile.TemporaryFile() as said:
            process = subprocess.Popen(
                [str(word) for word in command],
                stdout=subprocess.DEVNULL,
                stderr=said,
                env=self._env,
            )
            # What a process that ended tells of its memory counts that of its parent, too.
            memory, ended = 0.0, 0
            while not ended:
                time.sleep(0.01)
                memory = max(memory, _peak(process.pid))
                ended, status, used = os.wait4(process.pid, os.WNOHANG)
            process.returncode = os.waitstatus_to_exitcode(status)
            said.seek(0)
            assert process.returncode == 0, said.read().decode()
        return Work(
            name=name,
            beside=beside,
            wall=time.perf_counter() - started,
            client=used.ru_utime + used.ru_stime,
            server=_cpu(self._pids()) - before,
            memory=memory,
            stored=_size(to) / 1e6 if to else 0.0,
        )


@contextmanager
def _database(url: str) -> Iterator[tuple[str, Callable[[], list[int]]]]:
    name = f"bench_{uuid4().hex[:8]}"
    with psycopg.connect(url, autocommit=True) as db:
        db.execute(f'CREATE DATABASE "{name}"')
        parent = int(
            Path(f"/proc/{db.info.backend_pid}/stat").read_text().rsplit(")", 1)[1].split()[1]
        )
        try:
            yield f"{url.rpartition('/')[0]}/{name}", lambda: [parent]
        finally:
            db.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _cpu(servers: list[int]) -> float:
    """Return the seconds of servers' processes, those that have ended included."""
    total = 0.0
    for server in servers:
        children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
        total += _seconds(server, 11, 15) + sum(_seconds(int(pid), 11, 13) for pid in children)
    return total


def _seconds(pid: int, first: int, last: int) -> float:
    with suppress(FileNotFoundError):
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return sum(map(int, fields[first:last])) / _TICKS
    return 0.0


def _peak(pid: int) -> float:
    with suppress(FileNotFoundError, ProcessLookupError, StopIteration):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return int(next(one for one in lines if one.startswith("VmHWM")).split()[1]) / 1024
    return 0.0


def _size(place: Path) -> int:
    files = [place] if place.is_file() else [one for one in place.rglob("*") if one.is_file()]
    return sum(one.stat().st_size for one in files)


def _empty_postgresql(url: str) -> None:
    with psycopg.connect(url) as db:
        db.execute("TRUNCATE big")
