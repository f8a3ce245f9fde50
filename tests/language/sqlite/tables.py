"""Tables made and dropped: types, names, keys, generated columns, what a SELECT gives."""

from tests.language.cases import Case
from tests.sqlite.there_and_back import POPULATED

SECTION = "CREATE TABLE and DROP TABLE"
BASE = POPULATED
CASES = [
    Case("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT DEFAULT 'x')"),
    Case("CREATE TABLE IF NOT EXISTS main.t (a, b UNIQUE)"),
    Case("CREATE TABLE IF NOT EXISTS person (a)"),
    Case('CREATE TABLE "t ""🙂\' x" ("a b" TEXT, [c d] INT, `e` REAL)'),
    Case('CREATE TABLE t (a, key, no, replace, "select", action, before)'),
    Case("CREATE TABLE t (a \"VARCHAR (10)\", b 'weird type', c [x y](3, 4), d UNSIGNED BIG INT)"),
    Case("CREATE TABLE t (a generated, b always AS (a) VIRTUAL)"),
    Case("CREATE TABLE t (a TEXT, b INT, PRIMARY KEY (b, a)) WITHOUT ROWID"),
    Case("CREATE TABLE t (a INTEGER PRIMARY KEY, b ANY, c BLOB, d REAL) STRICT", since=337),
    Case("CREATE TABLE t (a TEXT PRIMARY KEY) STRICT, WITHOUT ROWID", since=337),
    Case("CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT)"),
    Case("CREATE TABLE t (a INTEGER PRIMARY KEY DESC, b)"),
    Case("CREATE TABLE t (a INT AS (b + 1), b INT, c AS (a * 2) STORED)"),
    Case("CREATE TABLE t (a CHECK (a IS NOT 5), b NOT NULL ON CONFLICT REPLACE DEFAULT 'z')"),
    Case("CREATE TABLE t (a, b, CONSTRAINT u UNIQUE (a, b) ON CONFLICT IGNORE)"),
    Case("CREATE TABLE t (a CONSTRAINT x, b CONSTRAINT y CONSTRAINT z UNIQUE)"),
    Case(
        "CREATE TABLE t (a REFERENCES person (id) ON DELETE CASCADE DEFERRABLE INITIALLY"
        " DEFERRED, b, c, FOREIGN KEY (b, c) REFERENCES pair (b, a) MATCH FULL)"
    ),
    Case("CREATE TABLE t (a REFERENCES nowhere)"),
    Case("CREATE TABLE t (a COLLATE NOCASE, b TEXT COLLATE RTRIM UNIQUE)"),
    Case("CREATE TABLE t (a DEFAULT CURRENT_TIMESTAMP, b DEFAULT (random()), c DEFAULT -1)"),
    Case('CREATE TABLE t (a DEFAULT "double quoted", b CHECK (b <> "no"))'),
    Case("CREATE /* c1 */ TABLE t -- c2\n (a INT, -- c3 ) , (\n b TEXT /* ) */ COLLATE NOCASE)"),
    Case("CREATE TABLE t AS SELECT *, 1 + 1 AS two FROM person"),
    Case("CREATE TABLE t AS SELECT * FROM person WHERE 0"),
    Case("CREATE TABLE t AS VALUES (1, 'a'), (NULL, x'00'), (-0.0, '🙂')"),
    Case("CREATE TABLE t AS WITH c AS (SELECT 1 AS a) SELECT a FROM c"),
    Case("CREATE TABLE t AS SELECT p.name, v.day FROM pet p LEFT JOIN visit v ON v.pet = p.id"),
    Case(
        "CREATE TABLE t (rowid TEXT, _rowid_ INT, oid); INSERT INTO t DEFAULT VALUES",
        "refused",
        "hidden-rowid",
    ),
    Case("DROP TABLE note"),
    Case("DROP TABLE IF EXISTS nowhere"),
    Case("DROP TABLE pair"),
    Case("DROP TABLE exact_one"),
    Case("DROP TABLE tree"),
    Case("DROP TABLE counted"),
    Case("DROP TABLE visit"),
    Case('DROP TABLE "Odd table ""🙂"""'),
    Case("DROP TABLE person", "refused", "drop-table-cascade"),
    Case("PRAGMA foreign_keys = OFF; DROP TABLE person"),
    Case("DROP TABLE visit; DROP TABLE pet; DROP TABLE person"),
    Case("DROP TABLE note; CREATE TABLE note (id INTEGER PRIMARY KEY, z)"),
    Case(
        "DROP TABLE counted; CREATE TABLE COUNTED (id INTEGER PRIMARY KEY AUTOINCREMENT);"
        "INSERT INTO Counted DEFAULT VALUES"
    ),
]
FAILING = [
    Case("CREATE TABLE sqlite_mine (a)"),
]
