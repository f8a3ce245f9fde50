"""Statements of PostgreSQL: there, back, there again and back, or refused by name."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from journal.errors import Refused
from tests.language.cases import Case, Section, parameters
from tests.postgresql.running import Run
from tests.support.oracle import fingerprint
from tests.support.server import Server

pytestmark = pytest.mark.listed


@pytest.fixture
def database(server: Server, section: Section, case: Case) -> Iterator[str]:
    """An empty database for a case, as who runs it would reach it."""
    who = server.admin if case.superuser else server.url
    name = f"clew_language_{uuid4().hex[:12]}"
    with psycopg.connect(server.url, autocommit=True) as session:
        if session.info.server_version < case.since * 10000:
            pytest.skip(f"PostgreSQL {case.since} brought it")
        session.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    yield make_url(who).set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(server.admin, autocommit=True) as session:
        session.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.mark.parametrize(("section", "case"), parameters("postgresql"))
def test_statement(database: str, section: Section, case: Case) -> None:
    """A statement comes back, in place or with a rebuild, or is refused and changes nothing."""
    run = Run(database, section.base + case.setup)
    try:
        before = fingerprint(database)
        if case.outcome == "refused":
            with pytest.raises(Refused) as refused:
                run.do(case.statement)
            assert getattr(refused.value, "name", "") == case.name
            run.database.abort()
            assert fingerprint(database) == before
            return
        foretold = run.foretold(case.statement) if case.outcome == "rebuild" else set()
        assert fingerprint(database) == before
        done = run.do(case.statement)
        after = fingerprint(database)
        undone = run.undo(done)
        assert bool(run.anew) is (case.outcome == "rebuild")
        assert run.anew == run.told == foretold
        assert fingerprint(database) == before
        redone = run.undo(undone)
        assert fingerprint(database) == after
        run.undo(redone)
        assert fingerprint(database) == before
    finally:
        run.database.close()
