"""Statements that are awkward to capture: a setup, and what runs over it, by name."""

from __future__ import annotations

from tests.language.cases import Rebuilt
from tests.sqlite.there_and_back import POPULATED as P

_KEYED = """
    CREATE TABLE a (id INTEGER PRIMARY KEY, k TEXT, v);
    CREATE UNIQUE INDEX ak ON a (k) WHERE v > 1;
    INSERT INTO a VALUES (1, 'a', 1), (2, 'b', 2), (3, NULL, 3), (4, 'c', 5);
"""
_ALIKE = "CREATE TABLE k (a, b); INSERT INTO k VALUES (1, 1), (1, 1), (1, 1);"
_NOCASE = """
    CREATE TABLE k (a TEXT COLLATE NOCASE, b INT, v, PRIMARY KEY (a, b DESC)) WITHOUT ROWID;
    INSERT INTO k VALUES ('A', 1, 1), ('b', 2, 2);
"""
_WIDE = (
    f"CREATE TABLE w ({', '.join(f'c{n}' for n in range(1985))}); INSERT INTO w (c9) VALUES (1);"
)
_DANGLING = """
    CREATE TABLE p (id INTEGER PRIMARY KEY);
    CREATE TABLE c (id INTEGER PRIMARY KEY, p REFERENCES p);
    INSERT INTO c VALUES (1, 99);
"""
_HIDING = "CREATE TABLE h (rowid INTEGER PRIMARY KEY, _rowid_, oid, a); INSERT INTO h VALUES (1, 2, 3, 4);"
_CLAUSES = """
    CREATE TABLE a (x UNIQUE ON CONFLICT IGNORE, y NOT NULL ON CONFLICT REPLACE DEFAULT 7,
        z CHECK (z < 5), w PRIMARY KEY ON CONFLICT REPLACE);
    INSERT INTO a VALUES (1, 1, 1, 1), (2, 2, 2, 2);
"""

CAPTURED: dict[str, tuple[str, str]] = {
    # --- displaced rows ------------------------------------------------------------------
    "replace by key": (P, "INSERT OR REPLACE INTO person (id, name) VALUES (3, 'x');"),
    "replace by index": (P, "REPLACE INTO person (name, email) VALUES ('x', 'ANN@X');"),
    "update or replace": (P, "UPDATE OR REPLACE pet SET owner = 3, name = 'Rex' WHERE id = 9;"),
    "update or replace that shifts keys": (P, "UPDATE OR REPLACE pet SET id = id + 1;"),
    "conflict clause of a constraint": (
        """CREATE TABLE a (id INTEGER PRIMARY KEY, k TEXT UNIQUE ON CONFLICT REPLACE, v);
           INSERT INTO a VALUES (1, 'a', 1), (2, 'b', 2), (3, NULL, 3), (5, NULL, 5);""",
        """INSERT INTO a VALUES (9, 'a', 0), (10, NULL, 4), (11, 'b', 2), (12, 'b', 3);
           UPDATE a SET k = 'zz';""",
    ),
    "conflict clauses of every kind": (
        _CLAUSES,
        """INSERT INTO a VALUES (1, 9, 1, 9), (3, NULL, 3, 2); UPDATE a SET y = NULL WHERE x = 3;
           INSERT OR IGNORE INTO a VALUES (5, 5, 9, 5); UPDATE OR IGNORE a SET x = 4;""",
    ),
    "replace under a partial index": (
        _KEYED,
        "INSERT OR REPLACE INTO a VALUES (9, 'b', 9), (1, 'c', 3), (11, 'c', 0);",
    ),
    "replace under an index on an expression": (
        _KEYED + "CREATE UNIQUE INDEX al ON a (lower(k));",
        "INSERT OR REPLACE INTO a VALUES (9, 'A', 0), (1, 'q', 3);",
    ),
    "replace where a trigger updates the displaced": (
        _KEYED
        + """CREATE TRIGGER g BEFORE INSERT ON a BEGIN
             UPDATE a SET v = v + 100 WHERE k = new.k; END;""",
        "INSERT OR REPLACE INTO a VALUES (9, 'b', 9);",
    ),
    "replace where a trigger deletes the displaced": (
        _KEYED + "CREATE TRIGGER g BEFORE INSERT ON a BEGIN DELETE FROM a WHERE k = new.k; END;",
        "INSERT OR REPLACE INTO a VALUES (9, 'b', 9);",
    ),
    "replace where a trigger inserts": (
        _KEYED
        + """CREATE TRIGGER g BEFORE INSERT ON a WHEN new.id = 9 BEGIN
             INSERT INTO a VALUES (20, 'zz', 7); END;""",
        "INSERT OR REPLACE INTO a VALUES (9, 'b', 9);",
    ),
    "replace where a trigger displaces the new row": (
        _KEYED
        + """CREATE TRIGGER g AFTER INSERT ON a WHEN new.id = 9 BEGIN
             INSERT OR REPLACE INTO a VALUES (20, 'b', 7); END;""",
        "INSERT INTO a VALUES (9, 'q', 9); INSERT OR REPLACE INTO a VALUES (9, 'b', 9);",
    ),
    "replace with a cascade into itself": (
        """CREATE TABLE t (id INTEGER PRIMARY KEY, p REFERENCES t ON DELETE CASCADE, u UNIQUE);
           INSERT INTO t VALUES (1, NULL, 'a'), (2, 1, 'b'), (3, 2, 'c'), (4, NULL, 'd');""",
        "INSERT OR REPLACE INTO t VALUES (1, NULL, 'b');",
    ),
    "replace that sets null in itself": (
        """CREATE TABLE t (id INTEGER PRIMARY KEY, p REFERENCES t ON DELETE SET NULL, u UNIQUE);
           INSERT INTO t VALUES (1, NULL, 'a'), (2, 1, 'b'), (3, 2, 'c'), (4, NULL, 'd');""",
        "INSERT OR REPLACE INTO t VALUES (1, NULL, 'b');",
    ),
    "minus nought, where a trigger is": (
        _KEYED + "CREATE TRIGGER g AFTER UPDATE ON a BEGIN SELECT 1; END;",
        "UPDATE OR REPLACE a SET v = 0.0; UPDATE OR REPLACE a SET v = -0.0;",
    ),
    # --- what else a statement may do ----------------------------------------------------
    "a row that goes as it comes": (
        _KEYED + "CREATE TRIGGER g AFTER INSERT ON a BEGIN DELETE FROM a WHERE id = new.id; END;",
        "INSERT INTO a VALUES (9, 'x', 1), (10, 'y', 1);",
    ),
    "triggers that go on": (
        P
        + """CREATE TRIGGER r AFTER INSERT ON counted WHEN new.id < 60 BEGIN
             INSERT INTO counted VALUES (new.id + 1); END;""",
        "INSERT INTO counted VALUES (50);",
    ),
    "a trigger that ignores": (
        P
        + """CREATE TRIGGER r BEFORE INSERT ON note WHEN new.body = 2 BEGIN
             SELECT RAISE(IGNORE); END;""",
        "INSERT INTO note VALUES (1, 1), (2, 2), (3, 3);",
    ),
    "upsert": (
        P,
        """INSERT INTO pet (owner, name) VALUES (3, 'Rex') ON CONFLICT (owner, name)
           DO UPDATE SET weight = weight + 1;
           INSERT INTO pet (owner, name) VALUES (3, 'Rex') ON CONFLICT DO NOTHING;""",
    ),
    "update from": (
        P,
        """UPDATE pet SET name = p.name || id FROM (SELECT id AS i, name FROM person) AS p
           WHERE p.i = pet.owner;""",
    ),
    "returning": (
        P,
        "INSERT INTO note VALUES (1, 2) RETURNING rowid, *; DELETE FROM log RETURNING *;",
    ),
    "with": (
        P,
        """WITH RECURSIVE c (x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM c WHERE x < 100)
           INSERT INTO note SELECT x, x FROM c;""",
    ),
    "temporary triggers": (
        P,
        """CREATE TEMP TRIGGER t1 AFTER INSERT ON note BEGIN INSERT INTO log VALUES (new.body); END;
           INSERT INTO note VALUES (1, 2); CREATE TRIGGER temp.t2 BEFORE INSERT ON person BEGIN
           UPDATE person SET age = 1 WHERE id = new.id; END;
           INSERT OR REPLACE INTO person (id, name) VALUES (3, 'z'); ALTER TABLE note RENAME TO n;
           INSERT INTO n VALUES (3, 4); DROP TABLE n; DROP TRIGGER t2; INSERT INTO log VALUES (9);""",
    ),
    "temporary tables": (
        P,
        """CREATE TEMP TABLE t (a); INSERT INTO t SELECT body FROM note; CREATE INDEX temp.i ON t (a);
           CREATE TRIGGER g AFTER DELETE ON t BEGIN INSERT INTO log VALUES (old.a); END;
           INSERT INTO main.note SELECT a, a FROM t; DELETE FROM t; ALTER TABLE t RENAME TO u;
           CREATE VIRTUAL TABLE temp.f USING fts5 (a); INSERT INTO f VALUES ('x');
           INSERT INTO log SELECT a FROM f; DROP TABLE u;""",
    ),
    "all rows at once": (P, "DELETE FROM log; DELETE FROM note; DELETE FROM counted;"),
    "no row": (
        P,
        """UPDATE note SET body = 1 WHERE 0; DELETE FROM note WHERE 0;
           INSERT INTO note SELECT 1, 2 WHERE 0;""",
    ),
    "through views": (
        P,
        """INSERT INTO person_view (name, email) VALUES ('q', 'r');
           CREATE TRIGGER vd INSTEAD OF DELETE ON person_view BEGIN
           DELETE FROM person WHERE id = old.id; END;
           DELETE FROM person_view WHERE id = 3;""",
    ),
    "the last rowid, asked for": (
        P,
        Rebuilt("""INSERT OR REPLACE INTO person (name) VALUES ('z');
           INSERT INTO pet (owner, name) VALUES (last_insert_rowid(), 'q');
           INSERT INTO note VALUES (last_insert_rowid(), 1); ALTER TABLE note ADD c;
           CREATE TABLE t AS SELECT * FROM pet; DROP TABLE log;
           INSERT INTO note VALUES (last_insert_rowid(), 1, 1); DROP TRIGGER pet_log;
           DELETE FROM pet; INSERT INTO note VALUES (last_insert_rowid(), 1, 1);"""),
    ),
    "foreign keys deferred": (
        """CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE d (p REFERENCES p DEFERRABLE
           INITIALLY DEFERRED); CREATE TABLE c (p REFERENCES p);""",
        """INSERT INTO d VALUES (1); INSERT INTO p VALUES (1); PRAGMA defer_foreign_keys = ON;
           INSERT INTO c VALUES (2); INSERT INTO p VALUES (2);""",
    ),
    "foreign keys in a circle": (
        """CREATE TABLE a (id INTEGER PRIMARY KEY, b REFERENCES b ON DELETE CASCADE);
           CREATE TABLE b (id INTEGER PRIMARY KEY, a REFERENCES a ON DELETE CASCADE DEFERRABLE
           INITIALLY DEFERRED); INSERT INTO b VALUES (1, 1); INSERT INTO a VALUES (1, 1);""",
        "DELETE FROM a; DROP TABLE a;",
    ),
    "rows that refer to nothing": (_DANGLING, "DELETE FROM c; DROP TABLE p;"),
    "rows that refer to nothing, mended": (_DANGLING, "UPDATE c SET p = NULL;"),
    # --- places of rows ------------------------------------------------------------------
    "rowids": (
        P,
        Rebuilt("""UPDATE note SET rowid = -rowid; INSERT INTO note (rowid, body) VALUES
           (9223372036854775807, 'max'), (-9223372036854775808, 'min'), (0, 'nought');
           ALTER TABLE note DROP COLUMN extra; DELETE FROM note WHERE rowid < 0;"""),
    ),
    "equal rows without a key": (
        _ALIKE,
        Rebuilt("DELETE FROM k WHERE rowid = 2; UPDATE k SET a = 2; ALTER TABLE k DROP COLUMN b;"),
    ),
    "keys that change places": (
        """CREATE TABLE k (id INTEGER PRIMARY KEY, u UNIQUE);
           INSERT INTO k VALUES (1, 1), (2, 2), (3, 3);""",
        """UPDATE k SET u = -u; UPDATE k SET u = CASE u WHEN -1 THEN 2 WHEN -2 THEN 3 ELSE 1 END;
           UPDATE k SET id = -id;""",
    ),
    "keys without rowid that change places": (
        """CREATE TABLE k (a, b, PRIMARY KEY (a, b)) WITHOUT ROWID;
           INSERT INTO k VALUES (1, 1), (1, 2), (2, 1);""",
        "UPDATE k SET b = b + 10; UPDATE k SET a = b, b = a;",
    ),
    "keys of any case without rowid": (
        _NOCASE,
        """UPDATE k SET v = 5 WHERE a = 'a'; DELETE FROM k WHERE a = 'B';
           INSERT OR REPLACE INTO k VALUES ('A', 1, 7);""",
    ),
    "null keys": (
        """CREATE TABLE a (x, y, z, PRIMARY KEY (x, y));
           INSERT INTO a VALUES (NULL, 1, 1), (NULL, 1, 1), (2, 2, 2);""",
        Rebuilt("UPDATE a SET z = 5; DELETE FROM a WHERE rowid = 1; ALTER TABLE a DROP COLUMN z;"),
    ),
    "a column named rowid": (
        "CREATE TABLE h (RowId TEXT, a); INSERT INTO h VALUES ('x', 4);",
        Rebuilt("UPDATE h SET a = 5; ALTER TABLE h DROP COLUMN rowid; DROP TABLE h;"),
    ),
    "each name of the rowid is a column, one the key": (
        _HIDING,
        Rebuilt(
            "UPDATE h SET a = 5; ALTER TABLE h DROP COLUMN a; ALTER TABLE h DROP oid; DROP TABLE h;"
        ),
    ),
    "many columns": (
        _WIDE,
        Rebuilt(
            "UPDATE w SET c5 = 1; ALTER TABLE w DROP COLUMN c7; DELETE FROM w; INSERT INTO w (c1) VALUES (5);"
        ),
    ),
    # --- counters ------------------------------------------------------------------------
    "counters": (
        P,
        """INSERT INTO counted VALUES (9223372036854775807); DELETE FROM counted;
           UPDATE sqlite_sequence SET seq = 5 WHERE name = 'counted';
           INSERT INTO counted DEFAULT VALUES; UPDATE sqlite_sequence SET seq = -5;
           INSERT INTO counted DEFAULT VALUES; ALTER TABLE counted RENAME TO c;
           INSERT INTO c DEFAULT VALUES; DELETE FROM sqlite_sequence; INSERT INTO c DEFAULT VALUES;""",
    ),
    "the first counter of a file": (
        "CREATE TABLE q (a);",
        """CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO t DEFAULT VALUES;
           DROP TABLE t;""",
    ),
}
"""Exact, and the same as without a journal."""

REFUSED: dict[str, tuple[str, str, str]] = {
    "changes()": (
        P,
        "UPDATE note SET extra = 1; INSERT INTO log VALUES (changes());",
        "changes-function",
    ),
    "total_changes() in a view": (
        P + "CREATE VIEW c AS SELECT total_changes() AS c;",
        "INSERT INTO note SELECT c, 1 FROM c;",
        "changes-function",
    ),
    "changes() in a trigger": (
        P + "CREATE TRIGGER q AFTER UPDATE ON note BEGIN INSERT INTO log VALUES (changes()); END;",
        "UPDATE note SET extra = 1;",
        "changes-function",
    ),
    "rows of a table whose rowid is hidden": (
        "CREATE TABLE h (rowid, _rowid_, oid); INSERT INTO h VALUES (1, 2, 3);",
        "DELETE FROM h;",
        "hidden-rowid",
    ),
    "a column more where the rowid is hidden": (
        "CREATE TABLE h (rowid, _rowid_, oid); INSERT INTO h VALUES (1, 2, 3);",
        "ALTER TABLE h ADD COLUMN z;",
        "hidden-rowid",
    ),
    "2,000 columns": (
        f"CREATE TABLE w ({', '.join(f'c{n}' for n in range(2000))});",
        "UPDATE w SET c1 = 1;",
        "too-many-columns",
    ),
    "a column too many": (
        f"CREATE TABLE w ({', '.join(f'c{n}' for n in range(1990))});",
        "ALTER TABLE w ADD COLUMN z;",
        "too-many-columns",
    ),
    "a counter that no table owns": (
        P,
        "UPDATE sqlite_sequence SET name = 'COUNTED' WHERE name = 'counted';",
        "sqlite-sequence",
    ),
    "statistics": (P + "ANALYZE;", "DELETE FROM sqlite_stat1;", "statistics"),
    "broken UTF-16": (
        "PRAGMA encoding = 'UTF-16le'; CREATE TABLE u (a); INSERT INTO u VALUES (CAST(x'00d8' AS TEXT));",
        "DELETE FROM u;",
        "broken-utf-16",
    ),
}
"""Refused under a name, with nothing done."""

FAILING: dict[str, tuple[str, str]] = {
    "syntax": (P, "UPDATE note SET;"),
    "no such table": (P, "DELETE FROM nowhere;"),
    "no such column": (P, "UPDATE note SET nothing = 1;"),
    "unique": (P, "INSERT INTO pet (owner, name) VALUES (3, 'Rex');"),
    "key": (P, "UPDATE pet SET id = 1;"),
    "not null": (P, "INSERT INTO person (name) VALUES (NULL);"),
    "check": (P, "UPDATE person SET age = -1;"),
    "foreign key": (P, "INSERT INTO pet (owner, name) VALUES (99, 'x');"),
    "deferred foreign key": (
        """CREATE TABLE p (id INTEGER PRIMARY KEY);
           CREATE TABLE c (p REFERENCES p DEFERRABLE INITIALLY DEFERRED);""",
        "INSERT INTO c VALUES (1);",
    ),
    "strict": (P, "INSERT INTO exact_one (n) VALUES ('x');"),
    "or fail": (P, "INSERT OR FAIL INTO vet (code) VALUES ('v9'), ('v1'), ('v8');"),
    "or rollback": (P, "INSERT OR ROLLBACK INTO vet (code) VALUES ('v9'), ('v1');"),
    "abort": (
        P + "CREATE TRIGGER r BEFORE INSERT ON note BEGIN SELECT RAISE(ABORT, 'mine'); END;",
        "INSERT INTO note VALUES (1, 1);",
    ),
    "fail": (
        P + "CREATE TRIGGER r AFTER INSERT ON note BEGIN SELECT RAISE(FAIL, 'mine'); END;",
        "INSERT INTO note VALUES (1, 1);",
    ),
    "rollback": (
        P + "CREATE TRIGGER r AFTER INSERT ON note BEGIN SELECT RAISE(ROLLBACK, 'mine'); END;",
        "INSERT INTO note VALUES (1, 1);",
    ),
    "view": (P, "UPDATE person_view SET name = 'q';"),
    "generated": (P, "UPDATE visit SET total = 1;"),
    "full counter": (
        P,
        "INSERT INTO counted VALUES (9223372036854775807); INSERT INTO counted DEFAULT VALUES;",
    ),
    "not null without default": (P, "ALTER TABLE note ADD COLUMN z NOT NULL;"),
    "column of the key": (P, "ALTER TABLE pet DROP COLUMN id;"),
    "index of a constraint": (P, "DROP INDEX sqlite_autoindex_pet_1;"),
    "broken view": (
        P + "CREATE VIEW b AS SELECT no FROM nowhere;",
        "ALTER TABLE note RENAME body TO x;",
    ),
    "name taken": (P, "CREATE TABLE PERSON (a);"),
    "strict generated": (P, "ALTER TABLE exact_one ADD COLUMN d AS (n + 1);"),
}
"""Refused by SQLite, in the same words as without a journal."""
