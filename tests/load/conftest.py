"""Four terminals on a fresh database of each kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.load.place import Place
from tests.load.terminals import Terminal, terminals


@pytest.fixture(scope="session")
def _opened() -> Iterator[list[Terminal]]:
    with terminals(4) as opened:
        yield opened


@pytest.fixture
def place(url: str, tmp_path: Path, _opened: list[Terminal]) -> Place:
    """A database without a journal, in rollback-journal mode on SQLite."""
    return _place(url, tmp_path, _opened)


@pytest.fixture
def on_postgresql(postgresql_url: str, tmp_path: Path, _opened: list[Terminal]) -> Place:
    """The same on PostgreSQL alone."""
    return _place(postgresql_url, tmp_path, _opened)


@pytest.fixture
def on_sqlite(sqlite_url: str, tmp_path: Path, _opened: list[Terminal]) -> Place:
    """The same on SQLite alone."""
    return _place(sqlite_url, tmp_path, _opened)


def _place(url: str, home: Path, opened: list[Terminal]) -> Place:
    for one in opened:
        one.url = url
    return Place(url, home, opened)
