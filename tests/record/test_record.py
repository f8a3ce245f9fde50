"""Another program is run, and what it did is journaled and comes back; also where it failed."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from commands.observing import known_schema
from commands.rollback import preview, rollback
from commands.status import status
from journal.errors import Busy, Drifted, NotFound, NotKnownExact, Usage
from journal.events import (
    JournalOpened,
    RowsChanged,
    RunCompleted,
    RunFailed,
    RunStarted,
    SchemaChanged,
    SequenceMoved,
)
from tests.record.recorder import CHILD, Recorder, tables

SETUP = (
    "create table person (id integer primary key, name text not null, born integer)",
    "create table pet (id integer primary key, owner integer references person (id), name text)",
    "create index pet_name on pet (name)",
    "insert into person values (1, 'Ada', 1815), (2, 'Bela', 1881), (3, 'Cyd', 1922)",
    "insert into pet values (1, 1, 'Rex'), (2, 2, 'Tom'), (3, 3, 'Kit')",
)
WORK = (
    "insert into person values (4, 'Dee', 1950)",
    "update person set name = 'ADA' where id = 1",
    "delete from pet where id = 2",
    "alter table person add column email text",
    "update person set email = 'x@y' where id > 2",
    "create table visit (id integer primary key, pet integer, day text)",
    "insert into visit values (1, 1, 'mon'), (2, 3, 'tue')",
    "drop index pet_name",
    "create unique index pet_of on pet (owner, name)",
)


def test_there_and_back(recorder: Recorder) -> None:
    """All that a program did goes back exactly, in its steps and whole, and forward again."""
    recorder.begin(*SETUP)
    before = recorder.fingerprint()
    answer = recorder.child(*WORK)
    after = recorder.fingerprint()
    assert (answer.exit_code, answer.lost, answer.others, answer.left) == (0, (), (), ())
    found = tables(answer)
    assert (found["pet"], found["visit"]) == ((0, 0, 1), (2, 0, 0))
    recorder.prove()
    assert recorder.kept() == ()

    assert recorder.go(answer.first) == before
    assert recorder.go(answer.head) == after
    assert recorder.go(answer.first) == before


def test_in_its_steps(recorder: Recorder) -> None:
    """Between its steps the database is whole, and the journal's."""
    recorder.begin(SETUP[0], "create index person_name on person (name)", SETUP[3])
    before = recorder.fingerprint()
    answer = recorder.child(
        "drop index person_name",
        "delete from person where id = 3",
        "alter table person add column email text",
        "update person set email = 'x', name = 'y'",
        "create table pet (id integer primary key, name text)",
        "insert into pet values (1, 'Rex')",
        "create unique index person_born on person (born)",
    )
    after = recorder.fingerprint()
    ends: dict[int, int] = {}
    for entry in recorder.entries("RowsChanged", "SchemaChanged", "SequenceMoved"):
        event = entry.event
        assert isinstance(event, RowsChanged | SchemaChanged | SequenceMoved)
        ends[event.statement.number] = entry.position
    assert len(ends) > 1
    for position in [*ends.values(), *reversed(ends.values())]:
        recorder.go(position)
    assert recorder.go(answer.first) == before
    assert recorder.go(answer.head) == after


def test_drop_and_recreate(recorder: Recorder) -> None:
    """A table that was dropped and made again otherwise comes back with all of its rows."""
    recorder.begin(*SETUP)
    before = recorder.fingerprint()
    answer = recorder.child(
        "drop table pet",
        "drop table person",
        "create table person (id integer primary key, name text)",
        "create table pet (id text primary key, owner integer references person (id))",
        "insert into person values (1, 'Ada'), (9, 'New')",
        "insert into pet values ('rex', 1)",
    )
    after = recorder.fingerprint()
    assert recorder.go(answer.first) == before
    assert recorder.go(answer.head) == after


def test_failing_program(recorder: Recorder) -> None:
    """What a program did before it failed is on record as failed, stays, and goes back."""
    recorder.begin(*SETUP)
    before = recorder.fingerprint()
    answer = recorder.child(*WORK[:4], "say:oh no", "exit:3")
    assert answer.exit_code == 3
    failed = recorder.entries("RunFailed")[-1].event
    assert isinstance(failed, RunFailed)
    assert (failed.exit_code, failed.error) == (3, "the program ended with exit code 3")
    assert any("email" in one for one in failed.stayed)
    assert any("1 row removed" in one for one in failed.stayed)
    assert recorder.content(failed.output) == b"oh no\noh no\n"
    assert status(recorder.target).clean
    assert recorder.go(answer.first) == before


def test_killed_program(recorder: Recorder) -> None:
    """A program that a signal ended has 128 and the signal for its exit code."""
    recorder.begin(*SETUP)
    before = recorder.fingerprint()
    answer = recorder.child(*WORK[:3], "kill:9")
    assert answer.exit_code == 137
    assert recorder.go(answer.first) == before


def test_evidence(recorder: Recorder) -> None:
    """What was found by comparison says so; that the program ran was not."""
    recorder.begin(*SETUP)
    recorder.child(*WORK)
    for entry in recorder.entries():
        captured = isinstance(entry.event, JournalOpened | RunStarted | RunCompleted)
        assert entry.evidence == ("captured" if captured else "observed")


def test_nothing_changed(recorder: Recorder) -> None:
    """A program that changed nothing is on record, and there is nothing to take back."""
    recorder.begin(*SETUP)
    answer = recorder.child("update person set name = name", "select 1")
    assert (answer.tables, answer.schema, answer.sequences, answer.back) == ((), (), (), "")
    assert [type(one.event) for one in recorder.entries()][-2:] == [RunStarted, RunCompleted]
    assert recorder.kept() == ()


@pytest.mark.parametrize("program", ["no-such-program", "./no-such-program", "/no/such/program"])
def test_no_such_program(recorder: Recorder, program: str) -> None:
    """A program that is not there ends with 127, on record, with nothing changed."""
    recorder.begin(*SETUP)
    answer = recorder.record(program, "argument")
    assert (answer.exit_code, answer.back) == (127, "")
    assert "no such program" in answer.error
    failed = recorder.entries()[-1].event
    assert isinstance(failed, RunFailed)
    assert failed.exit_code == 127
    assert recorder.kept() == ()


def test_no_program(recorder: Recorder) -> None:
    """A file that is no program ends with 126, on record, with nothing changed."""
    recorder.begin(*SETUP)
    text = recorder.home / "text"
    text.write_text("no program")
    answer = recorder.record(str(text))
    assert (answer.exit_code, answer.back) == (126, "")
    assert recorder.kept() == ()
    assert status(recorder.target).clean


def test_no_command(recorder: Recorder) -> None:
    """Without a command nothing is done."""
    recorder.begin(*SETUP)
    with pytest.raises(Usage):
        recorder.record()
    assert recorder.entries("RunStarted") == []


def test_drift_is_refused(recorder: Recorder) -> None:
    """Beside drift no program is started, for what it does could not be told."""
    recorder.begin(*SETUP)
    recorder.sql("create table by_hand (id integer primary key)")
    mark = recorder.home / "ran"
    with pytest.raises(Drifted, match="by_hand"):
        recorder.child(f"touch:{mark}")
    assert not mark.exists()
    assert recorder.entries("RunStarted") == []
    assert recorder.kept() == ()


def test_another_run(recorder: Recorder) -> None:
    """While another run holds the journal no program is started."""
    recorder.begin(*SETUP)
    mark = recorder.home / "ran"
    with recorder.target.journal() as journal:
        journal.database.hold("somebody", wait=1)
        with pytest.raises(Busy, match="somebody"):
            recorder.child(f"touch:{mark}")
    assert not mark.exists()


def test_one_at_a_time(recorder: Recorder) -> None:
    """A program that types a verb of its own is told who holds the journal, and recorded."""
    recorder.begin(*SETUP)
    clew = "from commands.cli.main import main; main()"
    env = {"PYTHONPATH": str(Path(CHILD).parents[2])}
    answer = recorder.record(
        sys.executable, "-c", clew, "apply", "--lock-timeout", "0", str(recorder.directory), env=env
    )
    assert answer.exit_code == 3
    assert b"the journal is held by dana here" in recorder.err
    assert answer.back == ""


def test_no_journal(recorder: Recorder) -> None:
    """Without a journal nothing is run."""
    recorder.begin()
    if recorder.kind == "sqlite":
        path = Path(recorder.url.removeprefix("sqlite:///"))
        path.unlink()
        path.touch()
    else:
        recorder.sql("drop schema clew cascade")
    with pytest.raises(NotFound) as error:
        recorder.child("exit:0")
    assert "clew init" in error.value.hint


def test_what_the_program_finds(recorder: Recorder) -> None:
    """The program finds the database and its run in its environment."""
    recorder.begin(*SETUP)
    answer = recorder.child("env")
    found = dict(line.split("=", 1) for line in recorder.out.decode().splitlines())
    assert found["DATABASE_URL"] == recorder.url.replace("+psycopg", "")
    assert found["CLEW_DATABASE_URL"] == recorder.target.url.render_as_string(hide_password=False)
    assert found["CLEW_RUN"] == answer.run


def test_run_is_named(recorder: Recorder) -> None:
    """The journal says which program it was, who had it run, and why."""
    recorder.begin(*SETUP)
    recorder.child("select 1")
    entry = recorder.entries("RunStarted")[-1]
    started = entry.event
    assert isinstance(started, RunStarted)
    assert (started.verb, started.reason, entry.actor) == ("record", "because", "dana")
    assert started.program == Path(sys.executable).name
    assert recorder.content(started.command).decode().endswith("child.py 'select 1'")


def test_recorded_twice(recorder: Recorder) -> None:
    """Programs are recorded one after the other, and taken back together."""
    recorder.begin(*SETUP)
    before = recorder.fingerprint()
    first = recorder.child(*WORK[:5])
    between = recorder.fingerprint()
    second = recorder.child(*WORK[5:], "drop table pet", "update person set email = name")
    after = recorder.fingerprint()
    assert recorder.go(second.first) == between
    assert recorder.go(first.first) == before
    assert recorder.go(second.head) == after


def test_over_an_earlier_way_back(recorder: Recorder) -> None:
    """A table that was made anew and taken back once is no obstacle later."""
    recorder.begin(*SETUP)
    before = recorder.fingerprint()
    answer = recorder.child(
        "alter table pet add column kind text",
        "update pet set kind = 'cat', name = upper(name)",
        "insert into pet values (4, 1, 'Neu', 'dog')",
    )
    assert recorder.go(answer.first) == before
    later = recorder.child("update pet set name = 'z'")
    after = recorder.fingerprint()
    assert recorder.go(answer.first) == before
    assert recorder.go(later.head) == after


def test_rows_written_since(recorder: Recorder) -> None:
    """A row that somebody wrote after the program is not lost on the way back."""
    recorder.begin(*SETUP)
    answer = recorder.child("update person set name = 'x'", "insert into pet values (9, 1, 'Neu')")
    recorder.sql("update person set name = 'since' where id = 2")
    done = rollback(recorder.target, str(answer.first), asker=recorder.asker, if_changed="keep")
    assert done.changed_count == 1
    assert recorder.sql("select name from person order by id") == [("Ada",), ("since",), ("Cyd",)]


def test_hostile(recorder: Recorder) -> None:
    """Names and values that are odd go there and back as any others."""
    recorder.begin(
        *SETUP, """create table "a ""b' c;--%s {}" ("x y" integer primary key, "it's" text)"""
    )
    before = recorder.fingerprint()
    answer = recorder.child(
        """insert into "a ""b' c;--%s {}" values (1, 'q"''; drop table person; --'), (2, '%s {0}')""",
        """alter table "a ""b' c;--%s {}" add column "ne\tw" text default 'd''e'""",
        """create table "Ünï\U0001f642" ("select" integer primary key, "clew" text)""",
        """insert into "Ünï\U0001f642" values (1, '\U0001f642\u202e')""",
    )
    after = recorder.fingerprint()
    assert recorder.go(answer.first) == before
    assert recorder.go(answer.head) == after


@pytest.mark.usefixtures("unknown_fts3")
def test_what_cannot_be_taken_back(file: Recorder) -> None:
    """What does not come back is named at once and by the plan, and the rollback is refused."""
    file.begin(*SETUP)
    before = file.fingerprint()
    kept = file.child("delete from pet")
    answer = file.child("create virtual table v using fts3 (a)", "delete from person")
    assert [one.name for one in answer.lost] == ["create-virtual-table"]
    seen = preview(file.target, str(answer.first))
    assert [(one.name, one.reason) for one in seen.irreversible] == [
        (
            "create-virtual-table",
            "virtual table v was observed, and is not known to come back exactly",
        )
    ]
    with pytest.raises(NotKnownExact):
        rollback(file.target, str(kept.first), asker=file.asker)
    notes = file.entries("RunCompleted")[-1].event.notes
    assert notes == ("cannot be taken back: virtual table v (create-virtual-table)",)
    assert before != file.fingerprint()


def test_numbered_anew(file: Recorder) -> None:
    """Rows that a VACUUM renumbered are in the way of what was journaled of them before."""
    file.begin("create table l (a)", "insert into l (rowid, a) values (3, 'x'), (9, 'y')")
    first = file.child("update l set a = 'z'")
    second = file.child("VACUUM")
    later = file.child("insert into l values ('w')")
    file.go(later.first)
    assert second.lost[0].name == "vacuum"
    with pytest.raises(NotKnownExact, match="renumbered"):
        rollback(file.target, str(first.first), asker=file.asker)


@pytest.mark.skipif(not shutil.which("sqlite3"), reason="no sqlite3 shell")
def test_sqlite_shell(file: Recorder) -> None:
    """A script that SQLite's own shell runs is recorded, and goes back."""
    file.begin(*SETUP)
    before = file.fingerprint()
    script = file.home / "fix.sql"
    script.write_text(";\n".join(WORK) + ";\nselect * from nowhere;\n")
    path = file.url.removeprefix("sqlite:///")
    answer = file.record("sqlite3", "-bail", path, f".read {script}")
    assert answer.exit_code == 1
    assert b"nowhere" in file.err
    assert file.go(answer.first) == before


@pytest.mark.skipif(os.name != "posix", reason="permissions")
def test_place_that_cannot_be_written(file: Recorder) -> None:
    """The copy stands beside the file only while the program runs."""
    file.begin(*SETUP)
    there = sorted(one.name for one in file.home.iterdir())
    file.child(*WORK)
    now = sorted(one.name for one in file.home.iterdir())
    assert set(now) - set(there) <= {"out", "err", "app.db-clew-lock"}


def test_very_much(recorder: Recorder) -> None:
    """However much a program did, its last entry stays short, and all of it goes back."""
    recorder.begin(*SETUP)
    before = recorder.fingerprint()
    answer = recorder.child(
        *(f"create table t{n} (id integer primary key)" for n in range(130)), "exit:1"
    )
    failed = recorder.entries("RunFailed")[-1].event
    assert isinstance(failed, RunFailed)
    assert failed.stayed[-1] == "and 30 more"
    assert len(answer.schema) == 130
    assert recorder.go(answer.first) == before


def test_reported(recorder: Recorder) -> None:
    """The report names the program, what it did, and what became of it."""
    recorder.begin(*SETUP)
    recorder.child("delete from pet", "exit:2")
    done = recorder.clew("report")
    assert f"record {Path(sys.executable).name}" in done.stdout.decode()
    assert "exit code 2" in done.stdout.decode()


def test_a_long_copy_is_told(file: Recorder) -> None:
    """Copying a file is told page by page, up to the last, before the program starts."""
    file.begin("create table t (a integer primary key, b blob)")
    file.sql("insert into t values (1, zeroblob(40000000))")
    heard: list[tuple[int, int]] = []
    with file.target.journal() as journal:
        database = journal.database
        watching = database.observe(
            "r", schema=known_schema(journal).objects, copying=lambda *two: heard.append(two)
        )
        watching.starting()
        watching.ended(wait=1)
        database.unobserve("r")
    assert len(heard) > 2
    assert heard == sorted(heard)
    assert heard[-1][0] == heard[-1][1]
