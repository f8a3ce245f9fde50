"""Savepoints of a program: whatever is done and taken back within them, all of it comes back."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text
from sqlalchemy.engine import NestedTransaction
from sqlalchemy.exc import IntegrityError

from commands import recording
from tests.drills.operator import Operator
from tests.program.engines import engine_of

ACTS = ("insert", "clash", "update", "delete", "column", "table", "open", "commit", "back")


def _begin(operator: Operator) -> dict[str, str]:
    key = "integer PRIMARY KEY AUTOINCREMENT" if operator.sqlite else "serial PRIMARY KEY"
    return operator.begin_with(
        f"CREATE TABLE note (id {key}, body varchar(40) UNIQUE);\n"
        "INSERT INTO note (body) VALUES ('a'), ('b'), ('c')"
    )


def _write(connection: Connection, body: str) -> None:
    connection.execute(text("INSERT INTO note (body) VALUES (:body)"), {"body": body})


def _act(connection: Connection, act: str, number: int, points: list[NestedTransaction]) -> None:
    match act:
        case "insert":
            _write(connection, f"n{number}")
        case "clash":
            try:
                with connection.begin_nested():
                    _write(connection, f"c{number}")
                    _write(connection, "a")
                    _write(connection, "a")
            except IntegrityError:
                pass
        case "update":
            connection.execute(text("UPDATE note SET body = body || 'x' WHERE id % 2 = 1"))
        case "delete":
            connection.execute(text("DELETE FROM note WHERE id = (SELECT max(id) FROM note)"))
        case "column":
            connection.execute(text(f"ALTER TABLE note ADD COLUMN c{number} integer DEFAULT 7"))
        case "table":
            connection.execute(text(f"CREATE TABLE t{number} AS SELECT id, body FROM note"))
        case "open":
            points.append(connection.begin_nested())
        case "commit" if points:
            points.pop().commit()
        case "back" if points:
            points.pop().rollback()


def test_sequence(operator: Operator) -> None:
    """What a sequence handed out within a savepoint that was taken back comes back with the run."""
    before = _begin(operator)
    with engine_of(operator.url) as engine, recording(engine) as run:
        _act(run.connection, "clash", 1, [])
        _write(run.connection, "kept")
        point = run.connection.begin_nested()
        _write(run.connection, "lost")
        point.rollback()
    assert operator.application("SELECT count(*) FROM note") == [(4,)]
    after = operator.fingerprint()
    operator.back("2")
    assert operator.fingerprint() == before
    operator.back(str(run.position))
    assert operator.fingerprint() == after


def test_any_order(operator: Operator) -> None:
    """Whatever a program does, sets, releases and takes back, the run comes back exactly."""
    before = _begin(operator)

    @settings(max_examples=10, suppress_health_check=list(HealthCheck), deadline=None)
    @given(st.lists(st.sampled_from(ACTS), min_size=3, max_size=12))
    def run_acts(acts: list[str]) -> None:
        points: list[NestedTransaction] = []
        with engine_of(operator.url) as engine, recording(engine) as run:
            for number, act in enumerate(acts):
                _act(run.connection, act, number, points)
            while points:
                points.pop().commit()
        operator.fingerprint()
        operator.back("2")
        assert operator.fingerprint() == before

    run_acts()
