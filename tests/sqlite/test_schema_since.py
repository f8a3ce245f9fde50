"""What applications wrote between a migration and its rollback, and what becomes of it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from journal.errors import ChangedSince, NotExact, Refused
from tests.sqlite.there_and_back import File, fingerprint


def select(file: File, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(file.path)) as raw:
        return raw.execute(sql).fetchall()


@pytest.fixture
def file(tmp_path: Path) -> File:
    """A populated file."""
    return File(tmp_path / "x.db")


def test_new_rows_stay_when_a_column_comes_back(file: File) -> None:
    """Rows inserted and updated since keep their values; the column is filled where it can be."""
    steps = file.run(["ALTER TABLE pet DROP COLUMN weight"])
    file.application(
        "INSERT INTO pet (id, owner, name) VALUES (50, 7, 'New')",
        "UPDATE pet SET name = 'Rex II' WHERE id = 1",
    )
    undone = file.undo(steps)
    assert select(file, "SELECT * FROM pet") == [
        (1, 3, "Rex II", 4),
        (2, 3, "Tom", 2.5),
        (9, 7, "Kit", "heavy"),
        (50, 7, "New", 2),
    ]
    assert file.net == []
    file.application("UPDATE pet SET weight = 77 WHERE id = 50")
    with pytest.raises(ChangedSince, match="1 row of pet"):
        file.undo(undone)
    file.undo(undone, if_changed="overwrite")
    assert select(file, "SELECT count(*) FROM pet WHERE name = 'New'") == [(1,)]


def test_row_deleted_since_is_told(file: File) -> None:
    """A row deleted since cannot take its dropped column back: refused, or kept and told."""
    steps = file.run(["ALTER TABLE pair DROP COLUMN v"])
    file.application("DELETE FROM pair WHERE a = '2'")
    with pytest.raises(ChangedSince, match="1 row of pair"):
        file.undo(steps)
    _, (effect,) = file.undo_effects(steps, if_changed="keep")
    assert effect.changed_count == 1
    assert [(row.key, row.kept) for row in effect.changed_since] == [({"b": "1", "a": "2"}, True)]
    assert select(file, "SELECT * FROM pair") == [("1", "1", b""), ("1", "2", 3)]


def test_new_row_without_a_place_is_refused(file: File) -> None:
    """A row inserted since that has no value for a NOT NULL column aborts the rollback."""
    steps = file.run(["ALTER TABLE exact_one DROP COLUMN n"])
    before = fingerprint(file.path)
    file.application("INSERT INTO exact_one (id, t) VALUES (9, 'new')")
    for policy in ("refuse", "keep", "overwrite"):
        with pytest.raises(ChangedSince, match="no place in the former exact_one"):
            file.undo(steps, if_changed=policy)
    file.application("DELETE FROM exact_one WHERE id = 9")
    assert fingerprint(file.path) == before


def test_rows_numbered_anew_are_not_mixed_up(file: File) -> None:
    """VACUUM gives rows of a table without a key new rowids: refused, and never mixed up."""
    file.application(
        "DELETE FROM note",
        "INSERT INTO note (rowid, body, extra) VALUES (1, 'a', 'A'), (3, 'c', 'C'), (2, 'b', 'B')",
        "DELETE FROM note WHERE rowid = 2",
        "INSERT INTO note (rowid, body, extra) VALUES (4, 'd', 'D'), (5, 'e', 'E')",
    )
    steps = file.run(["ALTER TABLE note DROP COLUMN extra"])
    file.application("VACUUM")
    assert select(file, "SELECT rowid, body FROM note")[1] == (2, "c")
    with pytest.raises(ChangedSince, match="3 rows of note"):
        file.undo(steps)


def test_rows_with_a_text_key_outlive_vacuum(file: File) -> None:
    """Rows that a text key tells apart get their columns back after VACUUM."""
    file.application("DELETE FROM visit WHERE day = 'mon'")
    before = fingerprint(file.path)["visit"]
    steps = file.run(["ALTER TABLE visit DROP COLUMN pet"])
    file.application("VACUUM")
    file.undo(steps)
    assert fingerprint(file.path)["visit"] == before


def test_added_column_written_since(file: File) -> None:
    """Values written since into an added column are never thrown away unasked."""
    steps = file.run(["ALTER TABLE note ADD COLUMN n INTEGER DEFAULT '12'"])
    file.application("INSERT INTO note (body) VALUES ('default is fine')")
    file.application("UPDATE note SET n = 13 WHERE rowid = 5")
    with pytest.raises(ChangedSince, match="1 row of note"):
        file.undo(steps)
    with pytest.raises(ChangedSince, match="cannot be kept"):
        file.undo(steps, if_changed="keep")
    run, (effect,) = file.undo_effects(steps, if_changed="overwrite")
    assert effect.changed_count == 1
    assert effect.changed_since[0].key == {"rowid": 5}
    assert effect.changed_since[0].live == {"body": 1, "extra": "a", "n": 13}
    assert select(file, "SELECT count(*) FROM note") == [(5,)]
    file.undo(file._steps(run, [effect]))
    assert select(file, "SELECT n FROM note ORDER BY rowid") == [(13,), (12,), (12,), (12,), (12,)]


def test_created_table_written_since(file: File) -> None:
    """A table that an application filled since is dropped only when told, with its rows imaged."""
    steps = file.run(["CREATE TABLE t AS SELECT 1 AS a UNION SELECT 2"])
    file.application("INSERT INTO t VALUES (3)", "DELETE FROM t WHERE a = 1")
    for policy in ("refuse", "keep"):
        with pytest.raises(ChangedSince, match="2 rows of t"):
            file.undo(steps, if_changed=policy)
    run, (effect,) = file.undo_effects(steps, if_changed="overwrite")
    assert effect.changed_count == 2
    file.undo(file._steps(run, [effect]))
    assert select(file, "SELECT a FROM t ORDER BY a") == [(2,), (3,)]


def test_untouched_empty_table_goes(file: File) -> None:
    """A table created empty and still empty goes without a word."""
    before = fingerprint(file.path)
    steps = file.run(["CREATE TABLE t (a)"])
    file.application("INSERT INTO t VALUES (3)", "DELETE FROM t")
    file.undo(steps)
    assert fingerprint(file.path) == before


def test_counter_moved_since_stands(file: File) -> None:
    """A counter that an application moved on since is not set back below its rows."""
    steps = file.run(["INSERT INTO person (name) VALUES ('Zed')", "ALTER TABLE person ADD z"])
    file.application("INSERT INTO person (name) VALUES ('App')")
    file.undo(steps)
    counter = "SELECT seq FROM sqlite_sequence WHERE name = 'person'"
    assert select(file, counter) == [(22,)]
    assert select(file, "SELECT name FROM person WHERE id > 8") == [("App",)]


def test_identity_is_kept_through_renames(file: File) -> None:
    """Tables and columns keep their identity through renames, and get it back when undone."""
    person = next(o for o in file.known.objects.values() if o.path == ("person",))
    steps = file.run(
        [
            "ALTER TABLE person RENAME TO people",
            "ALTER TABLE people RENAME COLUMN age TO years",
            "ALTER TABLE people DROP COLUMN years",
            "ALTER TABLE people ADD COLUMN years",
        ]
    )
    people = file.known.objects[person.id]
    assert people.path == ("people",)
    ids = {column.name: column.id for column in person.columns}
    now = {column.name: column.id for column in people.columns}
    assert now["name"] == ids["name"]
    assert now["years"] not in ids.values()
    file.undo(steps)
    assert file.known.objects[person.id] == person


def test_rebuild_is_a_new_table(file: File) -> None:
    """A table that takes over the name of a dropped one is another table."""
    note = next(o for o in file.known.objects.values() if o.path == ("note",))
    file.run(["CREATE TABLE n2 (body)", "DROP TABLE note", "ALTER TABLE n2 RENAME TO note"])
    new = next(o for o in file.known.objects.values() if o.path == ("note",))
    assert new.id != note.id
    assert note.id not in file.known.objects


def test_broken_views_are_let_be(tmp_path: Path) -> None:
    """Views and triggers that refer to nothing hinder no way back, and stay as they are."""
    file = File(tmp_path / "x.db")
    steps = file.run(
        [
            "ALTER TABLE note DROP COLUMN extra",
            "DROP TABLE log",
            "DROP TABLE tree",
            "CREATE VIEW broken AS SELECT * FROM nowhere",
        ]
    )
    before = fingerprint(file.path)
    undone = file.undo(steps[:-1])
    file.undo(undone)
    assert fingerprint(file.path) == before


def test_image_gone_wrong_is_not_exact(file: File) -> None:
    """A change that does not come back as it was is aborted and nothing is changed."""
    steps = file.run(["CREATE TABLE t (a)", "DROP TABLE t"])
    after = fingerprint(file.path)
    import msgspec

    gone = steps[1].changes[0].before
    assert gone is not None
    wrong = msgspec.structs.replace(gone, definition={**gone.definition, "strict": True})
    change = msgspec.structs.replace(steps[1].changes[0], before=wrong)
    with pytest.raises(NotExact, match="table t did not come back as it was"):
        file.undo([msgspec.structs.replace(steps[1], changes=(change,))])
    assert fingerprint(file.path) == after


def test_unique_index_finds_duplicates(file: File) -> None:
    """A unique index that rows written since do not allow is told, and nothing is changed."""
    steps = file.run(["DROP INDEX person_email"])
    file.application("INSERT INTO person (name, email) VALUES ('Ann II', 'ANN@x')")
    after = fingerprint(file.path)
    with pytest.raises(ChangedSince, match="person_email"):
        file.undo(steps)
    assert fingerprint(file.path) == after


def test_defensive_mode_is_refused(file: File) -> None:
    """A connection that forbids to mend the schema's text is told so, and nothing is changed."""
    steps = file.run(["ALTER TABLE note RENAME TO n"])
    after = fingerprint(file.path)
    session = file.begin(foreign_keys=False)

    def defend(action: int, table: str | None, *_: object) -> int:
        modifies = action == sqlite3.SQLITE_UPDATE and table == "sqlite_master"
        return sqlite3.SQLITE_DENY if modifies else sqlite3.SQLITE_OK

    session.session.raw.set_authorizer(defend)
    with pytest.raises(Refused, match="defensive mode"):
        session.undo(steps[0], schema=file.known.objects, run="r", if_changed="refuse")
    session.close()
    assert fingerprint(file.path) == after


def test_foreign_keys_on_is_refused(file: File) -> None:
    """Schema changes are not taken back with foreign keys on, where a drop would cascade."""
    steps = file.run(["CREATE TABLE t (a)"])
    session = file.begin(foreign_keys=True)
    with pytest.raises(Refused, match="foreign keys off"):
        session.undo(steps[0], schema=file.known.objects, run="r", if_changed="refuse")
    session.close()
