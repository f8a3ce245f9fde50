"""Running one statement of the user's, and capturing all that it does.

A statement runs in an SQL savepoint. What it destroyed without an image, or wrote without
being watched, is seen afterwards; then it is taken back, the images are taken, the tables
watched, and it runs again. So nothing has to be known of it beforehand, and nothing is lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import msgspec

from journal import stakes
from journal.effect import Effect
from journal.errors import ClewError, NotExact, NotKnownExact, Refused
from journal.given import Given
from journal.postgresql import beside, extensions, gate, job, places
from journal.postgresql.catalog.live import Catalog, Checkpoint
from journal.postgresql.connection import Session
from journal.postgresql.copies import Copies
from journal.postgresql.extensions import Extensions
from journal.postgresql.firing import Firing
from journal.postgresql.gate import Reading
from journal.postgresql.generated import refuse_outdated
from journal.postgresql.guard import Guard
from journal.postgresql.job import Job
from journal.postgresql.made import present
from journal.postgresql.materialized import Held, Materialized
from journal.postgresql.notices import hushed
from journal.postgresql.places import Places
from journal.postgresql.ran import Ran, reshaped
from journal.postgresql.repeating import Repeating
from journal.postgresql.restore.consisting import altered
from journal.postgresql.restore.references import refuse_dropped_along
from journal.postgresql.restore.reversible import refuse_irreversible
from journal.postgresql.targets import targets
from journal.postgresql.waivers import Waivers
from journal.postgresql.watch import Marked, Watch
from journal.stakes import Stake
from journal.values import ObjectChange, SchemaObject, TableRows

ATTEMPTS = 24
"""How often a statement is run until all that it does is captured."""
_REWRITERS = ("alter", "truncate", "create", "drop", "reindex")


class Execution:
    """The statements of one run, in one open transaction."""

    def __init__(
        self,
        session: Session,
        catalog: Catalog,
        watch: Watch,
        firing: Firing,
        *,
        shared: bool = False,
    ) -> None:
        self.session = session
        self.shared = shared
        self.catalog = catalog
        self.watch = watch
        self._firing = firing
        self.first: Places = {}
        self.last: Places = {}
        self._guard = Guard(session)
        self._repeating = Repeating(session, catalog)
        self._views = Materialized(session, catalog)
        self._extensions = Extensions(session, catalog)

    def execute(self, sql: str, *, data: str | None, allowed: frozenset[str]) -> Effect:
        """Run one statement and capture what it did.

        Raises:
            StatementFailed: the database refused it.
            NotKnownExact: it touches what is not known to come back exactly.
            Refused: it is not the user's to do.
            NotExact: rows changed that were not captured.
        """
        waivers = Waivers(allowed)
        return self._done(job.own(self.session, sql, data, waivers), waivers)

    def perform(self, given: Given, *, allowed: frozenset[str]) -> Effect:
        """Run one statement on a program's cursor and capture what it did.

        Raises:
            StatementFailed, NotKnownExact, Refused, NotExact: as ``execute`` does.
        """
        waivers = Waivers(allowed)
        return self._done(job.given(self.session, given, waivers), waivers)

    def insert_beside(self, table: SchemaObject, columns: Sequence[str]) -> Effect:
        """Insert the rows given while others of the run do the same, and capture them.

        Raises:
            StatementFailed, NotKnownExact, NotExact: as ``execute`` does.
        """
        oid = self.catalog.relation(table.id)
        if oid is None:
            raise NotExact(f"table {'.'.join(table.path)} is not where it is known to be")
        waivers = Waivers(())
        self._capturable(oid, waivers)
        shape, size = self.watch.take_given(oid)
        sql = beside.insertion(table, columns)
        run = partial(beside.insert, self.session, sql, shape, run=self.watch.run, size=size)
        reading = Reading("rows", "set", ())  # nothing else is foreseen: the counts tell
        with beside.given_back(self.session, shape):
            return self._captured(Job(sql=sql, reading=reading, run=run, planned=sql), waivers)

    def foresee(self, statements: Iterable[str]) -> None:
        """Look at materialised views that the statements name, while they are as they were."""
        found = []
        begun = False
        for sql in statements:
            try:
                reading = gate.read(sql)
            except Refused:
                begun = True
                continue
            if begun:
                found.append(reading)
            begun = begun or reading.kind in ("rows", "schema")
        self._views.foresee(found)
        self.watch.rebase()

    def settle(self) -> Effect:
        """Let what was deferred fire now, and capture what it does."""
        sql = "SET CONSTRAINTS ALL IMMEDIATE"
        reading = Reading("rows", "set", ())
        run = partial(self.session.run, sql)
        return self._captured(Job(sql=sql, reading=reading, run=run, planned=sql), Waivers(()))

    @contextmanager
    def point(self) -> Iterator[None]:
        """Open an SQL savepoint; an error takes back what the block did."""
        token, watched = self.catalog.checkpoint(), self.watch.mark()
        self.session.run("SAVEPOINT clew_batch")
        try:
            yield
        except BaseException:
            self._give_up(token, watched, "clew_batch")
            raise
        self.session.run("RELEASE clew_batch")

    # --- one statement ----------------------------------------------------------------

    def _done(self, one: Job, waivers: Waivers) -> Effect:
        if one.reading.kind == "outside":
            raise Refused(f"{one.reading.verb} runs outside any transaction only")
        if one.reading.kind == "setting" and not _fires(one.reading):
            with self.session.point("clew_statement"):  # else one that fails takes all with it
                self._firing.run(one.run)
            return Effect(sql=(one.sql,), waived=tuple(waivers.used))
        return self._captured(one, waivers)

    def _captured(self, one: Job, waivers: Waivers) -> Effect:
        with hushed(self.session, one.run) as run:
            return self._capture(msgspec.structs.replace(one, run=run), waivers)

    def _capture(self, one: Job, waivers: Waivers) -> Effect:
        sql, reading = one.sql, one.reading
        self._firing.refuse(waivers.need, schema=False)
        self._repeating.refuse_lastval(sql, reading.verb, waivers.need)
        before = places.standing(self.session, self.catalog.schema())
        self._remember(before)
        self._watch(targets(self.session, reading, one.planned), waivers)
        imaged: tuple[Stake, ...] = ()
        copied: frozenset[int] = frozenset()
        held: dict[int, Held] = {}
        extended: extensions.Held = {}
        self._extensions.foresee(reading, extended, waivers)
        for _ in range(ATTEMPTS):
            token = self.catalog.checkpoint()
            watched = self.watch.mark()
            self.session.run("SAVEPOINT clew_statement")
            try:
                copies = Copies(self.session, self.catalog, copied)
                going = present(self.session, imaged, "destroyed")
                refuse_outdated(self.session, going, waivers.need)
                destroyed = self.watch.image(going, "destroyed")
                ran = self._attempt(one, waivers, imaged, copies)
                ran = msgspec.structs.replace(
                    ran,
                    unknown=ran.views.unknown(held),
                    extended=self._extensions.unknown(ran.changes, extended),
                )
                if ran.complete:
                    contents = self._views.changes(ran.changes, ran.views, held, waivers)
                    effect = self._effect(sql, ran, before, destroyed, copies, waivers)
                    proved = self._extensions.changes(ran.changes, extended, waivers)
                    if altered(ran.changes):
                        self.watch.rebase()
                    self.session.run("RELEASE clew_statement")
                    self._repeating.note(sql)
                    return msgspec.structs.replace(effect, sql=(sql,), contents=contents + proved)
                self._repeating.refuse(sql, self.first, self.last, waivers.need)
            except BaseException:
                self._give_up(token, watched)
                raise
            seen = places.read(self.session, self._touched(sql, waivers))
            self._back(token, watched)
            self._watch(ran.missed, waivers, whole=True)
            self._put_back(before, seen, waivers)
            before = places.standing(self.session, self.catalog.schema())
            if ran.unknown:
                self._views.hold(ran.unknown, held)
                self.watch.rebase()
            if ran.extended:
                self._extensions.hold(ran.extended, extended, waivers)
            imaged = stakes.joined(imaged, ran.wanted)
            copied |= frozenset(ran.unproved)
        raise NotExact(f"what the statement does was not captured in {ATTEMPTS} attempts")

    def _attempt(self, one: Job, waivers: Waivers, imaged: Sequence[Stake], copies: Copies) -> Ran:
        reading = one.reading
        affected = self._firing.run(one.run)
        self._guard.hold()
        changes = self.catalog.refresh(allowed=waivers)
        self._firing.take_in(changes)
        self._firing.refuse(waivers.need, schema=bool(changes))
        refuse_irreversible(self.session, self.catalog, changes, waivers)
        grown = self.watch.look()
        views = self._views.stakes(changes, grown)
        watched = self.watch.watched()
        changed = {c.before.id: c for c in changes if c.before and c.after}
        made = {c.after.id for c in changes if c.before is None and c.after}
        missed = []
        scripted = self._extensions.covered(changes)
        for oid, growth in grown.items():
            identity = self.catalog.id_of(oid)
            if oid in scripted:
                continue
            if identity in views.replaced | views.taken:
                continue
            if identity is None or identity in made:
                self._refuse_unknown(oid, identity, waivers)
                continue
            change = changed.get(identity)
            if change is not None and reshaped(change) and any(growth.written):
                self._mixed(change, waivers)
            elif reading.verb == "cluster" and not any(growth.written) and len(grown) == 1:
                continue  # the same rows in another order
            elif any(growth.written) or (growth.filenode and change is None):
                if oid not in watched or self.watch.partial(oid, growth):
                    missed.append(oid)
                elif growth.filenode and self.watch.rewritten(oid):
                    self._rewritten(identity, waivers)
            elif growth.filenode and reading.verb not in _REWRITERS:
                self._rewritten(identity, waivers)
        self._refuse_hidden_rewrite(reading, changes, waivers)
        missed = [oid for oid in missed if self._capturable(oid, waivers)]
        return Ran(
            affected=affected,
            changes=changes,
            views=views,
            wanted=tuple(stakes.uncovered(stakes.destroyed(changes), imaged)),
            missed=tuple(missed),
            unproved=() if missed else copies.unproved(self.watch),
            excused=frozenset(grown.keys() - watched),
        )

    def _effect(
        self,
        sql: str,
        ran: Ran,
        before: Places,
        destroyed: tuple[TableRows, ...],
        copies: Copies,
        waivers: Waivers,
    ) -> Effect:
        refuse_dropped_along(self.session, self.catalog, ran.changes, destroyed, waivers)
        gone = {c.before.id for c in ran.changes if c.before and c.after is None}
        captured = self.watch.collect(made=ran.excused, proved=copies.proved)
        copies.check(captured)
        written = tuple(rows for rows in captured if rows.table not in gone)
        made = self.watch.image(present(self.session, stakes.made(ran.changes), "made"), "made")
        self._let_go(ran.changes)
        touched = self._touched(sql, waivers)
        if self.shared and touched:
            name = ".".join(touched[0].path)
            raise NotExact(
                f"sequence {name} moved, which others may move at the same time",
                hint="Let one worker do it: apply without --jobs.",
            )
        self.last |= places.read(self.session, touched)
        moves = places.moves(before, {one.id: self.last[one.id] for one in touched})
        return Effect(
            changes=ran.changes,
            rows=destroyed + written + made,
            sequences=moves + places.lost(before, ran.changes),
            affected=ran.affected,
            waived=tuple(waivers.used),
        )

    # --- back -------------------------------------------------------------------------

    def _back(self, token: Checkpoint, watched: Marked, point: str = "clew_statement") -> None:
        self.session.back_to(point)
        self.session.run(f"RELEASE {point}")
        self.catalog.revert(token)
        self.watch.rewatch(watched)
        self.watch.rebase()

    def _give_up(self, token: Checkpoint, watched: Marked, point: str = "clew_statement") -> None:
        """Leave the transaction usable, and remember where sequences stand."""
        if self.session.raw.closed:
            return
        try:
            self._back(token, watched, point)
            self.last |= places.standing(self.session, self.catalog.schema())
        except ClewError:
            return

    def take_back_sequences(self) -> None:
        """Put back what moved since the first statement; before the transaction is aborted."""
        if not self.shared:  # others may have taken a number since
            places.put_back(self.session, self.catalog, self.first, self.last)

    def _remember(self, before: Places) -> None:
        for identity, state in before.items():
            self.first.setdefault(identity, state)
            self.last.setdefault(identity, state)

    def _put_back(self, before: Places, seen: Places, waivers: Waivers) -> None:
        for one in places.put_back(self.session, self.catalog, before, seen):
            said = f"{_named(one)} moved, and others may use it while the statement runs again"
            waivers.need(NotKnownExact("moved-sequence", said))

    # --- rules ------------------------------------------------------------------------

    def _watch(self, oids: Iterable[int], waivers: Waivers, *, whole: bool = False) -> None:
        self.watch.watch([oid for oid in oids if self._capturable(oid, waivers)], whole=whole)

    def _capturable(self, oid: int, waivers: Waivers) -> bool:
        identity = self.catalog.id_of(oid)
        one = None if identity is None else self.catalog.get(identity)
        if one is None or one.kind == "view":  # what its trigger writes is counted there
            return False
        if one.kind != "table":
            name = one.kind.replace(" ", "-")
            waivers.need(NotKnownExact(name, f"rows of {one.kind} {'.'.join(one.path)}"))
            return False
        try:
            self.watch.check(oid)
        except NotKnownExact as error:
            waivers.need(error)
            return False
        return True

    def _refuse_unknown(self, oid: int, identity: int | None, waivers: Waivers) -> None:
        if identity is None:
            name = self.session.value("SELECT %s::oid::regclass::text", (oid,))
            waivers.need(NotKnownExact("unknown-table", f"rows of {name}, unknown to the journal"))

    def _mixed(self, change: ObjectChange, waivers: Waivers) -> None:
        waivers.need(
            NotKnownExact(
                "rows-and-columns",
                f"one statement changes columns and rows of {_named(change.after)}",
            )
        )

    def _rewritten(self, identity: int, waivers: Waivers) -> None:
        name = _named(self.catalog.get(identity))
        waivers.need(NotKnownExact("rewrite", f"values of {name} are rewritten unseen"))

    def _refuse_hidden_rewrite(
        self, reading: Reading, changes: Sequence[ObjectChange], waivers: Waivers
    ) -> None:
        """ALTER COLUMN ... TYPE the same USING ... changes values and no definition."""
        words = [token.text for token in reading.tokens if token.kind == "word" and not token.depth]
        if reading.verb != "alter" or "using" not in words or "type" not in words:
            return
        changed = [
            c.id
            for stake in stakes.destroyed(changes)
            if stake.after is not None
            for c in stake.after.columns
            if c.id in stake.columns
        ]
        if len(changed) < words.count("type"):
            waivers.need(
                NotKnownExact("rewrite", "a column is rewritten by USING without another type")
            )

    def _touched(self, sql: str, waivers: Waivers) -> list[SchemaObject]:
        try:
            truncates = partial(self._repeating.truncates, sql)
            return places.touched(self.session, self.catalog, truncates)
        except NotKnownExact as error:
            waivers.need(error)
            return []

    def _let_go(self, changes: Sequence[ObjectChange]) -> None:
        """Take triggers off tables whose columns changed: they know the former ones.

        What a family is changes for all of its tables, also for one that had none so far.
        """
        sides = [one for change in changes for one in (change.before, change.after) if one]
        if any({"inherits", "partition_by"} & one.definition.keys() for one in sides):
            self.watch.unwatch()
        changed = {c.before.id for c in changes if c.before is not None}
        watched = self.watch.watched()
        stale = [oid for oid in watched if self.catalog.id_of(oid) in changed | {None}]
        if stale:
            self.watch.unwatch(stale)
        if "pg_trigger" in self.catalog.written:
            self.watch.unwatch_silenced()


def _fires(reading: Reading) -> bool:
    """Tell whether a setting lets deferred triggers fire, which may write."""
    return reading.verb == "set" and any(one.text == "constraints" for one in reading.tokens[1:2])


def _named(one: SchemaObject | None) -> str:
    return "a table" if one is None else f"{one.kind} {'.'.join(one.path)}"
