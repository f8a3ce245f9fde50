"""A statement does the same with Clew as without it: result, error, catalog, rows and ids."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy.engine import make_url

from commands.init import init
from commands.opening import Asker, Target
from journal.errors import NotKnownExact, StatementFailed
from journal.opening import open_journal, parse_url
from tests.postgresql.same_statements import BASE, PARTS
from tests.support.oracle import fingerprint
from tests.support.server import Server

REFUSED = {
    "rows": {"partitioned-table"},
    "errors": {"selec"},
    "definitions": set[str](),
    "session": {"second-run", "lastval"},
}
"""What is refused by name, and so does not run at all."""

Outcome = tuple[str, int | str]


@pytest.fixture
def another_url(server: Server, postgresql_url: str) -> Iterator[str]:
    """A second fresh database."""
    name = f"{make_url(postgresql_url).database}_plain"
    with psycopg.connect(server.url, autocommit=True) as db:
        db.execute(f'create database "{name}" template template0'.encode())
    yield make_url(server.url).set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(server.admin, autocommit=True) as db:
        db.execute(f'drop database "{name}" with (force)'.encode())


def plainly(url: str, statements: list[str]) -> tuple[list[Outcome], list[str]]:
    """Run statements in one transaction as any client does; a refused one is taken back."""
    found: list[Outcome] = []
    with psycopg.connect(url, autocommit=True) as listener, psycopg.connect(url) as db:
        listener.execute("listen heard")
        db.execute("select 'one transaction for all'")
        for sql in statements:
            try:
                with db.transaction():
                    found.append((sql, db.execute(sql.encode()).rowcount))
            except psycopg.Error as error:
                found.append((sql, error.sqlstate or ""))
        db.commit()
        return found, heard(listener)


def recorded(url: str, statements: list[str]) -> tuple[list[Outcome], list[str], list[str]]:
    """Run statements in one transaction under the journal; also tell which are refused."""
    found: list[Outcome] = []
    refused: list[str] = []
    with psycopg.connect(url, autocommit=True, application_name="clew test") as listener:
        listener.execute("listen heard")
        with open_journal(url) as journal, journal.recording(actor="dana") as recording:
            for sql in statements:
                try:
                    found.append((sql, recording.execute(sql).affected))
                except StatementFailed as error:
                    found.append((sql, error.sqlstate))
                except NotKnownExact as error:
                    refused.append(f"{error.name}: {sql}")
        return found, heard(listener), refused


def heard(listener: psycopg.Connection) -> list[str]:
    """Return what was told to those who listen."""
    return [one.payload for one in listener.notifies(timeout=0.3)]


@pytest.mark.parametrize("part", PARTS)
def test_same(postgresql_url: str, another_url: str, part: str) -> None:
    """Each statement of a script returns the same, and leaves the same behind."""
    for url in (postgresql_url, another_url):
        with psycopg.connect(url, autocommit=True) as db:
            db.execute(BASE.encode())
            db.execute("insert into person (name, age) values ('p', 1), ('first', 2)")
    target = Target(url=parse_url(postgresql_url), holder="same")
    init(target, asker=Asker(actor="dana"))
    statements = list(PARTS[part]())
    found, told_here, refused = recorded(postgresql_url, statements)
    assert {one.partition(":")[0] for one in refused} <= REFUSED[part]
    assert len(refused) < len(statements) / 8
    expected, told = plainly(another_url, [sql for sql, _ in found])
    differing = [(one, other) for one, other in zip(expected, found, strict=True) if one != other]
    assert differing == []
    assert told_here == told
    assert seen(postgresql_url) == seen(another_url)
    assert fingerprint(postgresql_url) == fingerprint(another_url)


def seen(url: str) -> list[tuple[object, ...]]:
    """Return what the statements themselves saw."""
    with psycopg.connect(url) as db:
        return db.execute("select n, what from seen order by n").fetchall()


REPEATED = """
create table t (id serial, v text);
create sequence alone;
create sequence ahead cache 10;
create function locking() returns void language plpgsql as
    $$begin perform pg_advisory_lock(3); insert into t (v) values ('x'); end$$;
create function by_way() returns void language plpgsql as $$begin perform locking(); end$$;
create function seeded() returns void language plpgsql as
    $$begin insert into t (v) values (random()::text); end$$;
create function numbered() returns void language plpgsql as
    $$begin insert into t (v) values (nextval('alone')::text); end$$;
create function held() returns void language plpgsql as
    $$begin insert into t (v) values (nextval('ahead')::text); end$$;
create function last() returns bigint language sql as 'select lastval()';
"""


@pytest.mark.parametrize(
    ("statements", "name"),
    [
        (["select locking()"], "second-run"),
        (["select by_way()"], "second-run"),
        (["select setseed(0.1)", "select seeded()"], "second-run"),
        (["select seeded()"], ""),
        (["select nextval('ahead')", "select held()"], "sequence-cache"),
        (["select held()"], ""),
        (["select numbered()"], ""),
        (["insert into t (v) values ('x')", "select last()"], "lastval"),
    ],
)
def test_what_cannot_run_twice(postgresql_url: str, statements: list[str], name: str) -> None:
    """What a second run would do once more is refused by name, and nothing of it stays."""
    begin(postgresql_url)
    before = fingerprint(postgresql_url)
    with open_journal(postgresql_url) as journal:
        if not name:
            with journal.recording(actor="dana") as recording:
                for sql in statements:
                    recording.execute(sql)
            return
        with pytest.raises(NotKnownExact) as raised, journal.recording(actor="dana") as recording:
            for sql in statements:
                recording.execute(sql)
    assert raised.value.name == name
    assert fingerprint(postgresql_url) == before or name == "sequence-cache"


def test_a_sequence_that_others_may_use(postgresql_url: str) -> None:
    """While others are connected a moved sequence of nobody's is not put back, but refused."""
    begin(postgresql_url)
    with (
        psycopg.connect(postgresql_url, autocommit=True),
        open_journal(postgresql_url) as journal,
        pytest.raises(NotKnownExact) as raised,
        journal.recording(actor="dana") as recording,
    ):
        recording.execute("select numbered()")
    assert raised.value.name == "moved-sequence"


def begin(url: str) -> None:
    """Make a database with functions that do what lasts, and a journal."""
    with psycopg.connect(url, autocommit=True) as db:
        db.execute(REPEATED.encode())
    init(Target(url=parse_url(url), holder="same"), asker=Asker(actor="dana"))
