"""The live schema as the journal knows it, kept up to date at little cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from journal.effect import Schema
from journal.errors import Drifted, NotKnownExact, Refused, StatementFailed
from journal.postgresql.catalog import belonging, others, touched
from journal.postgresql.catalog.counters import Counters, refuse_unknown
from journal.postgresql.catalog.foreign import secretive
from journal.postgresql.catalog.found import Key, Scope
from journal.postgresql.catalog.identities import Named, changes_between, identify, order, still
from journal.postgresql.catalog.reading import read
from journal.postgresql.catalog.settings import plain
from journal.postgresql.catalog.wholes import WHOLES
from journal.postgresql.connection import Session
from journal.values import Column, ObjectChange, SchemaObject

UNITS = frozenset(("class", "type", "proc", "namespace", "default_acl", "extension")) | {
    one.read_with for one in WHOLES
}
EVERYTHING = Scope(every=True)
TRIES = 20
"""How often the schema is read again because something of it was dropped meanwhile."""


class Checkpoint(msgspec.Struct, frozen=True):
    """The catalog's own state at an SQL savepoint."""

    named: dict[Key, Named]
    rows: frozenset[touched.Row]
    oddments: frozenset[touched.Oddment]


class Catalog:
    """The live schema within one open transaction.

    Objects are told apart by oid and columns by number, so that a rename is a rename.
    """

    def __init__(
        self,
        session: Session,
        known: Schema | None,
        next_id: Callable[[], int],
        *,
        before: Mapping[Key, Named] | None = None,
    ) -> None:
        """Read the whole schema; ``drift`` is what led to it from the ``known`` one.

        ``written`` names the system catalogs that the last refresh found written.
        Where ``before`` tells where the server kept what is known, an object is the same where
        it has the same oid; otherwise where it has the same kind and path.

        Raises:
            Refused: the server does not count rows (``track_counts``).
        """
        if session.query("select current_setting('track_counts')")[0][0] != "on":
            raise Refused("track_counts is off, so changes cannot be proved to be captured")
        self._session = session
        self._next_id = next_id
        self._counters = Counters(session)
        self._keys: dict[int, Key] = {}
        self._named: dict[Key, Named] = {}
        self._former: dict[int, Key] = {}
        self._begun = others.moment(session)
        self.written: frozenset[str] = frozenset()
        with plain(session):
            self._rows = frozenset(touched.fresh_rows(session, touched.EVERY))
            self._oddments = touched.oddments(session)
            found = read(session, EVERYTHING)
        self._put(
            identify(
                found,
                before=still(before, found) if before else {},
                expected=() if before else (known or {}).values(),
                next_id=next_id,
                parents=lambda _: None,
            )
        )
        self.drift = () if known is None else changes_between(known.values(), self.objects())

    # --- what there is ----------------------------------------------------------------

    def named(self) -> Mapping[Key, Named]:
        """Return the schema as of the last refresh, by where the server keeps it."""
        return self._named

    def objects(self) -> tuple[SchemaObject, ...]:
        """Return the schema as of the last refresh, in a stable order."""
        return tuple(sorted((named.object for named in self._named.values()), key=order))

    def schema(self) -> dict[int, SchemaObject]:
        """Return the schema as of the last refresh, by identity."""
        return {named.object.id: named.object for named in self._named.values()}

    def get(self, identity: int) -> SchemaObject | None:
        """Return an object by identity; ``None`` where it does not exist."""
        key = self._keys.get(identity)
        return None if key is None else self._named[key].object

    def relation(self, identity: int) -> int | None:
        """Return the oid of a table, view, sequence or index; ``None`` where there is none."""
        family, oid = self._keys.get(identity, ("", 0))
        return oid if family == "class" else None

    def id_of(self, oid: int) -> int | None:
        """Return the identity of a relation; ``None`` for one that is not of the schema."""
        named = self._named.get(("class", oid))
        return None if named is None else named.object.id

    def key_of(self, identity: int) -> Key | None:
        """Return where the server keeps an object."""
        return self._keys.get(identity)

    def former_key_of(self, identity: int) -> Key | None:
        """Return where the server kept an object that was dropped."""
        return self._former.get(identity)

    def at(self, key: Key) -> SchemaObject | None:
        """Return the object that the server keeps there."""
        named = self._named.get(key)
        return None if named is None else named.object

    def column_at(self, oid: int, number: int) -> Column | None:
        """Return a table's column by the server's oid and number."""
        named = self._named.get(("class", oid))
        if named is None:
            return None
        identity = named.columns.get(number)
        return next((one for one in named.object.columns if one.id == identity), None)

    # --- SQL savepoints ---------------------------------------------------------------

    def checkpoint(self) -> Checkpoint:
        """Return what ``revert`` needs after ROLLBACK TO SAVEPOINT."""
        return Checkpoint(dict(self._named), self._rows, self._oddments)

    def revert(self, token: Checkpoint) -> None:
        """Take the state of ``checkpoint`` again; the server has been taken back to it."""
        self._named = dict(token.named)
        self._keys = {named.object.id: key for key, named in self._named.items()}
        self._rows = token.rows
        self._oddments = token.oddments
        self._counters.grown()

    # --- what changed -----------------------------------------------------------------

    def refresh(
        self, *, allowed: frozenset[str] = frozenset(), expected: Schema | None = None
    ) -> tuple[ObjectChange, ...]:
        """Take in what this transaction changed since, and return it.

        ``expected`` are objects that may appear anew under their old identities; ``allowed``
        names families that may change unrecorded. Without a write to any system catalog the
        answer costs one short query.

        Raises:
            NotKnownExact: something changed that no reader accounts for.
            Drifted: somebody else changed what this transaction touched.
        """
        grown, shrunk = self._counters.grown()
        self.written = grown
        if not grown:
            return ()
        refuse_unknown(grown, allowed)
        with plain(self._session):
            return self._take_in(grown, shrunk, allowed, expected)

    def _take_in(
        self,
        grown: frozenset[str],
        shrunk: frozenset[str],
        allowed: frozenset[str],
        expected: Schema | None,
    ) -> tuple[ObjectChange, ...]:
        units, rewritten = self._touched(grown, shrunk, allowed)
        if not units:
            return ()
        known = set(self._named)
        stood = {key: self._named[key] for key in rewritten & known}
        before = [self._named[key].object for key in units & known]
        changes = self._read_again(units, expected)
        after = [self._named[key].object for key in units if key in self._named]
        for one in (*before, *after):
            if secretive(one) and "secret-option" not in allowed:
                name = f"{one.kind} {'.'.join(one.path)}"
                raise NotKnownExact("secret-option", f"an option of {name} may be a password")
        # Such a row says more than a definition does: who owns the extension.
        belonging.refuse_owners([k for k in stood if self._named.get(k) == stood[k]], allowed)
        return changes

    def _read_again(self, units: set[Key], expected: Schema | None) -> tuple[ObjectChange, ...]:
        if any(family == "namespace" for family, _ in units):
            return self._reread(EVERYTHING, set(self._named), expected)
        near = touched.resolve(self._session, touched.dependents(self._session, units))
        units = units | {unit for unit in near.values() if unit[0] in UNITS}
        following = {w.read_with for w in WHOLES if w.follows & {family for family, _ in units}}
        units |= {one.unit for one in self._named.values() if one.unit[0] in following}
        others.refuse_written(self._session, units, self._begun)
        within = {key for key, named in self._named.items() if named.unit in units}
        return self._reread(Scope.of(units), within, expected)

    def _touched(
        self, grown: frozenset[str], shrunk: frozenset[str], allowed: frozenset[str]
    ) -> tuple[set[Key], set[Key]]:
        """Return the units that were touched, and the extensions whose own row was written."""
        rows = touched.fresh_rows(self._session, grown)
        new = {row: key for row, key in rows.items() if row not in self._rows}
        ours = others.ours(self._session, {row[2] for row in new})
        keys = {key for row, key in new.items() if row[2] in ours}
        self._rows |= rows.keys()
        gone = others.dropped_by_us(self._session, touched.gone(self._session, self._named, shrunk))
        rewritten = {key for row, key in new.items() if row[0] == "pg_extension" and row[2] in ours}
        extensions = {oid for family, oid in rewritten | gone if family == "extension"}
        if grown & {"pg_description", "pg_constraint"} or "pg_depend" in shrunk:
            now = touched.oddments(self._session)
            lost = self._oddments - now
            belonging.refuse_leaving(self._session, lost, extensions, allowed)
            keys |= touched.bereft(self._session, lost)
            self._oddments = now
        # A part that was taken off leaves no row: few objects have parts, and all are looked at.
        partless = {w.read_with for w in WHOLES for catalog, _ in w.parts if catalog in shrunk}
        keys |= {key for key, named in self._named.items() if named.unit[0] in partless}
        keys |= gone
        mapped = touched.resolve(self._session, keys)
        belonging.refuse_members(keys, mapped, extensions, allowed)
        belonging.refuse_comments(self._session, keys, allowed)
        units: set[Key] = set()
        for key in keys:
            known = self._named.get(key)
            family, oid = mapped.get(key, known.unit if known else ("ignored", 0))
            if family in UNITS:
                units.add((family, oid))
            elif family != "ignored" and family not in allowed:
                raise NotKnownExact(family, f"{family} is not known to come back exactly")
        return units, rewritten

    def _reread(
        self, scope: Scope, within: set[Key], expected: Schema | None
    ) -> tuple[ObjectChange, ...]:
        found = read(self._session, scope)
        before = {key: self._named[key] for key in within}
        elsewhere = {o.key: self._named[o.key] for o in found if o.key in self._named}
        named = identify(
            found,
            before=before | elsewhere,
            expected=[one for one in (expected or {}).values() if not self._stands(one, within)],
            next_id=self._next_id,
            parents=lambda key: self._named[key].object.id if key in self._named else None,
        )
        self._refuse_lost({key for key in before if key not in named})
        for key, old in before.items():
            del self._named[key]
            self._keys.pop(old.object.id, None)
            self._former[old.object.id] = key
        self._put(named)
        return changes_between(
            [one.object for one in (before | elsewhere).values()],
            [one.object for one in named.values()],
        )

    def _refuse_lost(self, lost: set[Key]) -> None:
        gone = touched.gone(self._session, lost, touched.HAVE_OIDS.values())
        theirs = gone - others.dropped_by_us(self._session, gone)
        if theirs:
            one = self._named[min(theirs)].object
            raise Drifted(
                f"{one.kind} {'.'.join(one.path)} was dropped by somebody else while this ran",
                hint="Look at it with clew check, then try again.",
            )

    def _stands(self, one: SchemaObject, within: set[Key]) -> bool:
        key = self._keys.get(one.id)
        return key is not None and key not in within

    def _put(self, named: dict[Key, Named]) -> None:
        self._named.update(named)
        self._keys.update({one.object.id: key for key, one in named.items()})


def read_schema(session: Session, known: Schema | None = None) -> tuple[SchemaObject, ...]:
    """Return the whole live schema; what is not ``known`` by kind and path has identity 0."""
    with plain(session):
        found = read(session, EVERYTHING)
    named = identify(
        found,
        before={},
        expected=(known or {}).values(),
        next_id=lambda: 0,
        parents=lambda _: None,
    )
    return tuple(sorted((one.object for one in named.values()), key=order))


def read_at_once(session: Session, known: Schema | None = None) -> tuple[SchemaObject, ...]:
    """Read as of one moment, in a transaction of its own.

    The server words definitions as they are now, and fails where an object of that moment is gone
    by then; so it is asked once more.
    """
    for left in reversed(range(TRIES)):
        session.run("begin isolation level repeatable read read only")
        try:
            return read_schema(session, known)
        except StatementFailed as error:
            if not left or not error.vanished:
                raise
        finally:
            session.run("rollback")
    raise AssertionError
