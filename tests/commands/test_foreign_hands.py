"""A rollback beside an application that goes on: neither waits for the other for long."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg
import pytest

from commands.apply import apply
from commands.check import check
from commands.init import init
from commands.rollback import rollback
from commands.verify import verify
from journal.errors import ClewError, StatementFailed
from tests.commands.places import Place

ROWS = 20_000
WAIT = 2.0
"""Seconds that no statement of an application waits on PostgreSQL."""

MIGRATIONS = {
    "rows": "update big set v = v || '!', n = n + 1; delete from big where id % 7 = 0;",
    "schema": "alter table big add column more text; update big set more = v;"
    " alter table big drop column n;",
}


class Application(threading.Thread):
    """Somebody who runs statements in a loop and remembers how long each took."""

    def __init__(self, place: Place, statements: list[str]) -> None:
        super().__init__(daemon=True)
        self.place = place
        self.statements = statements
        self.times: list[float] = []
        self.errors: list[BaseException] = []
        self.written = 0
        self._ended = threading.Event()

    def run(self) -> None:
        """Run until it is told to end."""
        try:
            with self._session() as execute:
                while not self._ended.is_set():
                    for sql in self.statements:
                        begun = time.monotonic()
                        execute(sql)
                        self.times.append(time.monotonic() - begun)
                    self.written += 1
                    time.sleep(0.005)
        except (psycopg.Error, sqlite3.Error) as error:
            self.errors.append(error)

    def end(self) -> None:
        """Let it end, and wait for that."""
        self._ended.set()
        self.join(timeout=60)
        assert not self.is_alive()

    @contextmanager
    def _session(self) -> Iterator[Callable[[str], Any]]:
        if self.place.kind == "sqlite":
            file = self.place.url.removeprefix("sqlite:///")
            with closing(sqlite3.connect(file, isolation_level=None, timeout=60)) as connection:
                yield lambda sql: connection.execute(sql).fetchall()
            return
        with psycopg.connect(self.place.url, autocommit=True) as session:
            yield lambda sql: session.execute(sql.encode())


def begin(place: Place, migration: str) -> list[Any]:
    """Make a big table and another, and change the big one; return what the big one held."""
    if place.kind == "sqlite":
        place.sql("pragma journal_mode = wal")
    place.sql(
        "create table big (id integer primary key, v text, n integer)",
        "create table other (id integer primary key, v text)",
        "create table lines (said text)",
        "with recursive c (n) as (select 1 union all select n + 1 from c where n < 20000)"
        " insert into big select n, 'value ' || n, n from c",
        "insert into other values (1, 'x')",
    )
    init(place.target, asker=place.asker)
    held = place.sql("select id, v, n from big order by id")
    place.write("0001_big.sql", MIGRATIONS[migration])
    apply(place.target, [place.directory], asker=place.asker)
    return held


@pytest.mark.parametrize("migration", MIGRATIONS)
def test_an_application_goes_on(place: Place, migration: str) -> None:
    """While a rollback runs, writes to other tables go through, and reads where locks allow."""
    held = begin(place, migration)
    statements = ["insert into lines values ('x')", "update other set v = v || '.' where id = 1"]
    if place.kind == "postgresql" and migration == "rows":
        statements.append("select count(*) from big where id < 100")
    application = Application(place, statements)
    application.start()
    while not application.written and application.is_alive():
        time.sleep(0.01)
    before, begun = application.written, time.monotonic()
    rollback(place.target, "before:0001_big", asker=place.asker)
    took, during = time.monotonic() - begun, application.written - before
    application.end()
    assert not application.errors
    assert place.sql("select id, v, n from big order by id") == held
    assert place.sql("select count(*) from lines") == [(application.written,)]
    assert place.sql("select length(v) from other") == [(1 + application.written,)]
    with place.target.journal() as journal:
        assert check(journal).ok
        assert verify(journal).ok
    bound = WAIT if place.kind == "postgresql" else took + 1
    assert max(application.times) < bound
    assert during > (took / WAIT if place.kind == "postgresql" else 0)


def test_a_lock_is_waited_for_no_longer_than_said(place: Place) -> None:
    """A rollback waits for a writer of the table as long as it may, says who, and did nothing."""
    begin(place, "rows")
    now = place.sql("select id, v, n from big order by id")
    with place.holding("big"):
        begun = time.monotonic()
        with pytest.raises(ClewError) as raised:
            rollback(place.target, "before:0001_big", asker=place.asker)
        assert 2 < time.monotonic() - begun < 20
    if place.kind == "postgresql":
        assert isinstance(raised.value, StatementFailed)
        assert raised.value.sqlstate == "55P03"
        assert "clew_owner" in raised.value.hint
        assert "big" in raised.value.hint
    assert place.sql("select id, v, n from big order by id") == now
    with place.target.journal() as journal:
        assert check(journal).ok
    rollback(place.target, "before:0001_big", asker=place.asker)
