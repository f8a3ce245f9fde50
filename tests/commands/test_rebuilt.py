"""What the way back writes anew is told before it is gone, and then it is that."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.apply import apply
from commands.dryrun import Rehearsed, dry_run
from commands.init import init
from commands.rebuilt import RebuiltTable, in_words
from commands.rollback import preview, rollback
from tests.commands.places import ASKER, Place

BASE = """
create table person (id integer primary key, name text, note text);
create table pet (id integer primary key, name text);
create table empty (id integer primary key, name text);
insert into person values (1, 'a', 'x'), (2, 'b', 'y'), (3, 'c', 'z');
insert into pet values (1, 'rex');
"""


def begin(place: Place, *texts: str) -> None:
    """Fill a database, and write migrations that wait."""
    place.write("0_base.sql", BASE)
    init(place.target, asker=ASKER)
    apply(place.target, [place.directory], asker=ASKER)
    for number, text in enumerate(texts, start=1):
        place.write(f"{number}_change.sql", text)


def trial(place: Place) -> tuple[Rehearsed, ...]:
    """Dry run what waits."""
    return dry_run(place.target, [place.directory], asker=ASKER).migrations


def told(found: tuple[RebuiltTable, ...]) -> list[tuple[str, int, int]]:
    """Return tables with their rows, and how often."""
    return [(one.table.split(".")[-1], one.rows, one.times) for one in found]


@pytest.mark.parametrize(
    ("text", "rebuilt"),
    [
        ("alter table person drop column note;", [("person", 3, 1)]),
        ("alter table empty drop column name;", []),
        ("alter table person rename column note to remark;", []),
        ("create table more as select * from person; update person set note = 'n';", []),
        ("drop table pet;", []),
        (
            "alter table person drop column note; delete from person where id = 1;"
            " alter table person drop column name;",
            [("person", 3, 2)],
        ),
        ("alter table pet drop column name; delete from pet;", [("pet", 1, 1)]),
    ],
)
def test_foretold(place: Place, text: str, rebuilt: list[tuple[str, int, int]]) -> None:
    """A dry run, the plan of a rollback and the rollback name the same tables, rows and times."""
    begin(place, text)
    (one,) = trial(place)
    assert (told(one.rebuilt), one.no_way_back) == (rebuilt, "")
    apply(place.target, [place.directory], asker=ASKER)
    planned = preview(place.target, "before:1_change")
    done = rollback(place.target, "before:1_change", asker=ASKER)
    assert told(planned.rebuilt) == told(done.rebuilt) == rebuilt
    assert planned.rebuilt == done.rebuilt


def test_by_migration(place: Place) -> None:
    """Each of several migrations is told what taking it back writes anew, and no other."""
    begin(
        place,
        "alter table person drop column note;",
        "update person set name = 'q';",
        "alter table pet drop column name; alter table person drop column name;",
        "create table last (id integer);",
    )
    found = [sorted(told(one.rebuilt)) for one in trial(place)]
    assert found == [[("person", 3, 1)], [], [("person", 3, 1), ("pet", 1, 1)], []]


def test_waived(sqlite_url: str, tmp_path: Path) -> None:
    """Behind a statement that was let through by a waiver nothing is said of a way back."""
    place = Place(kind="sqlite", url=sqlite_url, directory=tmp_path / "migrations")
    begin(place, "alter table person drop column note;", "analyze; delete from sqlite_stat1;")
    allowed = frozenset(["statistics"])
    trial = dry_run(place.target, [place.directory], asker=ASKER, allowed=allowed)
    assert [one.rebuilt for one in trial.migrations] == [(), ()]


def test_in_words() -> None:
    """A line names the table, its rows, its bytes where they are known, and how often."""
    found = [
        RebuiltTable(table="app.person", rows=20, bytes=8192),
        RebuiltTable(table="pet", rows=1, bytes=0, times=2),
    ]
    assert list(in_words(found)) == ["app.person: 20 rows, 8,192 bytes", "pet: 1 row, 2 times"]


def test_sequences_stay(place: Place) -> None:
    """A dry run that takes numbers, and tells what the way back writes, gives the numbers back."""
    if place.kind == "sqlite":
        pytest.skip("SQLite's numbers belong to the transaction")
    place.write(
        "0_base.sql",
        "create table ticket (id serial primary key, note text, more text);\n"
        "insert into ticket (note) values ('a'), ('b');\n",
    )
    init(place.target, asker=ASKER)
    apply(place.target, [place.directory], asker=ASKER)
    place.write(
        "1_more.sql",
        "insert into ticket (note) values ('c');\nalter table ticket drop column note;\n",
    )
    assert told(trial(place)[0].rebuilt) == [("ticket", 3, 1)]
    assert place.sql("select last_value, is_called from ticket_id_seq") == [(2, True)]
