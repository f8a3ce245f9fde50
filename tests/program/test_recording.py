"""What a program executes on its own connection: as without us, and back exactly."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from commands import recording
from journal.errors import Refused
from tests.drills.operator import Operator
from tests.program import programs
from tests.program.engines import engine_of, found_by
from tests.support.oracle import fingerprint


@pytest.mark.parametrize("program", programs.PROGRAMS, ids=lambda one: one.__name__)
def test_there_and_back(program: programs.Program, operator: Operator, twin: str) -> None:
    """A program sees and does what it would without us; rollback takes it back, and again."""
    found_by(twin, programs.FOUND)
    with engine_of(twin) as engine, engine.begin() as connection:
        plain = program(connection)
    before = operator.begin_with(programs.FOUND)
    with (
        engine_of(operator.url) as engine,
        recording(engine, actor="dana", reason=program.__name__) as run,
    ):
        recorded = program(run.connection)
    assert recorded == plain
    after = operator.fingerprint()
    assert after == fingerprint(twin)
    assert after != before
    log = operator.lines("log")
    assert log[-1]["position"] == run.position
    assert {one["evidence"] for one in log if one["position"] > 2} == {"captured"}
    operator.back("2")
    assert operator.fingerprint() == before
    operator.back(str(run.position))
    assert operator.fingerprint() == after


def test_several_statements(postgresql_operator: Operator) -> None:
    """A text of several statements is run as several; one that ends the transaction is not."""
    before = postgresql_operator.begin_with(programs.FOUND)
    several = (
        "CREATE TABLE one (id integer); -- the first\nINSERT INTO one VALUES (1), (2);\n"
        "ALTER TABLE goods ADD COLUMN weight integer DEFAULT 3; UPDATE goods SET name = name || '%'"
    )
    with engine_of(postgresql_operator.url) as engine:
        with recording(engine) as run:
            run.connection.execute(text(several))
        asked = "SELECT name FROM goods WHERE weight = 3 ORDER BY id LIMIT 1"
        assert postgresql_operator.application(asked) == [("salt%",)]
        done = [one for one in postgresql_operator.lines("log") if one["type"] == "RunCompleted"]
        assert len(done) == 1
        postgresql_operator.back("2")
        assert postgresql_operator.fingerprint() == before
        with pytest.raises(Refused, match="control of the transaction"), recording(engine) as run:
            run.connection.execute(text("CREATE TABLE one (id integer); COMMIT; SELECT 1"))
    assert postgresql_operator.fingerprint() == before


def test_own_hooks(sqlite_operator: Operator) -> None:
    """An engine whose hooks begin transactions, as SQLAlchemy advises for SQLite, is no other."""
    before = sqlite_operator.begin_with(programs.FOUND)
    with engine_of(sqlite_operator.url) as engine:

        @event.listens_for(engine, "connect")
        def connect(raw: Any, _: Any) -> None:
            raw.isolation_level = None
            raw.execute("PRAGMA foreign_keys = ON")

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN")

        for _ in range(2):
            with recording(engine) as run:
                assert run.connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
                programs.within_savepoints(run.connection)
            sqlite_operator.back("2")
            assert sqlite_operator.fingerprint() == before
