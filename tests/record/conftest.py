"""Roles that some of the databases speak of."""

from __future__ import annotations

from tests.postgresql.conftest import roles

__all__ = ["roles"]
