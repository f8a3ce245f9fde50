"""Rebuilding a SQLite table: only what was asked for is another than before."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import pytest

from commands.doctor.patient import Patient
from commands.doctor.repair.rebuilding import with_references, without_not_null
from commands.doctor.tables import Reference
from commands.opening import target
from tests.support.oracle import sqlite_path

TEXTS = {
    "plain": "CREATE TABLE t (id integer PRIMARY KEY, u integer NOT NULL, x text NOT NULL)",
    "comments": "CREATE TABLE t (id integer PRIMARY KEY, -- a, (b\n u integer /* NOT NULL */ NOT NULL"
    " -- u\n, x text -- the last, )\n)",
    "named": 'CREATE TABLE "t" (id integer PRIMARY KEY, [u] int CONSTRAINT "u is" NOT NULL UNIQUE,'
    " x text DEFAULT 'NOT NULL, (')",
    "conflict": "CREATE TABLE t(id integer PRIMARY KEY,`u` int NOT NULL ON CONFLICT IGNORE,x text)",
    "checks": "CREATE TABLE t (id integer PRIMARY KEY, u integer CHECK (u IS NOT NULL OR u > 0)"
    " NOT NULL DEFAULT (1 + (2)), x text, CHECK (x NOT NULL), UNIQUE (u, x))",
    "strict": "CREATE TABLE t (id integer PRIMARY KEY, u int NOT NULL, x text) STRICT",
    "without rowid": "CREATE TABLE t (id int PRIMARY KEY, u int NOT NULL, x text) WITHOUT ROWID",
    "generated": "CREATE TABLE t (id integer PRIMARY KEY, u int NOT NULL, x text, g AS (u + 1),"
    " s int GENERATED ALWAYS AS (u * 2) STORED)",
    "counted": "CREATE TABLE t (id integer PRIMARY KEY AUTOINCREMENT, u int NOT NULL, x text)",
    "case": 'CREATE TABLE t (id integer PRIMARY KEY, "U" int not null, x text)',
}
STANDING = (
    "CREATE TABLE p (id integer PRIMARY KEY)",
    "CREATE INDEX t_x ON t (x DESC) WHERE x <> ''",
    "CREATE VIEW v AS SELECT x FROM t",
    "CREATE TRIGGER g AFTER DELETE ON t BEGIN DELETE FROM p WHERE id = old.id; END",
    "CREATE TABLE c (id integer PRIMARY KEY, t_id integer REFERENCES t (id))",
    "INSERT INTO p VALUES (1), (2)",
    "INSERT INTO t (id, u, x) VALUES (1, 1, 'a'), (2, 2, 'b'), (9, 3, 'z')",
    "DELETE FROM t WHERE id = 9",
    "INSERT INTO c VALUES (1, 1), (2, 2)",
)


def made(url: str, name: str) -> sqlite3.Connection:
    """Make the table, filled, with all that can stand on one."""
    db = sqlite3.connect(sqlite_path(url), isolation_level=None)
    for statement in (TEXTS[name], *STANDING):
        db.execute(statement)
    return db


def seen(db: sqlite3.Connection) -> dict[str, Any]:
    """Return what SQLite itself says of the table and what stands on it."""
    others = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT IN ('t')"
    sequences = [
        row for row in db.execute("SELECT name FROM sqlite_master") if "sequence" in row[0]
    ]
    return {
        "columns": db.execute("PRAGMA table_xinfo(t)").fetchall(),
        "keys": db.execute("PRAGMA foreign_key_list(t)").fetchall(),
        "options": db.execute("SELECT wr, strict FROM pragma_table_list('t')").fetchall(),
        "others": sorted(map(str, db.execute(others))),
        "rows": db.execute("SELECT * FROM t ORDER BY id").fetchall(),
        "counter": db.execute("SELECT * FROM sqlite_sequence").fetchall() if sequences else [],
        "checked": db.execute("PRAGMA foreign_key_check").fetchall(),
        "fine": db.execute("PRAGMA integrity_check").fetchall(),
    }


def run(db: sqlite3.Connection, url: str, way: Any) -> None:
    """Run what was prepared, foreign keys off."""
    with target(url).database() as database, database.examine() as ask:
        patient = Patient(database, ask, target=target(url))
        (prepared,) = way(patient, patient.tables["t",])
    assert prepared.rebuilds == '"t"'
    db.execute("PRAGMA foreign_keys = OFF")
    db.execute("BEGIN")
    for statement in prepared.statements:
        db.execute(statement)
    db.execute("COMMIT")


@pytest.mark.parametrize("name", TEXTS)
def test_nulls_let_in(sqlite_url: str, name: str) -> None:
    """One column may be null afterwards, and everything else is as it was."""
    with closing(made(sqlite_url, name)) as db:
        before = seen(db)
        column = next(row[1] for row in before["columns"] if row[1].lower() == "u")
        run(db, sqlite_url, lambda patient, table: without_not_null(patient, table, [column]))
        after = seen(db)
        changed = [list(row) for row in before["columns"]]
        changed[1][3] = 0
        assert after == before | {"columns": [tuple(row) for row in changed]}
        if name != "checks":
            db.execute("INSERT INTO t (id, u, x) VALUES (50, NULL, 'n')")


@pytest.mark.parametrize("name", TEXTS)
def test_foreign_keys_added(sqlite_url: str, name: str) -> None:
    """The foreign keys are there afterwards, and everything else is as it was."""
    wanted = [
        Reference(name="", columns=(column,), parent=("p",), referred=("id",))
        for column in ("u", "id")
    ]
    with closing(made(sqlite_url, name)) as db:
        before = seen(db)
        run(db, sqlite_url, lambda patient, table: with_references(patient, table, wanted))
        after = seen(db)
        assert [(a, b.lower(), c) for _, _, a, b, c, *_ in after["keys"]] == [
            ("p", "id", "id"),
            ("p", "u", "id"),
        ]
        assert after | {"keys": []} == before
