"""Random histories: whatever happened, each earlier position comes back exactly.

An application writes to a table of its own all the while. Its rows must stay as it left them,
and everything else must be what the oracle saw at the position.
"""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from itertools import count
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy.engine import make_url

from commands.init import init
from commands.opening import Asker, Target
from commands.rollback import rollback
from commands.verify import verify
from journal.errors import StatementFailed
from journal.opening import open_journal, parse_url
from projections import Schema, replay
from tests.histories.model import Tables, changes
from tests.support.oracle import fingerprint, sqlite_path
from tests.support.server import Server

ASKER = Asker(actor="dana")
NOTES = "CREATE TABLE app_notes (id integer PRIMARY KEY, note text)"
_numbers = count(1)


class History(RuleBasedStateMachine):
    """A database, its journal, and what the oracle saw at each position."""

    server: Server | None = None

    def __init__(self) -> None:
        super().__init__()
        self.home = tempfile.TemporaryDirectory(prefix="clew-history-")
        self.url = self.fresh()
        self.tables: Tables = {}
        self.notes: dict[int, str] = {}
        self.seen: dict[int, tuple[dict[str, str], Tables]] = {}

    def fresh(self) -> str:
        """Make an empty database."""
        if self.server is None:
            path = Path(self.home.name) / "history.db"
            sqlite3.connect(path).close()
            return f"sqlite:///{path}"
        name = f"clew_history_{next(_numbers)}_{Path(self.home.name).name[-8:].lower()}"
        self.administer(f'CREATE DATABASE "{name}"')
        url = make_url(self.server.url).set(database=name)
        return url.render_as_string(hide_password=False)

    def administer(self, statement: str) -> None:
        """Run a statement beside the database."""
        assert self.server is not None
        with psycopg.connect(self.server.admin, autocommit=True) as db:
            db.execute("SET ROLE clew_owner")
            db.execute(statement.encode())

    def teardown(self) -> None:
        """Prove the record once more, and drop everything."""
        with open_journal(self.url) as journal:
            assert verify(journal).ok
        if self.server is not None:
            self.administer(f'DROP DATABASE "{make_url(self.url).database}" WITH (FORCE)')
        self.home.cleanup()

    # --- what happens -----------------------------------------------------------------

    @initialize()
    def begin(self) -> None:
        """Open a journal on a database that holds the application's table."""
        self.application(NOTES)
        init(Target(url=parse_url(self.url)), name="history", asker=ASKER)
        self.look()

    @rule(data=st.data(), statements=st.integers(1, 4))
    def migrate(self, data: st.DataObject, statements: int) -> None:
        """Run a few statements in one run; one that cannot be done takes all of them back."""
        tables = self.tables
        try:
            with open_journal(self.url) as journal, journal.recording(actor="dana") as run:
                for _ in range(statements):
                    change = data.draw(changes(tables))
                    run.execute(change.sql)
                    tables = change.after
            self.tables = tables
        except StatementFailed as error:
            if "already exists" not in str(error) and "null" not in str(error).lower():
                raise
        self.look()

    @rule(number=st.integers(1, 9), note=st.sampled_from(["x", "it's", "🙂", ""]))
    def write(self, number: int, note: str) -> None:
        """The application writes a note, or changes one."""
        text = note.replace("'", "''")
        self.application(f"DELETE FROM app_notes WHERE id = {number}")
        self.application(f"INSERT INTO app_notes VALUES ({number}, '{text}')")
        self.notes[number] = note

    @precondition(lambda self: len(self.seen) > 1)
    @rule(data=st.data())
    def go(self, data: st.DataObject) -> None:
        """Go to some position, back or forth; the database is what it was there."""
        place = data.draw(st.sampled_from(sorted(self.seen)))
        rollback(Target(url=parse_url(self.url), holder="history"), str(place), asker=ASKER)
        assert self.fingerprint() == self.seen[place][0]
        self.arrived(place)
        self.look()

    # --- what must hold ---------------------------------------------------------------

    @invariant()
    def schema_is_live(self) -> None:
        """At head the schema projection equals the live schema."""
        if not self.seen:
            return
        with open_journal(self.url) as journal:
            replayed = replay(Schema, journal.read()).objects
            live = journal.database.read_schema(replayed)
            assert {one.id: one for one in live} == dict(replayed)

    @invariant()
    def notes_stay(self) -> None:
        """The application's rows are as it left them."""
        if self.seen:
            found = dict(self.application("SELECT id, note FROM app_notes"))
            assert found == self.notes

    # --- within -----------------------------------------------------------------------

    def application(self, statement: str) -> list[tuple[int, str]]:
        """Run a statement as the application does."""
        if self.server is None:
            with closing(sqlite3.connect(sqlite_path(self.url), isolation_level=None)) as db:
                return db.execute(statement).fetchall()
        with psycopg.connect(self.url) as db:
            cursor = db.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def fingerprint(self) -> dict[str, str]:
        """Return what the oracle sees, but for the application's rows."""
        found = fingerprint(self.url)
        return {name: text for name, text in found.items() if "app_notes" not in name}

    def arrived(self, place: int) -> None:
        """Know again what stood at a place."""
        self.tables = self.seen[place][1]

    def look(self) -> None:
        """Remember what the oracle sees at the head."""
        with open_journal(self.url) as journal:
            self.seen[journal.head().position] = (self.fingerprint(), self.tables)


def play(machine: type[History], *, parts: int = 1, steps: int) -> None:
    """Play as many histories as the profile asks for, or a part of them."""
    wanted = settings(
        max_examples=max(1, settings().max_examples // parts),
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    run_state_machine_as_test(machine, settings=wanted)


def test_sqlite() -> None:
    """Random histories on SQLite."""
    play(History, steps=12)


@pytest.mark.parametrize("part", range(2))
def test_postgresql(server: Server, part: int) -> None:
    """Random histories on PostgreSQL: half as many, in two parts that two workers can share."""
    machine = type(f"History{part}", (History,), {"server": server})
    play(machine, parts=4, steps=8)
