"""Capturing what statements do to extensions.

An extension is what its version's script makes; no image is taken of it. So that is tried, as soon
as a statement changed one: the way back is gone and taken back, and must lead to the very members
that stood there. Where it does not (a member changed by hand, rows added to its tables, a script
that is no more to be had), the statement is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial

from journal.errors import NotKnownExact, StatementFailed
from journal.postgresql import counting
from journal.postgresql.catalog import members
from journal.postgresql.catalog.live import Catalog
from journal.postgresql.catalog.members import Telling
from journal.postgresql.catalog.settings import plain
from journal.postgresql.connection import Session
from journal.postgresql.gate import Reading
from journal.postgresql.restore.consisting import KIND, altered
from journal.postgresql.restore.extensions import available, made, moved, path_back, updated
from journal.postgresql.restore.names import ident
from journal.postgresql.restore.worklist import Action, refusal, work_through
from journal.postgresql.waivers import Waivers
from journal.values import ContentChange, ObjectChange, SchemaObject

Held = dict[int, Telling | None]
"""What stood in extensions before a statement, by identity; ``None`` where it is not known."""

OID = "select oid::int8 from pg_catalog.pg_extension where extname = %s"


class Extensions:
    """The extensions of one run, in one open transaction."""

    def __init__(self, session: Session, catalog: Catalog) -> None:
        self._session = session
        self._catalog = catalog

    # --- before a statement -----------------------------------------------------------

    def foresee(self, reading: Reading, held: Held, waivers: Waivers) -> None:
        """Look at the extensions that a statement names, if it is about one."""
        words = {token.text for token in reading.tokens if token.name}
        if KIND not in words or reading.verb not in ("alter", "drop"):
            return
        named = [
            one.id
            for one in self._catalog.schema().values()
            if one.kind == KIND and one.path[0] in words
        ]
        self.hold(named, held, waivers)

    def hold(self, identities: Iterable[int], held: Held, waivers: Waivers) -> None:
        """Take into ``held`` what stands in extensions before a statement."""
        for identity in identities:
            held[identity] = self._tell(identity, waivers)

    # --- after a statement ------------------------------------------------------------

    def unknown(self, changes: Sequence[ObjectChange], held: Held) -> frozenset[int]:
        """Return the extensions that a statement changed, and that were not looked at before."""
        return frozenset(
            one.before.id for one in altered(changes) if one.before and one.before.id not in held
        )

    def covered(self, changes: Sequence[ObjectChange]) -> frozenset[int]:
        """Return the oids of tables that a statement's scripts made, and may have filled."""
        found: set[int] = set()
        for change in altered(changes):
            key = self._catalog.key_of(change.after.id) if change.after else None
            if key is not None:
                found |= members.relations(self._session, key[1])
        return frozenset(found)

    def changes(
        self, changes: Sequence[ObjectChange], held: Held, waivers: Waivers
    ) -> tuple[ContentChange, ...]:
        """Return what became of the members of extensions.

        Raises:
            NotKnownExact: the way back, or there again, would lead to other members.
        """
        found = altered(changes)
        if not found:
            return ()
        after: Held = {}
        for change in found:
            if change.after is not None:
                after[change.after.id] = self._tell(change.after.id, waivers)
        with plain(self._session):
            self._prove(found, held, after, waivers)
        self._catalog.revert(self._catalog.checkpoint())
        return tuple(
            ContentChange(
                object=identity, before=_digest(held, identity), after=_digest(after, identity)
            )
            for identity in sorted(held.keys() | after.keys())
            if _digest(held, identity) != _digest(after, identity)
        )

    # --- proof ------------------------------------------------------------------------

    def _prove(
        self, altered: Sequence[ObjectChange], held: Held, after: Held, waivers: Waivers
    ) -> None:
        gone = [c.before for c in altered if c.before and c.after is None]
        if gone:
            self._try(gone, partial(self._make, gone), held, waivers)
        for change in altered:
            if change.after is None:
                continue
            if change.before is None:
                self._try([change.after], partial(self._again, change.after), after, waivers)
            else:
                way = partial(self._back, change.after, change.before)
                self._try([change.before], way, held, waivers)

    def _try(
        self,
        wanted: Sequence[SchemaObject],
        way: Callable[[], None],
        goals: Mapping[int, Telling | None],
        waivers: Waivers,
    ) -> None:
        """Go a way, compare where it leads with what is wanted, and take it back."""
        for one in wanted:
            if not available(self._session, one):
                waivers.need(_refusal(one, "the server has its scripts no more"))
                return
        rows = counting.read(self._session)
        self._session.run("SAVEPOINT clew_extension")
        try:
            way()
            for one in wanted:
                self._compare(one, goals.get(one.id), waivers)
            self._hold_rows(wanted, rows, waivers)
        except StatementFailed as error:
            waivers.need(_refusal(wanted[0], error.message))
        finally:
            if not self._session.raw.closed:
                self._session.back_to("clew_extension")
                self._session.run("RELEASE clew_extension")

    def _compare(self, one: SchemaObject, goal: Telling | None, waivers: Waivers) -> None:
        oid = self._session.value(OID, (one.path[0],))
        if goal is None or oid is None:
            return
        found = members.differing(goal, members.telling(self._session, oid))
        if found.startswith(members.ROWS):
            said = f"{found} in extension {one.path[0]} are not those that its script makes"
            waivers.need(NotKnownExact(members.NAME, said))
        elif found:
            waivers.need(_refusal(one, f"it would come back with another {found}"))

    def _hold_rows(
        self,
        wanted: Sequence[SchemaObject],
        before: Mapping[int, counting.Counts],
        waivers: Waivers,
    ) -> None:
        """Refuse scripts that write rows of tables which are not their own."""
        own: set[int] = set()
        for one in wanted:
            own |= members.relations(self._session, self._session.value(OID, (one.path[0],)))
        for oid, counts in counting.read(self._session).items():
            if oid not in own and oid in before and counts.written != before[oid].written:
                name = self._session.value("select %s::regclass::text", (oid,))
                waivers.need(_refusal(wanted[0], f"its script writes rows of {name}"))

    def _make(self, gone: Sequence[SchemaObject]) -> None:
        """Make extensions again, those first that others require."""
        schemas = sorted({one.definition["schema"] for one in gone})
        for schema in schemas:
            with suppress(StatementFailed), self._session.point("clew_schema"):
                self._session.run(f"create schema {ident(schema)}")
        actions = [Action(0, one.path[0], partial(self._run, made(one))) for one in gone]
        _, blocked = work_through(self._session, actions)
        if blocked:
            raise StatementFailed(refusal(blocked[0]).message)

    def _again(self, one: SchemaObject) -> None:
        self._run(f"drop extension {ident(one.path[0])} cascade")
        self._run(made(one))

    def _back(self, live: SchemaObject, wanted: SchemaObject) -> None:
        if live.definition["version"] == wanted.definition["version"]:
            self._run(moved(live, wanted.definition))
        elif path_back(self._session, live, wanted):
            self._run(updated(live, wanted.definition))
        else:
            self._again(wanted)

    # --- within -----------------------------------------------------------------------

    def _run(self, sql: str) -> None:
        self._session.run(sql)

    def _tell(self, identity: int, waivers: Waivers) -> Telling | None:
        key = self._catalog.key_of(identity)
        if key is None:
            return None
        try:
            with plain(self._session):
                return members.telling(self._session, key[1])
        except NotKnownExact as error:
            waivers.need(error)
            return None


def _digest(told: Mapping[int, Telling | None], identity: int) -> str | None:
    found = told.get(identity)
    return None if found is None else members.digest(found)


def _refusal(one: SchemaObject, why: str) -> NotKnownExact:
    name, version = one.path[0], one.definition["version"]
    return NotKnownExact(KIND, f"version {version} of extension {name} would not come back: {why}")
