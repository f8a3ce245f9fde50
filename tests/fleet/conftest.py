"""A fleet of both kinds of database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from tests.fleet.ships import Ships
from tests.support.server import Server


@pytest.fixture
def ships(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Ships:
    """Nothing but files so far."""
    return Ships(tmp_path, capsys)


@pytest.fixture
def mixed(ships: Ships, server: Server) -> Iterator[Ships]:
    """Two SQLite files and two PostgreSQL databases, the first of each kind a canary."""
    ships.sqlite("reef", "lagoon")
    made = [f"clew_fleet_{ships.home.name.replace('-', '_')}_{n}"[-60:] for n in (1, 2)]
    with psycopg.connect(server.url, autocommit=True) as db:
        for name in made:
            db.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name))
            )
    urls = [
        make_url(server.url).set(database=name).render_as_string(hide_password=False)
        for name in made
    ]
    ships.add("strait", urls[0])
    ships.add("ocean", urls[1])
    ships.set("reef", canary=True)
    ships.set("strait", canary=True)
    yield ships
    with psycopg.connect(server.admin, autocommit=True) as db:
        for name in made:
            db.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
