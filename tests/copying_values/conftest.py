"""A second database of PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from tests.support.server import Server


@pytest.fixture
def other_postgresql_url(server: Server, postgresql_url: str) -> Iterator[str]:
    """A fresh database beside that of the test."""
    name = f"{make_url(postgresql_url).database}_other"
    with psycopg.connect(server.url, autocommit=True) as db:
        db.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    yield make_url(server.url).set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(server.admin, autocommit=True) as db:
        db.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
