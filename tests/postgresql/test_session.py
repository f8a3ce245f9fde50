"""Statements of the session: cursors, notifications, and what the grammar has besides."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy.engine import make_url

from journal.errors import NotKnownExact, Refused
from journal.postgresql.gate import classify
from tests.postgresql.running import Run
from tests.support.oracle import fingerprint
from tests.support.server import Server

BASE = """
create table person (id integer primary key, name text);
insert into person select i, 'p' || i from generate_series(1, 9) i;
create table seen (id integer);
create function sees(a integer) returns integer language plpgsql as
  'begin insert into seen values (a); return a; end';
"""

COMMANDS = {
    "query": "CHECKPOINT; EXPLAIN SELECT 1; NOTIFY n; SELECT 1; SHOW all; TABLE t; VALUES (1);"
    " WITH x AS (SELECT 1) SELECT 1",
    "rows": "CALL p(); COPY t FROM stdin; DELETE FROM t; DO ''; EXECUTE p; FETCH c; INSERT INTO t VALUES (1);"
    " MERGE INTO t USING u ON true WHEN MATCHED THEN DELETE; MOVE c; TRUNCATE t; UPDATE t SET a = 1",
    "setting": "ANALYZE; CLOSE c; DEALLOCATE p; DECLARE c CURSOR FOR SELECT 1; DISCARD PLANS; LISTEN n;"
    " LOCK t; PREPARE p AS SELECT 1; RESET work_mem; SET work_mem = 64; SET CONSTRAINTS ALL DEFERRED; UNLISTEN n",
    "outside": "CLUSTER; REINDEX DATABASE d; VACUUM; CREATE INDEX CONCURRENTLY i ON t (a)",
    "schema": "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO b; ALTER DOMAIN d SET NOT NULL;"
    " ALTER FUNCTION f() STABLE; ALTER INDEX i RENAME TO j; ALTER MATERIALIZED VIEW m RENAME TO n;"
    " ALTER POLICY p ON t USING (true); ALTER PROCEDURE p() RENAME TO q; ALTER ROUTINE r() RENAME TO s;"
    " ALTER RULE r ON t RENAME TO s; ALTER SCHEMA s RENAME TO t; ALTER SEQUENCE s CYCLE;"
    " ALTER STATISTICS s SET STATISTICS 3; ALTER TABLE t ADD a text; ALTER TRIGGER t ON t RENAME TO u;"
    " ALTER TYPE t ADD VALUE 'a'; ALTER VIEW v RENAME TO w; CLUSTER t; COMMENT ON TABLE t IS 'a';"
    " CREATE DOMAIN d AS text; CREATE FUNCTION f() RETURNS int RETURN 1; CREATE INDEX ON t (a);"
    " CREATE MATERIALIZED VIEW m AS SELECT 1; CREATE POLICY p ON t; CREATE PROCEDURE p() AS '';"
    " CREATE RULE r AS ON DELETE TO t DO NOTHING; CREATE SCHEMA s; CREATE SEQUENCE s;"
    " CREATE STATISTICS s ON a, b FROM t; CREATE TABLE t (); CREATE TABLE t AS SELECT 1;"
    " CREATE TRIGGER t AFTER INSERT ON t EXECUTE FUNCTION f(); CREATE TYPE t AS (a int);"
    " CREATE VIEW v AS SELECT 1; DROP DOMAIN d; DROP FUNCTION f; DROP INDEX i; DROP MATERIALIZED VIEW m;"
    " DROP OWNED BY b; DROP POLICY p ON t; DROP PROCEDURE p; DROP ROUTINE r; DROP RULE r ON t;"
    " DROP SCHEMA s; DROP SEQUENCE s; DROP STATISTICS s; DROP TABLE t; DROP TRIGGER t ON t; DROP TYPE t;"
    " DROP VIEW v; GRANT SELECT ON t TO b; REASSIGN OWNED BY b TO c; REFRESH MATERIALIZED VIEW m;"
    " REINDEX TABLE t; REVOKE SELECT ON t FROM b; SELECT 1 INTO t",
    "refused": "ALTER DATABASE d SET a = 1; ALTER GROUP g ADD USER b; ALTER ROLE b LOGIN;"
    " ALTER SYSTEM SET a = 1; ALTER TABLESPACE s RENAME TO t; ALTER USER b LOGIN; CREATE DATABASE d;"
    " CREATE GROUP g; CREATE ROLE b; CREATE TABLESPACE s LOCATION ''; CREATE USER b; DROP DATABASE d;"
    " DROP GROUP g; DROP ROLE b; DROP TABLESPACE s; DROP USER b; LOAD 'l'; SET ROLE b;"
    " SET SESSION AUTHORIZATION b; GRANT a TO b; REVOKE a FROM b; COPY t TO stdout; DISCARD ALL",
    "transaction": "ABORT; BEGIN; COMMIT; COMMIT PREPARED 'a'; END; PREPARE TRANSACTION 'a';"
    " RELEASE SAVEPOINT a; ROLLBACK; ROLLBACK PREPARED 'a'; ROLLBACK TO SAVEPOINT a; SAVEPOINT a;"
    " SET TRANSACTION READ ONLY; START TRANSACTION",
}
"""Commands of the reference by what becomes of them; kinds of objects have lists of their own."""
_OTHERS = """
AGGREGATE a(int)|CAST (a AS b)|COLLATION c|CONVERSION c|EVENT TRIGGER e|EXTENSION e
FOREIGN DATA WRAPPER w|FOREIGN TABLE t|LANGUAGE l|OPERATOR +(a, b)|OPERATOR CLASS o USING btree
OPERATOR FAMILY o USING btree|PUBLICATION p|SERVER s|SUBSCRIPTION s|TEXT SEARCH CONFIGURATION t
TEXT SEARCH DICTIONARY t|TEXT SEARCH PARSER t|TEXT SEARCH TEMPLATE t|TRANSFORM FOR a LANGUAGE l
USER MAPPING FOR b SERVER s|ACCESS METHOD a
"""
OTHERS = [
    f"{verb} {kind.strip()}"
    for kind in _OTHERS.replace("\n", "|").split("|")
    for verb in ("create", "alter", "drop")
    if kind.strip()
]


@pytest.fixture
def run(postgresql_url: str) -> Iterator[Run]:
    """A database with rows, and a journal."""
    made = Run(postgresql_url, BASE)
    yield made
    made.database.close()


@pytest.mark.parametrize(
    ("sql", "kind"),
    [(sql.strip(), kind) for kind, listed in COMMANDS.items() for sql in listed.split(";")],
)
def test_every_command(sql: str, kind: str) -> None:
    """Each command of the reference runs as what it is, or is refused with a reason."""
    if kind in ("refused", "transaction"):
        with pytest.raises(Refused) as refused:
            classify(sql)
        assert isinstance(refused.value, NotKnownExact) is (kind == "refused")
        assert "not known" not in str(refused.value)
    else:
        assert classify(sql) == kind


@pytest.mark.parametrize("sql", OTHERS)
def test_every_kind(sql: str) -> None:
    """Each kind of object is one of the schema's, or is refused by a name."""
    outcome = "schema"
    try:
        kind: str = classify(sql)
    except NotKnownExact as error:
        kind, outcome = error.name.split("-")[0], sql.split(maxsplit=1)[0]
    assert kind == outcome


def test_cursor(run: Run) -> None:
    """A cursor reads on from statement to statement, and rows that it stands on are written."""
    before = fingerprint(run.url)
    done = run.do(
        "declare reading scroll cursor for select * from person",
        "fetch 3 from reading",
        "update person set name = 'third' where current of reading",
        "move backward 2 in reading",
        "delete from person where current of reading",
        "close reading",
    )
    names = "select string_agg(name, ' ' order by id) from person where id <= 4"
    with psycopg.connect(run.url) as other:
        assert other.execute(names).fetchone() == ("p2 third p4",)
    run.undo(done)
    assert fingerprint(run.url) == before


def test_cursor_that_writes(run: Run) -> None:
    """A cursor whose reading writes unseen is refused: it would have been moved on twice."""
    before = fingerprint(run.url)
    with pytest.raises(NotKnownExact) as refused:
        run.do("declare reading cursor for select sees(id) from person", "fetch 3 from reading")
    assert refused.value.name == "second-run"
    run.database.abort()
    assert fingerprint(run.url) == before


def test_notify(run: Run) -> None:
    """A notification is heard once, when the transaction stands, and not when it is aborted."""
    with psycopg.connect(run.url, autocommit=True) as other:
        other.execute("listen heard")
        run.do("notify heard, 'never'", commit=False)
        run.database.abort()
        run.do("notify heard, 'once'", "update person set name = 'x' where id = 1")
        other.execute("select 1")
        found = [one.payload for one in other.notifies(timeout=2, stop_after=1)]
    assert found == ["once"]


@pytest.mark.parametrize(
    "sql",
    [
        "drop owned by current_user cascade",
        "do 'begin grant insert on clew.entry to public; end'",
        "do 'begin revoke all on clew.entry from public, current_user; end'",
    ],
)
def test_what_takes_the_journal_along(server: Server, run: Run, sql: str) -> None:
    """What a role owns is dropped or given away, but for the journal."""
    name = make_url(run.url).database
    with psycopg.connect(server.admin, autocommit=True) as admin:
        admin.execute(f'alter database "{name}" owner to postgres')
    before = fingerprint(run.url)
    with pytest.raises(Refused, match="schema clew"):
        run.do(sql)
    run.database.abort()
    assert fingerprint(run.url) == before
    run.undo(run.do("update person set name = 'x'"))
