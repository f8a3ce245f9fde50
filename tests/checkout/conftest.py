"""Whoever checks out types verbs at a database of each kind; the oracle judges."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests.checkout.places import elsewhere
from tests.drills.conftest import operator, postgresql_operator, sqlite_operator
from tests.drills.operator import Operator

__all__ = ["operator", "postgresql_operator", "sqlite_operator", "then", "then_empty"]


@pytest.fixture
def then(operator: Operator, tmp_path: Path) -> Iterator[str]:
    """The URL of a database that is not there yet."""
    with elsewhere(operator.url, tmp_path) as url:
        yield url


@pytest.fixture
def then_empty(postgresql_operator: Operator, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty PostgreSQL database beside the operator's."""
    with elsewhere(postgresql_operator.url, tmp_path) as url:
        with psycopg.connect(postgresql_operator.url, autocommit=True) as db:
            db.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(url.rpartition("/")[2])))
        yield url
