"""A database of each kind with a directory of migrations beside it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from tests.commands.places import Place


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """An empty database of each kind."""
    directory = tmp_path / "migrations"
    directory.mkdir()
    if request.param == "sqlite":
        yield Place(kind="sqlite", url=f"sqlite:///{tmp_path / 'app.db'}", directory=directory)
        return
    server = os.environ.get("CLEW_TEST_POSTGRESQL")
    if not server:
        pytest.skip("no server")
    name = f"clew_apply_{uuid4().hex[:12]}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as session:
        session.execute(f'create database "{name}"'.encode())
        yield Place(kind="postgresql", url=f"{server}/{name}", directory=directory)
        session.execute(f'drop database "{name}" with (force)'.encode())
