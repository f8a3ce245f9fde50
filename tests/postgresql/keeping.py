"""Statements run, imaged and taken back in one transaction, below the port."""

from __future__ import annotations

from itertools import count
from uuid import uuid4

from journal import stakes
from journal.effect import Step
from journal.postgresql import images, places
from journal.postgresql.catalog.live import Catalog
from journal.postgresql.connection import Session
from journal.postgresql.materialized import Held, Materialized
from journal.postgresql.restore.rebuilt import files, rebuilt
from journal.postgresql.restore.refilling import Refilling
from journal.postgresql.restore.reversible import refuse_irreversible
from journal.postgresql.restore.undo import Undone, undo_schema
from journal.postgresql.waivers import Waivers
from journal.postgresql.watch import Watch
from journal.values import IfChanged, SequenceMove, SequenceState
from tests.support.files import postgresql_files, written_anew


class Keeping:
    """One open transaction with its catalog; the journal's tables must be installed."""

    def __init__(self, session: Session) -> None:
        numbers = count(1)
        self._session = session
        self.catalog = Catalog(session, None, lambda: next(numbers))
        self._run = uuid4().hex
        self._watch = Watch(session, self.catalog, self._run)
        self._views = Materialized(session, self.catalog)
        self._refilling = Refilling(session, self.catalog)

    def do(self, sql: str) -> Step:
        """Run one statement and return what it did."""
        states = self._states()
        token = self.catalog.checkpoint()
        self._session.run("savepoint probe")
        self._session.run(sql)
        changes = self.catalog.refresh()
        refuse_irreversible(self._session, self.catalog, changes, frozenset())
        views = self._views.stakes(changes, self._watch.look())
        self._session.back_to("probe")
        self.catalog.revert(token)
        held: dict[int, Held] = {}
        self._views.hold(views, held)
        destroyed = self._watch.image(stakes.destroyed(changes), "destroyed")
        self._session.run(sql)
        self._session.run("release probe")
        changes = self.catalog.refresh()
        contents = self._views.changes(changes, views, held, Waivers(()))
        made = self._watch.image(stakes.made(changes), "made")
        self._watch.rebase()
        return Step(
            first=1,
            last=1,
            run=self._run,
            changes=changes,
            rows=(*destroyed, *made),
            contents=contents,
            sequences=self._moves(states),
        )

    def undo(self, step: Step, if_changed: IfChanged = "refuse") -> Step:
        """Take a step back, and return what that did.

        ``anew`` names the tables that were written anew, by their files; ``told`` those that the
        product tells of.
        """
        places, names = postgresql_files(self._session.query), self._names()
        stood = files(self._session, self.catalog)
        self.undone: Undone = undo_schema(
            self._session,
            self.catalog,
            step,
            stage=lambda rows, sign: images.stage(self._session, rows, sign),
            image=self._watch.image,
            views=self._refilling,
            if_changed=if_changed,
        )
        assert self._refilling.settle() == ()
        told = rebuilt(self._session, self.catalog, stood)
        self._watch.rebase()
        now = self._names()
        stayed = {names[one]: name for one, name in now.items() if one in names}
        self.told = {now[one.table] for one in told}
        self.anew = written_anew(places, postgresql_files(self._session.query), stayed)
        moves = tuple(
            SequenceMove(object=m.object, before=m.after, after=m.before) for m in step.sequences
        )
        return Step(
            first=1,
            last=1,
            run=self._run,
            changes=self.undone.changes,
            rows=self.undone.rows,
            contents=self.undone.contents,
            sequences=moves,
        )

    def _names(self) -> dict[int, tuple[str, ...]]:
        return {one.id: one.path for one in self.catalog.objects()}

    def _states(self) -> dict[int, SequenceState]:
        return places.standing(self._session, self.catalog.schema())

    def _moves(self, before: dict[int, SequenceState]) -> tuple[SequenceMove, ...]:
        after = self._states()
        nowhere = SequenceState()
        return tuple(
            SequenceMove(object=i, before=before.get(i, nowhere), after=after.get(i, nowhere))
            for i in before | after
            if before.get(i) != after.get(i)
        )
