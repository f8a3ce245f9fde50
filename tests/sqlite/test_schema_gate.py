"""The gate of SQLite: what each statement is for, and what is refused before it runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from journal.errors import NotKnownExact, Refused, StatementFailed
from journal.sqlite import modules
from journal.sqlite.gate import classify
from tests.sqlite.there_and_back import POPULATED, File, fingerprint

KINDS = {
    "query": """SELECT 1; VALUES (1); EXPLAIN DELETE FROM t; WITH a AS (SELECT 1) SELECT * FROM a;
        -- nothing at all
        ;/* c */ select * from x;PRAGMA table_info(t);PRAGMA user_version;PRAGMA main.table_list;
        PRAGMA foreign_keys;PRAGMA journal_mode;pragma integrity_check(3)""",
    "rows": """INSERT INTO t VALUES (1); insert or replace into t values (1);REPLACE INTO t SELECT 1;
        UPDATE t SET a = 1;DELETE FROM t;WITH a(x) AS (SELECT ')') INSERT INTO t SELECT * FROM a;
        WITH RECURSIVE a AS (SELECT 1) UPDATE t SET a = 2;with a as (values(1)) delete from t""",
    "schema": """CREATE TABLE t (a);CREATE UNIQUE INDEX i ON t (a);CREATE VIEW v AS SELECT 1;
        CREATE TEMP TABLE t (a);CREATE TEMP TRIGGER g AFTER INSERT ON t BEGIN SELECT 1;CREATE TEMPORARY VIEW v AS SELECT 1;DROP TABLE t;drop view v;
        ALTER TABLE t ADD a;CREATE INDEX IF NOT EXISTS i ON t (a);DROP TRIGGER IF EXISTS g;
        PRAGMA user_version = 3;PRAGMA main.application_id(-1);
        /* a */ -- b
        create /* c */ table t (a)""",
    "setting": """PRAGMA foreign_keys = OFF;PRAGMA defer_foreign_keys(1);REINDEX;REINDEX t;
        pragma legacy_alter_table=on;PRAGMA cache_size = -2000;
        ANALYZE;analyze main.t;PRAGMA optimize;ATTACH 'x' AS y;attach database :x as y;DETACH y;
        PRAGMA incremental_vacuum;PRAGMA shrink_memory""",
    "outside": "VACUUM;vacuum main",
}
REFUSED = {
    "control of the transaction": "BEGIN;COMMIT;END TRANSACTION;ROLLBACK;SAVEPOINT a;RELEASE a",
    "shell": ".tables;  .read x",
    "PRAGMA": """PRAGMA writable_schema = ON;PRAGMA schema_version = 3;PRAGMA journal_mode=WAL;
        PRAGMA main.recursive_triggers = 1;PRAGMA temp_store(2);PRAGMA query_only = 1;
        PRAGMA wal_checkpoint;PRAGMA trusted_schema = OFF""",
}
NOT_KNOWN = {
    "create-virtual-table": "CREATE VIRTUAL TABLE f USING vec0(a);CREATE VIRTUAL TABLE f USING json_each",
    "pragma": "PRAGMA count_changes = 1;PRAGMA default_cache_size = 5;PRAGMA x = 1",
    "vacuum-into": "VACUUM INTO 'x';vacuum main into 'x'",
    "statement": "GRANT ALL;CREATE SEQUENCE s;COPY t FROM STDIN;MERGE INTO t",
}


def each(table: dict[str, str]) -> list[tuple[str, str]]:
    return [(kind, sql) for kind, texts in table.items() for sql in texts.split(";") if sql.strip()]


@pytest.mark.parametrize(("kind", "sql"), each(KINDS))
def test_kind(kind: str, sql: str) -> None:
    """Each statement is told by what it is for."""
    assert classify(sql) == kind


@pytest.mark.parametrize(("says", "sql"), each(REFUSED))
def test_refused(says: str, sql: str) -> None:
    """Statements that are the journal's business, or none of SQL, are refused for good."""
    with pytest.raises(Refused, match=says) as refusal:
        classify(sql)
    assert not isinstance(refusal.value, NotKnownExact)


@pytest.mark.parametrize(("name", "sql"), each(NOT_KNOWN))
def test_not_known(name: str, sql: str) -> None:
    """What is not known to be exact is refused under a name that waives it."""
    with pytest.raises(NotKnownExact) as refusal:
        classify(sql)
    assert refusal.value.name == name


@pytest.fixture
def unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have fts3 be a module of which nobody knows where it keeps what it holds."""
    monkeypatch.setattr(modules, "EXACT", modules.EXACT - {"fts3"})


FTS = """
    CREATE VIRTUAL TABLE words USING fts3 (body);
    INSERT INTO words VALUES ('some words');
    CREATE TRIGGER note_words AFTER INSERT ON note
    BEGIN INSERT INTO words VALUES (new.body); END;
"""
BY_NAME = {
    "DROP TABLE words": "virtual-table",
    "INSERT INTO words VALUES ('more')": "virtual-table",
    "INSERT INTO note VALUES ('more', 'x')": "virtual-table",
    "UPDATE words_content SET c0body = NULL": "virtual-table",
    "DROP TABLE person": "drop-table-cascade",
    "DROP TABLE pet": "drop-table-cascade",
    "CREATE TEMP TABLE person (a)": "temp-table-shadows",
    "CREATE TEMP VIEW note AS SELECT 1": "temp-table-shadows",
    "INSERT INTO sqlite_sequence VALUES ('nothing', 1)": "sqlite-sequence",
}


@pytest.mark.usefixtures("unknown")
@pytest.mark.parametrize("sql", BY_NAME)
def test_refused_by_what_it_touches(sql: str, tmp_path: Path) -> None:
    """What a statement would write, by itself or by a trigger or a foreign key, decides."""
    file = File(tmp_path / "x.db", POPULATED + FTS)
    before = fingerprint(file.path)
    with pytest.raises(NotKnownExact) as refusal:
        file.run([sql])
    assert refusal.value.name == BY_NAME[sql]
    assert fingerprint(file.path) == before


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM clew_entry",
        "DROP TABLE clew_image",
        "CREATE TABLE Clew_mine (a)",
        "ALTER TABLE note RENAME TO clew_note",
        "CREATE INDEX i ON clew_entry (type)",
        "CREATE TRIGGER g AFTER INSERT ON clew_entry BEGIN SELECT 1; END",
        "CREATE TEMP TABLE clew_stage_1 (a)",
        "CREATE TRIGGER clew_g AFTER INSERT ON note BEGIN SELECT 1; END",
    ],
)
def test_journal_is_out_of_reach(sql: str, tmp_path: Path) -> None:
    """Nobody's migration touches the journal, nor takes a name that is kept for it."""
    file = File(tmp_path / "x.db")
    with pytest.raises(Refused, match="is the journal's"):
        file.run([sql])


@pytest.mark.usefixtures("unknown")
def test_waived_rules_are_on_record(tmp_path: Path) -> None:
    """A rule waived by name lets the statement run, and its effect says so."""
    file = File(tmp_path / "x.db")
    session = file.begin(foreign_keys=True)
    allowed = frozenset(
        ["drop-table-cascade", "create-virtual-table", "statistics", "virtual-table"]
    )
    effects = [
        session.execute(sql, run="r", allowed=allowed)
        for sql in (
            "DROP TABLE pet",
            "CREATE VIRTUAL TABLE words USING fts3 (body)",
            "INSERT INTO words VALUES ('x')",
            "ANALYZE",
            "DELETE FROM sqlite_stat1",
            "UPDATE note SET extra = 'q'",
        )
    ]
    session.commit()
    session.close()
    assert [effect.waived for effect in effects] == [
        ("drop-table-cascade",),
        ("create-virtual-table",),
        ("virtual-table",),
        (),
        ("statistics",),
        (),
    ]


def test_childless_parent_is_dropped(tmp_path: Path) -> None:
    """A parent table is dropped with foreign keys on where no row refers to it."""
    file = File(tmp_path / "x.db")
    before = fingerprint(file.path)
    steps = file.run(["UPDATE visit SET pet = NULL", "DROP TABLE pet"])
    file.undo(steps)
    assert fingerprint(file.path) == before


@pytest.mark.usefixtures("unknown")
def test_virtual_tables_are_let_be(tmp_path: Path) -> None:
    """A full-text table that is merely there hinders no other change."""
    file = File(tmp_path / "x.db", POPULATED + FTS)
    before = fingerprint(file.path)
    file.undo(file.run(["ALTER TABLE note DROP COLUMN extra", "DROP TABLE log"]))
    assert fingerprint(file.path) == before


def test_error_of_sqlite_is_told(tmp_path: Path) -> None:
    """A statement that SQLite refuses is told in SQLite's words and with its error name."""
    file = File(tmp_path / "x.db")
    with pytest.raises(StatementFailed, match="no such table: nowhere") as failure:
        file.run(["DROP TABLE nowhere"])
    assert failure.value.sqlstate == "SQLITE_ERROR"
