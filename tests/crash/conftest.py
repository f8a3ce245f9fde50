"""Where commands are killed: a directory and, for PostgreSQL, the server of the session."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from tests.crash.judging import Reference, refer
from tests.crash.places import Ground, Place
from tests.crash.tracing import available
from tests.crash.works import Base, Work, begin


class Field:
    """A ground, the states that commands begin in, and what unkilled ones do: made once."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self._begun: dict[Base, Place] = {}
        self._references: dict[str, Reference] = {}

    def begun(self, work: Work) -> Place:
        """Return the state that a command begins in."""
        if work.base not in self._begun:
            self._begun[work.base] = begin(self.ground, work.base)
        return self._begun[work.base]

    def reference(self, work: Work) -> Reference:
        """Return what an unkilled run does."""
        if work.name not in self._references:
            self._references[work.name] = refer(self.ground, self.begun(work), work)
        return self._references[work.name]

    def clear(self) -> None:
        """Remove what was made."""
        for place in self._begun.values():
            self.ground.drop(place)


@pytest.fixture(scope="session", name="field_of")
def _field_of(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Field]:
    """Return the ground of a kind of database, which is made when it is first asked for."""
    if not available():
        pytest.skip("programs cannot be traced here")
    fields: dict[str, Field] = {}

    def field(kind: str) -> Field:
        if kind not in fields:
            server = "" if kind == "sqlite" else request.getfixturevalue("server").url
            fields[kind] = Field(Ground(tmp_path_factory.mktemp("crash"), server))
            request.addfinalizer(fields[kind].clear)
        return fields[kind]

    return field


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    """Chance that is the same each time for a test."""
    return random.Random(request.node.nodeid)
