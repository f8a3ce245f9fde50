"""An operator with a database of each kind, for programs to work on, and a twin without us."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from tests.drills.conftest import operator, postgresql_operator, sqlite_operator

__all__ = ["operator", "postgresql_operator", "sqlite_operator", "twin"]


@pytest.fixture
def twin(url: str, tmp_path: Path) -> Iterator[str]:
    """A second empty database of the same kind, where no journal is kept."""
    if url.startswith("sqlite"):
        yield f"sqlite:///{tmp_path / 'twin.db'}"
        return
    name = sql.Identifier(f"{make_url(url).database}_twin")
    with psycopg.connect(url, autocommit=True) as db:
        db.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(name))
        twin = make_url(url).set(database=name.as_string().strip('"'))
        yield twin.render_as_string(hide_password=False)
        db.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
