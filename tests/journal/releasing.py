"""Make the journal that a release leaves to the tests of all later ones.

Run once for a release: ``python -m tests.journal.releasing URL`` on an empty database. It writes
``released/VERSION.KIND.*``: the database, and what its tables held at each position.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

from commands.init import init
from commands.opening import Asker, Target
from commands.past import rows, schema_at
from commands.rollback import rollback
from journal.errors import StatementFailed
from journal.opening import open_journal, parse_url
from journal.store import Journal
from tests.support.oracle import pg_program, sqlite_path

RELEASED = Path(__file__).parent / "released"
ASKER = Asker(actor="dana", reason="what this release writes")
RUNS = (
    (
        "CREATE TABLE person (id integer PRIMARY KEY, name text NOT NULL, age integer DEFAULT 7)",
        "CREATE TABLE visit (person integer REFERENCES person (id), note text)",
        "INSERT INTO person VALUES (1, 'Ada', 36), (2, 'it''s 100%', NULL), (3, '🙂', 5)",
        "INSERT INTO visit VALUES (1, 'x'), (1, 'x'), (3, NULL)",
    ),
    (
        "UPDATE person SET age = id * 10 WHERE id > 1",
        "DELETE FROM visit WHERE person = 3",
        "CREATE INDEX visit_person ON visit (person)",
        "CREATE VIEW grown AS SELECT name FROM person WHERE age > 18",
    ),
    (
        "ALTER TABLE person ADD COLUMN mail text DEFAULT 'none'",
        "ALTER TABLE person RENAME COLUMN name TO full_name",
        "UPDATE person SET mail = full_name || '@example.org'",
    ),
    ("ALTER TABLE person DROP COLUMN age", "DROP TABLE visit"),
)


def tell(url: str) -> None:
    """Leave a journal with runs, a failed one, and one that went back and forth."""
    target = Target(url=parse_url(url))
    init(target, name="released", asker=ASKER)
    for statements in RUNS[:3]:
        record(url, statements)
    with suppress(StatementFailed):
        record(url, ("DELETE FROM visit", "INSERT INTO nowhere VALUES (1)"))
    with open_journal(url) as journal:
        half = journal.head().position
    rollback(target, "head~8", asker=ASKER)
    rollback(target, str(half), asker=ASKER)
    with open_journal(url) as journal, journal.recording(actor="dana") as run:
        run.execute("DROP VIEW grown")
        for statement in RUNS[3]:
            run.execute(statement)


def record(url: str, statements: tuple[str, ...]) -> None:
    """Run statements in one run."""
    with open_journal(url) as journal, journal.recording(actor="dana") as run:
        for statement in statements:
            run.execute(statement)


def held(journal: Journal) -> dict[str, dict[str, list[Any]]]:
    """Return each table's rows, in order of their text, at each position between runs."""
    found = {}
    for entry in journal.read():
        if type(entry.event).__name__ not in {"BaselineRecorded", "RunCompleted"}:
            continue
        at = str(entry.position)
        schema = schema_at(journal, at)
        tables = [one.path[-1] for one in schema.objects.values() if one.kind == "table"]
        found[at] = {table: rows_of(journal, table, at) for table in sorted(tables)}
    return found


def rows_of(journal: Journal, table: str, at: str) -> list[Any]:
    """Return the rows of a table at a position, in order of their text."""
    return sorted((dict(row) for row in rows(journal, table, at).rows), key=json.dumps)


def keep(url: str) -> None:
    """Write the database and what it held beside this file."""
    kind = "sqlite" if url.startswith("sqlite") else "postgresql"
    name = f"{version('clew')}.{kind}"
    with open_journal(url) as journal:
        (RELEASED / f"{name}.json").write_text(json.dumps(held(journal), indent=1) + "\n")
    if kind == "sqlite":
        shutil.copy(sqlite_path(url), RELEASED / f"{name}.db")
        return
    program, env = pg_program("pg_dump")
    plain = ("--inserts", "--no-owner", "--no-privileges", "--no-toast-compression")
    command = [program, *plain, f"--dbname={url}"]
    dump = subprocess.run(command, capture_output=True, text=True, check=True, env=env).stdout
    newer = ("\\", "--", "SET transaction_timeout")
    lines = [line for line in dump.splitlines() if not line.startswith(newer)]
    (RELEASED / f"{name}.sql").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    tell(sys.argv[1])
    keep(sys.argv[1])
