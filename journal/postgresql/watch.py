"""Capturing rows: statement triggers gather transition tables into images.

The capture is proved complete: the server counts every row that this transaction inserts,
updates or deletes, through functions, cascades and COPY alike, and its counts must have grown
by exactly what was captured. A table that grew without being watched is named, so that the
statement can be taken back and run again with the table watched.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from journal.errors import NotExact, NotKnownExact
from journal.postgresql import counting, family, triggers
from journal.postgresql.catalog.live import Catalog
from journal.postgresql.connection import Session
from journal.postgresql.counting import Counts, captured, moved, table_rows
from journal.postgresql.hidden import refuse_hidden, uncovered
from journal.postgresql.images import (
    CHUNK_BYTES,
    Imaged,
    Shape,
    chunking,
    collected,
    rows_per_chunk,
    shape_of,
)
from journal.postgresql.made import uneven
from journal.postgresql.triggers import Placed
from journal.stakes import Stake
from journal.values import ImageCause, SchemaObject, TableRows


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """A table that is watched: under its own name, under one above it, or both.

    ``family`` tells that rows reach it under other names too, ``whole`` that all of these are
    watched. A partitioned table has no rows of its own, and no shape. ``given`` tells that there
    is no trigger: its rows are those that INSERTs give back, and any other is a gap.
    """

    shape: Shape | None = None
    placed: Placed | None = None
    family: bool = False
    whole: bool = True
    given: bool = False


Marked = dict[int, Watched]


class Seen(msgspec.Struct, frozen=True):
    """What a look at the server found: counts by oid, and what was imaged by table."""

    counts: dict[int, Counts]
    found: dict[int, Imaged]


class Uncaptured(NotExact):
    """Rows of a table changed that nobody watched.

    Attributes:
        table: its name as the database writes it.
    """

    def __init__(self, table: str) -> None:
        super().__init__(f"rows of {table} changed without being captured")
        self.table = table


class Watch:
    """The tables that are watched in this transaction, for one run."""

    def __init__(self, session: Session, catalog: Catalog, run: str) -> None:
        self.session = session
        self.catalog = catalog
        self.run = run
        self._watched: Marked = {}
        session.run("CREATE TEMP SEQUENCE IF NOT EXISTS clew_number")
        session.run("GRANT USAGE ON SEQUENCE pg_temp.clew_number TO PUBLIC")
        self._number = self._highest()
        self._counts = self._read()
        self._seen: Seen | None = None

    # --- watching ---------------------------------------------------------------------

    def watch(self, oids: Iterable[int], *, whole: bool = False) -> None:
        """Watch these tables as well; takes SHARE ROW EXCLUSIVE locks on them.

        ``whole`` watches a tree of partitions under all of its names, not only those given.

        Raises:
            NotKnownExact: rows of one of them cannot be captured.
        """
        wanted = set(oids)
        if whole:
            for oid in tuple(wanted):
                wanted.update(family.tree(self.session, oid))
        fresh = sorted(oid for oid in wanted if not self._named(oid))
        for oid in fresh:
            table = self._table(oid)
            if table is not None:
                self._place(table, oid)
        for oid in wanted & self._watched.keys() if whole else ():
            self._watched[oid] = msgspec.structs.replace(self._watched[oid], whole=True)
        if fresh:
            self.catalog.refresh()

    def take_given(self, oid: int) -> tuple[Shape, int]:
        """Watch a table by the rows that its INSERTs give back; takes no lock.

        Returns how its rows are imaged, and how many at a time.

        Raises:
            NotExact: it is no table that the journal knows.
        """
        table = self._table(oid)
        if table is None:
            raise Uncaptured(self.session.value("SELECT %s::oid::regclass::text", (oid,)))
        shape = shape_of(self.session, table, oid)
        if oid not in self._watched:
            self._watched[oid] = Watched(shape=shape, placed=Placed(()), given=True)
        return shape, self._size(shape)

    def unwatch(self, oids: Iterable[int] | None = None) -> None:
        """Take capture triggers off: of these tables and their families, or of every one."""
        chosen = self._watched.keys() if oids is None else self._watched.keys() & set(oids)
        if any(self._watched[oid].family for oid in chosen):
            chosen |= {oid for oid, one in self._watched.items() if one.family}
        if not chosen:
            return
        placed = {oid: one.placed for oid, one in self._watched.items() if oid in chosen}
        named = {oid: one for oid, one in placed.items() if one and one.names}
        if named:
            triggers.take_off(self.session, named)
        self._watched = {oid: one for oid, one in self._watched.items() if oid not in chosen}
        self.catalog.refresh()

    def unwatch_silenced(self) -> None:
        """Take capture triggers off where DISABLE TRIGGER switched them off with the user's."""
        silenced = triggers.silenced(self.session, self._watched)
        if silenced:
            self.unwatch(silenced)

    def watched(self) -> frozenset[int]:
        """Return the oids of the watched tables."""
        return frozenset(self._watched)

    def mark(self) -> Marked:
        """Return what ``rewatch`` needs after ROLLBACK TO SAVEPOINT."""
        return dict(self._watched)

    def rewatch(self, marked: Marked) -> None:
        """Know which tables are watched, after an SQL savepoint was rolled back to."""
        self._watched = dict(marked)

    def _named(self, oid: int) -> bool:
        return oid in self._watched and self._watched[oid].placed is not None

    def _place(self, table: SchemaObject, oid: int) -> None:
        kin = family.kin(self.session, oid)
        if kin.partitioned:
            self._place_tree(table, oid)
        elif kin.heirs:
            for heir in family.heirs(self.session, oid):
                if not self._named(heir) and (one := self._table(heir)):
                    shape = shape_of(self.session, one, heir)
                    placed = triggers.on_heir(self.session, shape, self.run, self._size(shape))
                    self._watched[heir] = Watched(shape=shape, placed=placed, family=True)
        else:
            shape = shape_of(self.session, table, oid)
            placed = triggers.on_table(self.session, shape, self.run, self._size(shape))
            known = self._watched.get(oid, Watched(family=kin.partition, whole=not kin.partition))
            self._watched[oid] = msgspec.structs.replace(known, shape=shape, placed=placed)

    def _place_tree(self, table: SchemaObject, oid: int) -> None:
        leaves = family.leaves(self.session, oid)
        shape = shape_of(self.session, table, oid)
        below = Watched(family=True, whole=False)
        size = rows_per_chunk(len(shape.columns))
        identities = {}
        for leaf in leaves:
            one = self._table(leaf.oid)
            if one is None:
                continue
            own = shape_of(self.session, one, leaf.oid)
            hold_alike(shape, own)
            size = min(size, self._size(own))
            identities[leaf.oid] = own.identity
            known = self._watched.get(leaf.oid, below)
            self._watched[leaf.oid] = msgspec.structs.replace(known, shape=own)
        known_leaves = [leaf for leaf in leaves if leaf.oid in identities]
        placed = triggers.on_tree(self.session, shape, known_leaves, identities, self.run, size)
        self._watched[oid] = msgspec.structs.replace(below, placed=placed)

    def _table(self, oid: int) -> SchemaObject | None:
        identity = self.catalog.id_of(oid)
        one = None if identity is None else self.catalog.get(identity)
        return one if one is not None and one.kind == "table" else None

    # --- after a statement ------------------------------------------------------------

    def look(self) -> dict[int, Counts]:
        """Look at what was written since the last collection: by oid, how counts grew."""
        triggers.gathered(self.session, self.run, self._by_identity())
        found = {one.table: one for one in collected(self.session, self.run, self._number)}
        self._seen = Seen(self._read(), found)
        return self._grown(self._seen)

    def rebase(self) -> None:
        """Count from here on: what was run since was taken back."""
        self._counts = self._read()
        self._number = self._highest()
        self._seen = None

    def rewritten(self, oid: int) -> bool:
        """Tell whether a table whose file is another one holds rows, and no TRUNCATE was seen."""
        shape = self._shape(oid)
        one = self._last_look().found.get(shape.identity)
        if one and any(event == "truncate" for event, _ in one.counts):
            return False
        return bool(self.session.value(f"SELECT EXISTS (SELECT FROM ONLY {shape.name})"))

    def partial(self, oid: int, growth: Counts) -> bool:
        """Tell whether a watched table was written under a name that is not watched."""
        one = self._watched[oid]
        return not one.whole and (
            growth.filenode != 0 or not self._agree(oid, growth, self._last_look())
        )

    def unproved(self) -> tuple[int, ...]:
        """Return watched tables of which the server counted other rows than were captured.

        It takes back what it counted when a table is truncated.

        Raises:
            NotExact: one of them is watched by what it gives back, so that others write to it
                and no copy proves anything.
        """
        seen = self._last_look()
        found = tuple(
            oid
            for oid, growth in self._grown(seen).items()
            if oid in self._watched and not self._agree(oid, growth, seen)
        )
        for oid in found:
            if self._watched[oid].given:
                raise NotExact(
                    f"rows of {self._shape(oid).name} changed that were not given back",
                    hint="Let one worker do it: apply without --jobs.",
                )
        return found

    def collect(
        self, *, made: Iterable[int] = (), proved: Iterable[int] = ()
    ) -> tuple[TableRows, ...]:
        """Return what was captured since the last time, proved complete.

        ``made`` are oids of tables that came into being since; they are imaged otherwise.
        ``proved`` are oids of tables whose capture was proved in another way.

        Raises:
            NotExact: the server counted other rows than were captured.
        """
        seen = self._last_look()
        for oid, growth in self._grown(seen).items():
            if oid in self._watched and oid not in set(proved):
                if not self._agree(oid, growth, seen):
                    if not self._watched[oid].whole:
                        raise Uncaptured(self._shape(oid).name)
                    raise NotExact(
                        f"rows of {self._shape(oid).name}: the server counted {growth.written}"
                        " as inserted, updated and deleted, others were captured"
                    )
            elif oid not in self._watched and oid not in set(made):
                name = self.session.value("SELECT %s::oid::regclass::text", (oid,))
                raise Uncaptured(name)
        shapes, families = self._by_identity(), self._families()
        self._counts = seen.counts
        self._number = max((one.images.last for one in seen.found.values()), default=self._number)
        self._seen = None
        return tuple(
            table_rows(shapes[one.table], one, self.run, family=one.table in families)
            for one in seen.found.values()
            if one.table in shapes
        )

    def check(self, oid: int) -> None:
        """Raise ``NotKnownExact`` where the rows of a table cannot be captured."""
        table = self._table(oid)
        if table is None or oid in self._watched:
            return
        shape_of(self.session, table, oid)
        refuse_hidden(self.session, [oid])
        if family.kin(self.session, oid).partitioned:
            family.leaves(self.session, oid)

    def image(self, stakes: Sequence[Stake], cause: ImageCause) -> tuple[TableRows, ...]:
        """Store images of what is at stake: before it goes, or after it was made.

        Values that adding the column again would fill in by itself are left out.
        """
        found = []
        for stake in stakes:
            table = stake.before if cause == "destroyed" else stake.after
            if table is None or table.kind != "table":
                continue
            oid = self.catalog.relation(table.id)
            if oid is None:
                raise NotExact(f"table {'.'.join(table.path)} is not where it is known to be")
            shape = shape_of(self.session, table, oid)
            if not stake.whole and {c.id for c in shape.key} & set(stake.columns):
                # The key is at stake itself and names no row on the other side.
                shape = msgspec.structs.replace(shape, key=())
            elif not stake.whole and shape.key:
                shape = shape.part([*(c.id for c in shape.key), *stake.columns])
                if len(shape.columns) == len(shape.key):
                    continue
            where = uneven(stake, cause, shape) if shape.key and not stake.whole else ""
            with uncovered(self.session, [oid] if "rls" in table.definition else ()):
                rows = self._image(shape, cause, where)
            if rows is not None:
                found.append(rows)
        return tuple(found)

    def _image(self, shape: Shape, cause: ImageCause, where: str) -> TableRows | None:
        before = self._highest()
        sign = -1 if cause == "destroyed" else 1
        query = _chunks(shape, self._size(shape)).replace("@source", f"ONLY {shape.name}{where}")
        self.session.query(
            "SELECT clew.image_rows(%s, %s, %s, %s, %s::smallint)",
            (self.run, shape.identity, query, cause, sign),
        )
        found = collected(self.session, self.run, before)
        self._number = self._highest()
        if not found:
            return None
        (one,) = found
        rows = table_rows(shape, one, self.run)
        return msgspec.structs.replace(rows, cause=cause, inserted=0, updated=0, deleted=0)

    # --- within -----------------------------------------------------------------------

    def _size(self, shape: Shape) -> int:
        """Rows of a chunk, fewer where the rows on disk are wide."""
        width = self.session.value(
            "SELECT CASE WHEN c.reltuples > 0 THEN pg_table_size(c.oid) / c.reltuples ELSE 0 END"
            " FROM pg_catalog.pg_class c WHERE c.oid = %s",
            (shape.oid,),
        )
        most = rows_per_chunk(len(shape.columns))
        return max(1, min(most, int(CHUNK_BYTES / width))) if width else most

    def _agree(self, oid: int, growth: Counts, seen: Seen) -> bool:
        found = seen.found.get(self._shape(oid).identity)
        events = {event for event, _ in found.counts} if found else set()
        if "truncate" in events:
            return len(events) == 1 and max(growth.written) <= 0
        if self._watched[oid].family:
            return moved(found) == (
                growth.deleted + growth.updated,
                growth.inserted + growth.updated,
            )
        return captured(found) == growth.written

    def _shape(self, oid: int) -> Shape:
        shape = self._watched[oid].shape
        assert shape is not None, "a partitioned table has no rows of its own"
        return shape

    def _by_identity(self) -> dict[int, Shape]:
        return {one.shape.identity: one.shape for one in self._watched.values() if one.shape}

    def _families(self) -> set[int]:
        return {one.shape.identity for one in self._watched.values() if one.shape and one.family}

    def _last_look(self) -> Seen:
        if self._seen is None:
            self.look()
        assert self._seen is not None
        return self._seen

    def _grown(self, seen: Seen) -> dict[int, Counts]:
        """Return, for each table that was written, by how much its counts grew."""
        grown = {}
        for oid, counts in seen.counts.items():
            former = self._counts.get(oid, Counts(filenode=counts.filenode))
            growth = counts.since(former)
            if any(growth.written) or growth.filenode:
                grown[oid] = growth
        return grown

    def _read(self) -> dict[int, Counts]:
        return counting.read(self.session)

    def _highest(self) -> int:
        return int(
            self.session.value(
                "SELECT coalesce(max(number), 0) FROM clew.image WHERE run = %s", (self.run,)
            )
        )


def hold_alike(root: Shape, leaf: Shape) -> None:
    """Raise ``NotKnownExact`` where a partition stores other columns than its root."""
    if [c.name for c in root.columns] != [c.name for c in leaf.columns]:
        raise NotKnownExact(
            "partition-columns", f"{leaf.name} generates other columns than {root.name}"
        )


def _chunks(shape: Shape, size: int) -> str:
    return chunking(shape, "@source", per_chunk=str(size))
