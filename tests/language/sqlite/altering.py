"""ALTER TABLE: tables and columns renamed, columns that come and go."""

from tests.language.cases import Case
from tests.sqlite.there_and_back import POPULATED

SECTION = "ALTER TABLE"
BASE = POPULATED
_FAR = """
    CREATE TABLE far (id INTEGER PRIMARY KEY, a INT, b INT, c INT, d TEXT DEFAULT 'q');
    INSERT INTO far VALUES (1, 1, 2, 3, 'x'), (5, 5, 6, 7, NULL);
    CREATE VIEW far_view AS SELECT a, b AS bee, far.c FROM far WHERE a IN (SELECT b FROM far);
    CREATE TRIGGER far_log AFTER UPDATE OF a, b ON far WHEN new.a > old.b BEGIN
        INSERT INTO log SELECT a FROM far WHERE b = new.b;
        UPDATE far SET c = new.a WHERE far.a = old.a; END;
    CREATE INDEX far_b ON far (b + 1) WHERE b > 0;
"""
CASES = [
    Case("ALTER TABLE person RENAME TO people"),
    Case("ALTER TABLE pair RENAME TO couple"),
    Case("ALTER TABLE tree RENAME TO wood"),
    Case("ALTER TABLE counted RENAME TO numbered"),
    Case("ALTER TABLE 'pet' RENAME TO \"select * from\""),
    Case("ALTER TABLE far RENAME TO near", setup=_FAR),
    Case("PRAGMA legacy_alter_table = ON; ALTER TABLE vet RENAME TO doctor"),
    Case("PRAGMA foreign_keys = OFF; ALTER TABLE person RENAME TO people"),
    Case("ALTER TABLE pet RENAME TO p; ALTER TABLE p RENAME TO pet"),
    Case(
        "ALTER TABLE note RENAME TO aside; ALTER TABLE log RENAME TO note;"
        "ALTER TABLE aside RENAME TO log"
    ),
    Case("ALTER TABLE pet RENAME COLUMN weight TO mass"),
    Case("ALTER TABLE person RENAME age TO years"),
    Case("ALTER TABLE far RENAME a TO aa", setup=_FAR),
    Case('ALTER TABLE far RENAME COLUMN b TO "b b"', setup=_FAR),
    Case("ALTER TABLE person RENAME COLUMN name TO NAME"),
    Case('ALTER TABLE person RENAME COLUMN "select" TO "from ""🙂"'),
    Case("ALTER TABLE visit RENAME COLUMN fee TO price", "rebuild"),
    Case("ALTER TABLE visit RENAME COLUMN total TO twice"),
    Case("ALTER TABLE pair RENAME COLUMN a TO left_one"),
    Case("ALTER TABLE tree RENAME COLUMN id TO key"),
    Case(
        "ALTER TABLE note RENAME body TO aside; ALTER TABLE note RENAME extra TO body;"
        "ALTER TABLE note RENAME aside TO extra"
    ),
    Case("ALTER TABLE person ADD COLUMN phone TEXT", "rebuild"),
    Case("ALTER TABLE person ADD phone TEXT NOT NULL DEFAULT 'none'", "rebuild"),
    Case("ALTER TABLE note ADD COLUMN n INTEGER DEFAULT '12'", "rebuild"),
    Case('ALTER TABLE note ADD COLUMN n TEXT DEFAULT "it\'s"', "rebuild"),
    Case("ALTER TABLE counted ADD COLUMN n DEFAULT (1 + 1)"),
    Case("ALTER TABLE note ADD COLUMN p INTEGER REFERENCES person (id)", "rebuild"),
    Case("ALTER TABLE note ADD COLUMN n INT DEFAULT 1 CHECK (n > 0)", "rebuild"),
    Case("ALTER TABLE note ADD COLUMN n CONSTRAINT c CHECK (body IS NOT NULL)", "rebuild"),
    Case("ALTER TABLE pet ADD COLUMN twice AS (weight || weight)", "rebuild"),
    Case("ALTER TABLE pet ADD COLUMN twice TEXT AS (name) CHECK (twice <> 'Zed')", "rebuild"),
    Case("ALTER TABLE exact_one ADD COLUMN z REAL DEFAULT 1", "rebuild", since=337),
    Case("ALTER TABLE pair ADD COLUMN z COLLATE NOCASE DEFAULT 'Q'", "rebuild"),
    Case("ALTER TABLE note ADD a DEFAULT 1; CREATE INDEX na ON note (a)", "rebuild"),
    Case("ALTER TABLE note DROP COLUMN body", "rebuild"),
    Case("ALTER TABLE note DROP extra", "rebuild"),
    Case("ALTER TABLE pair DROP COLUMN v", "rebuild"),
    Case("ALTER TABLE far DROP COLUMN d", "rebuild", setup=_FAR),
    Case("ALTER TABLE vet DROP COLUMN city", "rebuild"),
    Case("ALTER TABLE exact_one DROP COLUMN n", "rebuild", since=337),
    Case("ALTER TABLE visit DROP COLUMN total", "rebuild"),
    Case("ALTER TABLE visit DROP COLUMN kept", "rebuild"),
    Case("ALTER TABLE visit DROP COLUMN pet", "rebuild"),
    Case("ALTER TABLE person DROP COLUMN age", "rebuild"),
    Case("ALTER TABLE person DROP COLUMN 'odd \"name'", "rebuild"),
    Case("ALTER TABLE note DROP COLUMN body; ALTER TABLE note ADD body DEFAULT 'new'", "rebuild"),
    Case("ALTER TABLE person ADD family; UPDATE person SET family = upper(name)", "rebuild"),
]
FAILING = [
    Case("ALTER TABLE person RENAME TO PERSON"),
    Case("ALTER TABLE person DROP COLUMN id"),
    Case("ALTER TABLE pet DROP COLUMN owner"),
    Case("ALTER TABLE person DROP COLUMN email"),
    Case("ALTER TABLE visit DROP COLUMN fee"),
    Case("ALTER TABLE far DROP COLUMN c", setup=_FAR),
    Case("ALTER TABLE log DROP COLUMN what"),
    Case("ALTER TABLE person_view RENAME TO other"),
    Case("ALTER TABLE person_view ADD COLUMN a"),
    Case("ALTER TABLE note ADD COLUMN z NOT NULL"),
    Case("ALTER TABLE note ADD COLUMN z UNIQUE"),
    Case("ALTER TABLE note ADD COLUMN z PRIMARY KEY"),
    Case("ALTER TABLE note ADD COLUMN z DEFAULT CURRENT_TIME"),
    Case("ALTER TABLE note ADD COLUMN z AS (body) STORED"),
    Case("ALTER TABLE note ADD COLUMN z DEFAULT 1 REFERENCES person (id)"),
    Case("ALTER TABLE note ADD COLUMN z CHECK (body > 'zzz')"),
    Case("ALTER TABLE note RENAME body TO extra"),
    Case("ALTER TABLE sqlite_sequence RENAME TO x"),
]
