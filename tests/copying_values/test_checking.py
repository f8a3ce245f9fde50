"""The schema is held against the source once it is made; what was stated is no surprise."""

from __future__ import annotations

import pytest

from commands.copy import Copy, omit
from commands.copy.checking import check_schema
from tests.copying_values.making import make, planned, run, schema

TABLES = (
    "CREATE TABLE a (id TEXT PRIMARY KEY, low TEXT UNIQUE, n INTEGER NOT NULL)",
    "CREATE TABLE b (id TEXT PRIMARY KEY, a TEXT REFERENCES a (id), c TEXT, two AS (c || c),"
    " UNIQUE (a, c))",
    "CREATE UNIQUE INDEX by_low ON b (c COLLATE NOCASE)",
)


@pytest.mark.parametrize("left", [(), ("a.low",), ("b.a",), ("a.id", "b.a"), ("b.c", "b.id")])
def test_stated(sqlite_url: str, postgresql_url: str, left: tuple[str, ...]) -> None:
    """What stays behind, with all that hangs on it, is stated beforehand and so is right."""
    run(sqlite_url, *TABLES)
    spec = Copy(create=True, columns=dict.fromkeys(left, omit()))
    plan = planned(sqlite_url, postgresql_url, spec)
    assert plan.problems == ()
    make(plan, postgresql_url)
    (check,) = check_schema(plan, schema(sqlite_url), schema(postgresql_url))
    assert check.passed, check.found


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        ("ALTER TABLE b DROP COLUMN c", "column of b.c: there -> none"),
        ("ALTER TABLE a ALTER n DROP NOT NULL", "nullability of a.n: never null -> null"),
        ("ALTER TABLE b DROP CONSTRAINT b_a_fkey", "foreign key of b: a -> a (id) -> none"),
        ("ALTER TABLE a DROP CONSTRAINT a_low_key", "unique of a: low -> none"),
        ("ALTER TABLE b DROP CONSTRAINT b_pkey", "key of b: id -> none"),
        ("DROP TABLE b", "table of b: there -> none"),
    ],
)
def test_damage(sqlite_url: str, postgresql_url: str, damage: str, found: str) -> None:
    """A table that is not as it was planned is told of."""
    run(sqlite_url, *TABLES)
    plan = planned(sqlite_url, postgresql_url)
    make(plan, postgresql_url)
    run(postgresql_url, damage)
    (check,) = check_schema(plan, schema(sqlite_url), schema(postgresql_url))
    assert not check.passed
    assert found in check.found
