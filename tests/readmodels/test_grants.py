"""On PostgreSQL names and counts can be granted without the values."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege
from sqlalchemy.engine import URL, make_url

from tests.readmodels.made import made
from tests.support.roles import PASSWORD, STRANGER
from tests.support.server import Server

NAMES = (
    "standing", "conflicts", "unmapped", "rejected", "fates", "targets", "log", "names", "runs",
    "changes", "schema_changes", "marks", "sign_offs", "checks", "backups",
)  # fmt: skip
VALUES = ("candidates", "unmapped_values", "rejected_values")


class Reader:
    """A role that may do nothing yet, in a session of its own."""

    def __init__(self, role: str, owner: psycopg.Connection, own: psycopg.Connection) -> None:
        self.role = role
        self.owner = owner
        self.own = own

    def grant(self, *tables: str) -> None:
        """Let the role see the schema and read these."""
        for what in ("USAGE ON SCHEMA clew", *(f"SELECT ON clew.{name}" for name in tables)):
            self.owner.execute(f'GRANT {what} TO "{self.role}"'.encode())

    def count(self, view: str) -> int:
        """Read every column of a view."""
        return len(self.own.execute(f"SELECT * FROM clew.{view}".encode()).fetchall())


@pytest.fixture
def reader(server: Server, postgresql_url: str) -> Iterator[Reader]:
    """A journal with findings, and somebody who wants to read them."""
    with made(postgresql_url) as journal:
        journal.run(
            journal.conflict("a", "secret", "other"),
            journal.homeless({"f": "secret"}),
            journal.rejected({"f": "secret"}),
            migration="0001_m",
        )
        journal.database.commit()
    database = make_url(postgresql_url).database
    admin_url = make_url(server.admin).set(database=database)
    with session(admin_url) as admin:
        url = make_url(postgresql_url)
        with session(url) as owner, session(url.set(username=STRANGER, password=PASSWORD)) as own:
            yield Reader(STRANGER, owner, own)
        admin.execute(f"DROP OWNED BY {STRANGER}".encode())


@contextmanager
def session(url: URL) -> Iterator[psycopg.Connection]:
    """A connection that is closed at the end."""
    with closing(psycopg.connect(url.render_as_string(hide_password=False))) as found:
        found.autocommit = True
        yield found


def test_names_without_values(reader: Reader) -> None:
    """SELECT on the views of names shows them, and no value; what was not granted stays shut."""
    with pytest.raises(InsufficientPrivilege):
        reader.count("conflicts")
    reader.grant("conflicts")
    assert reader.count("conflicts") == 1
    for name in (*NAMES[:1], *NAMES[2:], *VALUES, "entry", "content"):
        with pytest.raises(InsufficientPrivilege):
            reader.count(name)
    reader.grant(*NAMES)
    for name in NAMES:
        told = reader.own.execute(f"SELECT x::text FROM clew.{name} x".encode()).fetchall()
        assert "secret" not in str(told)


def test_values_need_the_content(reader: Reader) -> None:
    """SELECT on a view of values shows nothing to who may not read the content table."""
    reader.grant(*NAMES, *VALUES, "entry")
    for name in VALUES:
        with pytest.raises(InsufficientPrivilege, match="content"):
            reader.count(name)
    reader.grant("content")
    assert [reader.count(name) for name in VALUES] == [2, 1, 1]


def test_what_was_taken_back_does_not_leak(reader: Reader, postgresql_url: str) -> None:
    """A cheap function in a query is not shown rows that the view leaves out."""
    with made(postgresql_url) as journal:
        journal.run(target=2)
        journal.database.commit()
    reader.grant("conflicts")
    seen: list[str] = []
    reader.own.add_notice_handler(lambda notice: seen.append(notice.message_primary or ""))
    reader.own.execute(
        "CREATE FUNCTION pg_temp.look(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001"
        " AS $$ BEGIN RAISE NOTICE '%', $1; RETURN true; END $$"
    )
    reader.own.execute("SELECT 1 FROM clew.conflicts WHERE pg_temp.look(field)")
    assert seen == []
