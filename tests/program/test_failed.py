"""Recorded blocks that do not end well: nothing is kept but the attempt."""

from __future__ import annotations

from contextlib import suppress

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from commands import recording
from journal import open_journal
from journal.errors import Busy, NotKnownExact, Refused, StatementFailed
from journal.events import RunFailed, RunStarted
from tests.drills.operator import Operator
from tests.program import programs
from tests.program.engines import engine_of
from tests.program.programs import Base, Person, goods


def ending(operator: Operator) -> tuple[RunStarted, RunFailed]:
    """Return the last run as the journal has it: its start, and how it failed."""
    with open_journal(operator.url) as journal:
        started, failed = [entry.event for entry in journal.read()][-2:]
    assert isinstance(started, RunStarted)
    assert isinstance(failed, RunFailed)
    return started, failed


def test_error_of_the_database(operator: Operator) -> None:
    """A statement that the database refuses raises as ever, and aborts change and record."""
    before = operator.begin_with(programs.FOUND)
    with engine_of(operator.url) as engine:
        with (
            pytest.raises(IntegrityError) as raised,
            recording(engine, actor="dana", reason="why", ref="#7") as run,
        ):
            Base.metadata.create_all(run.connection)
            run.connection.execute(insert(Person), [{"name": "ann"}, {"name": "bob"}])
            run.connection.execute(insert(goods).values(id=1, name="secret 'value'"))
        assert operator.fingerprint() == before
        assert type(raised.value.orig).__module__.startswith(("sqlite3", "psycopg"))
        started, failed = ending(operator)
        assert (started.verb, started.reason, started.ref) == ("record", "why", "#7")
        assert failed.sqlstate in ("23505", "SQLITE_CONSTRAINT_PRIMARYKEY")
        assert failed.statement is not None
        assert failed.statement.number > 3
        assert "secret" not in failed.error
        with recording(engine) as run:
            run.connection.execute(insert(goods).values(id=7, name="again"))
    assert operator.application("SELECT name FROM goods WHERE id = 7") == [("again",)]


def test_error_of_the_program(operator: Operator) -> None:
    """An exception of the program's own takes everything back, sequences too."""
    kind = "integer PRIMARY KEY AUTOINCREMENT" if operator.sqlite else "serial PRIMARY KEY"
    before = operator.begin_with(
        f"CREATE TABLE note (id {kind}, body text);\nINSERT INTO note (body) VALUES ('a'), ('b')"
    )
    with (
        engine_of(operator.url) as engine,
        pytest.raises(ZeroDivisionError),
        recording(engine) as run,
    ):
        Base.metadata.create_all(run.connection)
        for body in "xyz":
            run.connection.execute(text("INSERT INTO note (body) VALUES (:body)"), {"body": body})
        _ = 1 / 0
    assert operator.fingerprint() == before
    assert ending(operator)[1].error.startswith("ZeroDivisionError")


def test_rolled_back_by_the_program(operator: Operator) -> None:
    """A program that rolls back has its will: nothing is kept, and it cannot go on."""
    before = operator.begin_with(programs.FOUND)
    with engine_of(operator.url) as engine:
        with recording(engine) as run:
            run.connection.execute(insert(goods).values(id=7, name="gone"))
            run.connection.rollback()
        assert run.position == 0
        assert operator.fingerprint() == before
        assert ending(operator)[1].error == "rolled back by the program"
        with recording(engine) as run, Session(bind=run.connection) as session:
            session.execute(insert(goods).values(id=7, name="never committed"))
            session.rollback()
        assert operator.fingerprint() == before
        with pytest.raises(Refused, match="over"), recording(engine) as run:
            run.connection.rollback()
            run.connection.execute(insert(goods).values(id=7, name="too late"))
    assert operator.fingerprint() == before
    assert "over" in ending(operator)[1].error


def test_commit_is_refused(operator: Operator) -> None:
    """A commit within the block is refused, also where the program lets the error pass."""
    before = operator.begin_with(programs.FOUND)
    with engine_of(operator.url) as engine:
        with pytest.raises(Refused, match="commit within"), recording(engine) as run:
            run.connection.execute(insert(goods).values(id=7, name="half"))
            with suppress(Refused):
                run.connection.commit()
        with pytest.raises(Refused, match="commit within"), recording(engine) as run:
            run.connection.commit()
    assert operator.fingerprint() == before


def test_error_let_pass_on_postgresql(postgresql_operator: Operator) -> None:
    """After a statement that failed nothing more runs, as without us, and nothing is kept."""
    before = postgresql_operator.begin_with(programs.FOUND)
    with (
        engine_of(postgresql_operator.url) as engine,
        pytest.raises(Refused, match="failed"),
        recording(engine) as run,
    ):
        run.connection.execute(insert(goods).values(id=7, name="before"))
        for number in (1, 8):
            with suppress(DBAPIError, Refused):
                run.connection.execute(insert(goods).values(id=number, name="x"))
    assert postgresql_operator.fingerprint() == before


def test_error_let_pass_on_sqlite(sqlite_operator: Operator) -> None:
    """A statement that failed has done nothing, and the program may go on, as without us."""
    before = sqlite_operator.begin_with(programs.FOUND)
    with engine_of(sqlite_operator.url) as engine, recording(engine) as run:
        for number in (7, 1, 8):
            try:
                run.connection.execute(insert(goods).values(id=number, name=f"n{number}"))
            except IntegrityError:
                assert number == 1
    found = sqlite_operator.application("SELECT id FROM goods WHERE id > 3")
    assert found == [(7,), (8,)]
    sqlite_operator.back("2")
    assert sqlite_operator.fingerprint() == before


def test_refused_by_the_gate(operator: Operator) -> None:
    """What is not known to come back exactly is refused, and waived by name."""
    before = operator.begin_with(programs.FOUND)
    said = "PRAGMA application" if operator.sqlite else "DECLARE held CURSOR WITH HOLD FOR SELECT 1"
    with engine_of(operator.url) as engine:
        with pytest.raises(NotKnownExact) as refused, recording(engine) as run:
            run.connection.execute(insert(goods).values(id=7, name="before"))
            run.connection.execute(text(said))
        assert operator.fingerprint() == before
        with recording(engine, allowed=[refused.value.name]) as run:
            run.connection.execute(text(said))
    assert any(one["type"] == "IrreversibleAllowed" for one in operator.lines("log"))


def test_refused_at_the_end(operator: Operator) -> None:
    """What a constraint refuses only at the end of the block aborts it then."""
    deferred = "" if operator.sqlite else " DEFERRABLE INITIALLY DEFERRED"
    before = operator.begin_with(
        "CREATE TABLE parent (id integer PRIMARY KEY);\n"
        f"CREATE TABLE child (id integer PRIMARY KEY, of integer REFERENCES parent{deferred})"
    )
    with (
        engine_of(operator.url) as engine,
        pytest.raises(StatementFailed, match=r"(?i)foreign key"),
        recording(engine) as run,
    ):
        run.connection.execute(text("INSERT INTO child VALUES (1, 7)"))
    assert operator.fingerprint() == before
    assert ending(operator)[1].sqlstate in ("23503", "SQLITE_CONSTRAINT_FOREIGNKEY")


def test_busy(operator: Operator) -> None:
    """While another run holds the journal the block does not begin, and says who holds it."""
    before = operator.begin_with(programs.FOUND)
    with engine_of(operator.url) as engine:
        with open_journal(operator.url) as journal:
            journal.database.hold("eve at home", wait=1)
            with pytest.raises(Busy, match="eve at home"), recording(engine, lock_timeout=0.2):
                pass
        assert operator.fingerprint() == before
        with recording(engine) as run:
            run.connection.execute(insert(goods).values(id=7, name="free"))


def test_locked_table(postgresql_operator: Operator) -> None:
    """A table that somebody else holds is waited for as long as the block was told."""
    before = postgresql_operator.begin_with(programs.FOUND)
    with engine_of(postgresql_operator.url) as engine, engine.connect() as other:
        other.execute(text("LOCK TABLE goods"))
        with (
            pytest.raises((StatementFailed, DBAPIError), match="lock timeout"),
            recording(engine, lock_timeout=0.2) as run,
        ):
            run.connection.execute(insert(goods).values(id=7, name="waiting"))
        other.rollback()
    assert postgresql_operator.fingerprint() == before
    assert ending(postgresql_operator)[1].sqlstate == "55P03"


def test_lost_connection(postgresql_operator: Operator) -> None:
    """A connection that is lost leaves a run without an end, which the next one closes."""
    before = postgresql_operator.begin_with(programs.FOUND)
    with engine_of(postgresql_operator.url) as engine:
        with pytest.raises(DBAPIError), recording(engine) as run:
            run.connection.execute(insert(goods).values(id=7, name="half"))
            pid = run.connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
            postgresql_operator.application(f"SELECT pg_terminate_backend({pid})")
            run.connection.execute(insert(goods).values(id=8, name="more"))
        assert postgresql_operator.fingerprint() == before
        with recording(engine) as run:
            run.connection.execute(insert(goods).values(id=7, name="whole"))
    types = [one["type"] for one in postgresql_operator.lines("log")]
    assert types[3] == "RunInterrupted"
