"""Unaccepted drift: in the way of what touches it or hangs together with it, of nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.accept import accept
from commands.apply import Applied, apply
from commands.check import check
from commands.dryrun import dry_run
from commands.init import init
from commands.rollback import preview, rollback
from journal.errors import Drifted
from tests.commands.places import Place
from tests.support.oracle import fingerprint

BASE = (
    "create table person (id integer primary key, name text)",
    "create table pet (id integer primary key, owner integer references person (id))",
    "create table log (id integer primary key, said text)",
    "create table place (id integer primary key, name text)",
    "create view pets as select pet.id, person.name from pet join person on person.id = pet.owner",
    "insert into person values (1, 'Ann'), (2, 'Bob')",
    "insert into pet values (1, 1)",
    "insert into log values (1, 'begun')",
)

ELSEWHERE = {
    "a column": ["alter table place add column note text"],
    "an index": ["create index by_hand on place (name)"],
    "a table": [
        "create table stray (id integer primary key, name text)",
        "insert into stray values (1, 'x')",
    ],
    "a view": ["create view places as select id, name from place"],
    "a table that is gone": ["drop table place"],
}

MIGRATIONS = (
    "alter table log add column at text; update log set at = 'now', said = 'gone on';",
    "create table extra (id integer primary key, of integer references log (id));"
    " insert into extra values (1, 1); create index extra_of on extra (of);",
    "drop table extra; delete from log;",
)


def begin(place: Place) -> None:
    """Make a database with a journal, and three migrations of one table."""
    place.sql(*BASE)
    init(place.target, asker=place.asker)
    for number, text in enumerate(MIGRATIONS, start=1):
        place.write(f"000{number}_log.sql", text)


def run(place: Place, **options: object) -> Applied:
    """Apply what is pending."""
    return apply(place.target, [place.directory], asker=place.asker, **options)  # type: ignore[arg-type]


def drift(place: Place) -> list[str]:
    """Return what check says."""
    with place.target.journal() as journal:
        return [one.text for one in check(journal).drift]


@pytest.mark.parametrize("what", ELSEWHERE)
def test_drift_elsewhere_is_in_nobodys_way(place: Place, what: str) -> None:
    """Migrations run and are taken back beside drift, which is told and stays what it was."""
    begin(place)
    place.sql(*ELSEWHERE[what])
    standing = drift(place)
    before = fingerprint(place.url)
    assert standing
    trial = dry_run(place.target, [place.directory], asker=place.asker)
    assert any(standing[0] in note for note in trial.notes)
    done = run(place)
    assert (len(done.runs), done.drift) == (3, tuple(standing))
    assert drift(place) == standing
    assert preview(place.target, "before:0001_log").drift == tuple(standing)
    back = rollback(place.target, "before:0001_log", asker=place.asker)
    assert back.drift == tuple(standing)
    assert fingerprint(place.url) == before
    assert drift(place) == standing
    rollback(place.target, "after:0003_log", asker=place.asker)
    assert drift(place) == standing
    accept(place.target, asker=place.asker)
    assert drift(place) == []


TOUCHED = {
    "the object": ("alter table log add column note text", "log"),
    "a part of it": ("create index by_hand on log (said)", "by_hand"),
    "what refers to it": (
        "create table tag (id integer primary key, of integer references log (id))",
        "tag",
    ),
    "what shows it": ("create view lately as select said from log", "lately"),
    "a table of a name that is to be made": (
        "create table extra (id integer primary key)",
        "extra",
    ),
    "a name that is to be made": ("create view extra as select 1 as one", "extra"),
}


@pytest.mark.parametrize("what", TOUCHED)
def test_drift_in_the_way_of_apply(place: Place, what: str) -> None:
    """A migration that touches drift, or what hangs together with it, is refused by name."""
    begin(place)
    sql, name = TOUCHED[what]
    place.sql(sql)
    standing, before = drift(place), fingerprint(place.url)
    with pytest.raises(Drifted, match=name):
        for _ in range(3):
            run(place)
    if "extra" not in name:
        assert fingerprint(place.url) == before
    assert drift(place) == standing


@pytest.mark.parametrize("what", TOUCHED)
def test_drift_in_the_way_of_rollback(place: Place, what: str) -> None:
    """A rollback over what drifted since, or hangs together with it, is refused before it starts."""
    begin(place)
    run(place)
    sql, name = TOUCHED[what]
    place.sql(sql)
    standing, before = drift(place), fingerprint(place.url)
    for go in (preview, lambda target, to: rollback(target, to, asker=place.asker)):
        with pytest.raises(Drifted, match=name):
            go(place.target, "before:0001_log")
    assert (drift(place), fingerprint(place.url)) == (standing, before)


def test_what_is_depended_on(place: Place) -> None:
    """Rows of a table are not written while the table that they refer to has drifted."""
    begin(place)
    place.write("0001_log.sql", "insert into pet values (2, 2);")
    place.sql("alter table person add column by_hand text")
    with pytest.raises(Drifted, match=r"person is not as .* table .*pet depends on it"):
        run(place)


def test_what_is_read(place: Place) -> None:
    """A statement that reads what drifted is refused before anything runs."""
    begin(place)
    place.write("0003_log.sql", "insert into log select id + 10, name from place;")
    place.sql("alter table place add column by_hand text")
    with pytest.raises(Drifted, match=r"0003_log.sql line 1 \(statement 1\): table .*place"):
        run(place)
    with place.target.journal() as journal:
        assert not list(journal.read(types=("RunStarted",)))


def test_outside_a_transaction(place: Place) -> None:
    """What a statement outside any transaction does cannot be told from drift, so none runs."""
    begin(place)
    sql = "create index concurrently by_said on log (said)"
    sql = sql if place.kind == "postgresql" else "vacuum"
    place.write("0001_log.sql", f"-- clew: no-transaction\n{sql};")
    place.sql("alter table place add column by_hand text")
    with pytest.raises(Drifted, match="could not be told from drift"):
        run(place)


def test_a_grant_by_hand(postgresql_url: str, tmp_path: Path) -> None:
    """A grant on another table keeps nothing from running, one on the table itself does."""
    place = Place(kind="postgresql", url=postgresql_url, directory=tmp_path)
    begin(place)
    place.sql("grant select on place to public")
    assert len(run(place).runs) == 3
    place.sql("grant select on log to public")
    with pytest.raises(Drifted, match=r"table public.log is not as the journal has it"):
        rollback(place.target, "before:0001_log", asker=place.asker)
    place.sql("revoke all on log from public")
    rollback(place.target, "before:0001_log", asker=place.asker)


def test_functions_between(postgresql_url: str, tmp_path: Path) -> None:
    """A table whose trigger calls a function that reads what drifted is not written to."""
    place = Place(kind="postgresql", url=postgresql_url, directory=tmp_path)
    place.sql(
        *BASE,
        "create function first_place() returns text language sql as 'select name from place'",
        "create function told() returns trigger language plpgsql as"
        " 'begin new.said := coalesce(first_place(), new.said); return new; end'",
        "create trigger told before insert on log for each row execute function told()",
    )
    init(place.target, asker=place.asker)
    place.write("0001_log.sql", "insert into log values (5, 'five');")
    place.sql("alter table place add column by_hand text")
    with pytest.raises(Drifted, match=r"place is not as .* table public.log depends on it"):
        run(place)
