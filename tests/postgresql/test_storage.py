"""The journal's own tables: a chain that never forks, and that nobody rewrites."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy.engine import make_url

from journal.chain import check_chain
from journal.codec import seal
from journal.effect import JournalIdentity
from journal.envelope import Head, StoredEntry
from journal.errors import Busy, Refused, StatementFailed, Unreachable
from journal.events import MarkSet
from journal.postgresql import storage
from journal.postgresql.connection import Session
from journal.postgresql.connection import connect as open_session
from journal.postgresql.database import PostgresqlDatabase, connect
from journal.reading import PAGE
from tests.support.roles import PASSWORD, STRANGER

WRITERS, APPENDS = 4, 12


@pytest.fixture
def database(postgresql_url: str) -> PostgresqlDatabase:
    """A database with a journal."""
    found = connect(make_url(postgresql_url), lock_timeout=5)
    found.begin()
    found.install(JournalIdentity(id=uuid4().hex, name="test", database="postgresql"))
    found.commit()
    return found


def sealed(head: Head, number: int) -> list[StoredEntry]:
    """Return ``number`` entries that follow ``head``."""
    entries = []
    for _ in range(number):
        event = MarkSet(name=uuid4().hex, at=0)
        entry = seal(event, after=head, run="", recorded_at="2024", actor="a", evidence="captured")
        entries.append(entry)
        head = Head(position=entry.position, digest=entry.digest)
    return entries


def write(url: str, isolation: str) -> int:
    """Append in transactions of this level, trying again where the server says so."""
    session = open_session(make_url(url), lock_timeout=30, holder="writer")
    retries = done = 0
    while done < APPENDS:
        session.run(f"BEGIN ISOLATION LEVEL {isolation}")
        try:
            session.query("SELECT count(*) FROM clew.entry")
            storage.append(session, sealed(storage.take_head(session), 1 + done % 3))
            session.run("COMMIT")
            done += 1
        except StatementFailed as error:
            session.run("ROLLBACK")
            if error.sqlstate not in ("40001", "40P01"):
                raise
            retries += 1
    session.raw.close()
    return retries


@pytest.mark.parametrize("isolation", ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"])
def test_four_writers_never_fork_the_chain(
    database: PostgresqlDatabase, postgresql_url: str, isolation: str
) -> None:
    """Four concurrent writers leave one gapless chain at every isolation level."""
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, [postgresql_url] * WRITERS, [isolation] * WRITERS))
    entries = list(database.entries())
    assert list(check_chain(entries)) == []
    assert len(entries) == WRITERS * sum(1 + n % 3 for n in range(APPENDS))
    assert database.head() == Head(position=len(entries), digest=entries[-1].digest)
    database.close()


def test_entries_come_back_as_they_were(database: PostgresqlDatabase) -> None:
    """Entries are read in order over pages, from and to a position, byte for byte."""
    database.begin()
    entries = sealed(database.take_head(), PAGE + 5)
    database.append(entries)
    database.commit()
    assert list(database.entries()) == entries
    assert list(database.entries(after=3, last=7)) == entries[3:7]
    assert list(database.entries(types=["RunFailed"])) == []
    database.close()


def test_an_entry_that_does_not_follow_is_refused(database: PostgresqlDatabase) -> None:
    """The append function holds positions, links and digests itself."""
    good = sealed(database.head(), 2)
    for wrong in ([good[1]], [good[0], good[0]], sealed(Head(position=0, digest=b"1" * 32), 1)):
        database.begin()
        with pytest.raises(StatementFailed, match=r"does not follow|duplicate key"):
            database.append(wrong)
        database.abort()
    assert database.head().position == 0
    database.close()


@pytest.mark.parametrize("table", ["journal", "entry", "content", "image"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "TRUNCATE {}"])
def test_nothing_of_the_journal_is_removed(
    database: PostgresqlDatabase, table: str, change: str
) -> None:
    """Triggers refuse to delete or truncate, also to the owner, also without rows."""
    with pytest.raises(StatementFailed, match="append-only"):
        database.session.run(change.format(f"clew.{table}"))
    database.close()


def test_entries_are_not_updated(database: PostgresqlDatabase) -> None:
    """Triggers refuse to update entries, and to add or remove a head."""
    for sql in (
        "UPDATE clew.entry SET actor = ''",
        "UPDATE clew.entry SET body = ''",
        "DELETE FROM clew.head",
        "INSERT INTO clew.head VALUES (true, 1, '')",
    ):
        with pytest.raises(StatementFailed):
            database.session.run(sql)
    database.close()


def test_a_writer_needs_no_table_rights(database: PostgresqlDatabase, postgresql_url: str) -> None:
    """EXECUTE and SELECT are enough to append; INSERT and UPDATE are refused."""
    database.session.run(f"GRANT USAGE ON SCHEMA clew TO {STRANGER}")
    database.session.run(f"GRANT SELECT ON ALL TABLES IN SCHEMA clew TO {STRANGER}")
    database.session.run(f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA clew TO {STRANGER}")
    writer = connect(
        make_url(postgresql_url).set(username=STRANGER, password=PASSWORD), lock_timeout=5
    )
    writer.begin()
    writer.append(sealed(writer.take_head(), 2))
    writer.commit()
    assert writer.head().position == 2
    for sql in ("UPDATE clew.head SET position = 9", "DELETE FROM clew.entry"):
        with pytest.raises(StatementFailed, match="permission denied"):
            writer.session.run(sql)
    writer.close()
    database.close()


def test_content_is_held_to_its_digest(database: PostgresqlDatabase) -> None:
    """Content is stored once under its digest, and not under another."""
    with pytest.raises(StatementFailed, match="does not match"):
        database.put_content("0" * 64, b"something")
    database.close()


def test_a_newer_layout_is_refused(database: PostgresqlDatabase) -> None:
    """A journal of an unknown newer format is refused."""
    database.session.run("ALTER TABLE clew.journal DISABLE TRIGGER append_only")
    database.session.run("UPDATE clew.journal SET format = 99")
    with pytest.raises(Refused, match="format 99"):
        database.identity()
    database.close()


def test_one_run_at_a_time(database: PostgresqlDatabase, postgresql_url: str) -> None:
    """The journal is held by one session, whose holder is named to others until it ends."""
    other = connect(make_url(postgresql_url), lock_timeout=5)
    database.hold("dana on here, process 7", wait=0)
    with pytest.raises(Busy, match="dana on here, process 7"):
        other.hold("kim", wait=0.1)
    database.close()
    other.hold("kim", wait=5)
    other.release()
    other.close()


def test_unreachable_says_so_without_the_password(postgresql_url: str) -> None:
    """A server that is not there is told in one line, with a hint and no password."""
    with pytest.raises(Unreachable) as refused:
        connect(make_url(postgresql_url).set(port=1, password="hush"), lock_timeout=1)
    told = f"{refused.value.message} {refused.value.hint}"
    assert "hush" not in told
    assert "\n" not in told
    assert refused.value.hint


def test_a_lock_is_waited_for_no_longer_than_told(
    database: PostgresqlDatabase, postgresql_url: str
) -> None:
    """A lock that somebody holds ends the wait with its SQLSTATE."""
    database.session.run("CREATE TABLE public.t (a int)")
    database.begin()
    database.session.run("LOCK TABLE public.t")
    other = connect(make_url(postgresql_url), lock_timeout=0.1)
    with pytest.raises(StatementFailed) as refused:
        other.session.run("INSERT INTO public.t VALUES (1)")
    assert refused.value.sqlstate == "55P03"
    other.close()
    database.abort()
    database.close()


def test_session_type(database: PostgresqlDatabase) -> None:
    """The server says which one it is."""
    assert isinstance(database.session, Session)
    assert database.server.startswith("PostgreSQL 1")
    database.close()


def test_default_privileges_open_nothing(postgresql_url: str) -> None:
    """Whatever others are granted by default, nobody but its owner may read the journal."""
    with psycopg.connect(postgresql_url, autocommit=True) as session:
        for what in ("tables", "sequences", "functions", "schemas"):
            session.execute(f"alter default privileges grant all on {what} to pg_monitor".encode())
    found = connect(make_url(postgresql_url), lock_timeout=5)
    found.begin()
    found.install(JournalIdentity(id=uuid4().hex, name="test", database="postgresql"))
    found.commit()
    held = found.session.query(
        "select c.relname from pg_class c, aclexplode(c.relacl) a"
        " where c.relnamespace = 'clew'::regnamespace and a.grantee <> c.relowner"
        " union all select n.nspname from pg_namespace n, aclexplode(n.nspacl) a"
        " where n.nspname = 'clew' and a.grantee <> n.nspowner"
        " union all select p.proname from pg_proc p, aclexplode(p.proacl) a"
        " where p.proname in ('append', 'put_content', 'image_rows', 'take_head')"
        " and a.grantee <> p.proowner"
    )
    assert held == []
    found.close()
