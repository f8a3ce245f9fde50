"""A database of each kind with a directory of migrations beside it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import psycopg
import pytest

from commands.opening import Asker, Target
from journal.opening import parse_url
from journal.values import DatabaseKind

ASKER = Asker(actor="dana", reason="because", host="here", clew="1")


class Place(msgspec.Struct, kw_only=True):
    """A database, and the directory its migrations come from."""

    kind: DatabaseKind
    url: str
    directory: Path
    asker: Asker = ASKER

    @property
    def target(self) -> Target:
        """The database as commands take it."""
        return Target(url=parse_url(self.url), lock_timeout=3.0, holder="dana here")

    def write(self, name: str, text: str) -> None:
        """Write a migration file."""
        file = self.directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def sql(self, *statements: str) -> list[Any]:
        """Run statements as an application would, and return the rows of the last one."""
        if self.kind == "sqlite":
            with sqlite3.connect(self.url.removeprefix("sqlite:///")) as connection:
                rows = [connection.execute(one).fetchall() for one in statements][-1]
            connection.close()
            return rows
        with psycopg.connect(self.url, autocommit=True) as session:
            for one in statements:
                cursor = session.execute(one.encode())
            return cursor.fetchall() if cursor.description else []


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
