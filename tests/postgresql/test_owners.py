"""Who is no superuser: what others own or set up comes back, or is refused as soon as seen."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy.engine import make_url

from journal.errors import NotKnownExact
from tests.postgresql.running import Run
from tests.support.oracle import fingerprint
from tests.support.server import Server

THEIRS = """
create schema app;
grant all on schema app to clew_owner;
create foreign data wrapper paper;
create server archive foreign data wrapper paper;
grant usage on foreign data wrapper paper to clew_owner;
grant usage on foreign server archive to clew_owner;
create table app.listed (id integer primary key);
create table app.log (said text);
alter table app.listed owner to clew_owner;
alter table app.log owner to clew_owner;
create publication everything for all tables;
create function app.quiet() returns event_trigger language plpgsql as
    $$ begin raise notice '%', tg_tag; end $$;
alter function app.quiet() owner to clew_owner;
create event trigger silent on ddl_command_end execute function app.quiet();
"""
LISTED = "create publication theirs for table app.listed"
TELLING = """
create function app.telling() returns event_trigger language plpgsql as
    $$ begin insert into app.log values (tg_tag); end $$;
create event trigger telling on ddl_command_end
"""
EVERY = f"{TELLING} execute function app.telling()"
INDEXES = f"{TELLING} when tag in ('CREATE INDEX', 'DROP INDEX') execute function app.telling()"
EXTENSIONS = f"{TELLING} when tag in ('CREATE EXTENSION') execute function app.telling()"


@pytest.fixture
def theirs(postgresql_url: str, server: Server) -> psycopg.Connection:
    """A superuser in a database in which an owner works, too."""
    url = make_url(server.admin).set(database=make_url(postgresql_url).database)
    found = psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)
    found.execute(THEIRS)
    return found


@pytest.fixture
def run(theirs: psycopg.Connection, postgresql_url: str) -> Iterator[Run]:
    """The owner, who is no superuser."""
    made = Run(postgresql_url, "")
    yield made
    made.database.close()
    theirs.close()


@pytest.mark.parametrize(
    "statement",
    [
        "create server mine foreign data wrapper paper options (host 'a')",
        "create foreign table app.letter (a integer) server archive",
        "alter table app.listed add column name text",
        "drop table app.listed",
        "create publication mine for table app.listed",
        "create text search configuration app.notes (copy = simple)",
    ],
)
def test_there_and_back(run: Run, statement: str) -> None:
    """What an owner may do, where wrappers and event triggers are another's, comes back."""
    before = fingerprint(run.url)
    done = run.do(statement)
    after = fingerprint(run.url)
    undone = run.undo(done)
    assert fingerprint(run.url) == before
    run.undo(undone)
    assert fingerprint(run.url) == after


@pytest.mark.parametrize(
    ("setup", "statement", "name"),
    [
        (LISTED, "drop table app.listed", "publication"),
        ("", "drop function app.quiet() cascade", "superuser"),
        (EVERY, "create table app.more (a integer)", "event-trigger"),
        (EVERY, "insert into app.listed values (1)", "event-trigger"),
        (INDEXES, "create index on app.listed (id)", "event-trigger"),
    ],
)
def test_refused(
    run: Run, theirs: psycopg.Connection, setup: str, statement: str, name: str
) -> None:
    """What only another could give back, or would fire on the way back, is refused by name."""
    theirs.execute(setup or "select 1")  # type: ignore[call-overload]
    run.read()
    before = fingerprint(run.url)
    with pytest.raises(NotKnownExact) as refused:
        run.do(statement)
    assert refused.value.name == name
    run.database.abort()
    assert fingerprint(run.url) == before


@pytest.mark.parametrize(
    ("setup", "statement"),
    [
        (INDEXES, "insert into app.listed values (1)"),
        (EXTENSIONS, "create table app.more (a integer)"),
        (f"{EVERY}; alter event trigger telling disable", "create table app.more (a integer)"),
    ],
)
def test_an_event_trigger_that_does_not_fire(
    run: Run, theirs: psycopg.Connection, setup: str, statement: str
) -> None:
    """An event trigger that writes is in nobody's way where nothing that is done fires it."""
    theirs.execute(setup)  # type: ignore[call-overload]
    run.read()
    before = fingerprint(run.url)
    run.undo(run.do(statement))
    assert fingerprint(run.url) == before


def test_recording(run: Run, theirs: psycopg.Connection) -> None:
    """Another program is not recorded where an event trigger would write along."""
    theirs.execute(EVERY)  # type: ignore[call-overload]
    run.read()
    with pytest.raises(NotKnownExact) as refused:
        run.database.observe("a run", schema=run.known.objects)
    assert refused.value.name == "event-trigger"
    assert theirs.execute("select count(*) from app.log").fetchone() == (0,)
