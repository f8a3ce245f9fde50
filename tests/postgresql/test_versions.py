"""A server that is too old is told at once."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import make_url

from journal.errors import Unreachable
from journal.postgresql import adopting, connection


@pytest.fixture(autouse=True)
def _older(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "OLDEST", 99)


def test_connecting(postgresql_url: str) -> None:
    """One line says which version is needed, and which was found."""
    with pytest.raises(Unreachable, match="expected PostgreSQL 99 or later, found 1"):
        connection.connect(make_url(postgresql_url), lock_timeout=5, holder="test")


def test_a_program_s_own_connection(postgresql_url: str) -> None:
    """A connection that a program holds is handed back untouched."""
    with psycopg.connect(postgresql_url) as raw:
        with pytest.raises(Unreachable, match="or later"), adopting.adopt(raw, lock_timeout=5):
            pass
        assert raw.autocommit is False
        assert raw.execute("select 1").fetchone() == (1,)
