"""Row changes, raw and journaled, and taken back."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import msgspec

from journal.database import Database
from journal.effect import Step
from journal.known import TYPES, known
from journal.opening import journal_in
from journal.recording import Recording
from journal.values import TableRows
from tests.benchmarks.measure import Cost, measured, peak_memory
from tests.benchmarks.subjects import COLUMNS, Subject, open_journal_on, subject

WORK = {
    "UPDATE": "UPDATE t SET name = upper(name), flags = flags + 1",
    "DELETE": "DELETE FROM t WHERE id % 2 = 0",
    "INSERT": f"INSERT INTO t ({COLUMNS}) SELECT id + 10000000, {COLUMNS[4:]} FROM t",
}


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of work: costs raw, journaled and undone; ``changed`` rows, stored bytes."""

    kind: str
    work: str
    rows: int
    changed: int
    raw: Cost
    journaled: Cost
    undone: Cost
    size: int
    memory: float


def measure(kind: str, work: str, rows: int, home: Path, server: str) -> Figure:
    """Run one piece of work three ways on fresh databases."""
    with subject(kind, home, server) as made:
        made.fill(rows)
        raw = _raw(made, WORK[work])
    with subject(kind, home, server) as made:
        made.fill(rows)
        open_journal_on(made)
        journaled, written, step = _journaled(made, WORK[work])
        undone = _undone(made, step)
    return Figure(
        kind=kind,
        work=work,
        rows=rows,
        changed=written.inserted + written.updated + written.deleted,
        raw=raw,
        journaled=journaled,
        undone=undone,
        size=written.images.size if written.images else 0,
        memory=peak_memory(),
    )


def _raw(made: Subject, sql: str) -> Cost:
    session = made.session()
    with measured(made.backends) as cost:
        session.begin()
        session.session.run(sql)  # type: ignore[attr-defined]
        session.commit()
    return cost


def _journaled(made: Subject, sql: str) -> tuple[Cost, TableRows, Step]:
    session = made.session()
    with measured(made.backends) as cost:
        recording = begin(session)
        effect = recording.execute(sql, number=1)
        recording.complete()
    (rows,) = effect.rows
    return cost, rows, Step(first=0, last=0, run=recording.run, rows=effect.rows)


def _undone(made: Subject, step: Step) -> Cost:
    session = made.session()
    with measured(made.backends) as cost:
        recording = begin(session, foreign_keys=False)
        recording.undo(step, number=1, if_changed="refuse")
        recording.complete()
    return cost


def begin(session: Database, *, foreign_keys: bool = True) -> Recording:
    """Begin a run on the schema that the journal knows."""
    state = known(journal_in(session).read(types=TYPES))
    session.begin(foreign_keys=foreign_keys)
    return Recording(session, known=state, run=str(uuid4()), actor="benchmark")
