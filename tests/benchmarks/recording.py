"""What recording another program costs, beside a dump that is restored and a copied file."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from uuid import uuid4

import msgspec

from commands.observing import known_schema
from journal.opening import journal_in
from tests.benchmarks.measure import peak_memory
from tests.benchmarks.subjects import Subject, open_journal_on, subject
from tests.support.oracle import pg_program, sqlite_path

TABLES = (50, 300)
MEGABYTES = 100
WORKS = ("small", "large", "remake")
_ROW = 250
"""Bytes of a row with its index, about."""
_COLUMNS = "(id integer PRIMARY KEY, name text NOT NULL, amount numeric, note text)"
_FILL = {
    "postgresql": "INSERT INTO t{n} SELECT i, 'name ' || i, i * 1.25, repeat(md5(i::text), 4)"
    " FROM generate_series(1, {rows}) i",
    "sqlite": "INSERT INTO t{n} WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s"
    " WHERE i < {rows}) SELECT i, 'name ' || i, i * 1.25, hex(zeroblob(64)) FROM s",
}
_CHILD = {
    "postgresql": "import psycopg, sys\nwith psycopg.connect(sys.argv[1], autocommit=True) as db:\n"
    "    for one in sys.argv[2].split(';'): db.execute(one)",
    "sqlite": "import sqlite3, sys\ndb = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
    "for one in sys.argv[2].split(';'): db.execute(one)",
}


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds of one recording, and of the copy that it makes needless; MB of memory and disk."""

    kind: str
    work: str
    tables: int
    size: float
    alone: float
    before: float
    during: float
    after: float
    copied: float
    memory: float
    disk: float


def measure(kind: str, work: str, tables: int, home: Path, server: str) -> Recorded:
    """Record one program; ``work`` names it, and the size in MB."""
    name, _, megabytes = work.partition(":")
    size = int(megabytes or MEGABYTES)
    with subject(kind, home, server) as made:
        _fill(made, tables, size)
        copied = _timed(lambda: _copy(made, home, server))
        alone = _timed(lambda: _child(made, name, tables, {}))
    with subject(kind, home, server) as made:
        _fill(made, tables, size)
        open_journal_on(made)
        return _record(made, name, tables, size, alone, copied)


def _record(
    made: Subject, name: str, tables: int, size: int, alone: float, copied: float
) -> Recorded:
    database, run = made.session(), str(uuid4())
    state = known_schema(journal_in(database))
    started = time.perf_counter()
    watching = database.observe(run, schema=state.objects)
    watching.starting()
    before = time.perf_counter() - started
    during = _timed(lambda: _child(made, name, tables, dict(watching.environment)))
    started = time.perf_counter()
    watching.ended(wait=60)
    numbers = count(state.next_id)
    held = _held(made)
    database.begin()
    database.observed(run, schema=state.objects, next_id=lambda: next(numbers))
    database.commit()
    kept = _held(made)
    database.unobserve(run)
    after = time.perf_counter() - started
    return Recorded(
        kind=made.kind,
        work=name,
        tables=tables,
        size=size,
        alone=alone,
        before=before,
        during=during,
        after=after,
        copied=copied,
        memory=peak_memory(),
        disk=max(held, kept) / 1e6,
    )


def _fill(made: Subject, tables: int, size: int) -> None:
    run = made.session().session.run  # type: ignore[attr-defined]
    rows = size * 1_000_000 // tables // _ROW
    run("BEGIN")
    for n in range(tables):
        run(f"CREATE TABLE t{n} {_COLUMNS}")
        run(_FILL[made.kind].format(n=n, rows=rows))
    run("COMMIT")
    if made.kind == "postgresql":
        run("VACUUM ANALYZE")


def _statements(name: str, tables: int) -> list[str]:
    few = [f"UPDATE t{n} SET name = 'x' WHERE id < 100" for n in range(5)]
    match name:
        case "small":
            return [*few, "DROP TABLE t6", "ALTER TABLE t7 ADD COLUMN extra integer DEFAULT 1"]
        case "large":
            return [*few, *(f"UPDATE t{n} SET amount = amount + 1" for n in range(tables))]
        case _:
            again = ((f"DROP TABLE t{n}", f"CREATE TABLE t{n} {_COLUMNS}") for n in range(tables))
            return [one for pair in again for one in pair]


def _child(made: Subject, name: str, tables: int, environment: dict[str, str]) -> None:
    sql = ";".join(_statements(name, tables))
    place = _plain(made)
    subprocess.run(
        [sys.executable, "-c", _CHILD[made.kind], place, sql], check=True, env=environment or None
    )


def _copy(made: Subject, home: Path, server: str) -> None:
    if made.kind == "sqlite":
        shutil.copyfile(_plain(made), home / "copy.db")
        return
    with subject("postgresql", home, server) as other:
        dump, env = pg_program("pg_dump")
        restore, _ = pg_program("pg_restore")
        file = home / "copy.dump"
        for command in (
            [dump, "-Fc", "-Z0", "-f", str(file), f"--dbname={_plain(made)}"],
            [restore, f"--dbname={_plain(other)}", str(file)],
        ):
            subprocess.run(command, check=True, env=env)


def _plain(made: Subject) -> str:
    url = made.target.url
    if made.kind == "sqlite":
        return sqlite_path(url.render_as_string(hide_password=False))
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _held(made: Subject) -> int:
    """Return the bytes of what is kept, beside the database on SQLite."""
    if made.kind == "sqlite":
        own = Path(_plain(made))
        beside = (p for p in own.parent.iterdir() if p != own and own.name in p.name)
        return sum(one.stat().st_size for one in beside if one.is_file())
    query = (
        "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0) FROM pg_class c"
        " WHERE relnamespace = 'clew'::regnamespace AND relname LIKE 'kept%' AND relkind = 'r'"
    )
    return int(made.session().session.value(query))  # type: ignore[attr-defined]


def _timed(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
