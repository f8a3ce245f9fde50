"""Migrations of partitioned tables and inheritance trees, visited in both directions."""

from __future__ import annotations

from tests.drills.operator import Operator
from tests.postgresql.trees import TREES
from tests.support.oracle import fingerprint

MIGRATIONS = {
    "0001_drop_column": "ALTER TABLE app.visit DROP COLUMN note CASCADE;",
    "0002_old_year": (
        "ALTER TABLE app.receipt DROP CONSTRAINT receipt_visit;\nDROP TABLE app.visit_2023 CASCADE;"
    ),
    "0003_new_year": (
        "CREATE TABLE app.visit_2030 PARTITION OF app.visit"
        " FOR VALUES FROM ('2030-01-01') TO ('2031-01-01');\n"
        "ALTER TABLE app.visit DETACH PARTITION app.visit_rest;"
    ),
    "0004_index": "DROP INDEX app.visit_city;\nCREATE INDEX again ON app.visit (city, amount);",
    "0005_heirs": (
        "ALTER TABLE app.thing DROP COLUMN gone;\n"
        "ALTER TABLE app.tool ADD COLUMN made date DEFAULT '2024-01-01';\n"
        "ALTER TABLE app.lease NO INHERIT app.dated;"
    ),
    "0006_all": "DROP TABLE app.visit CASCADE;\nDROP TABLE app.thing CASCADE;",
}


def test_there_and_back(postgresql_operator: Operator) -> None:
    """Every position of a history of trees comes back, rows and definitions alike."""
    operator = postgresql_operator
    seen = {"": operator.begin_with(TREES)}
    for name, sql in MIGRATIONS.items():
        planned = operator.apply(name, sql, "--dry-run")
        assert name in planned
        operator.apply(name, sql)
        seen[name] = operator.fingerprint()
    names = list(MIGRATIONS)
    for name in reversed(names):
        assert operator.type("rollback", f"before:{name}", "--plan")
        operator.back(f"before:{name}")
        before = names[names.index(name) - 1] if name != names[0] else ""
        assert operator.fingerprint() == seen[before], name
    for name in (names[3], names[0], names[-1], names[1]):
        operator.back(f"after:{name}")
        assert fingerprint(operator.url) == seen[name], name
    operator.back(f"before:{names[0]}")
    assert operator.fingerprint() == seen[""]
