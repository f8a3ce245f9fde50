"""Sequences move with the transaction that moves them: a plan leaves them where they stand."""

from __future__ import annotations

from tests.drills.operator import Operator


def test_a_plan_moves_no_sequence(postgresql_operator: Operator) -> None:
    """A rollback that is only planned, or refused, has put no sequence back."""
    operator = postgresql_operator
    operator.begin_with("CREATE SEQUENCE s;\nCREATE TABLE a (id integer PRIMARY KEY);\n")
    operator.apply("0001_five", "INSERT INTO a SELECT nextval('s') FROM generate_series(1, 5);")
    operator.type("rollback", "before:0001_five", "--plan")
    assert operator.application("SELECT last_value FROM s") == [(5,)]
    operator.application("UPDATE a SET id = 9 WHERE id = 5")
    operator.back("before:0001_five", code=3)
    assert operator.application("SELECT last_value FROM s") == [(5,)]
    operator.back("before:0001_five", "--if-changed", "overwrite")
    assert operator.application("SELECT last_value, is_called FROM s") == [(1, False)]
