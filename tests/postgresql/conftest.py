"""A populated PostgreSQL database that every test leaves as it was."""

from __future__ import annotations

import os
from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import make_url

from journal.database import JournalIdentity
from journal.postgresql.connection import Session, connect
from journal.postgresql.install import install
from tests.postgresql.statements import BASE


class Populated:
    """A database of the base schema; made anew after a test that failed."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.url = ""
        self.session: Session
        self.renew()

    def renew(self) -> None:
        """Make a fresh database."""
        self.drop()
        name = f"clew_schema_{uuid4().hex[:12]}"
        with psycopg.connect(f"{self.server}/postgres", autocommit=True) as session:
            session.execute(f'create database "{name}"'.encode())
        self.url = f"{self.server}/{name}"
        self.session = connect(make_url(self.url), lock_timeout=5, holder="test")
        self.session.run(BASE)
        self.session.run("begin")
        identity = JournalIdentity(id=str(uuid4()), name="test", database="postgresql")
        install(self.session, identity)
        self.session.run("commit")

    def drop(self) -> None:
        """Drop the database."""
        if not self.url:
            return
        self.session.raw.close()
        name = self.url.rsplit("/", 1)[1]
        with psycopg.connect(f"{self.server}/postgres", autocommit=True) as session:
            session.execute(f'drop database "{name}" with (force)'.encode())
        self.url = ""


@pytest.fixture(scope="package")
def shared() -> Iterator[Populated]:
    """One populated database for all tests of the schema."""
    server = os.environ.get("CLEW_TEST_POSTGRESQL")
    if not server:
        pytest.skip("no server")
    database = Populated(server)
    yield database
    database.drop()


@pytest.fixture
def populated(shared: Populated, request: pytest.FixtureRequest) -> Iterator[Populated]:
    """The populated database, as if nobody had been there before."""
    if getattr(shared, "spoilt", False):
        shared.renew()
    shared.spoilt = True  # type: ignore[attr-defined]
    yield shared
    if shared.session.in_transaction:
        shared.session.run("rollback")
    shared.session.run("discard temp")
    shared.spoilt = False  # type: ignore[attr-defined]
