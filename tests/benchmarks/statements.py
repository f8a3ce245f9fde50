"""What one DDL statement costs in a schema of many tables: raw, and journaled.

The statements of one run are measured together, so that what a run costs by itself (reading the
whole schema once) is told apart from what each statement costs.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from tests.benchmarks.measure import Cost, measured, peak_memory
from tests.benchmarks.rows import begin
from tests.benchmarks.subjects import Subject, open_journal_on, subject

TABLES = (50, 300, 1000)
REPEATED = 20
"""How often a statement is run within its run, each time on another table."""

STATEMENTS = {
    "ADD COLUMN": "ALTER TABLE t{n} ADD COLUMN extra integer",
    "CREATE TABLE": "CREATE TABLE made{n} (id integer PRIMARY KEY, t integer REFERENCES t{n})",
    "CREATE INDEX": "CREATE INDEX made{n} ON t{n} (day)",
    "DROP COLUMN": "ALTER TABLE t{n} DROP COLUMN note",
}
ON_POSTGRESQL = {"COMMENT": "COMMENT ON TABLE t{n} IS 'made'"}


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of statement among so many tables: seconds for each, and for beginning a run."""

    kind: str
    work: str
    tables: int
    raw: Cost
    journaled: Cost
    begun: Cost
    memory: float


def works(kind: str) -> dict[str, str]:
    """Return the statements that a database has."""
    return STATEMENTS | (ON_POSTGRESQL if kind == "postgresql" else {})


def measure(kind: str, work: str, tables: int, home: Path, server: str) -> Price:
    """Run one kind of statement on fresh databases, without a journal and with one."""
    sql = works(kind)[work]
    with subject(kind, home, server) as made:
        _fill(made, tables)
        raw = _raw(made, sql)
    with subject(kind, home, server) as made:
        _fill(made, tables)
        open_journal_on(made)
        begun, journaled = _journaled(made, sql)
    return Price(
        kind=kind,
        work=work,
        tables=tables,
        raw=raw,
        journaled=journaled,
        begun=begun,
        memory=peak_memory(),
    )


def _fill(made: Subject, tables: int) -> None:
    """Make tables of six columns, each with a key, a foreign key, an index and a few rows."""
    session = made.session()
    session.begin()
    run = session.session.run  # type: ignore[attr-defined]
    for n in range(tables):
        refers = f" REFERENCES t{n - 1}" if n else ""
        run(
            f"CREATE TABLE t{n} (id integer PRIMARY KEY, name text NOT NULL, day date,"
            f" amount numeric CHECK (amount >= 0), note text, other integer{refers})"
        )
        run(f"CREATE INDEX t{n}_name ON t{n} (name)")
        run(f"INSERT INTO t{n} VALUES (1, 'one', '2024-01-01', 1, 'note', {'1' if n else 'NULL'})")
    session.commit()


def _raw(made: Subject, sql: str) -> Cost:
    session = made.session()
    run = session.session.run  # type: ignore[attr-defined]
    session.begin()
    with measured(made.backends) as cost:
        for n in range(REPEATED):
            run(sql.format(n=n))
    session.commit()
    return _each(cost)


def _journaled(made: Subject, sql: str) -> tuple[Cost, Cost]:
    session = made.session()
    with measured(made.backends) as begun:
        recording = begin(session)
        recording.execute("SELECT 1", number=1)
    with measured(made.backends) as cost:
        for n in range(REPEATED):
            recording.execute(sql.format(n=n), number=n + 2)
    recording.complete()
    return begun, _each(cost)


def _each(cost: Cost) -> Cost:
    return Cost(cpu=cost.cpu / REPEATED, wall=cost.wall / REPEATED)
