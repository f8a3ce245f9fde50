"""The page on backups says what works: scripts and rows make the same database elsewhere."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from tests.backups.files import take
from tests.backups.test_objects import POSTGRESQL
from tests.drills.operator import Operator
from tests.scenarios.test_values import SQLITE
from tests.support.oracle import fingerprint, pg_program

PAGE = Path(__file__).parents[2] / "docs" / "backups.md"
TOOLS = ("bash", "jq", "zstdcat", "sqlite3", "python3")

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, TOOLS)), reason="the page's tools are not installed"
)

MORE = """
CREATE TABLE app.person (id integer PRIMARY KEY, "odd ""na'me" text, j jsonb, plain json, b bytea,
  t timestamptz, a text[], n numeric(8,2), c character(4), twice integer
  GENERATED ALWAYS AS (id * 2) STORED, CONSTRAINT named CHECK (id < 100) NOT VALID);
COMMENT ON COLUMN app.person.a IS 'it''s; here';
INSERT INTO app.person VALUES (1, E'a\\\\b\\n"q" สม🙂', '{"a": [1]}', '{"b" :  1e3}', '\\x00ff',
  '2020-01-01 12:00:00.123456+02', '{x,NULL,"y,z"}', 1.5, 'ab');
INSERT INTO app.person VALUES (2);
CREATE TABLE app.part (id integer, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE app.part_1 PARTITION OF app.part FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE app.part_2 PARTITION OF app.part DEFAULT;
CREATE INDEX part_at ON app.part (at);
INSERT INTO app.part VALUES (1, '2020-05-05'), (2, '2025-05-05');
CREATE TABLE app.kin (id integer, CONSTRAINT small CHECK (id < 9));
CREATE TABLE app.heir (extra text) INHERITS (app.kin);
INSERT INTO app.heir VALUES (1, 'x');
ALTER TABLE app.person ENABLE ROW LEVEL SECURITY;
"""


def test_loaded_into_postgresql(postgresql_operator: Operator) -> None:
    """The page's commands, word for word, make an equal database, as the oracle sees it."""
    operator = postgresql_operator
    operator.begin_with(
        POSTGRESQL.replace("CREATE VIEW app.seen AS SELECT * FROM app.thing;\n", "") + MORE
    )
    operator.application(
        "DROP FUNCTION app.unrelated()", "DROP TYPE app.unused", "DROP SEQUENCE app.unused_numbers"
    )
    before = fingerprint(operator.url)
    operator.type("accept", "--reason", "not of the backup")
    place = take(operator)
    name = f"loaded_{uuid4().hex[:8]}"
    program, env = pg_program("psql")
    path = f"{Path(program).parent}{os.pathsep}{os.environ['PATH']}"
    with psycopg.connect(operator.url, autocommit=True) as db:
        db.execute(f"CREATE DATABASE {name}".encode())
        new = f"{operator.url.rpartition('/')[0]}/{name}"
        try:
            run(block("psql"), place, {**(env or os.environ), "PATH": path, "NEW": new})
            after = fingerprint(new)
        finally:
            db.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
    assert after == before


def test_loaded_into_sqlite(sqlite_operator: Operator) -> None:
    """The page's commands, word for word, make an equal file, as the oracle sees it."""
    operator = sqlite_operator
    listed = ", ".join(f"({n}, {value})" for n, value in enumerate(SQLITE))
    operator.begin_with(
        f"CREATE TABLE v (id INTEGER PRIMARY KEY, c);\nINSERT INTO v VALUES {listed};\n"
        'CREATE TABLE "odd ""na\'me" (k TEXT PRIMARY KEY, v) WITHOUT ROWID;\n'
        'INSERT INTO "odd ""na\'me" VALUES (\'สม🙂\', 1.0);\n'
        "CREATE TABLE n (id INTEGER PRIMARY KEY AUTOINCREMENT, v REFERENCES v);\n"
        "INSERT INTO n VALUES (9, 1), (20, 2);\nDELETE FROM n WHERE id = 20;\n"
        "CREATE TABLE loose (a, b AS (a || 'x'));\nINSERT INTO loose (rowid, a) VALUES (7, 'q');\n"
        "CREATE INDEX by_v ON n (v);\n"
        "CREATE TRIGGER counted AFTER INSERT ON n BEGIN UPDATE v SET c = 1; END;\n"
    )
    place = take(operator)
    new = operator.home / "new.db"
    run(block("sqlite3"), place, {**os.environ, "NEW": str(new)})
    with closing(sqlite3.connect(new)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert fingerprint(f"sqlite:///{new}") == fingerprint(operator.url)


def block(tool: str) -> str:
    """Return the page's block of commands that begins with a tool."""
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (found,) = [one for one in blocks if one.startswith(tool)]
    return found


def run(commands: str, place: Path, environment: dict[str, str]) -> None:
    """Run commands in a directory; what goes wrong fails the test."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=place,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
