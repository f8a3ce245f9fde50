"""An application that writes while a migration runs; files say whose turn it is, no clock does."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import psycopg

from tests.support.oracle import sqlite_path

PAUSE = '''
import os
import time


def moment(number):
    """At the last record, the first time, let somebody else write; go on when he says so."""
    if number == LAST and not os.path.exists(HOME + "/ready"):
        open(HOME + "/ready", "w").close()
        end = time.monotonic() + 60
        while not os.path.exists(HOME + "/go"):
            assert time.monotonic() < end, "nobody said go"
            time.sleep(0.005)
    return number
'''
"""Part of a migration file: a function for ``compute``, after rows were looked up."""

Connection: TypeAlias = "sqlite3.Connection | psycopg.Connection[Any]"

_WAITED_FOR = """SELECT EXISTS (SELECT FROM pg_locks
    WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))"""
_WAITING = """SELECT EXISTS (SELECT FROM pg_stat_activity
    WHERE application_name = 'the application' AND cardinality(pg_blocking_pids(pid)) > 0)"""


class Moment:
    """The moment at which a migration stands still."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def pause(self, last: int) -> str:
        """Return the text that makes a migration stand still at its record ``last``."""
        return f"LAST, HOME = {last}, {str(self.home)!r}\n{PAUSE}"

    def wait(self) -> None:
        """Wait until the migration stands still."""
        until((self.home / "ready").exists)

    def go(self) -> None:
        """Let the migration go on."""
        (self.home / "go").touch()


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)


@contextmanager
def application(url: str) -> Iterator[Connection]:
    """Connect as an application that opens transactions itself and, on SQLite, never waits."""
    if url.startswith("sqlite"):
        other = sqlite3.connect(sqlite_path(url), isolation_level=None, timeout=0)
        other.execute("PRAGMA foreign_keys = ON")
    else:
        other = psycopg.connect(url, autocommit=True, application_name="the application")
    try:
        yield other
    finally:
        other.close()


def writes(url: str, moment: Moment, sql: str) -> None:
    """Write and commit while the migration stands still."""
    moment.wait()
    with application(url) as other:
        other.execute(sql)
    moment.go()


def holds(url: str, moment: Moment, sql: str, end: str) -> None:
    """Write while the migration stands still, and end that only when the migration waits for it."""
    moment.wait()
    with application(url) as other:
        other.execute("BEGIN")
        other.execute(sql)
        moment.go()
        until(lambda: _true(other, _WAITED_FOR))
        other.execute(end)


def waits(url: str, sql: str) -> int:
    """Write; return how many rows it were in the end."""
    with application(url) as other:
        return other.execute(sql).rowcount


def go_when_it_waits(url: str, moment: Moment) -> None:
    """Let the migration go on once the application waits for it."""
    with application(url) as other:
        until(lambda: _true(other, _WAITING))
    moment.go()


def _true(other: Connection, sql: str) -> bool:
    row = other.execute(sql).fetchone()
    return bool(row and row[0])
