"""Analysts' tools are tried by the typist of the command line."""

from tests.cli.conftest import typist

__all__ = ["typist"]
