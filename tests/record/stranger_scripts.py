"""What strangers do at once to a SQLite file: a setup, and a script, by name."""

from __future__ import annotations

from tests.sqlite.there_and_back import POPULATED as P

_LOOSE = (
    "CREATE TABLE l (a, b TEXT); INSERT INTO l (rowid, a) VALUES (2, 'x'), (9, 'y'), (40, 'x');"
)
_UNIQUE = "CREATE TABLE u (id INTEGER PRIMARY KEY, k TEXT NOT NULL, v); INSERT INTO u VALUES (1, 'a', 1), (2, 'a', 2), (3, 'b', 3);"

SCRIPTS: dict[str, tuple[str, str]] = {
    "nothing at all": (P, "SELECT 1;"),
    "there and back by itself": (
        P,
        "BEGIN; UPDATE note SET body = 7; DROP INDEX person_email; DELETE FROM pair; ROLLBACK;",
    ),
    "duplicates go, and a unique index comes": (
        _UNIQUE,
        "DELETE FROM u WHERE id = 2; CREATE UNIQUE INDEX uk ON u (k);",
    ),
    "a unique index goes, and duplicates come": (
        _UNIQUE + "DELETE FROM u WHERE id = 2; CREATE UNIQUE INDEX uk ON u (k);",
        "DROP INDEX uk; UPDATE u SET k = 'a';",
    ),
    "rows change, and a check comes by a rebuild": (
        _UNIQUE
        + "CREATE INDEX ui ON u (v); CREATE TRIGGER ut AFTER UPDATE ON u BEGIN SELECT 1; END;",
        """ALTER TABLE u RENAME TO o; CREATE TABLE u (id INTEGER PRIMARY KEY, k TEXT NOT NULL
           CHECK (k > 'm'), v); INSERT INTO u SELECT id, 'z' || k, v FROM o; DROP TABLE o;
           CREATE INDEX ui ON u (v);
           CREATE TRIGGER ut AFTER UPDATE ON u BEGIN SELECT 1; END;""",
    ),
    "a rebuild that leaves rows, and takes index and trigger": (
        _UNIQUE
        + "CREATE INDEX ui ON u (v); CREATE TRIGGER ut AFTER UPDATE ON u BEGIN SELECT 1; END;",
        """CREATE TABLE n (id INTEGER PRIMARY KEY, k TEXT NOT NULL, v, w DEFAULT CURRENT_TIMESTAMP);
           INSERT INTO n (id, k, v) SELECT id, k, v FROM u; DROP TABLE u;
           ALTER TABLE n RENAME TO u;""",
    ),
    "columns change their order": (
        _UNIQUE,
        """CREATE TABLE n (v, k TEXT NOT NULL, id INTEGER PRIMARY KEY);
           INSERT INTO n SELECT v, k, id FROM u; DROP TABLE u; ALTER TABLE n RENAME TO u;""",
    ),
    "columns change their names with each other": (
        _UNIQUE,
        """ALTER TABLE u RENAME COLUMN k TO x; ALTER TABLE u RENAME COLUMN v TO k;
           ALTER TABLE u RENAME COLUMN x TO v;""",
    ),
    "the key changes": (
        _UNIQUE,
        """CREATE TABLE n (id, k TEXT NOT NULL, v INTEGER PRIMARY KEY);
           INSERT INTO n SELECT id, k, v + 10 FROM u; DROP TABLE u; ALTER TABLE n RENAME TO u;""",
    ),
    "a type changes, and values with it": (
        _UNIQUE,
        """CREATE TABLE n (id INTEGER PRIMARY KEY, k BLOB NOT NULL, v TEXT);
           INSERT INTO n SELECT * FROM u; DROP TABLE u; ALTER TABLE n RENAME TO u;""",
    ),
    "a rowid comes to a table without": (
        P,
        """PRAGMA foreign_keys = OFF; CREATE TABLE n (code TEXT PRIMARY KEY, city TEXT);
           INSERT INTO n SELECT * FROM vet; DROP TABLE vet; ALTER TABLE n RENAME TO vet;""",
    ),
    "a rowid goes": (
        _UNIQUE,
        """CREATE TABLE n (id INTEGER PRIMARY KEY, k TEXT NOT NULL, v) WITHOUT ROWID;
           INSERT INTO n SELECT * FROM u; DROP TABLE u; ALTER TABLE n RENAME TO u;""",
    ),
    "keys that are alike change": (
        "CREATE TABLE k (a TEXT COLLATE NOCASE PRIMARY KEY, v) WITHOUT ROWID;"
        "INSERT INTO k VALUES ('a', 1), ('b', 2), ('c', 3);",
        "UPDATE k SET a = upper(a) WHERE a <> 'b'; UPDATE k SET v = 9 WHERE a = 'b';",
    ),
    "two tables take each other's names": (
        _UNIQUE + _LOOSE,
        "ALTER TABLE u RENAME TO x; ALTER TABLE l RENAME TO u; ALTER TABLE x RENAME TO l;",
    ),
    "a table becomes a view, and a view a table": (
        _UNIQUE + "CREATE VIEW w AS SELECT * FROM u;",
        """ALTER TABLE u RENAME TO held; DROP VIEW w; CREATE VIEW u AS SELECT * FROM held;
           CREATE TABLE w (a); INSERT INTO w VALUES (1);
           CREATE TRIGGER wt INSTEAD OF DELETE ON u BEGIN SELECT 1; END;""",
    ),
    "a trigger and an index go over to another table": (
        _UNIQUE
        + _LOOSE
        + "CREATE INDEX i ON u (v); CREATE TRIGGER t AFTER DELETE ON u BEGIN SELECT 1; END;",
        """DROP TABLE u; CREATE INDEX i ON l (a);
           CREATE TRIGGER t AFTER DELETE ON l BEGIN SELECT 2; END; DELETE FROM l WHERE a = 'y';""",
    ),
    "a trigger changes while its table is made anew": (
        _UNIQUE + "CREATE TRIGGER t AFTER DELETE ON u BEGIN SELECT 1; END;",
        """DROP TABLE u; CREATE TABLE u (k); INSERT INTO u VALUES (1);
           CREATE TRIGGER t AFTER DELETE ON u BEGIN SELECT 2; END;""",
    ),
    "dropped and made again, as it was": (
        P,
        """PRAGMA foreign_keys = OFF; CREATE TEMP TABLE s AS SELECT * FROM tree; DROP TABLE tree;
           CREATE TABLE tree (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES tree (id));
           INSERT INTO tree SELECT * FROM s;""",
    ),
    "counters": (
        P,
        """INSERT INTO counted DEFAULT VALUES; DELETE FROM sqlite_sequence WHERE name = 'person';
           CREATE TABLE c2 (id INTEGER PRIMARY KEY AUTOINCREMENT, v); INSERT INTO c2 VALUES (99, 1);
           DELETE FROM c2;""",
    ),
    "a counter of a table made anew": (
        P,
        """DROP TABLE counted; CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT, v);
           INSERT INTO counted VALUES (5, 5);""",
    ),
    "a counter goes with a rebuild, and one comes": (
        P,
        """DROP TABLE counted; CREATE TABLE counted (id INTEGER PRIMARY KEY);
           CREATE TABLE n (id INTEGER PRIMARY KEY AUTOINCREMENT, n INT NOT NULL, t TEXT, x ANY) STRICT;
           INSERT INTO n SELECT * FROM exact_one; DROP TABLE exact_one;
           ALTER TABLE n RENAME TO exact_one;""",
    ),
    "rows of a table without a key are numbered anew, and one goes": (
        _LOOSE,
        "VACUUM; DELETE FROM l WHERE a = 'y';",
    ),
    "a default that is not constant comes": (
        _LOOSE + "INSERT INTO l VALUES (NULL, NULL);",
        """CREATE TABLE n (a, b TEXT, c DEFAULT (random()), d INT NOT NULL DEFAULT 4);
           INSERT INTO n (rowid, a, b) SELECT rowid, a, b FROM l; DROP TABLE l;
           ALTER TABLE n RENAME TO l; UPDATE l SET d = 5 WHERE a = 'y';""",
    ),
    "columns go and others come": (
        P,
        """PRAGMA foreign_keys = OFF; ALTER TABLE note DROP COLUMN extra;
           ALTER TABLE note ADD COLUMN kind TEXT DEFAULT 'n'; UPDATE note SET kind = x'00ff' WHERE rowid > 6;
           ALTER TABLE pet DROP COLUMN weight; ALTER TABLE vet ADD COLUMN phone;""",
    ),
    "everything goes": (
        P,
        """PRAGMA foreign_keys = OFF; DROP VIEW view_of_view; DROP VIEW person_view;
           DROP TABLE person; DROP TABLE pet; DROP TABLE vet; DROP TABLE visit; DROP TABLE note;
           DROP TABLE pair; DROP TABLE exact_one; DROP TABLE tree; DROP TABLE "Odd table ""🙂"\"";
           DROP TABLE log; DROP TABLE counted; PRAGMA user_version = 9; PRAGMA application_id = 8;""",
    ),
}
