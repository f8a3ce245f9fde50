"""Rebuilds are typed by the operator of the drills."""

from tests.drills.conftest import operator

__all__ = ["operator"]
