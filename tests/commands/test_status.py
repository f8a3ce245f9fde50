"""Status: where journal, files and database stand, and what to type next."""

from __future__ import annotations

import msgspec
import pytest

from commands.accept_files import accept_files
from commands.apply import apply
from commands.init import init
from commands.status import Status, status
from journal.errors import AnswerIsNo, NotFound, StatementFailed
from tests.commands.places import Place

KEYS = [
    "journal",
    "head",
    "applied",
    "pending",
    "changed_files",
    "renamed_files",
    "missing_files",
    "late_files",
    "open_conflicts",
    "incomplete",
    "drift",
    "drift_ddl",
    "next",
]


def begin(place: Place) -> None:
    """Make the journal, two migrations, and apply the first."""
    place.write("0001_person.sql", "create table person (id integer primary key, name text);\n")
    place.write("0002_pet.sql", "create table pet (id integer primary key);\n")
    init(place.target, asker=place.asker, name="development")
    apply(place.target, [place.directory], asker=place.asker, to="0001_person")


def look(place: Place) -> Status:
    """Return the status of the directory; nothing is written by looking."""
    with place.target.journal() as journal:
        head = journal.head()
    found = status(place.target, [place.directory])
    with place.target.journal() as journal:
        assert journal.head() == head
        assert found.head.position == head.position
    return found


def test_without_a_journal(place: Place) -> None:
    """Without a journal the hint is init."""
    place.sql("create table t (x integer)")
    with pytest.raises(NotFound) as caught:
        status(place.target, [place.directory])
    assert "clew init" in caught.value.hint


def test_applied_and_pending(place: Place) -> None:
    """Status names applied and pending migrations and the next command, as plain JSON."""
    begin(place)
    found = look(place)
    assert (found.applied, found.pending) == (("0001_person",), ("0002_pet",))
    assert found.journal.name == "development"
    assert found.next == f"clew apply {place.directory}"
    assert found.clean
    plain = msgspec.to_builtins(found)
    assert set(KEYS) <= plain.keys()
    assert (plain["open_conflicts"], plain["incomplete"], plain["drift"]) == (0, (), ())
    apply(place.target, [place.directory], asker=place.asker)
    assert look(place).next == ""


def test_files_are_told_apart_and_accepted(place: Place) -> None:
    """Changed, renamed, missing and late files are told apart; accepted, they are as applied."""
    begin(place)
    apply(place.target, [place.directory], asker=place.asker)
    with pytest.raises(AnswerIsNo):
        accept_files(place.target, [place.directory], asker=place.asker)
    place.write("0002_pet.sql", "-- edited\n")
    (place.directory / "0001_person.sql").rename(place.directory / "0001_human.sql")
    place.write("0000_late.sql", "select 1;")
    found = look(place)
    assert found.changed_files == ("0002_pet",)
    assert [(one.name, one.file) for one in found.renamed_files] == [("0001_person", "0001_human")]
    assert found.late_files == ("0000_late",)
    assert not found.clean
    assert found.next.startswith("clew accept")
    with pytest.raises(NotFound, match="nope"):
        accept_files(place.target, [place.directory], asker=place.asker, names=["nope"])
    accept_files(place.target, [place.directory], asker=place.asker, names=["0002_pet"])
    assert look(place).changed_files == ()
    (place.directory / "0001_human.sql").unlink()
    assert look(place).missing_files == ("0001_person",)
    accept_files(place.target, [place.directory], asker=place.asker)
    found = look(place)
    assert (found.missing_files, found.applied) == ((), ("0001_person", "0002_pet"))
    assert found.next.endswith("--allow-late")


def test_drift_is_named(place: Place) -> None:
    """A column added by hand is drift, and the next command is check."""
    begin(place)
    place.sql("alter table person add column note text")
    found = look(place)
    assert len(found.drift) >= 1
    assert "note" in found.drift[0]
    assert found.next == "clew check"


def test_a_failed_migration_stays_pending(place: Place) -> None:
    """A migration that failed left nothing behind: it is pending, and nothing is incomplete."""
    begin(place)
    place.write("0002_pet.sql", "create table pet (id integer primary key); select nope;\n")
    with pytest.raises(StatementFailed):
        apply(place.target, [place.directory], asker=place.asker)
    found = look(place)
    assert (found.pending, found.incomplete) == (("0002_pet",), ())
