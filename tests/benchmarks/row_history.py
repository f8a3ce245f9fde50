"""The history of one row in a journal of a million entries, all of one table.

The journal is the worst one for this question: each entry changes one of ten thousand rows of
the same table. It is made through the port, with true images, and the live rows are what it
says in the end.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import msgspec

from commands import row_history
from commands.indexing import index_anew
from commands.one_row.answer import RowHistory
from journal.database import Database
from journal.events import AnyEvent, RowsChanged, RunCompleted, RunStarted
from journal.opening import journal_in
from journal.store import Journal, append_within
from journal.values import ImageRange, SchemaObject, Statement, TableRows
from projections import Schema, replay
from tests.benchmarks.measure import measured, peak_memory
from tests.benchmarks.subjects import Subject, open_journal_on, subject

ROWS = 10_000
IN_RUN = 98
TOGETHER = 20
"""Runs written in one transaction."""
_TABLE = "CREATE TABLE hot (id integer PRIMARY KEY, amount integer, note text)"
_encode = msgspec.msgpack.Encoder().encode


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds of wall clock, megabytes, and what the index takes.

    ``process`` is the whole ``clew history`` as typed; ``asked`` the question alone, and
    ``looked`` the same without the index.
    """

    kind: str
    entries: int
    changes: int
    indexing: float
    index: float
    journal: float
    process: float
    asked: float
    looked: float
    memory: float


def measure(kind: str, count: int, home: Path, server: str) -> Figures:
    """Make a journal of ``count`` entries, index it, and ask for one row, with index and without."""
    with subject(kind, home, server) as made:
        session = made.session()
        session.session.run(_TABLE)  # type: ignore[attr-defined]
        open_journal_on(made)
        journal = journal_in(session)
        _fill(journal, count)
        before = _size(session)
        with measured(made.backends) as indexing:
            session.begin()
            index_anew(session, session.head().position)
            session.commit()
        index = _size(session) - before
        asked, found = _timed(journal, index=True)
        looked, same = _timed(journal, index=False)
        assert found == same
        return Figures(
            kind=kind,
            entries=count,
            changes=len(found.changes),
            indexing=indexing.cpu,
            index=index / 1e6,
            journal=before / 1e6,
            process=min(_typed(made) for _ in range(3)),
            asked=asked,
            looked=looked,
            memory=peak_memory(),
        )


def _timed(journal: Journal, *, index: bool) -> tuple[float, RowHistory]:
    """Ask twice, and take the second time: the first one warms the cache."""
    for _ in range(2):
        began = time.perf_counter()
        found = row_history(journal, "hot", "4711", index=index)
        spent = time.perf_counter() - began
    return spent, found


def _typed(made: Subject) -> float:
    url = made.target.url.set(drivername=made.target.url.get_backend_name())
    words = ["history", "hot", "4711", "--format", "jsonl"]
    code = "from commands.cli.main import main; main()"
    environment = {**os.environ, "DATABASE_URL": url.render_as_string(hide_password=False)}
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", code, *words],
        check=True,
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    return time.perf_counter() - began


def _size(database: Database) -> int:
    session = database.session  # type: ignore[attr-defined]
    if database.kind == "postgresql":
        return int(session.value("SELECT pg_database_size(current_database())"))
    return int(session.value("PRAGMA page_count")) * int(session.value("PRAGMA page_size"))


# --- the journal ------------------------------------------------------------------------


def _fill(journal: Journal, count: int) -> None:
    table = replay(Schema, journal.read()).table("hot")
    database = journal.database
    amounts = [0] * (ROWS + 1)
    _insert(database, amounts)
    runs = -(-count // (IN_RUN + 2))
    for first in range(0, runs, TOGETHER):
        database.begin()
        for number in range(first, min(first + TOGETHER, runs)):
            run = str(UUID(int=number + 1, version=4))
            images: list[tuple[object, ...]] = []
            events = list(_run(database.kind, table, run, number, amounts, images))
            append_within(
                database,
                events,
                run=run,
                actor="operator",
                evidence="captured",
                clock=journal.clock,
            )
            _store(database, images)
        database.commit()
    _update(database, amounts)


def _run(
    kind: str,
    table: SchemaObject,
    run: str,
    number: int,
    amounts: list[int],
    images: list[tuple[object, ...]],
) -> Iterator[AnyEvent]:
    yield RunStarted(verb="apply", migration=f"{number:06}_step", file="step.sql")
    columns = tuple(column.id for column in table.columns)
    for at in range(1, IN_RUN + 1):
        row = (number * IN_RUN + at) * 7919 % ROWS + 1
        old, new = amounts[row], number * IN_RUN + at
        amounts[row] = new
        for place, (sign, amount) in enumerate(((-1, old), (1, new)), start=2 * at - 1):
            images.append(_image(kind, table.id, run, place, sign, row, amount))
        yield RowsChanged(
            statement=Statement(number=at, digest=""),
            rows=TableRows(
                table=table.id,
                columns=columns,
                key=columns[:1],
                updated=1,
                removed=1,
                added=1,
                run=run,
                images=ImageRange(first=2 * at - 1, last=2 * at, digest="0" * 64, size=90),
            ),
        )
    yield RunCompleted(statements=IN_RUN, rows=IN_RUN)


def _image(
    kind: str, table: int, run: str, number: int, sign: int, row: int, amount: int
) -> tuple[object, ...]:
    if kind == "sqlite":
        return run, number, sign, 1, _encode([[row, row, amount, f"note {amount}"]])
    chunk = f'{{{{{row}}},{{{amount}}},{{"note {amount}"}}}}'
    return run, number, table, "update", sign, 1, b"", chunk


def _store(database: Database, images: list[tuple[object, ...]]) -> None:
    session = database.session  # type: ignore[attr-defined]
    if database.kind == "sqlite":
        session.run_many("INSERT INTO clew_image VALUES (?, ?, ?, ?, ?)", images)
        return
    with session.raw.cursor() as cursor, cursor.copy("COPY clew.image FROM STDIN") as copying:
        for image in images:
            copying.write_row(image)


def _insert(database: Database, amounts: list[int]) -> None:
    session = database.session  # type: ignore[attr-defined]
    for first in range(1, ROWS + 1, 500):
        rows = ", ".join(f"({n}, {amounts[n]}, 'note 0')" for n in range(first, first + 500))
        session.run(f"INSERT INTO hot VALUES {rows}")


def _update(database: Database, amounts: list[int]) -> None:
    session = database.session  # type: ignore[attr-defined]
    session.run("DELETE FROM hot")
    for first in range(1, ROWS + 1, 500):
        rows = ", ".join(
            f"({n}, {amounts[n]}, 'note {amounts[n]}')" for n in range(first, first + 500)
        )
        session.run(f"INSERT INTO hot VALUES {rows}")
