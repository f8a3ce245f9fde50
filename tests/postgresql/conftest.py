"""Populated PostgreSQL databases that every test leaves as they were."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import make_url

from journal.effect import JournalIdentity
from journal.postgresql.connection import Session, connect
from journal.postgresql.install import install
from tests.postgresql.kinds import KINDS
from tests.postgresql.odd import ODD
from tests.postgresql.statements import BASE
from tests.support.oracle import fingerprint
from tests.support.server import Server


class Populated:
    """A database with a schema and rows; made anew after a test that failed."""

    def __init__(self, server: Server, base: str) -> None:
        self._server = server
        self._base = base
        self._name = ""
        self.spoilt = False
        self.url = ""
        self.session: Session
        self.known: dict[str, str]
        self._counted: list[tuple[object, ...]]
        self.renew()

    def renew(self) -> None:
        """Make a fresh database."""
        self.drop()
        self._name = f"clew_schema_{uuid4().hex[:12]}"
        with psycopg.connect(self._server.url, autocommit=True) as session:
            session.execute(f'create database "{self._name}"'.encode())
        url = make_url(self._server.url).set(database=self._name)
        self.url = url.render_as_string(hide_password=False)
        self.session = connect(url, lock_timeout=5, holder="test")
        self.session.run(self._base)
        self.session.run("begin")
        install(self.session, JournalIdentity(id=uuid4().hex, name="test", database="postgresql"))
        self.session.run("commit")
        self.known = fingerprint(self.url)
        self._counted = self._counters()

    def drop(self) -> None:
        """Drop the database."""
        if not self._name:
            return
        self.session.raw.close()
        with psycopg.connect(self._server.admin, autocommit=True) as session:
            session.execute(f'drop database "{self._name}" with (force)'.encode())

    def visit(self) -> Iterator[Populated]:
        """Lend the database as if nobody had been there before."""
        if self.spoilt:
            self.renew()
        self.spoilt = True
        yield self
        if self.session.in_transaction:
            self.session.run("rollback")
            self.spoilt = self._counters() != self._counted
        self.session.run("discard temp")

    def _counters(self) -> list[tuple[object, ...]]:
        """Read where sequences stand: no ROLLBACK takes a number back."""
        return self.session.query(
            "select schemaname, sequencename, last_value from pg_sequences order by 1, 2"
        )

    def hold_to_known(self) -> None:
        """Hold the database to what it was at first."""
        assert fingerprint(self.url) == self.known
        self.spoilt = False


@pytest.fixture(scope="package")
def everyday(server: Server) -> Iterator[Populated]:
    """One database of the everyday schema for all tests."""
    database = Populated(server, BASE)
    yield database
    database.drop()


@pytest.fixture(scope="package")
def unusual(server: Server) -> Iterator[Populated]:
    """One database of the odd schema for all tests."""
    database = Populated(server, ODD)
    yield database
    database.drop()


@pytest.fixture(scope="package")
def manifold(server: Server) -> Iterator[Populated]:
    """One database of every kind of object for all tests."""
    database = Populated(server, KINDS)
    yield database
    database.drop()


@pytest.fixture
def kinds(manifold: Populated) -> Iterator[Populated]:
    """The database of every kind of object."""
    yield from manifold.visit()


@pytest.fixture
def populated(everyday: Populated) -> Iterator[Populated]:
    """The everyday database."""
    yield from everyday.visit()


@pytest.fixture
def odd(unusual: Populated) -> Iterator[Populated]:
    """The odd database."""
    yield from unusual.visit()
