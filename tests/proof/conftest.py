"""One record of each kind of database for a whole file: what is forged is taken back each time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from tests.cli.conftest import typist
from tests.cli.typing_in import Typist
from tests.proof.exports import Auditor
from tests.proof.forging import Forger
from tests.support.server import Server

__all__ = ["auditor", "forger", "typist"]


@pytest.fixture
def auditor(typist: Typist, tmp_path: Path) -> Auditor:
    """An auditor with a key, beside a journal of two migrations."""
    return Auditor(typist, tmp_path)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def forger(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Forger]:
    """An owner with a record of some runs."""
    if request.param == "sqlite":
        path: Path = tmp_path_factory.mktemp("forged") / "test.db"
        path.touch()
        made = Forger(f"sqlite:///{path}")
        yield made
        made.close()
        return
    server: Server = request.getfixturevalue("server")
    name = f"clew_forged_{os.getpid()}_{abs(hash(request.node.nodeid)) % 10**8}"
    with psycopg.connect(server.url, autocommit=True) as db:
        db.execute(f"CREATE DATABASE {name} TEMPLATE template0".encode())
    made = Forger(make_url(server.url).set(database=name).render_as_string(hide_password=False))
    yield made
    made.close()
    with psycopg.connect(server.admin, autocommit=True) as db:
        db.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
