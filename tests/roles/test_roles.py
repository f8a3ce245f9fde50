"""The roles that the page on operations sets up: what each does, and what each cannot."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege, WrongObjectType

from tests.roles.conftest import BLOCKS, Place

TOUCHING = (
    "delete from clew.entry",
    "update clew.entry set run = 'x'",
    "truncate clew.image",
    "insert into clew.entry select * from clew.entry limit 1",
    "update clew.head set position = 1",
    "insert into clew.content values ('x', 'x')",
    "alter table clew.entry disable trigger all",
    "drop table clew.content",
    "drop schema clew cascade",
    "create or replace function clew.refuse() returns trigger language plpgsql as 'begin return null; end'",
    "alter function clew.append owner to current_user",
    "create table clew.mine (a integer)",
)
EVIL = """
grant usage on schema app to public;
create table app.bait (id integer);
create function app.evil() returns setof integer language plpgsql as $$ begin
    execute 'alter table clew.entry disable trigger all';
    delete from clew.entry; return next 1; end $$;
create temp sequence clew_number;
grant usage on sequence pg_temp.clew_number to public;
create trigger t after insert on app.bait referencing new table as clew_new for each statement
    execute function clew.capture('x', '1', 'select 1, array[''x''] from app.evil()');
insert into app.bait values (1);
"""


def _entries(place: Place) -> list[tuple[object, ...]]:
    return place.sql("admin", "select * from clew.entry order by 1")


def test_writer(place: Place) -> None:
    """The writer applies, takes back, names, backs up and proves; it owns nothing of the journal."""
    files = str(place.typist.migrations)
    place.type("writer", "apply", files)
    place.type("writer", "rollback", "before:0001_letters", "--yes")
    place.type("writer", "apply", files)
    place.type("writer", "mark", "here")
    place.type("writer", "backup", "take", "--to", str(place.typist.home / "backups"))
    place.type("writer", "verify")
    place.type("writer", "status", files, "--exit-code")
    place.type("writer", "erase", "row", "app.person", "1", "--reason", "x", "--yes", code=3)


@pytest.mark.parametrize("role", ["writer", "reader", "auditor", "monitor"])
def test_nobody_touches_the_record(place: Place, role: str) -> None:
    """No role but the keeper changes, drops or replaces anything of the journal."""
    before = _entries(place)
    for sql in TOUCHING:
        with pytest.raises((InsufficientPrivilege, WrongObjectType)):
            place.sql(role, sql)
    assert _entries(place) == before


def test_a_writer_has_nothing_run_as_the_owner_of_the_journal(place: Place) -> None:
    """A trigger of the writer's own cannot make a function of the journal run the writer's code."""
    before = _entries(place)
    with pytest.raises(psycopg.Error):
        place.sql("writer", EVIL)
    assert _entries(place) == before
    place.type("writer", "apply", str(place.typist.migrations))


def test_the_owner_of_the_journal_reads_no_table(place: Place) -> None:
    """TRUNCATE is captured though the journal's owner may not read the table."""
    place.typist.file("0002_empty.sql", "truncate app.person;\n")
    place.type("writer", "apply", str(place.typist.migrations))
    place.type("writer", "rollback", "before:0002_empty", "--yes")
    assert place.sql("writer", "select count(*) from app.person") == [(2,)]
    with pytest.raises(InsufficientPrivilege):
        place.sql("keeper", "select * from app.person")


def test_reader(place: Place) -> None:
    """The reader asks the views, and sees neither values nor what entries hold."""
    place.type("writer", "apply", str(place.typist.migrations))
    for view in ("runs", "changes", "schema_changes", "conflicts", "marks", "backups"):
        place.sql("reader", f"select * from clew.{view}")
    assert place.sql("reader", "select migration from clew.runs") == [("0001_letters",)]
    for table in ("content", "image", "entry", "log"):
        with pytest.raises(InsufficientPrivilege):
            place.sql("reader", f"select * from clew.{table}")
    with pytest.raises(InsufficientPrivilege):
        place.sql("reader", "select * from app.person")


def test_auditor(place: Place) -> None:
    """The auditor verifies, reports and exports; it writes nothing, and reads no table of the application."""
    place.type("writer", "apply", str(place.typist.migrations))
    before = _entries(place)
    home = place.typist.home
    place.type("auditor", "verify")
    place.type("auditor", "log")
    place.type("auditor", "report")
    place.type("auditor", "key", "new", "--to", str(home / "audit.pem"))
    place.type(
        "auditor", "checkpoint", "--key", str(home / "audit.pem"), "--to", str(home / "head")
    )
    proof = ["--checkpoint", str(home / "head"), "--to", str(home / "proof")]
    place.type("auditor", "prove", "3", *proof)
    place.type("auditor", "export", str(home / "export"), "--key", str(home / "audit.pem"))
    place.type("auditor", "verify", "--export", str(home / "export"))
    with pytest.raises(InsufficientPrivilege):
        place.sql("auditor", "select * from app.person")
    place.type("auditor", "mark", "x", code=5)
    assert _entries(place) == before


def test_monitor(place: Place) -> None:
    """The monitor gets its numbers, and reads neither values nor content."""
    place.type("writer", "apply", str(place.typist.migrations))
    assert "clew_head_position" in place.type("monitor", "status", "--metrics", "--timeout", "60")
    for table in ("content", "image"):
        with pytest.raises(InsufficientPrivilege):
            place.sql("monitor", f"select * from clew.{table}")
    place.typist.file("0002_more.sql", "create table app.more (a integer);\n")
    place.type("monitor", "apply", str(place.typist.migrations), code=5)


def test_the_page_names_what_there_is() -> None:
    """Both blocks that the page gives are the ones that these tests run."""
    assert "CREATE ROLE clew_keeper" in BLOCKS[0]
    assert "GRANT USAGE ON SCHEMA clew" in BLOCKS[1]
