"""Whoever asks types verbs at a database of each kind."""

from __future__ import annotations

from tests.drills.conftest import operator, postgresql_operator, sqlite_operator

__all__ = ["operator", "postgresql_operator", "sqlite_operator"]
