"""Migrations of one or more statements over ``populated.sql``, by name.

A name that begins with ``off`` runs with foreign keys off, as table rebuilds ask for.
"""

from __future__ import annotations

import sqlite3

from tests.language.cases import Rebuilt

CASES: dict[str, str] = {
    # --- create ------------------------------------------------------------------------
    "create table": "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT DEFAULT 'x');",
    "create table if not exists": "CREATE TABLE IF NOT EXISTS main.t (a, b UNIQUE);",
    "create table that is there": "CREATE TABLE IF NOT EXISTS person (a);",
    "create table with odd names": 'CREATE TABLE "t ""🙂\' x" ("a b" TEXT, [c d] INT, `e` REAL);',
    "create table without rowid": "CREATE TABLE t (a TEXT, b INT, PRIMARY KEY (b, a)) WITHOUT ROWID;",
    "create strict table": "CREATE TABLE t (a INTEGER PRIMARY KEY, b ANY, c BLOB) STRICT;",
    "create strict table without rowid": "CREATE TABLE t (a TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;",
    "create table with autoincrement": "CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT);",
    "create table with foreign key": (
        "CREATE TABLE t (a INT REFERENCES person (id) ON DELETE CASCADE DEFERRABLE INITIALLY"
        " DEFERRED, b, c, FOREIGN KEY (b, c) REFERENCES pair (b, a));"
    ),
    "create table with generated columns": (
        "CREATE TABLE t (a INT, b INT AS (a + 1), c INT GENERATED ALWAYS AS (a * 2) STORED);"
    ),
    "create table with comments": (
        "CREATE /* c1 */ TABLE t -- c2\n (a INT, -- c3 ) , (\n b TEXT /* ) */ COLLATE NOCASE);"
    ),
    "create table with constraints": (
        "CREATE TABLE t (a INT CONSTRAINT positive CHECK (t.a > 0), b TEXT NOT NULL ON CONFLICT"
        " REPLACE DEFAULT 'z', CONSTRAINT u UNIQUE (a, b) ON CONFLICT IGNORE);"
    ),
    "create table as select": "CREATE TABLE t AS SELECT *, 1 + 1 AS two FROM person;",
    "create table as empty select": "CREATE TABLE t AS SELECT * FROM person WHERE 0;",
    "create table as values": "CREATE TABLE t AS VALUES (1, 'a'), (NULL, x'00'), (-0.0, '🙂');",
    "create and fill": "CREATE TABLE t (a); CREATE INDEX ti ON t (a); CREATE VIEW tv AS SELECT * FROM t;",
    "create table with a key in descending order": "CREATE TABLE t (a INTEGER PRIMARY KEY DESC, b);",
    "create table that hides rowid": "CREATE TABLE t (rowid TEXT, _rowid_ INT); DROP TABLE t;",
    # --- drop --------------------------------------------------------------------------
    "drop table": "DROP TABLE note;",
    "drop table if exists": "DROP TABLE IF EXISTS note; DROP TABLE IF EXISTS nowhere;",
    "drop strict table": "DROP TABLE exact_one;",
    "drop table without rowid": "DROP TABLE pair;",
    "drop table with a tree": "DROP TABLE tree;",
    "drop empty table": "DROP TABLE counted;",
    "drop table written by triggers": "DROP TABLE log;",
    "drop table with odd name": 'DROP TABLE "Odd table ""🙂""";',
    "drop child table": "DROP TABLE visit;",
    "drop children and parents": "DROP TABLE visit; DROP TABLE pet; DROP TABLE person;",
    "off drop parent with views and triggers": "DROP TABLE person;",
    "off drop middle": "DROP TABLE pet;",
    "off drop all": (
        "DROP TABLE person; DROP TABLE pet; DROP TABLE vet; DROP TABLE visit; DROP TABLE note;"
        "DROP TABLE pair; DROP TABLE exact_one; DROP TABLE tree; DROP TABLE log;"
        "DROP TABLE counted; DROP VIEW person_view; DROP VIEW view_of_view;"
    ),
    "drop and create again": "DROP TABLE note; CREATE TABLE note (id INTEGER PRIMARY KEY, z);",
    "drop and create the same": "DROP TABLE note; CREATE TABLE note (body, extra TEXT);",
    "create and drop": "CREATE TABLE t AS SELECT * FROM pet; DROP TABLE t;",
    # --- rename ------------------------------------------------------------------------
    "rename table": "ALTER TABLE person RENAME TO people;",
    "rename table with odd name": 'ALTER TABLE "Odd table ""🙂""" RENAME TO "other \'one";',
    "rename table to odd name": 'ALTER TABLE pet RENAME TO "select * from";',
    "rename table there and back": "ALTER TABLE pet RENAME TO p; ALTER TABLE p RENAME TO pet;",
    "rename table without rowid": "ALTER TABLE pair RENAME TO couple;",
    "rename table with itself": "ALTER TABLE tree RENAME TO wood;",
    "rename counted table": "ALTER TABLE counted RENAME TO numbered;",
    "off rename table": "ALTER TABLE person RENAME TO people;",
    "rename table the legacy way": (
        "PRAGMA legacy_alter_table = ON; ALTER TABLE vet RENAME TO doctor;"
    ),
    "off rename table the legacy way": (
        "PRAGMA legacy_alter_table = ON; ALTER TABLE pet RENAME TO p; DROP TRIGGER pet_log;"
    ),
    "swap two tables": (
        "ALTER TABLE note RENAME TO aside; ALTER TABLE log RENAME TO note;"
        "ALTER TABLE aside RENAME TO log;"
    ),
    "rename column": "ALTER TABLE pet RENAME COLUMN weight TO mass;",
    "rename column in view and trigger": (
        "DROP TRIGGER view_insert; ALTER TABLE person RENAME COLUMN email TO mail;"
    ),
    "rename key column": (
        "DROP VIEW view_of_view; DROP TRIGGER view_insert; ALTER TABLE person RENAME id TO p_id;"
    ),
    "rename column in check": "ALTER TABLE person RENAME COLUMN age TO years;",
    "rename column to odd name": 'ALTER TABLE person RENAME COLUMN "select" TO "from ""🙂";',
    "rename column under a generated one": Rebuilt("ALTER TABLE visit RENAME COLUMN fee TO price;"),
    "rename generated column": "ALTER TABLE visit RENAME COLUMN total TO twice;",
    "rename column of the key without rowid": "ALTER TABLE pair RENAME COLUMN a TO left_one;",
    "rename columns to each other": (
        "ALTER TABLE note RENAME body TO aside; ALTER TABLE note RENAME extra TO body;"
        "ALTER TABLE note RENAME aside TO extra;"
    ),
    # --- add and drop columns ----------------------------------------------------------
    "add column": Rebuilt("ALTER TABLE person ADD COLUMN phone TEXT;"),
    "add column with default": Rebuilt(
        "ALTER TABLE person ADD phone TEXT NOT NULL DEFAULT 'none';"
    ),
    "add column with converted default": Rebuilt(
        "ALTER TABLE note ADD COLUMN n INTEGER DEFAULT '12';"
    ),
    "add column with quoted default": Rebuilt(
        'ALTER TABLE note ADD COLUMN n TEXT DEFAULT "it\'s";'
    ),
    "add column with negative default": Rebuilt("ALTER TABLE note ADD COLUMN n REAL DEFAULT -1;"),
    "add column with expression default": "ALTER TABLE counted ADD COLUMN n DEFAULT (1 + 1);",
    "add column with reference": Rebuilt(
        "ALTER TABLE note ADD COLUMN p INTEGER REFERENCES person (id);"
    ),
    "add column with check": Rebuilt("ALTER TABLE note ADD COLUMN n INT DEFAULT 1 CHECK (n > 0);"),
    "add generated column": Rebuilt("ALTER TABLE pet ADD COLUMN twice AS (weight || weight);"),
    "add column to strict table": Rebuilt("ALTER TABLE exact_one ADD COLUMN z REAL DEFAULT 1;"),
    "add column without rowid": Rebuilt(
        "ALTER TABLE pair ADD COLUMN z COLLATE NOCASE DEFAULT 'Q';"
    ),
    "add several columns": (
        Rebuilt(
            "ALTER TABLE note ADD a DEFAULT 1; ALTER TABLE note ADD b; CREATE INDEX nb ON note (b);"
        )
    ),
    "drop column": Rebuilt("ALTER TABLE note DROP COLUMN body;"),
    "drop last column": Rebuilt("ALTER TABLE note DROP extra;"),
    "drop column without rowid": Rebuilt("ALTER TABLE pair DROP COLUMN v;"),
    "drop column of a table with a text key": Rebuilt("ALTER TABLE vet DROP COLUMN city;"),
    "drop column of strict table": Rebuilt("ALTER TABLE exact_one DROP COLUMN n;"),
    "drop generated column": Rebuilt("ALTER TABLE visit DROP COLUMN total;"),
    "drop stored generated column": Rebuilt("ALTER TABLE visit DROP COLUMN kept;"),
    "drop odd column": Rebuilt("ALTER TABLE person DROP COLUMN 'odd \"name';"),
    "drop column with odd values": Rebuilt("ALTER TABLE person DROP COLUMN [emoji 🙂];"),
    "drop referring column": Rebuilt("ALTER TABLE visit DROP COLUMN pet;"),
    "drop column with default": Rebuilt("ALTER TABLE pet DROP COLUMN weight;"),
    "drop indexed column": (
        Rebuilt(
            "DROP INDEX person_email; DROP INDEX 'person by name'; DROP VIEW view_of_view;"
            "DROP TRIGGER view_insert; DROP VIEW person_view; ALTER TABLE person DROP COLUMN email;"
        )
    ),
    "drop column and add it again": (
        Rebuilt(
            "ALTER TABLE note DROP COLUMN body; ALTER TABLE note ADD COLUMN body TEXT DEFAULT 'new';"
        )
    ),
    "add column and drop it": Rebuilt("ALTER TABLE note ADD a DEFAULT 5; ALTER TABLE note DROP a;"),
    "drop several columns": Rebuilt(
        "ALTER TABLE person DROP [emoji 🙂]; ALTER TABLE person DROP 'odd \"name';"
    ),
    # --- indexes, views, triggers ------------------------------------------------------
    "create index": "CREATE INDEX i ON note (body, extra DESC);",
    "create unique index": "CREATE UNIQUE INDEX IF NOT EXISTS main.i ON visit (day);",
    "create index on expression": "CREATE INDEX i ON person (lower(name) || age) WHERE age > 1;",
    "drop index": "DROP INDEX person_email;",
    "drop index with odd name": 'DROP INDEX "person by name";',
    "reindex": "REINDEX person; REINDEX;",
    "create view": "CREATE VIEW IF NOT EXISTS w (a, b) AS SELECT id, name FROM person;",
    "create broken view": "CREATE VIEW w AS SELECT * FROM nowhere;",
    "drop view with trigger": "DROP VIEW person_view;",
    "drop view": "DROP VIEW view_of_view;",
    "create trigger": (
        "CREATE TRIGGER g AFTER INSERT ON note WHEN new.body = 'END' BEGIN"
        " UPDATE note SET extra = 'CASE' WHERE rowid = new.rowid; DELETE FROM log; END;"
    ),
    "drop trigger": "DROP TRIGGER person_log; DROP TRIGGER IF EXISTS view_insert;",
    "replace trigger": (
        "DROP TRIGGER pet_log; CREATE TRIGGER pet_log BEFORE DELETE ON pet BEGIN SELECT 1; END;"
    ),
    "replace view": "DROP VIEW view_of_view; CREATE VIEW view_of_view AS SELECT 1 AS one;",
    # --- other -------------------------------------------------------------------------
    "number the file": "PRAGMA user_version = 7; PRAGMA application_id = -5;",
    "number the file twice": "PRAGMA user_version = 7; PRAGMA user_version(0);",
    "temporary table": (
        "CREATE TEMP TABLE scratch AS SELECT * FROM note; INSERT INTO scratch VALUES (1, 2);"
        "DROP TABLE scratch;"
    ),
    "temporary view": "CREATE TEMPORARY VIEW scratch AS SELECT * FROM note;",
    "settings and queries": (
        "PRAGMA cache_size = 100; SELECT * FROM person; PRAGMA table_info(person);"
        "EXPLAIN DROP TABLE person; PRAGMA foreign_key_check; WITH a AS (SELECT 1) SELECT * FROM a;"
    ),
    # --- rebuilds as other tools write them --------------------------------------------
    "off alembic batch": (
        "DROP VIEW view_of_view; CREATE TABLE _alembic_tmp_pet (id INTEGER NOT NULL, owner INTEGER NOT NULL,"
        " name VARCHAR(50), PRIMARY KEY (id), FOREIGN KEY(owner) REFERENCES person (id));"
        "INSERT INTO _alembic_tmp_pet (id, owner, name)"
        " SELECT pet.id, pet.owner, pet.name FROM pet;"
        "DROP TABLE pet; ALTER TABLE _alembic_tmp_pet RENAME TO pet;"
    ),
    "alembic batch with foreign keys on": (
        "CREATE TABLE _alembic_tmp_visit (pet INTEGER, vet TEXT, day TEXT);"
        "INSERT INTO _alembic_tmp_visit (pet, vet, day) SELECT pet, vet, day FROM visit;"
        "DROP TABLE visit; ALTER TABLE _alembic_tmp_visit RENAME TO visit;"
    ),
    "off django": (
        'CREATE TABLE "new__person" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,'
        ' "name" varchar(100) NOT NULL, "email" varchar(254) NULL);'
        'INSERT INTO "new__person" ("id", "name", "email") SELECT "id", "name", "email" FROM'
        ' "person"; DROP VIEW view_of_view; DROP VIEW person_view; DROP TABLE "person";'
        'ALTER TABLE "new__person" RENAME TO "person";'
        'CREATE INDEX "person_name_idx" ON "person" ("name");'
    ),
    "off prisma RedefineTables": (
        "PRAGMA defer_foreign_keys=ON; PRAGMA foreign_keys=OFF;"
        'CREATE TABLE "new_tree" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "parent" INTEGER,'
        ' "label" TEXT NOT NULL DEFAULT \'\', CONSTRAINT "tree_parent_fkey" FOREIGN KEY ("parent")'
        ' REFERENCES "tree" ("id") ON DELETE SET NULL ON UPDATE CASCADE);'
        'INSERT INTO "new_tree" ("id", "parent") SELECT "id", "parent" FROM "tree";'
        'DROP TABLE "tree"; ALTER TABLE "new_tree" RENAME TO "tree";'
        "PRAGMA foreign_key_check; PRAGMA foreign_keys=ON; PRAGMA defer_foreign_keys=OFF;"
    ),
    "off twelve steps": (
        "SELECT type, sql FROM sqlite_schema WHERE tbl_name = 'vet';"
        "CREATE TABLE new_vet (code TEXT PRIMARY KEY, town TEXT NOT NULL DEFAULT '?') STRICT;"
        "INSERT INTO new_vet SELECT code, coalesce(city, '?') FROM vet; DROP TABLE vet;"
        "ALTER TABLE new_vet RENAME TO vet; CREATE INDEX vet_town ON vet (town);"
    ),
    "off rebuild by renaming the old one": (
        "ALTER TABLE note RENAME TO note_old; CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT);"
        "INSERT INTO note SELECT rowid, body FROM note_old; DROP TABLE note_old;"
    ),
    "backup table, the way of the questions and answers": (
        "CREATE TEMPORARY TABLE b (body, extra); INSERT INTO b SELECT body, extra FROM note;"
        "DROP TABLE note; CREATE TABLE note (body); INSERT INTO note SELECT body FROM b;"
        "DROP TABLE b;"
    ),
    "profile_new into the place of profile": (
        Rebuilt(
            "CREATE TABLE note_new AS SELECT body FROM note; DROP TABLE note;"
            "ALTER TABLE note_new RENAME TO note; ALTER TABLE note ADD COLUMN extra DEFAULT 'z';"
            "UPDATE note SET extra = 'y' WHERE rowid = 1; ALTER TABLE note DROP COLUMN body;"
        )
    ),
    # --- rows and schema together ------------------------------------------------------
    "add column and fill it": (
        Rebuilt(
            "ALTER TABLE person ADD family TEXT; UPDATE person SET family = upper(name);"
            "ALTER TABLE person RENAME family TO surname; UPDATE person SET surname = NULL WHERE id = 3;"
        )
    ),
    "rows of a new table": (
        Rebuilt(
            "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a UNIQUE); INSERT INTO t (a) VALUES"
            " (1), (2); DELETE FROM t WHERE a = 1; ALTER TABLE t ADD b DEFAULT 3; UPDATE t SET b = 4;"
            "ALTER TABLE t RENAME TO u; INSERT INTO u (a) VALUES (9);"
        )
    ),
    "empty and drop": "DELETE FROM note; ALTER TABLE note DROP COLUMN body; DROP TABLE note;",
    "cascade, then drop": "DELETE FROM person WHERE id = 3; DROP TABLE visit; DROP TABLE pet;",
    "counters": (
        "UPDATE sqlite_sequence SET seq = 500 WHERE name = 'person'; INSERT INTO counted DEFAULT"
        " VALUES; DELETE FROM sqlite_sequence WHERE name = 'counted'; DROP TABLE counted;"
    ),
    "through the view": (
        "INSERT INTO person_view (name, email) VALUES ('Eve', 'e@x'); DROP VIEW view_of_view;"
        "DROP TRIGGER view_insert; ALTER TABLE person RENAME name TO full_name; UPDATE person SET full_name = 'X';"
    ),
}


def statements(script: str) -> list[str]:
    """Split a script by SQLite's own judgement of where a statement is complete."""
    found, rest = [], ""
    for part in script.split(";")[:-1]:
        rest += part + ";"
        if sqlite3.complete_statement(rest):
            found.append(rest.strip().removesuffix(";"))
            rest = ""
    assert not rest.strip()
    return found
