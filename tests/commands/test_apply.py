"""Apply: pending migrations run, each in one transaction, and are journaled."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.apply import Applied, apply
from commands.init import init
from commands.observing import known_schema
from commands.verify import verify
from journal.envelope import Entry
from journal.errors import ClewError, Drifted, NotKnownExact, Refused, StatementFailed
from journal.events import (
    IrreversibleAllowed,
    RowsChanged,
    RunCompleted,
    RunFailed,
    RunStarted,
    SchemaChanged,
)
from tests.commands.places import Place

PERSON = "create table person (id integer primary key, email text not null unique);\n"


def begin(place: Place) -> None:
    """Make the journal and two migrations."""
    place.write("0001_person.sql", PERSON)
    place.write(
        "0002_people.sql",
        "insert into person values (1, 'a%s'), (2, ':b'), (3, '?');\n\n"
        "update person set email = email || ';' where id > 1;\n",
    )
    init(place.target, asker=place.asker)


def run(place: Place, **options: object) -> Applied:
    """Apply the directory."""
    return apply(place.target, [place.directory], asker=place.asker, **options)  # type: ignore[arg-type]


def entries(place: Place) -> list[Entry]:
    """Return the whole journal, and hold the live schema against it."""
    with place.target.journal() as journal:
        known = known_schema(journal)
        live = {one.id: one for one in journal.database.read_schema(known.objects)}
        assert live == known.objects
        assert verify(journal).ok
        return list(journal.read())


def test_pending_migrations_run_in_order(place: Place) -> None:
    """Each pending migration is one run, from RunStarted to RunCompleted, and only once."""
    begin(place)
    done = run(place)
    assert [one.migration for one in done.runs] == ["0001_person", "0002_people"]
    assert [one.rows for one in done.runs] == [0, 5]
    assert place.sql("select email from person order by id") == [("a%s",), (":b;",), ("?;",)]
    found = entries(place)
    assert done.head == found[-1].position
    events = [entry.event for entry in found if entry.run == done.runs[1].run]
    assert isinstance(events[0], RunStarted)
    assert (events[0].migration, events[0].file) == ("0002_people", "0002_people.sql")
    assert (events[0].reason, events[0].host) == ("because", "here")
    rows = [event for event in events if isinstance(event, RowsChanged)]
    assert [(r.statement.number, r.statement.line) for r in rows] == [(1, 1), (2, 3)]
    assert isinstance(events[-1], RunCompleted)
    assert (events[-1].statements, events[-1].rows) == (2, 5)
    assert run(place).runs == ()


def test_apply_goes_up_to_a_name(place: Place) -> None:
    """Migrations after the one named stay pending."""
    begin(place)
    done = run(place, to="0001_person")
    assert [one.migration for one in done.runs] == ["0001_person"]
    assert done.left == ("0002_people",)


def test_a_failing_statement_leaves_nothing_half_done(place: Place) -> None:
    """A failed migration is taken back whole and recorded; after the mend apply goes on."""
    begin(place)
    place.write(
        "0003_more.sql",
        "create table pet (id integer primary key);\n"
        "insert into person values (4, 'd');\n"
        "insert into person values (5, 'a%s');\n",
    )
    with pytest.raises(StatementFailed, match=r"0003_more\.sql line 3 \(statement 3\)") as caught:
        run(place)
    assert place.sql("select count(*) from person") == [(3,)]
    failed = entries(place)[-1].event
    assert isinstance(failed, RunFailed)
    assert failed.statement is not None
    assert (failed.statement.number, failed.statement.line) == (3, 3)
    assert failed.sqlstate == caught.value.sqlstate
    assert failed.sqlstate
    assert "a%s" not in failed.error
    with place.target.journal() as journal:
        assert journal.content(failed.statement.digest) == b"insert into person values (5, 'a%s')"
        said = journal.content(failed.output).decode()
        assert "a%s" in said or place.kind == "sqlite"
        assert "email" in said
    place.write("0003_more.sql", "create table pet (id integer primary key);\n")
    assert [one.migration for one in run(place).runs] == ["0003_more"]
    entries(place)


def test_nothing_runs_when_something_may_not(place: Place) -> None:
    """A statement the gate refuses, in the last file, keeps the first file from running."""
    begin(place)
    place.write("0003_more.sql", "select 1;\nsavepoint a;\n")
    with pytest.raises(Refused, match=r"0003_more\.sql line 2: control of the transaction"):
        run(place)
    refused = {
        "sqlite": "pragma legacy_file_format = 1",
        "postgresql": "declare held cursor with hold for select 1",
    }
    place.write("0003_more.sql", f"select 1;\n\n{refused[place.kind]};\n")
    with pytest.raises(NotKnownExact, match=r"0003_more\.sql line 3: "):
        run(place)
    assert len(entries(place)) == 2


def test_files_that_are_not_as_they_were_are_refused(place: Place) -> None:
    """An edited, renamed, missing or late file keeps apply from running."""
    begin(place)
    run(place)
    place.write("0001_person.sql", f"{PERSON} ")
    with pytest.raises(Refused, match="0001_person was changed"):
        run(place)
    (place.directory / "0001_person.sql").unlink()
    with pytest.raises(Refused, match="0001_person, which is applied, is missing"):
        run(place)
    place.write("0001_human.sql", PERSON)
    with pytest.raises(Refused, match="0001_person was renamed to 0001_human"):
        run(place)
    (place.directory / "0001_human.sql").rename(place.directory / "0001_person.sql")
    place.write("0001_a_late_one.sql", "create table late (x integer);")
    with pytest.raises(Refused, match="0001_a_late_one comes before"):
        run(place)
    assert [one.migration for one in run(place, allow_late=True).runs] == ["0001_a_late_one"]


def test_drift_is_refused(place: Place) -> None:
    """A column added by hand keeps apply from running, by name."""
    begin(place)
    run(place, to="0001_person")
    place.sql("alter table person add column note text")
    with pytest.raises(Drifted, match="person"):
        run(place)


def test_an_outer_transaction_is_taken_over_and_shown(place: Place) -> None:
    """BEGIN and COMMIT of a file do not run; the run's notes say so."""
    begin(place)
    place.write("0003_pet.sql", "begin;\ncreate table pet (id integer primary key);\ncommit;\n")
    done = run(place)
    assert done.runs[-1].notes == ("transaction of the file taken over (lines 1, 3)",)
    started = [e.event for e in entries(place) if isinstance(e.event, RunStarted)][-1]
    assert started.notes == done.runs[-1].notes


def test_settings_of_a_file_end_with_it(place: Place) -> None:
    """What a migration sets in its session is not there for the next one."""
    if place.kind == "sqlite":
        pytest.skip("SQLite's gate knows no settings that matter here")
    begin(place)
    place.write(
        "0003_pet.sql", "create schema s;\nset search_path = s;\ncreate table pet (x int);\n"
    )
    place.write("0004_cat.sql", "create table cat (x int);\n")
    run(place)
    found = place.sql("select relnamespace::regnamespace::text from pg_class where relname = 'cat'")
    assert found == [("public",)]


def test_revision_of_the_directory_is_on_record(place: Place, tmp_path: Path) -> None:
    """The version-control commit of the directory is recorded, and that files differ from it."""
    import subprocess

    begin(place)
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "migrations"], check=True)
    subprocess.run([*git, "commit", "-qm", "a"], check=True)
    run(place, to="0001_person")
    place.write("0003_x.sql", "select 1;")
    run(place)
    started = [e.event for e in entries(place) if isinstance(e.event, RunStarted)]
    assert len(started[0].revision) == 40
    assert started[1].revision == f"{started[0].revision}+changes"


def test_a_rebuild_with_foreign_keys_off_keeps_the_children(place: Place) -> None:
    """A table rebuild that switches foreign_keys off does not empty a cascading child."""
    if place.kind == "postgresql":
        pytest.skip("PostgreSQL has no such switch")
    place.write(
        "1_a.sql",
        "create table p (id integer primary key);\n"
        "create table c (id integer primary key, p integer references p (id) on delete cascade);\n"
        "insert into p values (1), (2); insert into c values (1, 1), (2, 2);\n",
    )
    place.write(
        "2_rebuild/migration.sql",
        "PRAGMA defer_foreign_keys=ON;\nPRAGMA foreign_keys=OFF;\n"
        'CREATE TABLE "new_p" (id integer primary key, name text);\n'
        'INSERT INTO "new_p" (id) SELECT id FROM p;\nDROP TABLE p;\n'
        'ALTER TABLE "new_p" RENAME TO "p";\n'
        "PRAGMA foreign_keys=ON;\nPRAGMA defer_foreign_keys=OFF;\n",
    )
    init(place.target, asker=place.asker)
    done = run(place)
    assert "off throughout" in done.runs[1].notes[0]
    assert place.sql("select * from c") == [(1, 1), (2, 2)]
    place.write("3_c.sql", "pragma foreign_keys=off;\ndelete from p where id = 1;\n")
    with pytest.raises(StatementFailed):
        run(place)
    assert place.sql("select count(*) from p") == [(2,)]
    assert any(isinstance(e.event, SchemaChanged) for e in entries(place))


def test_an_interrupted_run_is_on_record(place: Place) -> None:
    """Ctrl-C in the middle of a migration keeps nothing of it, and is recorded at once."""
    begin(place)

    def stop(name: str, done: int, total: int) -> None:
        if (name, done) == ("0002_people", 1):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(place, progress=stop)
    failed = entries(place)[-1].event
    assert isinstance(failed, RunFailed)
    assert failed.error == "interrupted by the operator"
    assert place.sql("select * from person") == []
    assert [one.migration for one in run(place).runs] == ["0002_people"]


def test_deferred_constraints_that_fail_at_the_end_are_on_record(place: Place) -> None:
    """A deferred foreign key that is broken at commit fails the run, and nothing is kept."""
    place.write(
        "1_a.sql",
        "create table p (id integer primary key);\ncreate table c (id integer primary key,"
        " p integer references p (id) deferrable initially deferred);\n",
    )
    place.write("2_b.sql", "insert into c values (1, 1);\n")
    init(place.target, asker=place.asker)
    with pytest.raises(StatementFailed) as caught:
        run(place)
    assert caught.value.hint.endswith("Applied before it, and standing: 1_a.")
    failed = entries(place)[-1].event
    assert isinstance(failed, RunFailed)
    assert failed.sqlstate
    assert place.sql("select * from c") == []
    place.write("2_b.sql", "insert into c values (1, 1);\ninsert into p values (1);\n")
    assert [one.migration for one in run(place).runs] == ["2_b"]


SCRIPTS = {
    "sqlite": (
        "create table log (id integer primary key, what text);\n"
        "create trigger person_log after update on person begin\n"
        "  insert into log (what) values (case when new.email = 'x;y' then 'a;' else '%s' end);\n"
        "  insert into log (what) values (':b?'); -- end;\n"
        "end;\n"
        "update person set email = 'x;y' where id = 1;\n",
        [("a;",), (":b?",)],
    ),
    "postgresql": (
        "create table log (id int generated always as identity primary key, what text);\n"
        "create function note() returns trigger language plpgsql as $body$\n"
        "begin\n  insert into log (what) values ('a;'), ($$:b?$$); -- %s\n  return null;\nend;\n"
        "$body$;\n"
        "create trigger person_log after update on person for each row execute function note();\n"
        "copy person (id, email) from stdin;\n4\tx;\\ty\n5\t\\N'\n\\.\n"
        "update person set email = 'x;y' where id = 1;\n",
        [("a;",), (":b?",)],
    ),
}


def test_scripts_of_every_day(place: Place) -> None:
    """Trigger bodies, dollar quotes and COPY data run to the letter, and are captured."""
    begin(place)
    text, logged = SCRIPTS[place.kind]
    place.write(f"0003_script.{place.kind}.sql", "\ufeff" + text.replace("\n", "\r\n", 1))
    done = run(place)
    assert done.runs[-1].migration == "0003_script"
    assert place.sql("select what from log order by id") == logged
    if place.kind == "postgresql":
        assert place.sql("select email from person where id > 3 order by id") == [
            ("x;\ty",),
            ("N'",),
        ]
    entries(place)


WAIVED = {
    "sqlite": ("pragma legacy_file_format = 1", "pragma"),
    "postgresql": ("declare held cursor with hold for select 1", "cursor-with-hold"),
}


def test_a_waived_statement_runs_and_is_on_record(place: Place) -> None:
    """A statement that the gate refuses runs when its rule is waived by name, on record."""
    begin(place)
    sql, name = WAIVED[place.kind]
    place.write("0003_more.sql", f"{sql};\n")
    with pytest.raises(NotKnownExact) as caught:
        run(place)
    assert caught.value.name == name
    assert run(place, allowed=frozenset([name, "mistyped"])).idle == ("mistyped",)
    found = entries(place)
    waived = [e.event for e in found if isinstance(e.event, IrreversibleAllowed)]
    assert name in {event.name for event in waived}
    assert {event.reason for event in waived} == {"because"}


def test_other_sessions_are_not_waited_for_without_end(place: Place) -> None:
    """A table that somebody else holds makes the migration fail within the lock timeout."""
    begin(place)
    run(place)
    place.write("0003_more.sql", "alter table person add column note text;\n")
    with place.holding("person"), pytest.raises(ClewError) as caught:
        run(place)
    assert caught.value.exit_code in (3, 5)
    if place.kind == "postgresql":
        failed = entries(place)[-1].event
        assert isinstance(failed, RunFailed)
        assert failed.sqlstate == "55P03"
    assert [one.migration for one in run(place).runs] == ["0003_more"]
