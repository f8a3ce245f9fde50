"""Full-text indexes and R-Trees come back with all they hold, or are refused by name."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from journal.errors import ChangedSince, NotKnownExact
from journal.sqlite import modules
from tests.language.cases import Rebuilt
from tests.sqlite.there_and_back import File, fingerprint

DOCS = """
    CREATE TABLE docs (id INTEGER PRIMARY KEY, title TEXT, body TEXT);
    INSERT INTO docs VALUES (1, 'one', 'red green'), (2, 'two', 'green blue'), (3, 'x', 'blue red');
"""
KEPT_BY_TRIGGERS = (
    DOCS
    + """
    CREATE VIRTUAL TABLE words USING fts5 (title, body, content='docs', content_rowid='id');
    INSERT INTO words (words) VALUES ('rebuild');
    CREATE TRIGGER docs_ai AFTER INSERT ON docs BEGIN
        INSERT INTO words (rowid, title, body) VALUES (new.id, new.title, new.body); END;
    CREATE TRIGGER docs_ad AFTER DELETE ON docs BEGIN
        INSERT INTO words (words, rowid, title, body)
        VALUES ('delete', old.id, old.title, old.body); END;
    CREATE TRIGGER docs_au AFTER UPDATE ON docs BEGIN
        INSERT INTO words (words, rowid, title, body)
        VALUES ('delete', old.id, old.title, old.body);
        INSERT INTO words (rowid, title, body) VALUES (new.id, new.title, new.body); END;
    CREATE TABLE other (a);
    INSERT INTO other VALUES (1);
"""
)
OWN = (
    DOCS
    + """
    CREATE VIRTUAL TABLE words USING fts5 (title, body, tokenize='porter', prefix='2 3');
    INSERT INTO words SELECT title, body FROM docs;
"""
)
FOUR = OWN.replace("fts5", "fts4").replace(", tokenize='porter', prefix='2 3'", "")
THREE = FOUR.replace("fts4", "fts3")
MAP = """
    CREATE VIRTUAL TABLE map USING rtree (id, x0, x1, y0, y1, +name TEXT);
    INSERT INTO map WITH RECURSIVE c (x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM c WHERE x < 400)
    SELECT x, x, x + 1, x * 2 % 17, x * 2 % 17 + 3, 'n' || x FROM c;
"""
MANY = (
    "INSERT INTO docs WITH RECURSIVE c (x) AS (VALUES (10) UNION ALL SELECT x + 1 FROM c"
    " WHERE x < 2000) SELECT x, 'neu' || x, 'red purple' || (x % 7) FROM c"
)
EXACT: dict[str, tuple[str, list[str]]] = {
    "other tables": (KEPT_BY_TRIGGERS, ["UPDATE other SET a = 2", "DROP TABLE other"]),
    "update": (KEPT_BY_TRIGGERS, ["UPDATE docs SET body = 'neutral ' || body WHERE id < 3"]),
    "delete and insert": (
        KEPT_BY_TRIGGERS,
        ["DELETE FROM docs WHERE id = 2", "INSERT INTO docs VALUES (9, 'nine', 'purple')"],
    ),
    "many": (
        KEPT_BY_TRIGGERS,
        [MANY, "DELETE FROM docs WHERE id % 2", "INSERT INTO words (words) VALUES ('optimize')"],
    ),
    "replace": (KEPT_BY_TRIGGERS, ["INSERT OR REPLACE INTO docs VALUES (2, 'z', 'purple')"]),
    "drop with its triggers": (
        KEPT_BY_TRIGGERS,
        [*(f"DROP TRIGGER docs_{name}" for name in ("ai", "ad", "au")), "DROP TABLE words"],
    ),
    "drop": (KEPT_BY_TRIGGERS, ["DROP TABLE words"]),
    "drop and create": (
        KEPT_BY_TRIGGERS,
        [
            "DROP TABLE words",
            "CREATE VIRTUAL TABLE words USING fts5 (title, content='docs', content_rowid='id')",
            "INSERT INTO words (words) VALUES ('rebuild')",
        ],
    ),
    "drop what it is about": (KEPT_BY_TRIGGERS, ["DROP TABLE docs"]),
    "alter what it is about": (
        KEPT_BY_TRIGGERS,
        [
            Rebuilt("ALTER TABLE docs ADD z"),
            "UPDATE docs SET z = 1",
            "ALTER TABLE docs DROP COLUMN z",
        ],
    ),
    "create": (
        DOCS,
        [
            'CREATE VIRTUAL TABLE IF NOT EXISTS main."my words" USING fts5 (title, body)',
            'INSERT INTO "my words" SELECT title, body FROM docs',
        ],
    ),
    "fts5 of its own": (
        OWN,
        [
            "UPDATE words SET body = 'neutral' WHERE rowid = 2",
            "DELETE FROM words WHERE rowid = 1",
            "INSERT INTO words (rowid, title) VALUES (77, 'purple')",
            "INSERT INTO words (words, rank) VALUES ('rank', 'bm25(10.0)')",
            "DELETE FROM words",
            "DROP TABLE words",
        ],
    ),
    "fts4": (
        FOUR,
        [
            "UPDATE words SET body = 'neutral' WHERE rowid = 2",
            "INSERT INTO words (rowid, title) VALUES (77, 'purple')",
            "INSERT INTO words (words) VALUES ('optimize')",
            "DROP TABLE words",
        ],
    ),
    "r-tree": (
        MAP,
        [
            "UPDATE map SET x0 = x0 + 1, x1 = x1 + 1 WHERE id % 3",
            "DELETE FROM map WHERE id < 100",
            "INSERT OR REPLACE INTO map VALUES (200, 1, 2, 3, 4, 'z')",
            "DROP TABLE map",
        ],
    ),
    "r-tree of whole numbers": (
        DOCS,
        [
            "CREATE VIRTUAL TABLE map USING rtree_i32 (id, x0, x1)",
            "INSERT INTO map VALUES (1, 2, 3)",
        ],
    ),
}


MISSING = """
    CREATE TABLE t (id INTEGER PRIMARY KEY, a);
    INSERT INTO t VALUES (1, 1), (2, 2);
    CREATE TABLE geo_node (nodeno INTEGER PRIMARY KEY, data);
    PRAGMA writable_schema = ON;
    INSERT INTO sqlite_master VALUES
        ('table', 'vec', 'vec', 0, 'CREATE VIRTUAL TABLE vec USING vec0(a)'),
        ('table', 'geo', 'geo', 0, 'CREATE VIRTUAL TABLE geo USING geopoly_elsewhere(a)');
    PRAGMA writable_schema = RESET;
"""


@pytest.mark.parametrize(
    "sql",
    ["UPDATE t SET a = 5", "ALTER TABLE t ADD b", "ALTER TABLE t RENAME TO u", "DROP TABLE t"],
)
def test_missing_modules(sql: str, tmp_path: Path) -> None:
    """A table whose module is not there hinders no change of any other."""
    file = File(tmp_path / "x.db", MISSING)
    before = fingerprint(file.path)
    undone = file.undo(file.run([sql]))
    assert fingerprint(file.path) == before
    file.undo(file.undo(undone))


def test_missing_modules_within(tmp_path: Path) -> None:
    """What a known module keeps within is told by its name, though the module is not there."""
    file = File(tmp_path / "x.db", MISSING.replace("geopoly_elsewhere", "geopoly"))
    with pytest.raises(NotKnownExact, match="geo_node"):
        file.run(["UPDATE geo_node SET data = 1"])


def found(path: Path) -> list[Any]:
    """What searches find, after each index proved itself whole."""
    answers: list[Any] = []
    with closing(sqlite3.connect(path)) as raw:
        for name, sql in raw.execute(
            "SELECT name, sql FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL%' ORDER BY name"
        ).fetchall():
            if "rtree" in sql:
                answers.append(raw.execute(f"SELECT * FROM {name} WHERE x0 < 300").fetchall())
                assert raw.execute("SELECT rtreecheck(?)", (name,)).fetchone() == ("ok",)
                continue
            for word in ("red", "green", "blue", "two", "neu*", "purple"):
                query = f'SELECT rowid FROM "{name}" WHERE "{name}" MATCH ? ORDER BY rowid'
                answers.append(raw.execute(query, (word,)).fetchall())
            raw.execute(f'INSERT INTO "{name}" ("{name}") VALUES (\'integrity-check\')')
    return answers


@pytest.mark.parametrize("name", EXACT)
def test_comes_back_exactly(name: str, tmp_path: Path) -> None:
    """An index goes back and forth with what it is about, and finds what it found."""
    setup, statements = EXACT[name]
    file = File(tmp_path / "x.db", setup)
    before, answers = fingerprint(file.path), found(file.path)
    steps = file.run(statements)
    after, then = fingerprint(file.path), found(file.path)
    undone = file.undo(steps)
    assert bool(file.anew) is any(isinstance(sql, Rebuilt) for sql in statements)
    assert file.anew == file.told == file.foretold
    assert (fingerprint(file.path), found(file.path)) == (before, answers)
    redone = file.undo(undone)
    assert (fingerprint(file.path), found(file.path)) == (after, then)
    file.undo(redone)
    assert (fingerprint(file.path), found(file.path)) == (before, answers)


@pytest.mark.parametrize("policy", ["refuse", "keep", "overwrite"])
@pytest.mark.parametrize(
    ("setup", "change", "wrote"),
    [
        (
            KEPT_BY_TRIGGERS,
            "UPDATE docs SET body = 'purple' WHERE id = 2",
            "INSERT INTO docs VALUES (50, 'since', 'purple')",
        ),
        (FOUR, "DELETE FROM words WHERE rowid = 1", "INSERT INTO words VALUES ('since', 'red')"),
        (THREE, "DELETE FROM words WHERE rowid = 1", "INSERT INTO words VALUES ('since', 'red')"),
        (THREE, "INSERT INTO words VALUES ('a', 'b')", "DELETE FROM words WHERE rowid = 3"),
        (
            THREE,
            "INSERT INTO words (words) VALUES ('optimize')",
            "INSERT INTO words VALUES ('since', 'red')",
        ),
        (THREE, "DELETE FROM words", "INSERT INTO words VALUES ('since', 'red')"),
    ],
)
def test_index_written_since(
    setup: str, change: str, wrote: str, policy: Any, tmp_path: Path
) -> None:
    """An index that somebody wrote to since is never taken back in part."""
    file = File(tmp_path / "x.db", setup)
    steps = file.run([change])
    file.application(wrote)
    with pytest.raises(ChangedSince, match="virtual table words was written to since"):
        file.undo(steps, if_changed=policy)
    found(file.path)


@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("DELETE FROM words_data", "virtual-table"),
        ("DROP TABLE words_data", "virtual-table"),
        ("ALTER TABLE words_content ADD COLUMN q", "virtual-table"),
        ("CREATE INDEX i ON words_config (v)", "virtual-table"),
        ("CREATE VIRTUAL TABLE t USING fts3 (a)", "create-virtual-table"),
        ("INSERT INTO old VALUES ('x')", "virtual-table"),
        ("DROP TABLE old", "virtual-table"),
    ],
)
def test_refused(sql: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Writes to what an index keeps within, and modules that nobody knows are refused by name."""
    monkeypatch.setattr(modules, "EXACT", modules.EXACT - {"fts3"})
    file = File(tmp_path / "x.db", OWN + "CREATE VIRTUAL TABLE old USING fts3 (a);")
    before = fingerprint(file.path)
    with pytest.raises(NotKnownExact) as refusal:
        file.run([sql])
    assert refusal.value.name == name
    assert fingerprint(file.path) == before
