"""Stories for folds: entries of every kind of run, and a journal that only lists them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from journal.envelope import Entry, Head
from journal.values import SequenceState
from projections import Schema, replay
from tests.benchmarks.million_runs import Runs
from tests.benchmarks.million_world import World, names
from tests.projections.journals import Made, column, table


def story(seed: int, runs: int = 25) -> list[Entry]:
    """Return the entries of some runs: changes, transforms, failures, rollbacks, marks."""
    made = Made()
    columns = ("id", "name", "amount", "note")
    tables = [
        table(
            10 * n,
            name,
            *(column(10 * n + m, one) for m, one in enumerate(columns, start=1)),
            sql=f'CREATE TABLE "{name}"(note text)',
        )
        for n, name in enumerate(names(), start=1)
    ]
    made.opened(*tables, table(900, "scratch", column(901, "a")), table(910, "counted"))
    schema = replay(Schema, made.entries)
    state = SequenceState(last_value=1)
    world = World("sqlite", schema, Random(seed), place=(910, state))
    told = Runs(world, rollbacks=0.3)
    told.head = made.head.position
    for _ in range(runs):
        for run, event in told.next(world.chance.randint(2, 9)):
            made.add(event, run=run)
    return made.entries


class Listed:
    """As much of a journal as folds and ways ask for; nothing is saved in it."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._told = entries
        self.database = self

    def entries(self, **_: object) -> tuple[()]:
        """Find no seal of an archive: there is none in these stories."""
        return ()

    def head(self) -> Head:
        """Return the last entry's place."""
        last = self._told[-1]
        return Head(position=last.position, digest=bytes.fromhex(last.digest))

    def saved(self, *_: object, **__: object) -> None:
        """Find nothing."""

    def read(
        self,
        *,
        after: int = 0,
        last: int | None = None,
        run: str | None = None,
        types: Sequence[str] = (),
    ) -> Iterator[Entry]:
        """Yield entries as a journal does."""
        for entry in self._told[after:last]:
            named = not types or type(entry.event).__name__ in types
            if named and run in (None, entry.run):
                yield entry
