"""Indexes, views and triggers, and what is done with statistics."""

from tests.language.cases import Case
from tests.sqlite.there_and_back import POPULATED

SECTION = "Indexes, views, triggers, statistics"
BASE = POPULATED
CASES = [
    Case("CREATE INDEX i ON note (body, extra DESC)"),
    Case("CREATE UNIQUE INDEX IF NOT EXISTS main.i ON visit (day)"),
    Case("CREATE INDEX i ON person (lower(name) || age) WHERE age > 1"),
    Case("CREATE INDEX i ON person (name COLLATE RTRIM ASC, 'odd \"name')"),
    Case("CREATE INDEX i ON pair (v, a)"),
    Case("CREATE INDEX i ON visit (total, kept)"),
    Case("CREATE INDEX i ON note (body -> '$.a')", since=338),
    Case("CREATE INDEX IF NOT EXISTS person_email ON note (body)"),
    Case("DROP INDEX person_email"),
    Case('DROP INDEX main."person by name"'),
    Case("DROP INDEX IF EXISTS nowhere"),
    Case("CREATE VIEW IF NOT EXISTS w (a, b) AS SELECT id, name FROM person"),
    Case("CREATE VIEW w AS SELECT * FROM nowhere"),
    Case(
        "CREATE VIEW w AS WITH RECURSIVE c(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM c) SELECT x FROM c LIMIT 3"
    ),
    Case("CREATE VIEW w AS SELECT * FROM tree JOIN tree USING (id) NATURAL JOIN pet"),
    Case("CREATE VIEW w AS SELECT id, sum(id) OVER win FROM pet WINDOW win AS (ORDER BY id)"),
    Case(
        "CREATE VIEW w AS SELECT group_concat(name, ',' ORDER BY id DESC) AS n FROM pet", since=344
    ),
    Case(
        "CREATE VIEW w AS SELECT p.id, v.day FROM pet p FULL JOIN visit v ON v.pet = p.id",
        since=339,
    ),
    Case("DROP VIEW view_of_view"),
    Case("DROP VIEW person_view"),
    Case("DROP VIEW IF EXISTS nowhere"),
    Case("DROP VIEW view_of_view; CREATE VIEW View_Of_View AS SELECT 1 AS one"),
    Case(
        "CREATE TRIGGER g AFTER INSERT ON note WHEN new.body = 'END' BEGIN"
        " UPDATE note SET extra = 'CASE' WHERE rowid = new.rowid; DELETE FROM log; END"
    ),
    Case(
        "CREATE TRIGGER IF NOT EXISTS g BEFORE UPDATE OF name, age ON person FOR EACH ROW BEGIN SELECT RAISE(IGNORE); END"
    ),
    Case(
        "CREATE TRIGGER g INSTEAD OF DELETE ON person_view BEGIN DELETE FROM person WHERE id = old.id; END"
    ),
    Case("CREATE TRIGGER g INSTEAD OF UPDATE OF name ON view_of_view BEGIN SELECT 1; END"),
    Case(
        "CREATE TRIGGER g AFTER DELETE ON note BEGIN SELECT RAISE(ABORT, 'no ' || old.body); END",
        since=347,
    ),
    Case(
        "CREATE TRIGGER g AFTER INSERT ON log BEGIN INSERT INTO note VALUES (1, 2) ON CONFLICT DO NOTHING; END"
    ),
    Case(
        "CREATE TRIGGER g AFTER INSERT ON log BEGIN UPDATE pet SET name = p.name FROM person p WHERE p.id = owner; END"
    ),
    Case(
        "CREATE TEMP TRIGGER g AFTER INSERT ON note BEGIN INSERT INTO log VALUES (new.body); END; INSERT INTO note VALUES (3, 4)"
    ),
    Case("DROP TRIGGER person_log"),
    Case("DROP TRIGGER IF EXISTS nowhere"),
    Case("DROP TRIGGER pet_log; CREATE TRIGGER Pet_Log BEFORE DELETE ON pet BEGIN SELECT 1; END"),
    Case("REINDEX"),
    Case("REINDEX person"),
    Case("REINDEX main.person_email"),
    Case("REINDEX NOCASE"),
    Case("ANALYZE"),
    Case("ANALYZE main"),
    Case("ANALYZE person_email"),
    Case("ANALYZE main.pet; DROP TABLE note"),
    Case("PRAGMA optimize"),
    Case("PRAGMA optimize(0xfffe)"),
    Case("DELETE FROM sqlite_stat1", "refused", "statistics", setup="ANALYZE;"),
    Case("DROP TABLE sqlite_stat1", "refused", "statistics", setup="ANALYZE;"),
]
FAILING = [
    Case("CREATE INDEX person_email ON note (body)"),
    Case("CREATE UNIQUE INDEX i ON person (email COLLATE BINARY)"),
    Case("CREATE INDEX i ON person (random())"),
    Case("DROP INDEX sqlite_autoindex_pet_1"),
    Case("DROP VIEW pet"),
    Case("CREATE TRIGGER g AFTER INSERT ON nowhere BEGIN SELECT 1; END"),
]
