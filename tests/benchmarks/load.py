"""How long an application's writers wait while a verb works, for which lock, and how appenders share.

A writer is a process of its own that changes one row in a transaction, again and again: one in the
table that the verb works on, one in another. Each tells when every transaction began and how long it
took; those that were under way while the verb worked are counted. Which lock a writer waits for
is looked up in the server fifty times a second.
"""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec
import psycopg

from tests.benchmarks.subjects import Subject, open_journal_on, subject
from tests.load.terminals import Terminal, terminals
from tests.support.oracle import sqlite_path

ROWS = 50_000
QUIET = 5.0
"""Seconds for which writers are measured with nothing beside them."""
APPENDING = 5.0
APPENDERS = (1, 4)

_WALLETS = """
from commands.transform import Migration, Rows, Select, Transform, constant, key

migration = Migration(
    {batched}
    steps=(
        Transform(
            name="notes",
            source=Select(sql="SELECT id, flags FROM t WHERE id <= 5000", order="id"),
            subject="id",
            ignore=("flags",),
            into=(
                Rows(table="t", match=("id",), columns={{"id": key("id"), "note": constant("{note}")}}),
            ),
        ),
    ),
)
"""
_PROGRAM = """
import sys
from sqlalchemy import create_engine, text
with create_engine(sys.argv[1]).begin() as db:
    db.execute(text("update t set note = 'recorded' where id % 2 = 0"))
"""
MIGRATIONS = {
    "apply: UPDATE of each row": ("0001_update.sql", "update t set note = note || '!';\n"),
    "apply: ADD COLUMN": ("0002_column.sql", "alter table t add column extra text;\n"),
    "apply: CREATE INDEX": ("0003_index.sql", "create index t_name on t (name);\n"),
    "apply: CREATE INDEX CONCURRENTLY": (
        "0004_aside.sql",
        "-- clew: no-transaction\ncreate index concurrently t_email on t (email);\n",
    ),
    "apply: transform of 5,000 rows, one transaction": (
        "0005_transform.py",
        _WALLETS.format(batched="", note="x"),
    ),
    "apply: transform of 5,000 rows, batches of 500": (
        "0006_batched.py",
        _WALLETS.format(batched="batched=500,", note="y"),
    ),
}
BACK = {
    "rollback: ADD COLUMN": ("0007_column.sql", "alter table t add column gone text;\n"),
    "rollback: UPDATE of a tenth of the rows": (
        "0008_tenth.sql",
        "update t set note = note || '?' where id % 10 = 0 and id > 10000;\n",
    ),
}


class Wait(msgspec.Struct, frozen=True, kw_only=True):
    """Latencies of one writer, in milliseconds, while a verb took ``seconds``."""

    kind: str
    work: str
    table: str
    seconds: float
    transactions: int
    median: float
    p95: float
    p99: float
    longest: float
    lock: str = ""


class Appended(msgspec.Struct, frozen=True, kw_only=True):
    """Entries appended by so many at once, one in a transaction, in a second of wall clock."""

    kind: str
    appenders: int
    per_second: float
    fewest: float


# --- processes --------------------------------------------------------------------------


def write(url: str, table: str, most: int) -> None:
    """Change a row in a transaction, until the input ends; print when each began and its length."""
    spans: list[tuple[float, float]] = []
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    with _connection(url) as run:
        while not ended.is_set():
            begun = time.monotonic()
            run(f"UPDATE {table} SET flags = flags + 1 WHERE id = {random.randint(1, most)}")
            spans.append((begun, time.monotonic() - begun))
            if len(spans) == 1:
                print("ready", flush=True)
            time.sleep(0.001)
    sys.stdout.write(json.dumps(spans))


@contextmanager
def _connection(url: str) -> Iterator[Callable[[str], object]]:
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(sqlite_path(url), isolation_level=None, timeout=600)) as db:
            yield db.execute
    else:
        with psycopg.connect(url, autocommit=True, application_name="writer") as session:
            yield lambda text: session.execute(text.encode())


def append(url: str, seconds: float) -> None:
    """Append entries, one in a transaction; print how many."""
    from journal.events import MarkSet
    from journal.opening import open_journal

    count = 0
    with open_journal(url, lock_timeout=60) as journal:
        print("ready", flush=True)
        sys.stdin.readline()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            journal.append(MarkSet(name=f"m{count}", at=1), actor="a")
            count += 1
    sys.stdout.write(str(count))


def _process(what: str, *arguments: object) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "tests.benchmarks.load", what, *map(str, arguments)]
    return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


# --- measuring --------------------------------------------------------------------------


def waits(kind: str, home: Path, server: str, rows: int = ROWS) -> Iterator[Wait]:
    """Measure the writers with nothing beside them, and with each verb."""
    with subject(kind, home, server) as made, terminals(1) as (terminal,):
        _begin(made, rows)
        terminal.url = _url(made)
        yield from _beside(made, "nothing", lambda: time.sleep(QUIET), rows)
        directory = home / f"migrations-{kind}"
        directory.mkdir()
        for work, (name, text) in MIGRATIONS.items():
            if kind == "sqlite" and "concurrently" in text:
                continue
            (directory / name).write_text(text)
            yield from _beside(made, work, lambda: _apply(terminal, directory), rows)
        for work, (name, text) in BACK.items():
            (directory / name).write_text(text)
            _apply(terminal, directory)
            before = f"before:{name.removesuffix('.sql')}"
            back = ["rollback", before, "--yes", "--if-changed", "keep", "--lock-timeout", "60"]
            yield from _beside(made, work, lambda back=back: terminal.type(*back), rows)
        program = home / f"program-{kind}.py"
        program.write_text(_PROGRAM)
        url = terminal.url.replace("postgresql://", "postgresql+psycopg://")
        line = ["record", "--lock-timeout", "60", "--", sys.executable, str(program), url]
        yield from _beside(
            made, "record: UPDATE of half the rows", lambda: terminal.type(*line), rows
        )


def _url(made: Subject) -> str:
    url = made.target.url
    return url.set(drivername=url.get_backend_name()).render_as_string(hide_password=False)


def _begin(made: Subject, rows: int) -> None:
    made.fill(rows)
    run = made.sessions[0].session.run  # type: ignore[attr-defined]
    run("CREATE TABLE o (id integer PRIMARY KEY, flags integer)")
    run("INSERT INTO o SELECT id, 0 FROM t WHERE id <= 1000")
    if made.kind == "sqlite":
        run("PRAGMA journal_mode = wal")
    made.close()
    open_journal_on(made)
    made.close()


def _apply(terminal: Terminal, directory: Path) -> None:
    terminal.type("apply", str(directory), "--lock-timeout", "60")


def _beside(made: Subject, work: str, verb: Callable[[], object], rows: int) -> Iterator[Wait]:
    url = _url(made)
    writers = {one: _process("write", url, one, most) for one, most in (("t", rows), ("o", 1000))}
    for process in writers.values():
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    with _locks(made, url) as seen:
        begun = time.monotonic()
        verb()
        ended = time.monotonic()
    for table, process in writers.items():
        out, _ = process.communicate()
        found = [(at, took) for at, took in json.loads(out) if at <= ended and at + took >= begun]
        yield _wait(made.kind, work, table, ended - begun, found, seen[table])


def _wait(
    kind: str,
    work: str,
    table: str,
    seconds: float,
    found: list[tuple[float, float]],
    seen: Counter[str],
) -> Wait:
    took = sorted(1e3 * one for _, one in found) or [0.0]

    def at(part: float) -> float:
        return took[min(int(part * len(took)), len(took) - 1)]

    lock = seen.most_common(1)[0][0] if seen else ""
    return Wait(
        kind=kind,
        work=work,
        table=table,
        seconds=seconds,
        transactions=len(found),
        median=at(0.5),
        p95=at(0.95),
        p99=at(0.99),
        longest=took[-1],
        lock=lock,
    )


_WAITING = """
SELECT CASE WHEN a.query LIKE '% t SET%' THEN 't' ELSE 'o' END,
    coalesce((SELECT h.mode || ' on ' || h.relation::regclass FROM pg_locks h
        JOIN pg_class c ON c.oid = h.relation AND c.relname IN ('t', 'o')
        WHERE h.pid = ANY (pg_blocking_pids(a.pid)) AND h.granted
        ORDER BY h.mode LIKE '%Exclusive%' DESC, length(h.mode) DESC LIMIT 1), l.locktype)
FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid AND NOT l.granted
WHERE a.application_name = 'writer' AND a.datname = current_database()
"""


@contextmanager
def _locks(made: Subject, url: str) -> Iterator[dict[str, Counter[str]]]:
    """Look up what writers wait for while the block runs."""
    seen: dict[str, Counter[str]] = {"t": Counter(), "o": Counter()}
    ended = threading.Event()

    def look() -> None:
        with psycopg.connect(url, autocommit=True) as session:
            while not ended.wait(0.02):
                for table, lock in session.execute(_WAITING).fetchall():
                    seen[table][lock] += 1

    thread = threading.Thread(target=look)
    if made.kind == "postgresql":
        thread.start()
    try:
        yield seen
    finally:
        ended.set()
        if thread.is_alive():
            thread.join()


def appended(kind: str, home: Path, server: str) -> Iterator[Appended]:
    """Measure one appender, and several at once."""
    for number in APPENDERS:
        with subject(kind, home, server) as made:
            made.fill(10)
            open_journal_on(made)
            made.close()
            url = _url(made)
            processes = [_process("append", url, APPENDING) for _ in range(number)]
            for one in processes:
                assert one.stdout is not None
                assert one.stdout.readline() == "ready\n"
            for one in processes:
                assert one.stdin is not None
                one.stdin.write("go\n")
                one.stdin.flush()
            counts = [int(one.communicate()[0]) for one in processes]
            yield Appended(
                kind=kind,
                appenders=number,
                per_second=sum(counts) / APPENDING,
                fewest=min(counts) / APPENDING,
            )


def show(server: str, sizes: list[int], home: Path) -> None:
    """Print both tables."""
    print(
        "| database | beside | writes to | verb s | transactions | median ms | 95 % | 99 % | longest"
        " | waits for |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for kind in ("postgresql", "sqlite"):
        for one in waits(kind, home, server, (sizes or [ROWS])[0]):
            where = "its table" if one.table == "t" else "another"
            print(
                f"| {one.kind} | {one.work} | {where} | {one.seconds:.1f} | {one.transactions:,}"
                f" | {one.median:.1f} | {one.p95:.1f} | {one.p99:.1f} | {one.longest:,.0f}"
                f" | {one.lock} |",
                flush=True,
            )
    print("\n| database | appenders | entries a second | the slowest of them |")
    print("|---|---|---|---|")
    for kind in ("postgresql", "sqlite"):
        for each in appended(kind, home, server):
            print(
                f"| {each.kind} | {each.appenders} | {each.per_second:,.0f} | {each.fewest:,.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        append(sys.argv[2], float(sys.argv[3]))
