"""Dry run: the very events, and nothing kept."""

from __future__ import annotations

import pytest

from commands.apply import apply
from commands.dryrun import DryRun, dry_run
from commands.init import init
from journal.errors import StatementFailed
from journal.events import RowsChanged, SchemaChanged, SequenceMoved
from tests.commands.places import Place
from tests.support.oracle import fingerprint


def begin(place: Place) -> None:
    """Apply two tables with rows; one refers to the other."""
    place.write(
        "1_tables.sql",
        "create table person (id integer primary key, email text, note text);\n"
        "create table pet (id integer primary key, owner integer references person (id));\n"
        "insert into person values (1, 'a', 'x'), (2, 'b', 'y'), (3, 'c', 'z');\n",
    )
    init(place.target, asker=place.asker)
    apply(place.target, [place.directory], asker=place.asker)


def trial(place: Place) -> DryRun:
    """Dry run the directory, and hold the database and the journal to be as before."""
    with place.target.journal() as journal:
        head = journal.head()
    before = fingerprint(place.url)
    done = dry_run(place.target, [place.directory], asker=place.asker)
    with place.target.journal() as journal:
        assert journal.head() == head
    assert fingerprint(place.url) == before
    return done


def test_events_losses_and_verdict(place: Place) -> None:
    """A dry run tells the events, what is lost, the verdicts, who depends, and the bytes."""
    begin(place)
    place.write(
        "2_drop.sql",
        "alter table person drop column note;\n\ndelete from person where id = 3;\n",
    )
    place.write("3_tag.sql", "create table tag (id integer primary key);\n")
    done = trial(place)
    drop, tag = done.migrations
    assert [type(event) for event in tag.events] == [SchemaChanged]
    assert (drop.verdict, tag.verdict) == ("loses data", "additive")
    lost = [(loss.line, loss.table.split(".")[-1], loss.columns, loss.rows) for loss in drop.losses]
    assert lost == [(1, "person", ("note",), 3), (3, "person", (), 1)]
    assert [name.split(".")[-1] for name in done.dependents] == ["pet"]
    assert done.locks
    rows = [e.rows for e in drop.events if isinstance(e, RowsChanged)]
    images = sum(r.images.size for r in rows if r.images)
    assert done.journal_bytes > images > 0


def test_the_events_are_the_very_events_of_apply(place: Place) -> None:
    """What a dry run tells is what apply then records, but for the run and its images."""
    begin(place)
    place.write("2_people.sql", "insert into person values (4, 'd', ''); update pet set id = id;\n")
    place.write("3_tag.sql", "create table tag (id integer primary key, name text unique);\n")
    told = [[type(e) for e in one.events] for one in trial(place).migrations]
    runs = apply(place.target, [place.directory], asker=place.asker).runs
    with place.target.journal() as journal:
        recorded = [[type(e.event) for e in journal.read(run=one.run)][1:-1] for one in runs]
    assert told == recorded
    assert told[1] == [SchemaChanged]


def test_a_migration_that_would_fail_says_so(place: Place) -> None:
    """A failing statement ends the dry run with its line, and keeps nothing."""
    begin(place)
    place.write("2_bad.sql", "delete from person;\ninsert into person (nope) values (1);\n")
    with pytest.raises(StatementFailed, match=r"2_bad\.sql line 2"):
        trial(place)
    assert place.sql("select count(*) from person") == [(3,)]


def test_sequences_are_put_back(place: Place) -> None:
    """A sequence that the dry run moved stands where it stood."""
    begin(place)
    made = {
        "sqlite": "create table n (id integer primary key autoincrement, x text)",
        "postgresql": "create table n (id serial primary key, x text)",
    }
    place.write("2_n.sql", f"{made[place.kind]};\ninsert into n (x) values ('a');\n")
    apply(place.target, [place.directory], asker=place.asker)
    place.write("3_more.sql", "insert into n (x) values ('b'), ('c');\n")
    done = trial(place)
    assert any(isinstance(event, SequenceMoved) for event in done.migrations[0].events)
    place.sql("insert into n (x) values ('d')")
    assert place.sql("select id from n order by id") == [(1,), (2,)]


def test_what_cannot_be_tried_is_said(place: Place) -> None:
    """From a migration without a transaction on, nothing is tried, and that is said."""
    begin(place)
    place.write("2_tag.sql", "create table tag (id integer primary key);\n")
    place.write("3_vacuum.sql", "-- clew: no-transaction\nvacuum;\n")
    place.write("4_more.sql", "create table more (id integer primary key);\n")
    done = trial(place)
    assert [bool(one.untried) for one in done.migrations] == [False, True, True]
    assert "without a transaction" in done.migrations[2].untried


def test_migrations_of_one_dry_run_build_on_each_other(place: Place) -> None:
    """A later migration alters what an earlier one of the same dry run made and filled."""
    begin(place)
    place.write(
        "2_tag.sql",
        "create table tag (id integer primary key, x text);\n"
        "insert into tag values (1, 'a'), (2, 'b');\n",
    )
    place.write("3_drop.sql", "alter table tag drop column x;\nupdate person set note = 'n';\n")
    done = trial(place)
    assert [one.rows for one in done.migrations] == [2, 5]
    assert [(loss.columns, loss.rows) for loss in done.migrations[1].losses] == [(("x",), 2)]


def test_children_without_parents_are_found(place: Place) -> None:
    """A migration that switches foreign_keys off and leaves an orphan would fail, and says so."""
    if place.kind == "postgresql":
        pytest.skip("PostgreSQL has no such switch")
    begin(place)
    place.write("2_p.sql", "insert into pet values (1, 1);\n")
    apply(place.target, [place.directory], asker=place.asker)
    place.write("3_off.sql", "pragma foreign_keys=off;\ndelete from person where id = 1;\n")
    with pytest.raises(StatementFailed):
        trial(place)
