"""Schema changes over populated tables, taken back."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import make_url

from journal.errors import ChangedSince, NotKnownExact, StatementFailed
from journal.postgresql.catalog.live import read_schema
from tests.language.cases import Rebuilt
from tests.postgresql import kinds as kinds_of
from tests.postgresql.conftest import Populated
from tests.postgresql.keeping import Keeping
from tests.postgresql.odd import EXACT, REFUSED
from tests.postgresql.statements import STATEMENTS
from tests.support.roles import STRANGER
from tests.support.server import Server

pytestmark = pytest.mark.listed


def _same(populated: Populated, keeping: Keeping) -> None:
    """Hold the catalog, kept up to date by pieces, to the schema read as a whole."""
    known = keeping.catalog.schema()
    assert {one.id: one for one in read_schema(populated.session, known)} == known


def _there_and_back(populated: Populated, sql: str) -> None:
    session = populated.session
    session.run("begin")
    keeping = Keeping(session)
    step = keeping.do(sql)
    _same(populated, keeping)
    undone = keeping.undo(step)
    assert bool(keeping.anew) is isinstance(sql, Rebuilt)
    assert keeping.told == keeping.anew
    _same(populated, keeping)
    redone = keeping.undo(undone)
    keeping.undo(redone)
    _same(populated, keeping)
    session.run("commit")
    populated.hold_to_known()


@pytest.mark.parametrize("sql", STATEMENTS)
def test_everyday(populated: Populated, sql: str) -> None:
    """A statement taken back, done again and taken back leaves schema and rows as they were."""
    _there_and_back(populated, sql)


@pytest.mark.parametrize("sql", EXACT)
def test_odd(odd: Populated, sql: str) -> None:
    """So it is among odd names, types and entanglements."""
    _there_and_back(odd, sql)


@pytest.mark.parametrize("sql", kinds_of.EXACT)
def test_kinds(kinds: Populated, sql: str) -> None:
    """So it is with every kind of object, in every kind of use."""
    _there_and_back(kinds, sql)


@pytest.mark.parametrize("sql", kinds_of.SINCE_18)
def test_kinds_since_18(kinds: Populated, sql: str) -> None:
    """So it is with what PostgreSQL 18 brought."""
    if kinds.session.raw.info.server_version < 180000:
        pytest.skip("PostgreSQL 18 brought it")
    _there_and_back(kinds, sql)


@pytest.mark.parametrize(("sql", "name"), REFUSED)
def test_refused(odd: Populated, sql: str, name: str) -> None:
    """What could not be taken back is refused while it is done, by name."""
    odd.session.run("begin")
    with pytest.raises(NotKnownExact) as refused:
        Keeping(odd.session).do(sql)
    assert refused.value.name == name


@pytest.mark.parametrize(("sql", "name"), kinds_of.REFUSED)
def test_kinds_refused(kinds: Populated, sql: str, name: str) -> None:
    """So it is among every kind of object."""
    kinds.session.run("begin")
    with pytest.raises(NotKnownExact) as refused:
        Keeping(kinds.session).do(sql)
    assert refused.value.name == name


def test_unknown(populated: Populated) -> None:
    """A change to a kind of object that no reader knows is refused by the name of the kind."""
    session = populated.session
    session.run("begin")
    keeping = Keeping(session)
    session.run("select lo_create(0)")
    with pytest.raises(NotKnownExact) as refused:
        keeping.catalog.refresh()
    assert refused.value.name == "large-object"


def test_quiet(populated: Populated) -> None:
    """Rows written, temporary tables and the journal's own triggers are no schema changes."""
    session = populated.session
    session.run("begin")
    keeping = Keeping(session)
    session.run("update app.log set n = n + 100")
    assert keeping.catalog.refresh() == ()
    session.run("create temp table quiet (a serial primary key)")
    session.run("drop table quiet")
    assert keeping.catalog.refresh() == ()


def test_rolled_back_savepoint(populated: Populated) -> None:
    """After ROLLBACK TO SAVEPOINT and revert, the same change is seen anew."""
    session = populated.session
    session.run("begin")
    catalog = Keeping(session).catalog
    session.run("savepoint here")
    token = catalog.checkpoint()
    session.run("alter table app.log add column x integer")
    first = catalog.refresh()
    session.back_to("here")
    catalog.revert(token)
    assert catalog.refresh() == ()
    session.run("alter table app.log add column x integer")
    again = catalog.refresh()
    assert [c.after and c.after.path for c in first] == [c.after and c.after.path for c in again]


def test_new_rows_stay(populated: Populated) -> None:
    """Rows that came after a DROP COLUMN stay when the column comes back, without a value.

    A row deleted since is told, and stays deleted: only a part of it could come back.
    """
    session = populated.session
    session.run("begin")
    keeping = Keeping(session)
    step = keeping.do("alter table app.person drop column born")
    session.run("insert into app.person (name, age) values ('newcomer', 5)")
    session.run("delete from app.person where id = 3")
    keeping.undo(step, "keep")
    assert keeping.undone.changed_count == 1
    assert session.query("select born from app.person where name = 'newcomer'") == [(None,)]
    assert session.value("select count(*) from app.person where born is not null") == 39


def test_new_rows_in_the_way(populated: Populated) -> None:
    """Rows that cannot live with a column that comes back are refused."""
    session = populated.session
    session.run("begin")
    keeping = Keeping(session)
    step = keeping.do("alter table app.person drop column name cascade")
    session.run("insert into app.person (age) values (5)")
    with pytest.raises(ChangedSince):
        keeping.undo(step)


@pytest.mark.parametrize(
    ("sql", "write"),
    [
        ("create table app.t (a integer)", "insert into app.t values (1)"),
        (
            "create table app.t as select id, name from app.person",
            "update app.t set name = 'x' where id = 1",
        ),
        ("alter table app.person add column extra text", "update app.person set extra = 'x'"),
        (
            "alter table app.person add column extra text default 'd'",
            "update app.person set extra = null where id = 7",
        ),
        (
            "alter table app.person add column extra uuid default gen_random_uuid()",
            "update app.person set extra = null where id = 7",
        ),
        (
            "alter table app.person alter column height type text",
            "update app.person set height = 'x' where id = 7",
        ),
    ],
)
def test_changed_since(populated: Populated, sql: str, write: str) -> None:
    """Values written where a schema change made room are refused, and given up if told so."""
    session = populated.session
    session.run("begin")
    keeping = Keeping(session)
    step = keeping.do(sql)
    session.run(write)
    with pytest.raises(ChangedSince), session.point("refused"):
        keeping.undo(step)
    keeping.undo(step, "overwrite")
    assert keeping.undone.changed_count


@pytest.mark.parametrize(
    "sql",
    ["drop index app.broken", "alter table app.log drop column what", "drop table app.log"],
)
def test_invalid_index(populated: Populated, sql: str) -> None:
    """What an aborted CREATE INDEX CONCURRENTLY left is refused: it would come back valid."""
    session = populated.session
    with pytest.raises(StatementFailed):
        session.run("create unique index concurrently broken on app.log (what)")
    session.run("begin")
    keeping = Keeping(session)
    with pytest.raises(NotKnownExact) as refused:
        keeping.do(sql)
    assert refused.value.name == "invalid-index"
    session.run("rollback")
    session.run("drop index app.broken")
    populated.hold_to_known()


def test_valid_beside_invalid(populated: Populated) -> None:
    """Changes that leave an invalid index alone come back."""
    session = populated.session
    with pytest.raises(StatementFailed):
        session.run("create unique index concurrently broken on app.log (what)")
    session.run("begin")
    keeping = Keeping(session)
    keeping.undo(keeping.do("alter table app.log add column extra integer"))
    keeping.undo(keeping.do("alter index app.broken rename to half"))
    session.run("commit")
    session.run("drop index app.broken")
    populated.hold_to_known()


@pytest.mark.parametrize(
    "sql",
    [
        "drop table app.log",
        f"revoke all on app.log from {STRANGER} cascade",
        "alter table app.log drop column what",
    ],
)
def test_granted_by_other(populated: Populated, server: Server, sql: str) -> None:
    """Grants of a role that the session cannot become are refused: it could not renew them."""
    admin = make_url(server.admin).set(database=make_url(populated.url).database)
    session = populated.session
    session.run("begin")
    with psycopg.connect(admin.render_as_string(hide_password=False)) as other:
        other.execute(f"grant usage on schema app to {STRANGER}")
        other.execute(f"grant select on app.log to {STRANGER} with grant option")
        other.execute(f"set local role {STRANGER}")
        other.execute("grant select on app.log to pg_monitor")
        other.execute("reset role")
        other.commit()
        try:
            keeping = Keeping(session)
            with pytest.raises(NotKnownExact) as refused:
                keeping.do(sql)
            assert refused.value.name == "granted-by-other"
        finally:
            session.run("rollback")
            other.execute(f"drop owned by {STRANGER}")
    populated.hold_to_known()


@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("drop table app.log cascade", "owned-by-other"),
        ("drop view app.logged", "owned-by-other"),
        ("alter table app.log drop column what cascade", "owned-by-other"),
        ("grant select on app.logged to pg_monitor", "granted-by-other"),
    ],
)
def test_owned_by_other(populated: Populated, server: Server, sql: str, name: str) -> None:
    """What belongs to a role that the session cannot become is refused: it would be the session's."""
    admin = make_url(server.admin).set(database=make_url(populated.url).database)
    session = populated.session
    with psycopg.connect(admin.render_as_string(hide_password=False)) as other:
        other.execute("create view app.logged as select what from app.log")
        other.execute(f"alter view app.logged owner to {STRANGER}")
        other.execute("grant select on app.logged to clew_owner with grant option")
        other.commit()
        session.run("begin")
        try:
            keeping = Keeping(session)
            with pytest.raises(NotKnownExact) as refused:
                keeping.do(sql)
            assert refused.value.name == name
        finally:
            session.run("rollback")
            other.execute("drop view app.logged")
            other.commit()
    populated.hold_to_known()
