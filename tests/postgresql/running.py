"""Statements run and taken back through the port, with nothing above it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from uuid import uuid4

from sqlalchemy.engine import make_url

from commands.observing import identified
from journal.effect import Effect, JournalIdentity, Step
from journal.known import Known
from journal.postgresql.database import connect
from journal.values import ChangedRow, IfChanged, ObjectChange
from tests.support.files import File, postgresql_files, written_anew


class Run:
    """One transaction of a run after the other, and the steps to take back."""

    def __init__(self, url: str, base: str) -> None:
        self.url = url
        self.database = connect(make_url(url), lock_timeout=5)
        self.database.session.run(base)
        self.database.begin()
        self.database.install(JournalIdentity(id=uuid4().hex, name="test", database="postgresql"))
        self.read()
        self.database.commit()

    def read(self) -> None:
        """Know the schema as it stands."""
        self.known = Known(objects={})
        found = identified(self.database, self.known)
        self.known.take(ObjectChange(after=one) for one in found)

    def again(self) -> None:
        """Begin a new session."""
        self.database.close()
        self.database = connect(make_url(self.url), lock_timeout=5)

    def open(self) -> str:
        """Begin a run and return its id."""
        self.database.begin()
        numbers = count(self.known.next_id)
        self.database.watch_schema(self.known.objects, next_id=lambda: next(numbers))
        return uuid4().hex

    def do(self, *statements: str | tuple[str, str], commit: bool = True) -> list[Step]:
        """Run statements in one transaction and return what they did."""
        run = self.open()
        steps = []
        for one in statements:
            sql, data = one if isinstance(one, tuple) else (one, None)
            steps.append(self._take(run, self.database.execute(sql, run=run, data=data)))
        steps.append(self._take(run, self.database.settle(run=run)))
        if commit:
            self.database.commit()
        return steps

    def undo(self, steps: Sequence[Step], if_changed: IfChanged = "refuse") -> list[Step]:
        """Take steps back, newest first, in one transaction.

        ``anew`` names the tables that were written anew for it, by their files; ``told`` those
        that the product tells of.
        """
        files, names = self._files(), self._names()
        run = self.open()
        done, told = [], []
        for step in reversed(steps):
            effect = self.database.undo(
                step, schema=self.known.objects, run=run, if_changed=if_changed
            )
            done.append(self._take(run, effect))
            told += effect.rebuilt
        self.database.commit()
        self.told = {self._names()[one.table] for one in told}
        stayed = {names[one]: name for one, name in self._names().items() if one in names}
        self.anew = written_anew(files, self._files(), stayed)
        return done

    def _files(self) -> dict[tuple[str, ...], File]:
        return postgresql_files(self.database.session.query)

    def _names(self) -> dict[int, tuple[str, ...]]:
        return {one.id: one.path for one in self.known.objects.values()}

    def foretold(self, statement: str) -> set[tuple[str, ...]]:
        """Say what taking a statement back would write anew, by a transaction that is aborted."""
        before = dict(self.known.objects)
        steps = self.do(statement, commit=False)
        told = self.database.foretell(steps, schema=self.known.objects, run=steps[0].run)
        names = {one.id: one.path for one in before.values()}
        self.database.abort()
        self.known.objects = before
        return {names[one.table] for one in told}

    def net(self, steps: Sequence[Step]) -> list[tuple[str, int, int]]:
        """Return the folded row effect of steps: table, rows lost, rows gained."""
        rows = [one for step in steps for one in step.rows]
        return [
            (self.known.objects[one.table].path[-1], one.lost, one.gained)
            for one in self.database.net(rows)
        ]

    def mismatches(self, steps: Sequence[Step]) -> list[ChangedRow]:
        """Return live rows that are not what they were before steps."""
        rows = [one for step in steps for one in step.rows]
        self.database.begin()
        found = list(self.database.mismatches(rows, schema=self.known.objects))
        self.database.commit()
        return found

    def _take(self, run: str, effect: Effect) -> Step:
        self.known.take(effect.changes)
        return Step(
            first=1,
            last=1,
            run=run,
            changes=effect.changes,
            rows=effect.rows,
            sequences=effect.sequences,
            contents=effect.contents,
        )

    def written(self, steps: Sequence[Step]) -> dict[str, tuple[int, int, int]]:
        """Return rows inserted, updated and deleted by the name of the table."""
        found: dict[str, tuple[int, int, int]] = {}
        for rows in (rows for step in steps for rows in step.rows):
            name = self.known.objects[rows.table].path[-1]
            found[name] = (rows.inserted, rows.updated, rows.deleted)
        return found
