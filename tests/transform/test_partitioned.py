"""Transforms, rows of the past and rollbacks where the target is partitioned or has heirs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.drills.operator import Operator

OLD = """CREATE TABLE old (who integer, n integer PRIMARY KEY, name text, at integer);
INSERT INTO old VALUES (1, 1, 'Ada', 2), (1, 2, 'Ada L.', 12), (2, 3, 'Bob', 12), (3, 4, 'Cy', 3);
CREATE TABLE person (who integer, at integer, name text, PRIMARY KEY (who, at)) PARTITION BY RANGE (at);
CREATE TABLE person_1 PARTITION OF person FOR VALUES FROM (0) TO (10);
CREATE TABLE person_2 (name text, at integer NOT NULL, who integer NOT NULL);
ALTER TABLE person ATTACH PARTITION person_2 FOR VALUES FROM (10) TO (20);
INSERT INTO person VALUES (3, 3, 'before')"""

TRANSFORM = """from commands.transform import *
migration = Migration(steps=(Transform(
    name="people", source=Select(sql="SELECT who, n, name, at FROM old", order="n"),
    subject="who", record=("n",),
    into=(Rows(table="person", match=("who", "at"), missing="insert", columns={{
        "who": key("who"), "at": first("at"), "name": last("name")}}),),
),),{batched})
"""


def rows(operator: Operator, table: str, at: str = "head") -> list[Any]:
    """Return a table's rows at a position."""
    said = operator.type("rows", table, "--at", at, "--format", "json")
    return [tuple(row.values()) for row in json.loads(said)]


@pytest.mark.parametrize("batched", ["", "batched=1"])
def test_into_partitions(postgresql_operator: Operator, batched: str) -> None:
    """A transform fills and changes rows in whatever partition they stand, and comes back."""
    operator = postgresql_operator
    before = operator.begin_with(OLD)
    operator.file("0001_people.py", TRANSFORM.format(batched=batched))
    operator.type("apply", str(operator.migrations))
    after = operator.fingerprint()
    now = [(1, 2, "Ada L."), (2, 12, "Bob"), (3, 3, "Cy")]
    assert sorted(rows(operator, "person")) == now
    operator.apply("0002_move", "UPDATE person SET at = 14 WHERE who = 1;\nDELETE FROM old;\n")
    moved = operator.fingerprint()
    assert rows(operator, "person_2") == [("Ada L.", 14, 1), ("Bob", 12, 2)]
    assert sorted(rows(operator, "person", "before:0002_move")) == now
    assert rows(operator, "person_2", "before:0002_move") == [("Bob", 12, 2)]
    assert rows(operator, "person", "before:0001_people") == [(3, 3, "before")]
    operator.back("before:0002_move")
    assert operator.fingerprint() == after
    operator.back("before:0001_people")
    assert operator.fingerprint() == before
    operator.back("after:0002_move")
    assert operator.fingerprint() == moved


def test_rows_changed_since(postgresql_operator: Operator) -> None:
    """A row of a partition that an application wrote since is told, kept or overwritten."""
    operator = postgresql_operator
    before = operator.begin_with(OLD)
    operator.apply("0001_change", "UPDATE person SET name = 'changed', at = 13 WHERE who = 3")
    operator.application("UPDATE person SET name = 'application' WHERE who = 3")
    said = operator.back("before:0001_change", code=3)
    assert "written since" in said + operator.err
    operator.back("before:0001_change", "--if-changed", "overwrite")
    assert operator.fingerprint() == before
