"""A database of each kind, with a directory of migrations beside it or somebody who types."""

from tests.cli.conftest import typist
from tests.commands.conftest import place

__all__ = ["place", "typist"]
