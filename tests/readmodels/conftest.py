"""Rebuilds are typed by the operator of the drills."""

from tests.cli.conftest import typist
from tests.drills.conftest import operator

__all__ = ["operator", "typist"]
