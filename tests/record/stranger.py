"""A PostgreSQL database at which a stranger works, observed, and what that leaves."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from uuid import uuid4

import psycopg
from sqlalchemy.engine import make_url

from commands.observing import identified
from journal.effect import Effect, Step
from journal.known import Known
from journal.observing import Observed
from journal.postgresql.database import connect
from journal.values import ObjectChange


class Stranger:
    """Somebody at a database that has a journal's tables."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.database = connect(make_url(url), lock_timeout=5)
        self.known = Known(objects={})
        self.known.take(ObjectChange(after=one) for one in identified(self.database, self.known))

    def work(self, statements: Sequence[str]) -> tuple[Observed, list[Step]]:
        """Let the stranger run statements; return what was observed, and its steps."""
        run, database = uuid4().hex, self.database
        watching = database.observe(run, schema=self.known.objects)
        try:
            watching.starting()
            with psycopg.connect(
                self.url, autocommit=True, application_name=watching.environment["PGAPPNAME"]
            ) as db:
                for one in statements:
                    db.execute(one.encode())
            assert watching.ended(wait=10) == ()
            database.begin()
            numbers = count(self.known.next_id)
            found = database.observed(run, schema=self.known.objects, next_id=lambda: next(numbers))
            self._take_all(found)
            database.commit()
        finally:
            database.abort()
            database.unobserve(run)
        return found, [_step(run, effect) for effect in found.effects]

    def undo(self, steps: Sequence[Step]) -> list[Step]:
        """Take steps back, newest first, in one transaction."""
        run = uuid4().hex
        self.database.begin()
        numbers = count(self.known.next_id)
        self.database.watch_schema(self.known.objects, next_id=lambda: next(numbers))
        done = []
        for step in reversed(steps):
            effect = self.database.undo(
                step, schema=self.known.objects, run=run, if_changed="refuse"
            )
            self.known.take(effect.changes)
            done.append(_step(run, effect))
        self.database.settle(run=run)
        self.database.commit()
        return done

    def net(self, steps: Sequence[Step]) -> list[object]:
        """Return the folded row effect of steps."""
        return list(self.database.net([rows for step in steps for rows in step.rows]))

    def _take_all(self, found: Observed) -> None:
        for effect in found.effects:
            self.known.take(effect.changes)
        live = {one.id: one for one in self.database.read_schema(self.known.objects)}
        assert live == self.known.objects


def _step(run: str, effect: Effect) -> Step:
    return Step(
        first=1,
        last=1,
        run=run,
        changes=effect.changes,
        rows=effect.rows,
        sequences=effect.sequences,
        contents=effect.contents,
    )
