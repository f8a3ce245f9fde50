"""Resets are done by the operator of the drills."""

from tests.drills.conftest import operator, postgresql_operator, sqlite_operator

__all__ = ["operator", "postgresql_operator", "sqlite_operator"]
