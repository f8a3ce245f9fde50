"""The bookkeeping of other tools is recognised from the tables that they make themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.apply import apply
from commands.doctor.ledger.bookkeeping import bookkeeping_findings
from commands.init import init
from commands.rollback import rollback
from commands.status import status
from commands.verify import verify
from journal.errors import NotFound, Refused
from journal.events import HistoryImported
from projections.imported import Imported
from tests.adopt.ledgers import LEDGERS, Ledger, ledgers
from tests.commands.places import Place

NUMBERS = range(len(ledgers("sqlite")))


def imported(place: Place) -> tuple[Imported, ...]:
    """Return what status tells of other tools' history."""
    return status(place.target, [place.directory]).imported


@pytest.fixture(params=NUMBERS, ids=[one.tool for one in ledgers("sqlite")])
def ledger(request: pytest.FixtureRequest, place: Place) -> Ledger:
    """Each tool's bookkeeping, standing in the database."""
    found = ledgers(place.kind)[request.param]
    place.sql(*found.sql)
    return found


def test_every_ledger_is_there_for_both() -> None:
    """Each tool is tested on both databases."""
    tools = [one.tool for one in ledgers("sqlite")]
    assert [one.tool for one in ledgers("postgresql")] == tools
    assert len({one.tool for one in LEDGERS}) == 10


def test_recognised(place: Place, ledger: Ledger) -> None:
    """Init records tool, table and names in the order applied; what failed does not count."""
    made = init(place.target, asker=place.asker)
    (told,) = made.imported
    assert told.tool == ledger.tool
    assert told.table.rpartition(".")[2].lower() == ledger.table.lower()
    assert told.migrations == len(ledger.applied)
    (found,) = imported(place)
    assert found.migrations == ledger.applied
    assert tuple(name for name, why in found.unapplied if why) == ledger.unapplied
    assert (found.upto, made.unread) == (ledger.upto, ())
    with place.target.journal() as journal:
        (entry,) = journal.read(types=["HistoryImported"])
        assert (entry.evidence, entry.actor) == ("imported", "dana")
        assert verify(journal).ok


def test_imported_is_not_applied(place: Place, ledger: Ledger) -> None:
    """Nothing of another tool's history is among the applied, and none of it has a position."""
    init(place.target, asker=place.asker)
    found = status(place.target, [place.directory])
    assert (found.applied, found.stamped, found.drift, found.clean) == ((), (), (), True)
    for name in ledger.applied:
        with pytest.raises(NotFound, match="was imported from"):
            rollback(place.target, f"before:{name}", asker=place.asker)


def test_a_second_init_says_what_is_other(place: Place, ledger: Ledger) -> None:
    """What a tool did since is told by init, and taken in only when that is asked for."""
    first = init(place.target, asker=place.asker)
    again = init(place.target, asker=place.asker)
    assert (again.created, again.unimported, again.head) == (False, (), first.head)
    place.sql(f"delete from {quoted(place, ledger)}")
    again = init(place.target, asker=place.asker)
    assert ([one.migrations for one in again.unimported], again.head) == ([0], first.head)
    taken = init(place.target, asker=place.asker, take_in=True)
    assert ([one.migrations for one in taken.imported], taken.head) == ([0], first.head + 1)
    assert [one.migrations for one in imported(place)] == [()]


def quoted(place: Place, ledger: Ledger) -> str:
    """Return the name of a ledger's table as SQL reads it."""
    schema = "sqitch." if ledger.tool == "sqitch" and place.kind == "postgresql" else ""
    return f'{schema}"{ledger.table}"'


LOOKALIKES = (
    "create table schema_migrations (version text primary key, applied_at text)",
    "create table schema_migrations (version integer primary key)",
    "create table schema_migrations (version text primary key)",
    "create table alembic_version (version_num text, note text)",
    "create table changes (change_id integer primary key, change text)",
    'create table "SequelizeMeta" (id integer, name text)',
    "create table django_migrations (id integer, name text)",
    "create table flyway_schema_history (installed_rank integer, version text)",
)


@pytest.mark.parametrize("sql", LOOKALIKES)
def test_a_table_that_only_looks_like_one(place: Place, sql: str) -> None:
    """A table of the user's own that bears such a name and has other columns is left alone."""
    place.sql(sql)
    assert init(place.target, asker=place.asker).imported == ()
    with place.target.journal() as journal:
        assert not list(journal.read(types=["HistoryImported"]))


def test_rows_tell_too(place: Place) -> None:
    """Versions that are no numbers, and two rows where a tool keeps one, are not that tool's."""
    place.sql(
        "create table schema_migrations (version varchar(128) primary key)",
        "insert into schema_migrations values ('0001_people.sql')",
    )
    assert init(place.target, asker=place.asker).imported == ()


@pytest.mark.parametrize("name", ["x' ; drop table t --", "line\nbreak", "ünïcode \u202e", "*/ x"])
def test_odd_names(place: Place, name: str) -> None:
    """Names are data, whatever letters they hold: imported, told and looked for as they are."""
    value = name.replace("'", "''")
    place.sql(
        'create table "SequelizeMeta" (name varchar(255) not null primary key)',
        f"""insert into "SequelizeMeta" values ('{value}.js')""",
    )
    init(place.target, asker=place.asker)
    assert imported(place)[0].migrations == (f"{name}.js",)
    place.write(f"{name.replace('/', '')}.cjs", "exports.up = (q) => q.createTable('a');\n")
    with place.target.database() as session:
        told = list(bookkeeping_findings(session, place.directory))
    assert all(len(place.sql(e.query)) == e.count for one in told for e in one.evidence)


def test_bytes_that_are_no_text(sqlite_url: str, tmp_path: Path) -> None:
    """A name in SQLite that is no UTF-8 keeps nobody from making a journal."""
    place = Place(kind="sqlite", url=sqlite_url, directory=tmp_path)
    place.sql(
        "create table knex_migrations (id integer primary key, name, batch, migration_time)",
        "insert into knex_migrations values (1, x'ff', 1, cast(x'eda080' as text)), (2, 3, 4, 5)",
    )
    init(place.target, asker=place.asker)
    assert imported(place)[0].migrations == ("\ufffd", "3")


def test_two_versions_are_not_golang_migrate(place: Place) -> None:
    """golang-migrate keeps one row; a table of its shape with two is not its own."""
    place.sql(
        "create table schema_migrations (version bigint not null primary key, dirty boolean)",
        "insert into schema_migrations values (1, false), (2, false)",
    )
    assert init(place.target, asker=place.asker).imported == ()


def test_any_schema(postgresql_url: str, tmp_path: Path) -> None:
    """Tables are found in every schema, several tools beside each other, mixed case and all."""
    place = Place(kind="postgresql", url=postgresql_url, directory=tmp_path)
    place.sql(
        'create schema "My App"',
        'create table "My App"."SequelizeMeta" (name varchar(255) not null primary key)',
        """insert into "My App"."SequelizeMeta" values ('1-a.js')""",
        "create table public.schema_migrations (version varchar primary key)",
        "create schema other",
        "create table other.schema_migrations (version bigint not null primary key, dirty bool)",
    )
    made = init(place.target, asker=place.asker)
    assert [(one.tool, one.table) for one in made.imported] == [
        ("sequelize", "My App.SequelizeMeta"),
        ("golang-migrate", "other.schema_migrations"),
        ("dbmate", "public.schema_migrations"),
    ]


def test_what_may_not_be_read_is_said(postgresql_url: str, tmp_path: Path) -> None:
    """A table that the user may not read keeps no journal from being made, and is named."""
    place = Place(kind="postgresql", url=postgresql_url, directory=tmp_path)
    place.sql(
        "create table alembic_version (version_num varchar(32) not null primary key)",
        "revoke all on alembic_version from current_user",
        "create table _yoyo_migration (id varchar(191) not null primary key, ctime timestamp)",
    )
    made = init(place.target, asker=place.asker)
    assert made.unread == ("public.alembic_version",)
    assert [one.tool for one in made.imported] == ["yoyo"]
    assert init(place.target, asker=place.asker).unread == ("public.alembic_version",)


def test_files_that_a_tool_applied_are_not_run_again(place: Place) -> None:
    """A file's number is dbmate's version of it: only what it did not apply is pending."""
    place.sql(
        "create table schema_migrations (version varchar(128) primary key)",
        "create table person (id integer primary key)",
        "insert into schema_migrations values ('20240101')",
    )
    for name, table in (("20240101_person", "person"), ("20240102_pet", "pet")):
        sections = f"-- migrate:up\ncreate table {table} (id integer primary key);\n"
        place.write(f"{name}.sql", sections + f"-- migrate:down\ndrop table {table};\n")
    init(place.target, asker=place.asker)
    found = status(place.target, [place.directory])
    assert (found.pending, found.elsewhere) == (("20240102_pet",), ("20240101_person",))
    done = apply(place.target, [place.directory], asker=place.asker)
    assert [run.migration for run in done.runs] == ["20240102_pet"]
    place.write("20240100_late.sql", "select 1;")
    with pytest.raises(Refused, match="comes before migrations that are applied"):
        apply(place.target, [place.directory], asker=place.asker)


def test_what_a_tool_did_meanwhile_is_not_run_again(place: Place) -> None:
    """A file that a tool ran since the import is refused until that is taken in, or denied."""
    init(place.target, asker=place.asker)
    place.write("20240101_person.sql", "create table person (id integer primary key);\n")
    place.write("20240102_pet.sql", "create table pet (id integer primary key);\n")
    place.sql(
        "create table schema_migrations (version varchar(128) primary key)",
        "insert into schema_migrations values ('20240101')",
    )
    with pytest.raises(Refused, match="20240101_person is done, says dbmate by now") as caught:
        apply(place.target, [place.directory], asker=place.asker)
    assert "clew init --import" in caught.value.hint
    init(place.target, asker=place.asker, take_in=True)
    done = apply(place.target, [place.directory], asker=place.asker)
    assert [run.migration for run in done.runs] == ["20240102_pet"]
    place.sql("insert into schema_migrations values ('20240103')")
    place.write("20240103_toy.sql", "create table toy (id integer primary key);\n")
    with pytest.raises(Refused, match="20240103_toy is done"):
        apply(place.target, [place.directory], asker=place.asker)
    place.sql("delete from schema_migrations where version = '20240103'")
    done = apply(place.target, [place.directory], asker=place.asker)
    assert [run.migration for run in done.runs] == ["20240103_toy"]


@pytest.mark.parametrize(
    ("number", "pending"), [("flyway", ("V4__x",)), ("golang-migrate", ("000013_x",))]
)
def test_files_up_to_a_version(place: Place, number: str, pending: tuple[str, ...]) -> None:
    """Where a tool notes only how far it came, all files up to there count as applied."""
    ledger = next(one for one in ledgers(place.kind) if one.tool == number)
    place.sql(*ledger.sql)
    names = (
        ("V1__a", "V2__b", "V3__people", "V4__x")
        if number == "flyway"
        else ("000001_a", "000012_b", "000013_x")
    )
    for name in names:
        place.write(f"{name}.sql", "select 1;\n")
    init(place.target, asker=place.asker)
    found = status(place.target, [place.directory])
    assert found.pending == pending
    assert found.elsewhere == tuple(name for name in names if name not in pending)


def test_long_histories_come_in_parts(place: Place) -> None:
    """Many names are cut into small entries, and nothing is lost."""
    values = ", ".join(f"('{20200000000000 + n}')" for n in range(9000))
    place.sql(
        "create table schema_migrations (version varchar(128) primary key)",
        f"insert into schema_migrations values {values}",
    )
    init(place.target, asker=place.asker)
    with place.target.journal() as journal:
        events = [entry.event for entry in journal.read(types=["HistoryImported"])]
    assert len(events) > 2
    assert all(isinstance(e, HistoryImported) and len(e.migrations) < 4000 for e in events)
    (found,) = imported(place)
    assert len(found.migrations) == 9000
    assert init(place.target, asker=place.asker).unimported == ()
