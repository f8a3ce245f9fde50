"""Who follows the journal sees each position once, in order, whoever appends and whatever aborts."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg
import pytest

from commands.init import init
from commands.opening import Asker, Target
from journal.database import Database
from journal.errors import Busy, StatementFailed
from journal.events import MarkRemoved, MarkSet
from journal.opening import connect, open_journal, parse_url
from journal.store import append_within, utc_now
from tests.support.oracle import sqlite_path

WRITERS = 4
EACH = 300 if os.environ.get("CLEW_PROFILE") == "nightly" else 15
LEVELS = ("READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE")
STALE = ("40001", "40P01")
LAST = (EACH - (EACH + 2) // 3) * WRITERS * 2
"""Entries that stay: every third transaction is given up."""


def begin(database: Database, level: str) -> None:
    """Begin as an application would that reads before it writes."""
    if level == "sqlite":
        database.begin()
        return
    database.session.run(f"BEGIN ISOLATION LEVEL {level}")
    database.session.query("SELECT count(*) FROM clew.entry")


def append(database: Database, level: str, name: str, *, stays: bool) -> bool:
    """Append two entries in one transaction; say whether that came to its end."""
    begin(database, level)
    try:
        events = [MarkSet(name=f"{name} {part}", at=0) for part in "ab"]
        append_within(database, events, run="", actor="w", evidence="captured", clock=utc_now)
        if stays:
            database.commit()
        else:
            database.abort()
    except (Busy, StatementFailed) as error:
        database.abort()
        if isinstance(error, StatementFailed) and error.sqlstate not in STALE:
            raise
        return False
    return True


def write(url: str, level: str, name: str) -> None:
    """Append, and give every third transaction up when all of it was written."""
    with closing(connect(parse_url(url), lock_timeout=60)) as database:
        for number in range(EACH):
            while not append(database, level, f"{name} {number}", stays=number % 3 > 0):
                continue


def by_reading(url: str, last: int) -> list[int]:
    """Follow with ``Journal.read(after=...)``, at full speed."""
    seen: list[int] = []
    with open_journal(url, lock_timeout=60) as journal:
        while not seen or seen[-1] < last:
            seen += [one.position for one in journal.read(after=seen[-1] if seen else 0)]
    return seen


def by_view(url: str, last: int) -> list[int]:
    """Follow with a query over the view, each a transaction of its own."""
    seen: list[int] = []
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(sqlite_path(url), timeout=60)) as db:
            asked = "SELECT position FROM clew_log WHERE position > ? ORDER BY position"
            while not seen or seen[-1] < last:
                seen += [n for (n,) in db.execute(asked, (seen[-1] if seen else 0,)).fetchall()]
        return seen
    with psycopg.connect(url, autocommit=True) as session:
        asked = "SELECT position FROM clew.log WHERE position > %s ORDER BY position"
        while not seen or seen[-1] < last:
            seen += [n for (n,) in session.execute(asked, (seen[-1] if seen else 0,)).fetchall()]
    return seen


class Followed:
    """A ``clew log --follow`` in a process of its own."""

    def __init__(self, url: str, *words: str) -> None:
        run = "from commands.cli.main import main; main()"
        command = [sys.executable, "-c", run, "--db", url, "log", "--follow", *words]
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )

    def close(self) -> None:
        """End it, however far it came."""
        self.process.kill()
        self.process.communicate()

    def lines(self, until: str) -> list[str]:
        """Return its lines up to the one in which something stands."""
        assert self.process.stdout is not None
        found = []
        for line in self.process.stdout:
            found.append(line)
            if until in line:
                break
        return found

    def interrupt(self) -> int:
        """Press Ctrl-C; return the exit code."""
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=120)
        return self.process.returncode


@pytest.mark.parametrize("level", [*LEVELS, "sqlite", "sqlite wal"])
def test_each_position_once_and_in_order(request: pytest.FixtureRequest, level: str) -> None:
    """Readers of every kind see 1, 2, 3 ... beside four writers, some of which give up."""
    kind, _, mode = level.partition(" ")
    url: str = request.getfixturevalue("sqlite_url" if kind == "sqlite" else "postgresql_url")
    if mode == "wal":
        with closing(sqlite3.connect(sqlite_path(url))) as db:
            db.execute("PRAGMA journal_mode = wal")
    head = init(Target(url=parse_url(url)), name="test", asker=Asker(actor="dana")).head
    last = head + LAST
    found: list[list[int]] = []
    failures: list[BaseException] = []

    def safely(work: object, *arguments: object) -> None:
        try:
            if (seen := work(*arguments)) is not None:  # type: ignore[operator]
                found.append(seen)
        except BaseException as error:  # noqa: BLE001 - told below
            failures.append(error)

    known = "sqlite" if kind == "sqlite" else level
    writers = [(write, url, known, f"writer {n}") for n in range(WRITERS)]
    readers = [(one, url, last) for one in (by_reading, by_view)]
    threads = [threading.Thread(target=safely, args=one) for one in (*writers, *readers)]
    with ExitStack() as stack:
        followed = [Followed(url, "--format", "jsonl") for _ in range(2)]
        for one in followed:
            stack.callback(one.close)
        for thread in threads:
            thread.start()
        for one in followed:
            told = one.lines(f'"position":{last},')
            found.append([json.loads(line)["position"] for line in told])
            assert one.interrupt() == 130
        for thread in threads:
            thread.join(timeout=300)
    assert not failures
    assert len(found) == 4
    assert found == [list(range(1, last + 1))] * 4


def test_followed_from_now_on(url: str) -> None:
    """After the newest so many each entry that fits is told as it comes; Ctrl-C ends it with 130."""
    target, asker = Target(url=parse_url(url)), Asker(actor="dana")
    init(target, name="test", asker=asker)
    with open_journal(url) as journal:
        journal.append(MarkSet(name="first", at=1), actor="dana")
        one = Followed(url, "-n", "1", "--type", "MarkSet")
        with closing(one):
            assert [line.split()[1] for line in one.lines("first")] == ["MarkSet"]
            journal.append(MarkRemoved(name="first"), MarkSet(name="second", at=1), actor="dana")
            assert [line.split()[1] for line in one.lines("second")] == ["MarkSet"]
            assert one.interrupt() == 130
