"""Somebody else changes the schema while a run is under way."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from commands.check import check
from commands.init import init
from commands.rollback import rollback
from journal.errors import Drifted
from journal.opening import open_journal
from tests.commands.places import Place
from tests.support.oracle import fingerprint

BASE = (
    "create table person (id integer primary key, name text)",
    "create index by_name on person (name)",
    "create table place (id integer primary key, name text)",
    "insert into person values (1, 'Ann')",
)

OWN = (
    "alter table person add column note text",
    "create table extra (id integer primary key)",
    "drop index by_name",
    "update person set name = 'x'",
)


@pytest.fixture
def place(postgresql_url: str, tmp_path: Path) -> Place:
    """A database with a journal."""
    found = Place(kind="postgresql", url=postgresql_url, directory=tmp_path)
    found.sql(*BASE)
    init(found.target, asker=found.asker)
    return found


ELSEWHERE = (
    "create table stray (id integer primary key)",
    "alter table place add column by_hand text",
    "create index by_hand on place (name)",
    "drop table place",
    "create function by_hand() returns integer language sql as 'select 1'",
)


@pytest.mark.parametrize("early", [True, False])
@pytest.mark.parametrize("theirs", ELSEWHERE)
def test_elsewhere(place: Place, theirs: str, early: bool) -> None:
    """What others do elsewhere while a run is under way is drift, and none of the run's doing."""
    before = fingerprint(place.url)
    with (
        psycopg.connect(place.url) as other,
        open_journal(place.url) as journal,
        journal.recording(actor="dana") as recording,
    ):
        if early:
            other.execute("create temp table begun ()")
        recording.execute(OWN[0])
        other.execute(theirs.encode())
        other.commit()
        for sql in OWN[1:]:
            recording.execute(sql)
    with place.target.journal() as journal:
        drift = [one.text for one in check(journal).drift]
        started = next(e.position for e in journal.read(types=("RunStarted",)))
    assert len(drift) == 1
    rollback(place.target, str(started - 1), asker=place.asker)
    with place.target.journal() as journal:
        assert [one.text for one in check(journal).drift] == drift
    beside = {text for key, text in fingerprint(place.url).items() if before.get(key) != text}
    assert ("drop" in theirs) == (not beside)


ON_THE_SAME = (
    "alter table person add column by_hand text",
    "create index by_hand on person (id)",
    "drop index by_name",
    "create view by_hand as select id from person",
)


@pytest.mark.parametrize("early", [True, False])
@pytest.mark.parametrize("own", ["alter table person add column note text", OWN[3]])
@pytest.mark.parametrize("theirs", ON_THE_SAME)
def test_on_the_same_table(place: Place, theirs: str, own: str, early: bool) -> None:
    """A change of somebody else to what a statement touches is never taken for its own."""
    with psycopg.connect(place.url) as other, open_journal(place.url) as journal:
        if early:
            other.execute("create temp table begun ()")
        with pytest.raises(Drifted), journal.recording(actor="dana") as recording:
            recording.execute("create table extra (id integer primary key)")
            other.execute(theirs.encode())
            other.commit()
            recording.execute(own)
    with place.target.journal() as journal:
        assert check(journal).drift
        assert not list(journal.read(types=("SchemaChanged", "RowsChanged")))
