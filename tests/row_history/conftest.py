"""A typist for each kind of database."""

from tests.cli.conftest import typist

__all__ = ["typist"]
