"""``python -m tests.benchmarks.million URL [ENTRIES] [RUNS]``: make a long journal.

URL names a SQLite file or a PostgreSQL database that is not there yet. Sealed entries go
through the port as any others do, with their content and images beside them; the last ones are
those of real migrations. The same numbers make the same entries, but for the journal's own
name and for what was really run.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from random import Random

import msgspec
import psycopg
from sqlalchemy.engine import URL, make_url

from commands.apply import apply
from commands.init import init
from commands.mark import mark
from commands.opening import Asker, Target
from commands.rollback import rollback
from journal.database import Database
from journal.opening import parse_url
from journal.store import append_within
from projections import Schema, replay
from tests.benchmarks.million_runs import Runs, Told
from tests.benchmarks.million_world import Chunk, Row, World, tables

ENTRIES, RUNS = 1_000_000, 10_000
SEED = 7
BEGINNING = datetime(2024, 1, 1, 8, tzinfo=UTC)
TOGETHER = 200
"""Runs written in one transaction."""
ASKER = Asker(actor="operator")


def make(url: str, entries: int = ENTRIES, runs: int = RUNS) -> Target:
    """Make the database, its journal, and what the journal tells of."""
    _create(make_url(url))
    now = [BEGINNING]
    target = Target(url=parse_url(url), holder="million", clock=lambda: now[0])
    with target.database() as database:
        for statement in tables(database.kind):
            _session(database).run(statement)
    init(target, name="million", asker=ASKER)
    with target.journal() as journal:
        world = World(journal.database.kind, replay(Schema, journal.read()), Random(SEED))
        told = Runs(world)
        told.head = journal.head().position
        pause = timedelta(days=700) / runs
        for number, few in enumerate(_told(told, entries, runs)):
            now[0] = BEGINNING + pause * TOGETHER * number
            _write(journal.database, world, few, now, pause)
        _make_live(journal.database, world)
    really = msgspec.structs.replace(target, clock=lambda: datetime.now(UTC))
    _go_on(really)
    return really


def _told(runs: Runs, entries: int, count: int) -> Iterator[list[Told]]:
    """Yield runs, many at a time, that come to so many entries."""
    for begun in range(0, count, TOGETHER):
        few = range(begun, min(begun + TOGETHER, count))
        left = (entries - runs.head) / (count - begun)
        yield [runs.next(round(left * runs.chance.uniform(0.2, 1.6))) for _ in few]
    end = [runs.last()]
    while runs.head < entries:
        end.append(runs.next(1))
    yield [*end, runs.last()]


def _write(
    database: Database, world: World, few: list[Told], now: list[datetime], pause: timedelta
) -> None:
    """Append runs, with content and images, in one transaction."""
    database.begin()
    for number, told in enumerate(few):
        now[0] += pause if number % 97 else -timedelta(seconds=90)  # a clock is put right
        for run, some in groupby(told, key=itemgetter(0)):
            append_within(
                database,
                [event for _, event in some],
                run=run,
                actor="operator",
                evidence="captured",
                clock=lambda: now[0],
            )
    database.put_contents({digest: text.encode() for digest, text in world.texts.items()})
    _store(database, world.chunks)
    world.forget()
    database.commit()


def _store(database: Database, chunks: list[Chunk]) -> None:
    session = _session(database)
    if database.kind == "sqlite":
        session.run_many(
            "INSERT INTO clew_image VALUES (?, ?, ?, ?, ?)",
            (
                (run, number, sign, rows, chunk)
                for run, number, _, _, sign, rows, _, chunk in chunks
            ),
        )
        return
    with session.raw.cursor() as cursor, cursor.copy("COPY clew.image FROM STDIN") as copying:
        for run, number, table, verb, sign, rows, digest, chunk in chunks:
            copying.write_row((run, number, table, verb, sign, rows, digest, chunk))


def _make_live(database: Database, world: World) -> None:
    """Let the tables hold what the journal says."""
    session = _session(database)
    database.begin()
    for table in world.tables:
        name = f'"{table.path[-1]}"'
        session.run(f"DELETE FROM {name}")
        for some in _in_hundreds(list(world.rows[table.id].values())):
            values = ", ".join(f"({row[0]}, '{row[1]}', {row[2]}, '{row[3]}')" for row in some)
            session.run(f"INSERT INTO {name} VALUES {values}")
    _, place = world.place
    if database.kind == "sqlite":
        session.run(f"UPDATE sqlite_sequence SET seq = {place.last_value} WHERE name = 'counted'")
    else:
        session.run(f"SELECT setval('counted_id_seq', {place.last_value})")
    database.commit()


def _in_hundreds(rows: list[Row]) -> Iterator[list[Row]]:
    for start in range(0, len(rows), 100):
        yield rows[start : start + 100]


def _go_on(target: Target) -> None:
    """Run real migrations, take two of them back, and run them again."""
    first, second = list(tables("sqlite"))[:2]
    one, other = (text.split('"')[1] for text in (first, second))
    texts = [
        f"update {one} set amount = amount + 1;\ninsert into {other} (id, name) values (7000, 'x');",
        f"alter table {one} rename to {one}_kept;\ncreate index by_name on {other} (name);",
        f"alter table {other} rename column note to remark;\ndelete from {other} where id < 5;",
        f"create table added (id integer primary key, what text);\n"
        f"insert into added select id, name from {other};",
    ]
    with tempfile.TemporaryDirectory(prefix="clew-million-") as home:
        for number, text in enumerate(texts, start=1):
            (Path(home) / f"9{number:05}_real.sql").write_text(text, encoding="utf-8")
        # The other migrations have no files here, which only those of a whole directory need.
        apply(target, sorted(Path(home).iterdir()), asker=ASKER)
        mark(target, "before-the-way-back", asker=ASKER)
        rollback(target, "before:900003_real", asker=ASKER)
        apply(target, sorted(Path(home).iterdir()), asker=ASKER)
        mark(target, "end", asker=ASKER)


def _session(database: Database):
    return database.session  # type: ignore[attr-defined]


def _create(url: URL) -> None:
    if url.get_backend_name() == "sqlite":
        assert url.database is not None
        sqlite3.connect(url.database).close()
        return
    place = url.set(drivername="postgresql", database="postgres")
    with psycopg.connect(place.render_as_string(hide_password=False), autocommit=True) as db:
        db.execute(f'CREATE DATABASE "{url.database}"'.encode())


def main(arguments: list[str]) -> None:
    """Make the journal that the command line asks for."""
    url, *numbers = arguments
    began = time.perf_counter()
    target = make(url, *map(int, numbers))
    with target.journal() as journal:
        head = journal.head().position
    print(f"{target.shown}: {head:,} entries in {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main(sys.argv[1:])
