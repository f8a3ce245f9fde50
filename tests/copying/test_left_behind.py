"""Rows that stay behind: what does not convert, what refers to none, and whatever refers to that."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import Any

from tests.copying.conftest import Journey, by_name
from tests.support.oracle import sqlite_path

TABLES = (
    "CREATE TABLE person (id INTEGER PRIMARY KEY, age INTEGER, boss INTEGER REFERENCES person (id));\n"
    "CREATE TABLE letter (id INTEGER PRIMARY KEY, person INTEGER REFERENCES person (id));\n"
    "CREATE TABLE page (id INTEGER PRIMARY KEY, letter INTEGER REFERENCES letter (id));\n"
)


def _spoil(journey: Journey) -> None:
    """Write what SQLite takes while nobody checks: person 2 has no age, 5 no boss."""
    journey.begin(TABLES)
    with closing(sqlite3.connect(sqlite_path(journey.source.url))) as db:
        db.executescript(
            "PRAGMA foreign_keys = OFF;"
            "INSERT INTO person VALUES (1, 30, NULL), (2, 'no age', NULL), (3, 40, 1), (4, 50, 2),"
            " (5, 60, 99);"
            "INSERT INTO letter VALUES (1, 1), (2, 2), (3, 5), (4, 99), (5, NULL);"
            "INSERT INTO page VALUES (1, 1), (2, 2), (3, 4), (4, 5);"
        )


EXPECTED = {
    "person": (5, 2, 1, 2),
    "letter": (5, 2, 0, 3),
    "page": (4, 2, 0, 2),
}
REASONS = {
    "person": {
        "age: not a whole number": 1,
        "boss: refers to no row of person": 1,
        "boss: its row of person stays behind": 1,
    },
    "letter": {
        "person: refers to no row of person": 1,
        "person: its row of person stays behind": 2,
    },
    "page": {"letter: its row of letter stays behind": 2},
}


def _counts(answer: Any) -> dict[str, tuple[int, ...]]:
    return {
        name: (one["rows"], one["inserted"], one["rejected"], one["quarantined"])
        for name, one in by_name(answer).items()
    }


def test_the_plan_is_what_happens(across: Journey) -> None:
    """A dry run counts the very rows that the run leaves behind, by the same reasons."""
    _spoil(across)
    planned = across.plan("--orphans", "quarantine")
    done = across.copy("--orphans", "quarantine", "--batch", "1")
    assert _counts(planned) == _counts(done) == EXPECTED
    for answer in (planned, done):
        found = {name: one["reasons"] for name, one in by_name(answer).items()}
        assert found == REASONS
    sample = by_name(planned)["person"]["samples"][0]
    assert sample == {
        "row": {"id": 2, "age": "no age", "boss": None},
        "reason": "age: not a whole number",
    }
    assert across.target.application("SELECT id, boss FROM person ORDER BY 1") == [
        (1, None),
        (3, 1),
    ]
    assert across.target.application("SELECT id FROM letter ORDER BY 1") == [(1,), (5,)]
    assert across.target.application("SELECT id FROM page ORDER BY 1") == [(1,), (4,)]


def test_each_is_on_record(across: Journey) -> None:
    """Each row that stays behind is an entry with its values as content, and only once."""
    _spoil(across)
    across.copy("--orphans", "quarantine")
    entries = across.target.lines("log", "--type", "RecordRejected")
    assert len(entries) == 8
    contents = [
        json.loads(across.target.type("show", str(one["position"]), "--format", "json"))
        for one in entries
    ]
    assert "no age" in json.dumps(contents)
    assert "no age" not in json.dumps(entries)
    assert across.copy("--orphans", "quarantine")["nothing"]
    across.source.application("INSERT INTO page VALUES (9, NULL)")
    across.copy("--orphans", "quarantine")
    assert len(across.target.lines("log", "--type", "RecordRejected")) == 8
    assert across.target.json("report", "1", "head")["waiting"]["rejected"] == 8


def test_refused_by_default(across: Journey) -> None:
    """Orphans refuse a copy unless they are to be set aside; nothing is written."""
    _spoil(across)
    head = across.target.json("status")["head"]
    assert "would refer to none" in across.refused()
    assert across.plan(code=3)["blocked"]
    assert across.target.json("status")["head"] == head


def test_mended(across: Journey) -> None:
    """Rows that were mended at the source come over with all that refers to them."""
    _spoil(across)
    across.copy("--orphans", "quarantine")
    across.source.application("UPDATE person SET age = 33 WHERE id = 2")
    done = by_name(across.copy("--orphans", "quarantine"))
    assert {name: one["inserted"] for name, one in done.items()} == {
        "person": 2,
        "letter": 1,
        "page": 1,
    }
    assert across.target.json("report", "1", "head")["waiting"]["rejected"] == 4


def test_a_row_that_gets_worse_stays(across: Journey) -> None:
    """A row that was copied and does not convert any more is left as it is in the target."""
    _spoil(across)
    across.copy("--orphans", "quarantine")
    across.source.application("UPDATE person SET age = 'old' WHERE id = 3")
    done = across.copy("--orphans", "quarantine", code=1)
    assert by_name(done)["person"]["rejected"] == 2
    assert across.target.application("SELECT age FROM person WHERE id = 3") == [(40,)]


def test_refused_by_the_target(across: Journey) -> None:
    """What only the target forbids is left behind row by row, with what it said."""
    across.source.script(
        "CREATE TABLE t (id integer PRIMARY KEY, n integer);\n"
        "INSERT INTO t WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s"
        " WHERE n < 100) SELECT n, n FROM s;\n"
    )
    across.target.begin_with("CREATE TABLE t (id integer PRIMARY KEY, n integer CHECK (n <> 50))")
    done = by_name(across.copy())["t"]
    assert (done["inserted"], done["rejected"]) == (99, 1)
    (reason,) = done["reasons"]
    assert reason.startswith("refused by the target: new row for relation")


def test_one_key_twice(across: Journey) -> None:
    """Two keys that are one key once they are converted: one comes, the other is told."""
    across.begin("CREATE TABLE t (id UUID PRIMARY KEY, v TEXT);\n")
    across.source.application(
        "INSERT INTO t VALUES ('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'low'),"
        " ('A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 'high')"
    )
    done = by_name(across.copy())["t"]
    assert done["rows"] == 2
    assert done["inserted"] + done["rejected"] + done["quarantined"] == 2
    assert done["inserted"] < 2
