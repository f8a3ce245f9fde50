"""What a program executes on its own connection: as without us, and back exactly."""

from __future__ import annotations

import pytest

from commands import recording
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
