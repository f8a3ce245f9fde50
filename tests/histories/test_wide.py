"""Random histories over all that applications have: an error takes its whole run back."""

from __future__ import annotations

import copy
from random import Random

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from journal.errors import NotKnownExact, StatementFailed
from journal.opening import open_journal
from tests.histories.growing import Growing, Grown
from tests.histories.growing_each import growing
from tests.histories.test_histories import History, play
from tests.support.server import Server

SORRY = ("22", "23", "2B", "42", "SQLITE_CONSTRAINT", "SQLITE_ERROR")
"""What an application's own mistake is called: values, constraints, dependents, names."""


class Wide(History):
    """A history whose statements come from the application that grows."""

    made: Growing
    grown: dict[int, dict[str, Grown]]

    @initialize()
    def begin(self) -> None:
        """Begin as any history does, with a few tables."""
        self.made, self.grown = growing(0, sqlite=self.server is None), {}
        self.made.stale = True
        super().begin()

    @rule(random=st.randoms(use_true_random=False), parts=st.integers(1, 3))
    def migrate(self, random: Random, parts: int) -> None:  # type: ignore[override]
        """Run what people write; what is refused, or cannot be done, changes nothing."""
        before, seen = copy.deepcopy(self.made.tables), self.fingerprint()
        self.made.random = random
        try:
            with open_journal(self.url) as journal, journal.recording(actor="dana") as run:
                for _ in range(parts):
                    for statement in self.made.change():
                        run.execute(statement)
        except (StatementFailed, NotKnownExact) as error:
            if isinstance(error, StatementFailed) and not error.sqlstate.startswith(SORRY):
                raise
            self.made.tables = before
            assert self.fingerprint() == seen
        self.look()

    def look(self) -> None:
        """Remember what the oracle sees, and what the application knows."""
        super().look()
        self.grown[max(self.seen)] = copy.deepcopy(self.made.tables)

    def arrived(self, place: int) -> None:
        """Know again what the application knew at a place."""
        self.made.tables = copy.deepcopy(self.grown[place])


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_wide(kind: str, request: pytest.FixtureRequest) -> None:
    """Each earlier position comes back exactly, whatever kinds of objects came and went."""
    server: Server | None = None if kind == "sqlite" else request.getfixturevalue("server")
    play(type("Wide", (Wide,), {"server": server}), parts=2, steps=8)
