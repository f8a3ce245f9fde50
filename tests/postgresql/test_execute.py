"""Statements run, captured, and taken back through the port, rows above all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import psycopg
import pytest

from journal.errors import NotKnownExact, Refused, StatementFailed
from tests.language.cases import Rebuilt
from tests.postgresql.running import Run
from tests.support.oracle import fingerprint

BASE = """
CREATE TABLE parent (id serial PRIMARY KEY, name text NOT NULL, x int);
CREATE TABLE child (id serial PRIMARY KEY,
    parent int REFERENCES parent ON DELETE CASCADE ON UPDATE CASCADE, v text);
CREATE TABLE grandchild (id serial PRIMARY KEY, child int REFERENCES child ON DELETE SET NULL);
CREATE TABLE audit (at int GENERATED ALWAYS AS IDENTITY, what text, n int);
CREATE TABLE keyless (a int, b text);
CREATE TABLE shifty (id int PRIMARY KEY DEFERRABLE, v text);
CREATE TABLE late (id int PRIMARY KEY);
CREATE TABLE heard (n int);
CREATE TABLE "Odd ""name"" 🎴" ("select" int PRIMARY KEY, "a b" text);
CREATE VIEW visible AS SELECT id, name FROM parent WHERE x > 3;
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO audit (what, n) VALUES (tg_op, coalesce(new.id, old.id)); RETURN NULL; END $$;
CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON grandchild
    FOR EACH ROW EXECUTE FUNCTION note();
CREATE FUNCTION hear() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO heard VALUES (new.id); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER hear AFTER INSERT ON late DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION hear();
CREATE FUNCTION many(k int) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO parent (name) SELECT 'm' || i FROM generate_series(1, k) i;
    UPDATE keyless SET b = 'touched' WHERE a = 1; END $$;
INSERT INTO parent (name, x) SELECT 'n' || i, i FROM generate_series(1, 10) i;
INSERT INTO child (parent, v) SELECT i, 'c' || i FROM generate_series(1, 10) i;
INSERT INTO grandchild (child) SELECT i FROM generate_series(1, 10) i;
INSERT INTO keyless VALUES (1, 'a'), (1, 'a'), (2, NULL);
INSERT INTO shifty SELECT i, 's' || i FROM generate_series(1, 5) i;
INSERT INTO "Odd ""name"" 🎴" VALUES (1, 'x%sy'), (2, NULL);
"""


@pytest.fixture
def run(postgresql_url: str) -> Iterator[Run]:
    """A populated database with a journal."""
    found = Run(postgresql_url, BASE)
    yield found
    found.database.close()


CASES: dict[str, tuple[Sequence[str | tuple[str, str]], dict[str, tuple[int, int, int]]]] = {
    "insert": (["INSERT INTO parent (name) VALUES ('a'), ('%s ? :x')"], {"parent": (2, 0, 0)}),
    "cascade over three tables": (
        ["DELETE FROM parent WHERE id < 4"],
        {"parent": (0, 0, 3), "child": (0, 0, 3), "grandchild": (0, 3, 0), "audit": (3, 0, 0)},
    ),
    "update cascade": (
        ["UPDATE parent SET id = id + 100 WHERE id < 3"],
        {"parent": (0, 2, 0), "child": (0, 2, 0)},
    ),
    "function": (["SELECT many(3)"], {"parent": (3, 0, 0), "keyless": (0, 2, 0)}),
    "do": (
        ["DO $$ BEGIN PERFORM many(1); DELETE FROM child WHERE id = 2; END $$"],
        {
            "parent": (1, 0, 0),
            "keyless": (0, 2, 0),
            "child": (0, 0, 1),
            "grandchild": (0, 1, 0),
            "audit": (1, 0, 0),
        },
    ),
    "data-modifying with": (
        [
            "WITH d AS (DELETE FROM keyless WHERE a = 2 RETURNING *) INSERT INTO heard SELECT a FROM d"
        ],
        {"keyless": (0, 0, 1), "heard": (1, 0, 0)},
    ),
    "view": (["UPDATE visible SET name = 'v' WHERE id = 5"], {"parent": (0, 1, 0)}),
    "upsert": (
        [
            "INSERT INTO parent (id, name) VALUES (1, 'z'), (1000, 'y')"
            " ON CONFLICT (id) DO UPDATE SET name = excluded.name"
        ],
        {"parent": (1, 1, 0)},
    ),
    "merge": (
        [
            "MERGE INTO parent p USING (VALUES (1, 'q'), (77, 'r')) s(i, n) ON p.id = s.i"
            " WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (id, name) VALUES (i, n)"
        ],
        {"parent": (1, 0, 1), "child": (0, 0, 1), "grandchild": (0, 1, 0), "audit": (1, 0, 0)},
    ),
    "copy": ([("COPY keyless FROM STDIN", "5\tx\n6\t\\N\n")], {"keyless": (2, 0, 0)}),
    "truncate cascade": (
        ["TRUNCATE child RESTART IDENTITY CASCADE"],
        {"child": (0, 0, 10), "grandchild": (0, 0, 10)},
    ),
    "truncate and insert in a function": (
        ["DO $$ BEGIN TRUNCATE keyless; INSERT INTO keyless VALUES (9, 'n'); END $$"],
        {"keyless": (1, 0, 3)},
    ),
    "truncate of an empty table": (["TRUNCATE heard"], {}),
    "shifted keys": (["UPDATE shifty SET id = id + 1"], {"shifty": (0, 5, 0)}),
    "swapped keys": (["UPDATE shifty SET id = 6 - id"], {"shifty": (0, 5, 0)}),
    "equal rows without a key": (
        ["DELETE FROM keyless WHERE ctid = (SELECT min(ctid) FROM keyless)"],
        {"keyless": (0, 0, 1)},
    ),
    "deferred trigger": (
        ["INSERT INTO late VALUES (1), (2)"],
        {"late": (2, 0, 0), "heard": (2, 0, 0)},
    ),
    "caught exception": (
        [
            "DO $$ BEGIN BEGIN INSERT INTO keyless VALUES (7, 'lost'); RAISE 'x';"
            " EXCEPTION WHEN OTHERS THEN NULL; END; INSERT INTO keyless VALUES (8, 'kept'); END $$"
        ],
        {"keyless": (1, 0, 0)},
    ),
    "odd names": (
        ['UPDATE "Odd ""name"" 🎴" SET "a b" = \'%\' || "select"'],
        {'Odd "name" 🎴': (0, 2, 0)},
    ),
    "a row that came and went": (
        [
            "DO $$ BEGIN INSERT INTO parent (id, name) VALUES (99, 'x'), (98, 'y');"
            " DELETE FROM parent WHERE id = 99; UPDATE shifty SET id = 50 WHERE id = 5;"
            " UPDATE shifty SET id = 5 WHERE id = 50; UPDATE child SET v = v; END $$"
        ],
        {"parent": (2, 0, 1), "shifty": (0, 2, 0), "child": (0, 10, 0)},
    ),
    "temporary table": (
        ["CREATE TEMP TABLE t AS SELECT 1 AS a", "INSERT INTO keyless SELECT a FROM t"],
        {"keyless": (1, 0, 0)},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_rows_are_captured_and_come_back(run: Run, case: str) -> None:
    """Everything a statement writes is counted in images, and comes back, and goes again."""
    statements, expected = CASES[case]
    before = fingerprint(run.url)
    steps = run.do(*statements)
    after = fingerprint(run.url)
    assert run.written(steps) == expected
    back = run.undo(steps)
    assert not run.anew
    assert fingerprint(run.url) == before
    run.undo(back)
    assert fingerprint(run.url) == after


SCHEMA = [
    ["CREATE TABLE t AS SELECT * FROM parent", "INSERT INTO t SELECT * FROM parent"],
    ["DO $$ BEGIN CREATE TABLE t (a int); INSERT INTO t VALUES (1), (2); END $$"],
    [
        "INSERT INTO parent (name) VALUES ('w')",
        "ALTER TABLE parent RENAME TO people",
        "INSERT INTO people (name) VALUES ('w2')",
        "ALTER TABLE people RENAME COLUMN name TO called",
        "UPDATE people SET called = 'e'",
        Rebuilt("ALTER TABLE people DROP COLUMN x CASCADE"),
        "DELETE FROM people WHERE id > 9",
    ],
    ["DROP TABLE grandchild", "DROP TABLE child CASCADE", "DROP TABLE parent CASCADE"],
    [
        "CREATE SEQUENCE s START 5",
        "SELECT nextval('s')",
        "ALTER TABLE parent ADD COLUMN k int DEFAULT nextval('s')",
        "DROP SEQUENCE s CASCADE",
    ],
    ["ALTER TABLE parent ADD COLUMN u uuid DEFAULT gen_random_uuid()"],
    ["ALTER TABLE parent ADD COLUMN c int DEFAULT 5", "UPDATE parent SET c = id WHERE id < 4"],
    [
        Rebuilt("ALTER TABLE child ALTER COLUMN v TYPE varchar(1) USING left(v, 1)"),
        "DROP TABLE grandchild",
    ],
    ["ALTER SEQUENCE parent_id_seq RESTART WITH 50", "INSERT INTO parent (name) VALUES ('x')"],
]


@pytest.mark.parametrize("statements", SCHEMA)
def test_rows_and_schema_come_back_together(run: Run, statements: list[str]) -> None:
    """Statements on rows and on schema in one run come back in one, and go again."""
    before = fingerprint(run.url)
    steps = run.do(*statements)
    after = fingerprint(run.url)
    assert after != before
    back = run.undo(steps)
    assert bool(run.anew) is any(isinstance(sql, Rebuilt) for sql in statements)
    assert fingerprint(run.url) == before
    run.undo(back)
    assert fingerprint(run.url) == after


@pytest.mark.parametrize("case", ["function", "do", "deferred trigger", "caught exception"])
def test_ids_are_those_without_clew(run: Run, case: str, postgresql_url: str) -> None:
    """A statement that had to run again gives the rows it would have given without Clew."""
    statements, _ = CASES[case]
    tables = ("parent", "audit", "keyless", "heard")
    run.do(*statements)
    with psycopg.connect(postgresql_url, autocommit=True) as raw:
        queries = [f"SELECT * FROM {table} ORDER BY 1, 2" for table in tables[:3]]
        found = [raw.execute(query.encode()).fetchall() for query in queries]
        raw.execute("DROP OWNED BY current_user CASCADE")
        raw.execute("CREATE SCHEMA IF NOT EXISTS public")
        raw.execute(BASE.encode())
        for sql in statements:
            assert isinstance(sql, str)
            raw.execute(sql.encode())
        assert [raw.execute(query.encode()).fetchall() for query in queries] == found


def test_an_aborted_run_leaves_sequences_where_they_were(run: Run) -> None:
    """A dry run or a failure puts sequences back that it moved."""
    before = fingerprint(run.url)
    run.do(
        "INSERT INTO parent (name) VALUES ('a'), ('b')",
        "SELECT nextval('child_id_seq')",
        commit=False,
    )
    run.database.abort()
    assert fingerprint(run.url) == before


def test_a_failed_statement_leaves_the_run_usable(run: Run) -> None:
    """The server's error comes with its SQLSTATE, and the transaction can go on or be aborted."""
    before = fingerprint(run.url)
    of = run.open()
    with pytest.raises(StatementFailed) as failed:
        run.database.execute("INSERT INTO parent (name) VALUES ('a'), (NULL)", run=of)
    assert failed.value.sqlstate == "23502"
    assert "\n" not in failed.value.message
    assert run.database.execute("SELECT 1", run=of).affected == 1
    run.database.abort()
    assert fingerprint(run.url) == before


def test_locks_are_told(run: Run) -> None:
    """The strongest lock on each table that stands in others' way is told, readable."""
    of = run.open()
    run.database.execute("UPDATE keyless SET b = 'x'", run=of)
    assert [(lock.object, lock.mode) for lock in run.database.locks()] == [
        ("public.keyless", "SHARE ROW EXCLUSIVE")
    ]
    run.database.abort()


REFUSED = {
    "rewrite": "ALTER TABLE child ALTER COLUMN v TYPE text USING v || 'x'",
    "rows-and-columns": (
        "DO $$ BEGIN ALTER TABLE keyless ADD COLUMN c int; UPDATE keyless SET c = 1; END $$"
    ),
    "set-role": "DO $$ BEGIN EXECUTE 'SET ROLE ' || quote_ident('clew_other'); END $$",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_captured_is_refused_by_name(run: Run, name: str) -> None:
    """What the words do not show is refused when it is seen, and nothing stays of it."""
    before = fingerprint(run.url)
    with pytest.raises(NotKnownExact) as refused:
        run.do(REFUSED[name])
    assert refused.value.name == name
    run.database.abort()
    assert fingerprint(run.url) == before


def test_the_journal_is_not_written_from_a_function(run: Run) -> None:
    """A function that writes to schema clew is refused, though no word of the call says so."""
    with pytest.raises(Refused, match="clew"):
        run.do(
            "DO $$ BEGIN EXECUTE 'INSERT INTO cl' || 'ew.journal VALUES (''x'', ''y'', ''z'', 1)'; END $$"
        )
    run.database.abort()


def test_a_waiver_is_recorded(run: Run) -> None:
    """A rule that is waived by name lets the statement run, and the effect names it."""
    of = run.open()
    effect = run.database.execute(
        "DECLARE held CURSOR WITH HOLD FOR SELECT 1",
        run=of,
        allowed=frozenset(["cursor-with-hold"]),
    )
    assert effect.waived == ("cursor-with-hold",)
    run.database.commit()


def test_guards_switched_off(run: Run) -> None:
    """The journal's guards cannot be switched off, not by dynamic SQL either."""
    with pytest.raises(Refused, match="schema clew"):
        run.do("DO $$ BEGIN EXECUTE 'ALTER TABLE cl' || 'ew.entry DISABLE TRIGGER ALL'; END $$")
    run.database.abort()
