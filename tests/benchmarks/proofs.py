"""Entries appended, replayed, proved and exported, beside events of ``eventsourcing`` 9.5.

Both get the same events in batches of a thousand; both are measured in processes of their own.
Theirs are appended by the recorder of an application, with and without the mapping of objects to
bytes, and read back by it and mapped to objects again: no chain, no proof, no digest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import psycopg
from sqlalchemy.engine import make_url

from commands.export.export import export
from commands.proof.keys import new_key, read_key
from commands.proof.saved import saved_in
from commands.proof.signing import checkpoint
from commands.verify import verify
from journal.events import MarkSet
from journal.opening import journal_in
from journal.store import Journal
from projections import Schema, replay
from tests.benchmarks.measure import Cost, measured, peak_memory
from tests.benchmarks.subjects import Subject, open_journal_on, subject

BATCH = 1000
ROUNDS = 3
"""Times that reading work is done; the cheapest counts, since others are at work on the machine."""
OURS = ("append", "replay", "verify", "verify --checkpoint", "checkpoint", "export")
THEIRS = ("append, mapped", "append, recorder alone", "replay, mapped")
WORKS = (*(f"clew {one}" for one in OURS), *(f"eventsourcing {one}" for one in THEIRS))
BESIDE = {
    "clew append": "eventsourcing append, mapped",
    "clew replay": "eventsourcing replay, mapped",
}


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """What a piece of work over so many entries cost; memory is the peak of the client, in MB."""

    kind: str
    work: str
    entries: int
    cost: Cost
    memory: float

    @property
    def per_second(self) -> float:
        """Entries a second of CPU, that of client and server together."""
        return self.entries / self.cost.cpu


def measure(kind: str, work: str, count: int, home: Path, server: str) -> Rate:
    """Do one piece of work over ``count`` entries of a fresh journal, or events of theirs."""
    whose, _, what = work.partition(" ")
    with subject(kind, home, server) as made:
        cost = _ours(made, what, count, home) if whose == "clew" else _theirs(made, what, count)
    return Rate(kind=kind, work=work, entries=count, cost=cost, memory=peak_memory())


def _ours(made: Subject, what: str, count: int, home: Path) -> Cost:
    open_journal_on(made)
    journal = journal_in(made.session())
    events = [MarkSet(name=f"mark {n}", at=n) for n in range(BATCH)]

    def append() -> None:
        for _ in range(count // BATCH):
            journal.append(*events, actor="benchmark")

    if what == "append":
        with measured(made.backends) as cost:
            append()
        return cost
    append()
    return _cheapest(_prepared(journal, what, home), made.backends)


def _cheapest(work: Callable[[], object], backends: Callable[[], list[int]]) -> Cost:
    """Return what a piece of work cost when it cost least."""
    costs = []
    for _ in range(ROUNDS):
        with measured(backends) as cost:
            work()
        costs.append(cost)
    return min(costs, key=lambda cost: cost.cpu)


def _prepared(journal: Journal, what: str, home: Path) -> Callable[[], object]:
    """Return the work, with what it needs made already."""
    new_key(home / "key", name="benchmark")
    key = read_key(home / "key", str)
    match what:
        case "replay":
            return lambda: replay(Schema, journal.read())
        case "verify":
            return lambda: verify(journal)
        case "verify --checkpoint":
            kept = saved_in("kept", checkpoint(journal, key).text.encode())
            return lambda: verify(journal, checkpoints=[kept])
        case "checkpoint":
            return lambda: checkpoint(journal, key)
        case _:
            return lambda: export(journal, home / uuid4().hex, key=key)


def _theirs(made: Subject, what: str, count: int) -> Cost:
    from eventsourcing.domain import Aggregate
    from eventsourcing.persistence import (
        DatetimeAsISO,
        JSONTranscoder,
        Mapper,
        UUIDAsHex,
    )

    transcoder = JSONTranscoder()
    for one in (UUIDAsHex(), DatetimeAsISO()):
        transcoder.register(one)
    mapper: Any = Mapper(transcoder)
    said = {"run": "", "actor": "benchmark", "evidence": "captured", "version": 1}

    def batches() -> Iterator[list[Any]]:
        for _ in range(count // BATCH):
            of = uuid4()
            yield [
                Aggregate.Event(  # type: ignore[call-arg]
                    originator_id=of, originator_version=n, timestamp=datetime.now(UTC)
                )
                for n in range(1, BATCH + 1)
            ]

    def mapped(events: list[Any]) -> list[Any]:
        for event in events:
            event.__dict__.update(said, name=f"mark {event.originator_version}", at=7)
        return [mapper.to_stored_event(event) for event in events]

    with _recorder(made) as (recorder, backends):
        if what == "append, recorder alone":
            stored = [mapped(events) for events in batches()]
            with measured(backends) as cost:
                for batch in stored:
                    recorder.insert_events(batch)
            return cost
        with measured(backends) as cost:
            for events in batches():
                recorder.insert_events(mapped(events))
        if what == "append, mapped":
            return cost

        def read() -> None:
            seen, start = 0, 1
            while notifications := recorder.select_notifications(start, BATCH):
                seen += len([mapper.to_domain_event(one) for one in notifications])
                start = notifications[-1].id + 1
            assert seen == count

        return _cheapest(read, backends)


@contextmanager
def _recorder(made: Subject) -> Iterator[tuple[Any, Callable[[], list[int]]]]:
    """Make a recorder of theirs on the database of a subject."""
    if made.kind == "sqlite":
        from eventsourcing.sqlite import (
            SQLiteApplicationRecorder,
            SQLiteDatastore,
        )

        file = made.target.url.database
        recorder: Any = SQLiteApplicationRecorder(SQLiteDatastore(f"{file}-theirs"))
        recorder.create_table()
        yield recorder, list
        return
    from eventsourcing.postgres import (
        PostgresApplicationRecorder,
        PostgresDatastore,
    )

    url = make_url(made.target.url.render_as_string(hide_password=False))
    with PostgresDatastore(
        dbname=url.database or "",
        host=url.host or "",
        port=url.port or 5432,
        user=url.username or "",
        password=url.password or "",
    ) as store:
        recorder = PostgresApplicationRecorder(store)
        recorder.create_table()
        plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain, autocommit=True) as beside:

            def backends() -> list[int]:
                found = beside.execute(
                    "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
                    " AND pid <> pg_backend_pid()"
                )
                return [pid for (pid,) in found]

            yield recorder, backends
