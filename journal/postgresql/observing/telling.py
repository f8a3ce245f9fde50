"""Telling what changed, as statements that lead from the start to how things are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial

import msgspec

from journal import stakes
from journal.effect import Effect, Schema
from journal.errors import NotFound, NotKnownExact, StatementFailed
from journal.observing import Lost, Observed, Other, Phases
from journal.postgresql import places
from journal.postgresql.catalog.live import Catalog
from journal.postgresql.catalog.settings import plain
from journal.postgresql.connection import Session
from journal.postgresql.contents import digest
from journal.postgresql.hidden import uncovered
from journal.postgresql.images import SETTINGS, Shape, shape_of
from journal.postgresql.made import present, uneven
from journal.postgresql.observing import comparing, keeping
from journal.postgresql.observing.copying import at, copying, suspecting
from journal.postgresql.observing.extended import came as came_extensions
from journal.postgresql.observing.filling import contents
from journal.postgresql.observing.gate import import_snapshot, name
from journal.postgresql.observing.keeping import Copy, Kept, KeptTable
from journal.postgresql.observing.others import Seen, uncertain
from journal.postgresql.observing.sleeping import another
from journal.postgresql.observing.standing import divided, relabelled, retyped
from journal.postgresql.observing.starting import written
from journal.postgresql.observing.unread import lost, unread
from journal.postgresql.restore.data import stored
from journal.postgresql.watch import Watch
from journal.values import ObjectChange, SchemaObject, TableRows

_ALIVE = """
SELECT EXISTS (SELECT FROM pg_catalog.pg_stat_activity
    WHERE pid = %s AND backend_start = %s::timestamptz)
"""
_FORBIDDEN = "42501"

Imaging = Callable[[], TableRows | None]
"""Stores images of rows, and returns what they are; ``None`` where there are none."""


class Telling:
    """One telling, within the open transaction of a session."""

    def __init__(
        self,
        session: Session,
        kept: Kept,
        schema: Schema,
        next_id: Callable[[], int],
        seen: Seen | None,
    ) -> None:
        self._session = session
        self._kept = kept
        self._schema = schema
        self._next_id = next_id
        self._run = kept.run
        self._replaced: set[int] = set()
        self._went: dict[int, TableRows] = {}
        # Imaged once it is sure that their tables are not told as made anew.
        self._written: dict[int, Imaging] = {}
        self._parts: dict[int, Imaging] = {}
        self._lost: list[Lost] = []
        self._seen = seen or Seen()
        self._theirs: dict[int, int] = {}
        self._mixed: dict[int, int] = {}

    def tell(self) -> Observed:
        """Tell what changed, and store images of it.

        Raises:
            NotFound: the snapshot is gone.
        """
        session, kept = self._session, self._kept
        copied = keeping.copies(session, kept.run)
        alone = all(one.oid in copied and copied[one.oid].whole for one in kept.tables)
        if not alone and not session.value(_ALIVE, (kept.keeper, kept.keeper_began)):
            raise NotFound(
                f"the rows of before run {kept.run} are no longer kept",
                hint="The server restarted, or ended the session that kept them.",
            )
        self._copies = self._stage()
        self.catalog = Catalog(
            session, self._schema, self._next_id, before=kept.named(dict(self._schema))
        )
        self.watch = Watch(session, self.catalog, kept.run)
        changes = self.catalog.drift
        comparing.lock(session, self._oids(c.after for c in changes if c.after))
        with plain(session, SETTINGS):
            for table in kept.tables:
                self._look_at(table)
            effects = self._effects(changes)
            self.watch.rebase()
        self._lost += lost(kept.unread, unread(session))
        return Observed(effects=effects, lost=tuple(self._lost), others=self._others())

    # --- the old side -----------------------------------------------------------------

    def _stage(self) -> dict[int, Copy]:
        """Copy the rows that may have changed, of tables that were only written."""
        session, kept = self._session, self._kept
        counted = self._counted = written(session)
        standing = [one for one in kept.tables if one.oid in counted]
        self._forget_suspects()
        doubt = uncertain(session, kept.since)
        copies = keeping.copies(session, kept.run)
        moved = [
            one
            for one in standing
            if one.oid not in copies and (doubt or counted[one.oid][0] != one.written)
        ]
        comparing.lock(
            session, [one.oid for one in moved] + [o.oid for o in standing if o.oid in copies]
        )
        self._moved = {one.oid for one in moved}
        if not moved:
            return copies
        with self._then() as old:
            for one in moved:
                table = self._schema[one.identity]
                if table.kind == "table":
                    old.run("; ".join(suspecting(old, kept.run, table, one.oid, kept.floor)))
        return keeping.copies(session, kept.run)

    def _copied(self, before: SchemaObject, oid: int) -> Copy:
        """Copy all rows of a table as they were; nobody can have rewritten it."""
        with self._then() as old:
            old.run("; ".join(copying(old, self._run, before, oid)))
        self._copies = keeping.copies(self._session, self._run)
        return self._copies[oid]

    def _forget_suspects(self) -> None:
        session = another(self._session, name(self._run))
        try:
            keeping.forget_suspects(session, self._run)
        finally:
            session.raw.close()

    @contextmanager
    def _then(self) -> Iterator[Session]:
        """Open a session that sees what was there at the start, and commit what it does."""
        old = another(self._session, name(self._run))
        try:
            old.run("BEGIN ISOLATION LEVEL REPEATABLE READ")
            import_snapshot(old, self._kept.snapshot)
            yield old
            old.run("COMMIT")
        finally:
            old.raw.close()

    # --- rows -------------------------------------------------------------------------

    def _look_at(self, table: KeptTable) -> None:
        """Compare a table; one that the role may no longer read is lost, and not the record."""
        try:
            with self._session.point("clew_comparing"):
                self._compare(table)
        except StatementFailed as error:
            if error.sqlstate != _FORBIDDEN:
                raise
            self._lose(self._schema[table.identity], "the role may no longer read them")

    def _compare(self, table: KeptTable) -> None:
        before = self._schema[table.identity]
        after = self.catalog.get(table.identity)
        copy = self._copies.get(table.oid)
        if before.kind != "table":
            return
        change = ObjectChange(before=before, after=after)
        at_stake = bool(stakes.destroyed([change]) or stakes.made([change]))
        if at_stake and after is not None and not (copy and (copy.whole or copy.unknown)):
            copy = self._unlocked(table, before, after)
        if copy is None:
            if at_stake:
                self._lose(before)
            return
        if copy.unknown:
            self._lose(before, copy.unknown)
            return
        if after is None:
            self._take(before, copy)
            return
        with uncovered(self._session, [table.oid] if "rls" in after.definition else ()):
            self._compare_rows(before, after, table.oid, copy)

    def _compare_rows(
        self, before: SchemaObject, after: SchemaObject, oid: int, copy: Copy
    ) -> None:
        if not stored(after) and comparing.same_number(self._session, after, copy):
            self._partly(before, copy, stakes.destroyed([ObjectChange(before=before, after=after)]))
            return
        shape = self._shape(after, oid)
        if shape is None:
            self._lose(before, "its rows cannot be read exactly")
            return
        change = ObjectChange(before=before, after=after)
        lost, made = stakes.destroyed([change]), stakes.made([change])
        if not lost and not made:
            self._rows(before, after, shape, copy)
        elif self._in_place(shape, copy, lost, made):
            self._partly(before, copy, lost)
        else:
            self._take(before, copy)

    def _unlocked(self, table: KeptTable, before: SchemaObject, after: SchemaObject) -> Copy | None:
        """Copy a table whose columns changed with no lock on it: only their types' names did."""
        if {c.id for c in before.columns} != {c.id for c in after.columns}:
            return None
        if self._counted[table.oid][1] != table.filenode:
            return None
        return self._copied(before, table.oid)

    def _rows(self, before: SchemaObject, after: SchemaObject, shape: Shape, copy: Copy) -> None:
        told = comparing.net(self._session, shape, copy, self._kept.floor)
        theirs = comparing.without(self._session, shape, told, self._seen.theirs)
        if theirs:
            self._theirs[before.id] = theirs
        changed = self._session.value(f"SELECT EXISTS (SELECT FROM {told})")
        if changed and _loosened(before, after):
            self._take(before, copy)
            return
        self._written[before.id] = partial(comparing.written, self._session, self._run, shape, told)
        if changed:
            mixed = comparing.doubtful(self._session, told, self._seen.ours)
            if mixed and self._seen.active:
                self._mixed[before.id] = mixed

    def _in_place(
        self,
        shape: Shape,
        copy: Copy,
        lost: Iterable[stakes.Stake],
        made: Iterable[stakes.Stake],
    ) -> bool:
        """Tell whether a table has all its rows yet, which can be known in spite of its columns."""
        moved = {i for stake in (*lost, *made) for i in stake.columns}
        shared = [c for c in shape.columns if c.id in copy.columns and c.id not in moved]
        key = {column.id for column in shape.key}
        if not key or key != set(copy.key) or not key <= {c.id for c in shared}:
            return self._empty(shape, copy)
        if not comparing.filled_alike(self._session, lost):
            return False
        return comparing.same(self._session, shape, copy, shared)

    def _empty(self, shape: Shape, copy: Copy) -> bool:
        return not self._session.value(
            f"SELECT EXISTS (SELECT FROM {copy.name}) OR EXISTS (SELECT FROM ONLY {shape.name})"
        )

    def _take(self, before: SchemaObject, copy: Copy) -> None:
        """Tell a table as dropped, with all its rows."""
        if self.catalog.get(before.id) is not None:
            self._replaced.add(before.id)
        if copy.unknown:
            self._lose(before, copy.unknown)
            return
        if not copy.whole:
            copy = self._copied(before, copy.oid)
        shape = comparing.shape_of_copy(self._session, copy, before)
        rows = comparing.whole(self._session, self._run, shape, copy)
        if rows is not None:
            self._went[before.id] = rows

    def _partly(self, before: SchemaObject, copy: Copy, lost: Iterable[stakes.Stake]) -> None:
        """Tell the columns that a table lost."""
        whole = comparing.shape_of_copy(self._session, copy, before)
        for stake in lost:
            kept = {c.id for c in whole.key} - set(stake.columns)
            shape = msgspec.structs.replace(whole, key=())
            if kept:
                shape = whole.part([*kept, *stake.columns])
                if len(shape.columns) == len(shape.key):
                    continue
            source = (
                f"{keeping.rows_of(copy)} t{uneven(stake, 'destroyed', shape) if shape.key else ''}"
            )
            self._parts[before.id] = partial(
                comparing.part, self._session, self._run, shape, source
            )

    def _shape(self, table: SchemaObject, oid: int) -> Shape | None:
        try:
            return shape_of(self._session, table, oid)
        except NotKnownExact:
            return None

    def _lose(self, table: SchemaObject, why: str = "nobody copied its rows") -> None:
        self._lost.append(Lost(name="rows-not-kept", what=f"rows of {'.'.join(table.path)}: {why}"))

    # --- effects ----------------------------------------------------------------------

    def _effects(self, changes: Iterable[ObjectChange]) -> tuple[Effect, ...]:
        session = self._session
        labels, rest = relabelled(changes)
        told = self._divided(rest, retyped(self.catalog, self._kept, self._schema))
        now = places.standing(session, self.catalog.schema())
        gone = {c.before.id for c in told.taken if c.before}
        moves = places.moves(self._kept.places, {i: p for i, p in now.items() if i not in gone})
        made = self.watch.image(present(session, stakes.made(told.given), "made"), "made")
        went, refilled, came = contents(
            session, self.catalog, told, stood=self._refilled(), before=self._held
        )
        extended = tuple(came_extensions(session, self.catalog, rest))
        self._lost += [one for one in extended if isinstance(one, Lost)]
        came += tuple(one for one in extended if not isinstance(one, Lost))
        parted = {c.before.id for c in told.given if c.before}
        effects = (
            Effect(changes=labels),
            Effect(
                changes=told.taken,
                rows=tuple(self._went.values()),
                sequences=places.lost(self._kept.places, told.taken),
                contents=went,
            ),
            Effect(rows=_imaged(self._written.values()), sequences=moves, contents=refilled),
            Effect(
                changes=told.given,
                rows=(*_imaged(one for i, one in self._parts.items() if i in parted), *made),
                sequences=places.lost(self._kept.places, told.given),
                contents=came,
            ),
        )
        return tuple(e for e in effects if e.changes or e.rows or e.sequences or e.contents)

    def _refilled(self) -> dict[int, SchemaObject]:
        """Return the materialised views that stand, and that somebody filled, or may have."""
        filled = (
            one.identity
            for one in self._kept.tables
            if one.oid in self._copies or one.oid in self._moved
        )
        return {
            i: self._schema[i]
            for i in filled
            if self._schema[i].kind == "materialized view" and self.catalog.get(i) is not None
        }

    def _held(self, view: SchemaObject) -> str | None:
        """Return the digest of what a materialised view held at the start."""
        if not view.definition.get("populated"):
            return None
        oid = self._kept.oid(view.id)
        if oid in self._copies:
            return self._copies[oid].digest
        with self._then() as old:
            return digest(old, at(old, view, oid), oid)

    def _divided(self, changes: list[ObjectChange], anew: Iterable[int]) -> Phases:
        """Divide changes; a table that has to go with others is told as made anew too."""
        for identity in set(anew) - self._replaced:
            self._replace(identity)
        while True:
            told = divided(self.catalog, self._kept, changes, self._replaced)
            if not told.replaced:
                return told.phases
            for identity in told.replaced:
                self._replace(identity)

    def _replace(self, identity: int) -> None:
        before = self._schema[identity]
        oid = self._kept.oid(identity)
        copy = self._copies.get(oid) or self._copied(before, oid)
        self._written.pop(identity, None)
        self._parts.pop(identity, None)
        self._take(before, copy)

    def _others(self) -> tuple[Other, ...]:
        """Tell who else wrote, or may have; nothing tells which of them wrote what."""
        tables = sorted(self._theirs.keys() | self._mixed.keys())
        if not tables:
            return ()
        return (
            Other(
                who=", ".join(sorted(self._seen.active.values())),
                tables=tuple(".".join(self._schema[i].path) for i in tables),
                rows=sum(self._theirs.values()),
                mixed=sum(self._mixed.values()),
            ),
        )

    def _oids(self, tables: Iterable[SchemaObject]) -> list[int]:
        found = (self.catalog.relation(one.id) for one in tables if one.kind == "table")
        return [oid for oid in found if oid is not None]


def _imaged(found: Iterable[Imaging]) -> tuple[TableRows, ...]:
    return tuple(rows for one in found if (rows := one()) is not None)


def _loosened(before: SchemaObject, after: SchemaObject) -> bool:
    """Tell whether rows that fit now may not have fitted before."""
    now = {column.id: column.definition for column in after.columns}
    return any(
        column.definition.get("not_null") and not now[column.id].get("not_null")
        for column in before.columns
    )
