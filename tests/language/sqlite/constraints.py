"""Constraints added and taken away in place, which SQLite 3.53 brought."""

from tests.language.cases import Case
from tests.sqlite.there_and_back import POPULATED

SECTION = "ALTER TABLE ... CONSTRAINT, NOT NULL"
BASE = (
    POPULATED
    + """
    CREATE TABLE held (
        id INTEGER PRIMARY KEY, a INT CONSTRAINT low CHECK (a > 0), "constraint" TEXT,
        b TEXT CONSTRAINT there NOT NULL DEFAULT 'b', CONSTRAINT high CHECK (a < 100));
    INSERT INTO held VALUES (1, 5, 'x', 'y'), (9, NULL, NULL, 'z');
    CREATE VIEW held_view AS SELECT a FROM held;
    CREATE TRIGGER held_log AFTER DELETE ON held BEGIN INSERT INTO log VALUES (old.a); END;
"""
)
CASES = [
    Case("ALTER TABLE held ADD CONSTRAINT more CHECK (a IS NOT 7)", since=353),
    Case("ALTER TABLE held ADD CHECK (a IS NOT 7)", since=353),
    Case("ALTER TABLE held ADD CONSTRAINT \"odd ' name\" CHECK (b <> 'ADD (')", since=353),
    Case("ALTER TABLE held DROP CONSTRAINT low", since=353),
    Case("ALTER TABLE held DROP CONSTRAINT high", since=353),
    Case("ALTER TABLE held DROP CONSTRAINT there", "rebuild", since=353),
    Case("ALTER TABLE held ALTER COLUMN b DROP NOT NULL", "rebuild", since=353),
    Case("ALTER TABLE held ALTER b DROP NOT NULL; UPDATE held SET b = NULL", "rebuild", since=353),
    Case("ALTER TABLE held DROP CONSTRAINT low; UPDATE held SET a = -5", since=353),
    Case("ALTER TABLE pet ALTER COLUMN name SET NOT NULL", "rebuild", since=353),
    Case("ALTER TABLE pair ALTER v DROP NOT NULL", since=353),
    Case('ALTER TABLE held DROP COLUMN "constraint"', "rebuild"),
    Case('ALTER TABLE held DROP "constraint"', "rebuild"),
]
FAILING = [
    Case("ALTER TABLE held ALTER COLUMN a SET NOT NULL"),
    Case("ALTER TABLE held ADD CHECK (a > 50)"),
    Case("ALTER TABLE held DROP CONSTRAINT nothing"),
]
