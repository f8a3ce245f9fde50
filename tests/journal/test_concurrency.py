"""Four writers at once: positions stay gapless and the chain never forks."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from commands.init import init
from commands.opening import Asker, Target
from journal.chain import check_chain
from journal.database import Database
from journal.errors import Busy, StatementFailed
from journal.events import MarkSet
from journal.opening import connect, open_journal, parse_url
from journal.store import append_within, utc_now

WRITERS, EACH = 4, 12
LEVELS = ("READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE")
SERIALIZATION = ("40001", "40P01")


def write(url: str, name: str, begin: Callable[[Database], None]) -> None:
    """Append so many transactions of two entries; a serialization failure is tried again."""
    database = connect(parse_url(url), lock_timeout=30)
    try:
        for number in range(EACH):
            while not _append(database, f"{name} {number}", begin):
                continue
    finally:
        database.close()


def _append(database: Database, name: str, begin: Callable[[Database], None]) -> bool:
    begin(database)
    try:
        events = [MarkSet(name=f"{name} {part}", at=0) for part in "ab"]
        append_within(database, events, run="", actor="w", evidence="captured", clock=utc_now)
        database.commit()
    except StatementFailed as error:
        database.abort()
        if error.sqlstate in SERIALIZATION:
            return False
        raise
    except Busy:
        database.abort()
        return False
    return True


def four_writers(url: str, begin: Callable[[Database], None]) -> None:
    """Let four writers append at once, and hold the journal to its promises."""
    init(Target(url=parse_url(url)), name="test", asker=Asker(actor="dana"))
    failures: list[BaseException] = []

    def work(name: str) -> None:
        try:
            write(url, name, begin)
        except BaseException as error:  # noqa: BLE001 - told below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(f"writer {n}",)) for n in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    with open_journal(url) as journal:
        stored = list(journal.stored())
        assert [entry.position for entry in stored] == list(range(1, len(stored) + 1))
        assert not list(check_chain(stored))
        assert journal.head().position == len(stored)
        assert journal.head().digest == stored[-1].digest
        marks = [e.event.name for e in journal.read() if isinstance(e.event, MarkSet)]
        assert len(marks) == len(set(marks)) == WRITERS * EACH * 2
        for first, second in zip(marks[::2], marks[1::2], strict=True):
            assert (first[:-1], first[-1], second[-1]) == (second[:-1], "a", "b")


@pytest.mark.parametrize("level", LEVELS)
def test_postgresql(postgresql_url: str, level: str) -> None:
    """At each isolation level, writers that see a stale head fail and try again."""

    def begin(database: Database) -> None:
        database.session.run(f"BEGIN ISOLATION LEVEL {level}")  # type: ignore[attr-defined]
        database.session.query("SELECT count(*) FROM clew.entry")  # type: ignore[attr-defined]

    four_writers(postgresql_url, begin)


def test_sqlite(sqlite_url: str) -> None:
    """Under BEGIN IMMEDIATE writers wait for each other."""
    four_writers(sqlite_url, lambda database: database.begin())
