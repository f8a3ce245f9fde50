"""A SQLite file on which a stranger works, observed from its copy."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from itertools import count
from pathlib import Path

from journal.effect import Step
from journal.known import Known
from journal.observing import Observed
from tests.sqlite.there_and_back import File


class ObservedFile(File):
    """A file with a journal's tables, on which a stranger works."""

    def observe(self, work: Callable[[Path], None]) -> tuple[Observed, list[Step]]:
        """Let somebody work on the file, and return what was observed, and its steps."""
        session = self._open()
        run = f"run-{next(self._runs)}"
        observation = session.observe(run, schema=self.known.objects)
        observation.starting()
        work(self.path)
        assert observation.ended(wait=1) == ()
        session.begin()
        numbers = count(self.known.next_id)
        try:
            found = session.observed(run, schema=self.known.objects, next_id=lambda: next(numbers))
            known = Known(objects=dict(self.known.objects), next_id=self.known.next_id)
            for effect in found.effects:
                known.take(effect.changes)
            live = session.read_schema(known.objects)
            assert {one.id: one for one in live} == known.objects
            session.commit()
        finally:
            session.close()
        session.unobserve(run)
        self.known = known
        return found, self._steps(run, found.effects)


def working(script: str, *, foreign_keys: bool = True) -> Callable[[Path], None]:
    """Return somebody who runs a script as one would with SQLite's own shell."""

    def work(path: Path) -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as raw:
            raw.execute(f"PRAGMA foreign_keys = {foreign_keys}")
            raw.executescript(script)

    return work
