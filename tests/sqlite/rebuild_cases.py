"""Rebuilds of tables as other tools write them, over several files, by name.

Each starts from ``populated.sql``; where a file does not switch foreign keys off, they are on.
"""

from __future__ import annotations

OFF = "PRAGMA foreign_keys=OFF;\n"

HISTORIES: dict[str, tuple[str, ...]] = {
    "new table, copy, drop, rename, a file each": (
        OFF
        + """CREATE TABLE new__pet (id INTEGER PRIMARY KEY AUTOINCREMENT, owner INTEGER NOT NULL
             REFERENCES person (id) ON DELETE CASCADE, name VARCHAR(40), mass REAL);""",
        OFF + "INSERT INTO new__pet SELECT id, owner, name, weight FROM pet;",
        OFF + "DROP VIEW view_of_view; DROP TABLE pet;",
        OFF + "ALTER TABLE new__pet RENAME TO pet; CREATE INDEX pet_owner ON pet (owner);",
        "INSERT INTO pet (owner, name) VALUES (3, 'New'); DELETE FROM person WHERE id = 7;",
    ),
    "the old one renamed first, dropped a file later": (
        OFF
        + """PRAGMA legacy_alter_table=ON; DROP VIEW view_of_view; DROP TRIGGER pet_log;
             ALTER TABLE pet RENAME TO pet_old;
             CREATE TABLE pet (id INTEGER PRIMARY KEY, owner INT REFERENCES person, name TEXT);
             INSERT INTO pet SELECT id, owner, upper(name) FROM pet_old;""",
        OFF + "UPDATE pet SET name = name || '!'; DELETE FROM pet_old WHERE id = 1;",
        OFF + "DROP TABLE pet_old; CREATE VIEW view_of_view AS SELECT name FROM pet;",
    ),
    "the old one renamed first, the legacy way": (
        OFF
        + """PRAGMA legacy_alter_table=ON; ALTER TABLE vet RENAME TO vet_old;
             CREATE TABLE vet (code TEXT PRIMARY KEY, city TEXT NOT NULL DEFAULT '?');
             INSERT INTO vet SELECT code, coalesce(city, '?') FROM vet_old;
             DROP TABLE vet_old; PRAGMA legacy_alter_table=OFF;""",
        "INSERT INTO vet (code) VALUES ('v3'); UPDATE visit SET vet = 'v3' WHERE day = 'tue';",
        "DELETE FROM vet WHERE code = 'v2'; ALTER TABLE vet ADD COLUMN phone;",
    ),
    "two tables change places": (
        OFF + "CREATE TABLE note_new (id INTEGER PRIMARY KEY, body TEXT, kind DEFAULT 'n');",
        OFF + "INSERT INTO note_new (body) SELECT body FROM note;",
        OFF + "ALTER TABLE note RENAME TO note_old; ALTER TABLE note_new RENAME TO note;",
        "INSERT INTO note (body) VALUES ('between'); DELETE FROM note_old WHERE rowid = 6;",
        OFF + "ALTER TABLE note RENAME TO note_new; ALTER TABLE note_old RENAME TO note;",
        "DROP TABLE note_new;",
    ),
    "django, twice over the same table": (
        OFF
        + """CREATE TABLE "new__visit" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
             "pet" integer NULL REFERENCES "pet" ("id") DEFERRABLE INITIALLY DEFERRED,
             "vet" text NULL, "day" text NULL);
             INSERT INTO "new__visit" ("pet", "vet", "day") SELECT "pet", "vet", "day" FROM "visit";
             DROP TABLE "visit"; ALTER TABLE "new__visit" RENAME TO "visit";
             CREATE INDEX "visit_pet" ON "visit" ("pet");""",
        "INSERT INTO visit (pet, vet, day) VALUES (2, 'v1', 'wed');",
        OFF
        + """CREATE TABLE "new__visit" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
             "pet" integer NULL REFERENCES "pet" ("id") DEFERRABLE INITIALLY DEFERRED,
             "day" text NOT NULL DEFAULT 'none' CHECK ("day" <> ''));
             INSERT INTO "new__visit" ("id", "pet", "day") SELECT "id", "pet", "day" FROM "visit";
             DROP TABLE "visit"; ALTER TABLE "new__visit" RENAME TO "visit";
             CREATE INDEX "visit_pet" ON "visit" ("pet");""",
        "DELETE FROM visit WHERE pet = 2; DELETE FROM pet WHERE id = 2;",
    ),
    "a parent with children, views and triggers": (
        OFF
        + """DROP TRIGGER view_insert; DROP VIEW view_of_view; DROP VIEW person_view;
             CREATE TABLE person_new (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL,
             email TEXT COLLATE NOCASE UNIQUE ON CONFLICT REPLACE, age INT);
             INSERT INTO person_new (id, name, email, age)
             SELECT id, name, nullif(email, 'none'), age FROM person;
             DROP TABLE person; ALTER TABLE person_new RENAME TO person;
             CREATE VIEW person_view AS SELECT id, name FROM person;
             CREATE TRIGGER person_log BEFORE DELETE ON person
             BEGIN INSERT INTO log VALUES (old.name); END;""",
        "INSERT INTO person (name, email) VALUES ('Again', 'ANN@x');",
        "DELETE FROM person WHERE name = 'Again'; DELETE FROM person WHERE id = 7;",
        "DROP TRIGGER person_log; ALTER TABLE person RENAME COLUMN name TO full_name;",
        OFF + "DROP TABLE visit; DROP TABLE pet; DROP VIEW person_view; DROP TABLE person;",
    ),
    "the names are given up and taken again": (
        "CREATE TABLE t (a); INSERT INTO t VALUES (1), (2);",
        "DROP TABLE t; CREATE TABLE t (a, b); INSERT INTO t VALUES (3, 4);",
        "DROP TABLE t; CREATE VIEW t AS SELECT 5 AS a;",
        "DROP VIEW t; CREATE TABLE u (a); CREATE INDEX t ON u (a); INSERT INTO u VALUES (6);",
        "DROP INDEX t; ALTER TABLE u RENAME TO t; ALTER TABLE t RENAME COLUMN a TO b;",
        "DROP TABLE t; CREATE TABLE t (b INTEGER PRIMARY KEY) STRICT; INSERT INTO t VALUES (7);",
    ),
    "a writable rebuild with a self reference and a counter": (
        OFF
        + """CREATE TABLE tree_new (id INTEGER PRIMARY KEY AUTOINCREMENT,
             parent INTEGER REFERENCES tree_new (id) ON DELETE CASCADE);
             INSERT INTO tree_new SELECT * FROM tree; DROP TABLE tree;
             ALTER TABLE tree_new RENAME TO tree;""",
        "INSERT INTO tree (parent) VALUES (3), (3);",
        "DELETE FROM tree WHERE id = 3;",
        "INSERT INTO tree (parent) VALUES (1); PRAGMA user_version = 12;",
    ),
}
