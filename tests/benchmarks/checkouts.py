"""``python -m tests.benchmarks.checkouts URL [MEGABYTES]``: checkouts beside a plain copy.

URL names a SQLite file, or a PostgreSQL database, that is not there yet; MEGABYTES is the size
of the one large table, 100 by default. Beside it stand a hundred migrations of a small table,
and one that writes a tenth of the large one. ``CLEW_TEST_PG_BIN`` names the client programs.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
from sqlalchemy.engine import URL, make_url

from commands.apply import apply
from commands.bisect.bisect import Range, find_change
from commands.checkout.checkout import check_out
from commands.init import init
from commands.opening import Asker, Target
from journal.opening import parse_url

ASKER = Asker(actor="bench")
SMALL = 100
WIDE = 500
"""Bytes of a row of the large table, about."""


def main(arguments: list[str]) -> None:
    """Make the database, and print what each piece of work takes."""
    url, megabytes = make_url(arguments[0]), int(arguments[1]) if arguments[1:] else 100
    create(url)
    target = Target(url=parse_url(arguments[0]), holder="bench")
    with tempfile.TemporaryDirectory(prefix="clew-bench-") as home:
        _fill(target, Path(home), megabytes * 1_000_000 // WIDE)
    then = url.set(database=f"{url.database}_then")
    print("| work | wall s | client CPU s |\n|---|---|---|")
    _measure("plain copy", lambda: _plain(url, then), then)
    for place in ("head", "before:0100_small", "before:0001_small", "before:0000_large"):
        _measure(f"checkout {place}", lambda place=place: _check_out(target, place, then), then)
    for query in (
        "select n from small where id = 1",
        "select n from small where id = 7",
        "select count(*) from large where note = 'changed'",
    ):
        _measure(f"bisect: {query}", lambda query=query: _bisect(target, query), None)
    _measure(
        "bisect --all: the first",
        lambda: _bisect(target, "select n from small where id = 1", every=True),
        None,
    )
    drop(url)


def create(url: URL) -> None:
    """Make an empty database."""
    if url.get_backend_name() == "sqlite":
        sqlite3.connect(str(url.database)).close()
        return
    _server(url, f'CREATE DATABASE "{url.database}"')


def drop(url: URL) -> None:
    """Take a database away."""
    if url.get_backend_name() == "sqlite":
        for path in Path(str(url.database)).parent.glob(f"{Path(str(url.database)).name}*"):
            path.unlink()
        return
    _server(url, f'DROP DATABASE IF EXISTS "{url.database}" WITH (FORCE)')


def _fill(target: Target, home: Path, rows: int) -> None:
    with target.database() as database:
        database.begin()
        for sql in (
            "create table large (id integer primary key, body text, note text)",
            "create table small (id integer primary key, n integer)",
            "insert into small values (1, 0), (7, 0)",
            f"insert into large with recursive r(id) as (select 1 union all select id + 1 from r"
            f" where id < {rows}) select id, '{'x' * (WIDE - 40)}' || id, null from r",
        ):
            database.execute_outside(sql)
        database.commit()
    init(target, name="bench", asker=ASKER)
    (home / "0000_large.sql").write_text("update large set note = 'changed' where id % 10 = 0;\n")
    for number in range(1, SMALL + 1):
        also = "update small set n = 7 where id = 7;\n" if number == SMALL // 2 else ""
        text = f"{also}update small set n = n + 1 where id = 1;\n"
        (home / f"{number:04}_small.sql").write_text(text)
    apply(target, [home], asker=ASKER)


def _plain(url: URL, then: URL) -> str:
    if url.get_backend_name() == "sqlite":
        shutil.copyfile(str(url.database), str(then.database))
        os.sync()
        return "the file, synced"
    create(then)
    programs = Path(os.environ.get("CLEW_TEST_PG_BIN", "/usr/bin"))
    one, other = (
        each.set(drivername="postgresql").render_as_string(hide_password=False)
        for each in (url, then)
    )
    with subprocess.Popen(
        [programs / "pg_dump", "-Fc", "-Z0", one], stdout=subprocess.PIPE
    ) as dumping:
        subprocess.run([programs / "pg_restore", "-d", other], stdin=dumping.stdout, check=True)
    return "pg_dump into pg_restore, journal and all"


def _check_out(target: Target, place: str, then: URL) -> str:
    named = os.environ.get("CLEW_TEST_PG_BIN")
    into = parse_url(then.render_as_string(hide_password=False))
    programs = Path(named) if named else None
    answer = check_out(target, place, into, asker=ASKER, programs=programs)
    return f"{answer.steps} steps, {answer.rows:,} rows"


def _bisect(target: Target, query: str, *, every: bool = False) -> str:
    named = os.environ.get("CLEW_TEST_PG_BIN")
    programs = Path(named) if named else None
    answer = find_change(target, query, Range(every=every), programs=programs)
    return f"{answer.candidates} candidates, {answer.probes} probes, {len(answer.changes)} found"


def _measure(what: str, work: Callable[[], str], then: URL | None) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    said = work()
    took, used = time.perf_counter() - wall, time.process_time() - cpu
    print(f"| {what} ({said}) | {took:.1f} | {used:.1f} |", flush=True)
    if then is not None:
        drop(then)


def _server(url: URL, sql: str) -> None:
    place = url.set(drivername="postgresql", database="postgres")
    with closing(
        psycopg.connect(place.render_as_string(hide_password=False), autocommit=True)
    ) as db:
        db.execute(sql.encode())


if __name__ == "__main__":
    main(sys.argv[1:])
