"""Stamps: a migration was done, or undone, elsewhere, and nothing takes that for a run."""

from __future__ import annotations

import pytest

from commands.accept_files import accept_files
from commands.apply import apply
from commands.init import init
from commands.rollback import preview, rollback
from commands.stamp import StampAnswer, stamp
from commands.status import Status, status
from commands.verify import verify
from journal.errors import NotFound, Refused, Usage
from tests.commands.places import ASKER, Place
from tests.support.oracle import fingerprint


def begin(place: Place) -> None:
    """Make a journal and three files, and apply the first."""
    place.write("0001_person.sql", "create table person (id integer primary key);\n")
    place.write("0002_pet.sql", "create table pet (id integer primary key);\n")
    place.write("0003_toy.sql", "create table toy (id integer primary key);\n")
    init(place.target, asker=place.asker)
    apply(place.target, [place.directory], asker=place.asker, to="0001_person")


def mark(
    place: Place, *names: str, undone: bool = False, without_file: bool = False
) -> StampAnswer:
    """Stamp migrations of the directory."""
    return stamp(
        place.target,
        names,
        [place.directory],
        asker=place.asker,
        undone=undone,
        without_file=without_file,
    )


def look(place: Place) -> Status:
    """Return the status of the directory."""
    return status(place.target, [place.directory])


def test_done(place: Place) -> None:
    """A file stamped as done is skipped, listed apart with who and why, and never as applied."""
    begin(place)
    before = fingerprint(place.url)
    answer = mark(place, "0002_pet.sql")
    assert fingerprint(place.url) == before
    (told,) = answer.migrations
    assert (told.name, told.file, len(told.digest)) == ("0002_pet", "0002_pet.sql", 64)
    found = look(place)
    assert (found.applied, found.pending) == (("0001_person",), ("0003_toy",))
    (one,) = found.stamped
    assert (one.name, one.done, one.actor, one.reason) == ("0002_pet", True, "dana", "because")
    assert (one.position, one.digest) == (answer.position, told.digest)
    done = apply(place.target, [place.directory], asker=place.asker)
    assert [run.migration for run in done.runs] == ["0003_toy"]
    with place.target.journal() as journal:
        (entry,) = journal.read(types=["Stamped"])
        assert (entry.evidence, entry.run) == ("stamped", "")
        assert verify(journal).ok


def test_its_file_is_watched(place: Place) -> None:
    """A file that changes after it was stamped, or goes, is noticed as that of a run is."""
    begin(place)
    mark(place, "0002")
    place.write("0002_pet.sql", "-- edited\n")
    assert look(place).changed_files == ("0002_pet",)
    (place.directory / "0002_pet.sql").unlink()
    assert look(place).missing_files == ("0002_pet",)


def test_undone(place: Place) -> None:
    """A stamp as undone makes pending again what was stamped, and what ran here."""
    begin(place)
    mark(place, "0002_pet")
    assert mark(place, "0002_pet", undone=True).migrations[0].ran is None
    assert look(place).pending == ("0002_pet", "0003_toy")
    place.sql("drop table person")
    answer = mark(place, "0001_person", undone=True)
    assert answer.migrations[0].ran is not None
    found = look(place)
    assert (found.applied, found.pending[0]) == ((), "0001_person")
    assert [(one.name, one.done) for one in found.stamped] == [
        ("0002_pet", False),
        ("0001_person", False),
    ]


def test_after_undone_it_runs(place: Place) -> None:
    """What was stamped as undone runs like any other, and is a run from then on."""
    begin(place)
    mark(place, "0002", "0003")
    mark(place, "0003", undone=True)
    apply(place.target, [place.directory], asker=place.asker)
    found = look(place)
    assert (found.applied, found.pending) == (("0001_person", "0003_toy"), ())
    assert [one.name for one in found.stamped] == ["0002_pet"]


def test_refusals(place: Place) -> None:
    """What says nothing new, names nothing, or gives no reason is refused, and nothing is written."""
    begin(place)
    mark(place, "0002_pet")
    with place.target.journal() as journal:
        head = journal.head()
    with pytest.raises(Refused, match="0001_person was applied here, by the run that ended at"):
        mark(place, "0001_person")
    with pytest.raises(Refused, match="0002_pet is stamped as done already, by dana"):
        mark(place, "0003_toy", "0002_pet")
    with pytest.raises(Refused, match="0003_toy does not count as applied"):
        mark(place, "0003_toy", undone=True)
    with pytest.raises(NotFound, match="no migration named '0003_tey'") as caught:
        mark(place, "0003_tey")
    assert "0003_toy" in caught.value.hint
    with pytest.raises(NotFound, match="no migration named ''"):
        mark(place, "", without_file=True)
    with pytest.raises(NotFound):
        mark(place, "0009_elsewhere", undone=True)
    with pytest.raises(Usage, match="fits several"):
        mark(place, "000")
    with pytest.raises(Usage, match="expected the name"):
        mark(place)
    with pytest.raises(Usage, match="needs a reason"):
        stamp(
            place.target,
            ["0003_toy"],
            [place.directory],
            asker=type(ASKER)(actor="dana"),
        )
    with place.target.journal() as journal:
        assert journal.head() == head


def test_without_a_file(place: Place) -> None:
    """A name without a file is stamped only where that is said to be meant."""
    begin(place)
    with pytest.raises(NotFound, match="no migration named '2019_big_bang'") as caught:
        mark(place, "2019_big_bang")
    assert "--without-file" in caught.value.hint
    (told,) = mark(place, "2019_big_bang", without_file=True).migrations
    assert (told.file, told.digest) == ("", "")
    found = look(place)
    assert ([one.name for one in found.stamped], found.clean) == (["2019_big_bang"], True)
    mark(place, "2019_big_bang", undone=True)


def test_a_dry_run_writes_nothing(place: Place) -> None:
    """A dry run names what would be stamped, needs no reason, and writes nothing."""
    begin(place)
    with place.target.journal() as journal:
        head = journal.head()
    asker = type(ASKER)(actor="dana")
    answer = stamp(place.target, ["0002"], [place.directory], asker=asker, dry_run=True)
    assert (answer.migrations[0].name, answer.position) == ("0002_pet", None)
    with place.target.journal() as journal:
        assert journal.head() == head


def test_there_is_no_way_to_before_a_stamp(place: Place) -> None:
    """Nothing ran here, so before:NAME of a stamped migration is refused with the reason."""
    begin(place)
    mark(place, "0002_pet")
    with pytest.raises(NotFound, match="0002_pet was stamped as done at position"):
        rollback(place.target, "before:0002_pet", asker=place.asker)


def test_a_rollback_says_that_it_takes_stamps_back(place: Place) -> None:
    """Going to a position before a stamp makes its migration pending again, and says so."""
    begin(place)
    with place.target.journal() as journal:
        before = str(journal.head().position)
    mark(place, "0002_pet")
    after = str(int(before) + 1)
    seen = preview(place.target, before)
    assert seen.stamps == (f"0002_pet counts no longer as done, as dana stamped at {after}",)
    done = rollback(place.target, before, asker=place.asker)
    assert (done.stamps, done.done) == (seen.stamps, True)
    assert look(place).pending == ("0002_pet", "0003_toy")
    forth = rollback(place.target, after, asker=place.asker)
    assert forth.stamps == (f"0002_pet counts again as done, as dana stamped at {after}",)
    assert look(place).pending == ("0003_toy",)


def test_accepted_files_are_no_stamps(place: Place) -> None:
    """Taking a changed or renamed file in leaves a migration that ran here among the applied."""
    begin(place)
    place.write("0001_person.sql", "-- edited\n")
    accept_files(place.target, [place.directory], asker=place.asker)
    found = look(place)
    assert (found.applied, found.stamped) == (("0001_person",), ())
    (place.directory / "0001_person.sql").rename(place.directory / "0001_human.sql")
    accept_files(place.target, [place.directory], asker=place.asker)
    found = look(place)
    assert (found.applied, found.stamped) == (("0001_human",), ())


def test_what_another_tool_applied(place: Place) -> None:
    """A name that another tool marked as done is stamped as undone; as done it says nothing new."""
    place.sql(
        'create table "SequelizeMeta" (name varchar(255) not null primary key)',
        """insert into "SequelizeMeta" values ('1-carts.js'), ('2-orders.js')""",
    )
    init(place.target, asker=place.asker)
    with pytest.raises(Refused, match="counts as applied by another tool"):
        mark(place, "1-carts.js")
    (told,) = mark(place, "1-carts.js", undone=True).migrations
    assert told.imported
    found = look(place)
    assert [(one.name, one.done) for one in found.stamped] == [("1-carts.js", False)]
    mark(place, "1-carts.js")
    assert [one.done for one in look(place).stamped] == [True]


def test_undone_where_a_tool_knows_the_number(place: Place) -> None:
    """The file of a version that dbmate applied is pending again once it is stamped as undone."""
    place.sql(
        "create table schema_migrations (version varchar(128) primary key)",
        "insert into schema_migrations values ('20240101')",
    )
    place.write("20240101_person.sql", "create table person (id integer primary key);\n")
    init(place.target, asker=place.asker)
    assert look(place).pending == ()
    (told,) = mark(place, "20240101", undone=True).migrations
    assert told.name == "20240101_person"
    assert look(place).pending == ("20240101_person",)
    done = apply(place.target, [place.directory], asker=place.asker)
    assert [run.migration for run in done.runs] == ["20240101_person"]
