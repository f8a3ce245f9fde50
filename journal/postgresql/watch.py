"""Capturing rows: statement triggers gather transition tables into images.

The capture is proved complete: the server counts every row that this transaction inserts,
updates or deletes, through functions, cascades and COPY alike, and its counts must have grown
by exactly what was captured. A table that grew without being watched is named, so that the
statement can be taken back and run again with the table watched.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from journal.errors import NotExact
from journal.postgresql.catalog.live import Catalog
from journal.postgresql.connection import Session, quote
from journal.postgresql.forced import unforced
from journal.postgresql.images import (
    CHUNK_BYTES,
    Imaged,
    Shape,
    chunking,
    collected,
    refuse_related,
    rows_per_chunk,
    shape_of,
)
from journal.postgresql.made import uneven
from journal.stakes import Stake
from journal.values import ImageCause, TableRows

_COUNTS = """
SELECT c.oid::int8, pg_stat_get_xact_tuples_inserted(c.oid),
       pg_stat_get_xact_tuples_updated(c.oid), pg_stat_get_xact_tuples_deleted(c.oid),
       c.relfilenode::int8
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'clew')
"""
_EVENTS = ("INSERT", "UPDATE", "DELETE", "TRUNCATE")
_TRANSITIONS = {
    "INSERT": "REFERENCING NEW TABLE AS clew_new",
    "UPDATE": "REFERENCING OLD TABLE AS clew_old NEW TABLE AS clew_new",
    "DELETE": "REFERENCING OLD TABLE AS clew_old",
    "TRUNCATE": "",
}


class Counts(msgspec.Struct, frozen=True):
    """Rows of one table that the transaction wrote so far, and the file they stand in."""

    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    filenode: int = 0

    @property
    def written(self) -> tuple[int, int, int]:
        """The three counts."""
        return self.inserted, self.updated, self.deleted


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
        self._shapes: dict[int, Shape] = {}
        session.run("CREATE TEMP SEQUENCE IF NOT EXISTS clew_number")
        session.run("GRANT USAGE ON SEQUENCE pg_temp.clew_number TO PUBLIC")
        self._number = self._highest()
        self._counts = self._read()
        self._seen: Seen | None = None

    # --- watching ---------------------------------------------------------------------

    def watch(self, oids: Iterable[int]) -> None:
        """Watch these tables as well; takes SHARE ROW EXCLUSIVE locks on them."""
        fresh = sorted(set(oids) - self._shapes.keys())
        for oid in fresh:
            identity = self.catalog.id_of(oid)
            table = None if identity is None else self.catalog.get(identity)
            if table is None or table.kind != "table":
                continue
            refuse_related(self.session, table, oid)
            shape = shape_of(self.session, table, oid)
            self._install(shape)
            self._shapes[oid] = shape
        if fresh:
            self.catalog.refresh()

    def unwatch(self, oids: Iterable[int] | None = None) -> None:
        """Take capture triggers off: of these tables, or of every one."""
        chosen = self._shapes.keys() if oids is None else self._shapes.keys() & set(oids)
        if not chosen:
            return
        names = self.session.query(
            "SELECT n.nspname, c.relname FROM pg_catalog.pg_class c"
            " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.oid = ANY (%s::oid[]) ORDER BY c.oid",
            (list(chosen),),
        )
        for name in names:
            for event in _EVENTS:
                self.session.run(f"DROP TRIGGER {_name(event)} ON {quote(*name)}")
        self._shapes = {oid: s for oid, s in self._shapes.items() if oid not in chosen}
        self.catalog.refresh()

    def forget(self) -> None:
        """Know of no trigger any more: an SQL savepoint from before them was rolled back to."""
        self._shapes = {}

    def watched(self) -> frozenset[int]:
        """Return the oids of the watched tables."""
        return frozenset(self._shapes)

    def rewatch(self, oids: Iterable[int]) -> None:
        """Know which tables are watched, after an SQL savepoint was rolled back to."""
        self._shapes = {oid: shape for oid, shape in self._shapes.items() if oid in set(oids)}

    # --- after a statement ------------------------------------------------------------

    def look(self) -> dict[int, Counts]:
        """Look at what was written since the last collection: by oid, how counts grew."""
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
        shape = self._shapes[oid]
        one = self._last_look().found.get(shape.identity)
        if one and any(event == "truncate" for event, _ in one.counts):
            return False
        return bool(self.session.value(f"SELECT EXISTS (SELECT FROM ONLY {shape.name})"))

    def unproved(self) -> tuple[int, ...]:
        """Return watched tables of which the server counted other rows than were captured.

        It takes back what it counted when a table is truncated.
        """
        seen = self._last_look()
        return tuple(
            oid
            for oid, growth in self._grown(seen).items()
            if oid in self._shapes and not self._agree(oid, growth, seen)
        )

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
            if oid in self._shapes and oid not in set(proved):
                if not self._agree(oid, growth, seen):
                    raise NotExact(
                        f"rows of {self._shapes[oid].name}: the server counted {growth.written}"
                        " as inserted, updated and deleted, others were captured"
                    )
            elif oid not in self._shapes and oid not in set(made):
                name = self.session.value("SELECT %s::oid::regclass::text", (oid,))
                raise Uncaptured(name)
        shapes = {shape.identity: shape for shape in self._shapes.values()}
        self._counts = seen.counts
        self._number = max((one.images.last for one in seen.found.values()), default=self._number)
        self._seen = None
        return tuple(
            table_rows(shapes[one.table], one, self.run)
            for one in seen.found.values()
            if one.table in shapes
        )

    def check(self, oid: int) -> None:
        """Raise ``NotKnownExact`` where the rows of a table cannot be captured."""
        identity = self.catalog.id_of(oid)
        table = None if identity is None else self.catalog.get(identity)
        if oid not in self._shapes and table is not None:
            refuse_related(self.session, table, oid)
            shape_of(self.session, table, oid)

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
            with unforced(self.session, table):
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

    def _install(self, shape: Shape) -> None:
        query = _chunks(shape, self._size(shape))
        arguments = ", ".join(_literal(a) for a in (self.run, str(shape.identity), query))
        for event in _EVENTS:
            when = "BEFORE" if event == "TRUNCATE" else "AFTER"
            self.session.run(
                f"CREATE TRIGGER {_name(event)} {when} {event} ON {shape.name}"
                f" {_TRANSITIONS[event]} FOR EACH STATEMENT"
                f" EXECUTE FUNCTION clew.capture({arguments})"
            )

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
        found = seen.found.get(self._shapes[oid].identity)
        events = {event for event, _ in found.counts} if found else set()
        if "truncate" in events:
            return len(events) == 1 and max(growth.written) <= 0
        return _captured(found) == growth.written

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
            growth = _minus(counts, former)
            if any(growth.written) or growth.filenode:
                grown[oid] = growth
        return grown

    def _read(self) -> dict[int, Counts]:
        return {oid: Counts(*counts) for oid, *counts in self.session.query(_COUNTS)}

    def _highest(self) -> int:
        return int(
            self.session.value(
                "SELECT coalesce(max(number), 0) FROM clew.image WHERE run = %s", (self.run,)
            )
        )


def table_rows(shape: Shape, one: Imaged, run: str) -> TableRows:
    """Return what was captured of one table as the journal has it."""
    counts = one.counts
    return TableRows(
        table=one.table,
        columns=tuple(column.id for column in shape.columns),
        key=tuple(column.id for column in shape.key),
        inserted=counts.get(("insert", 1), 0),
        updated=counts.get(("update", 1), 0),
        deleted=counts.get(("delete", -1), 0) + counts.get(("truncate", -1), 0),
        removed=sum(n for (_, sign), n in counts.items() if sign < 0),
        added=sum(n for (_, sign), n in counts.items() if sign > 0),
        run=run,
        images=one.images,
    )


def _captured(found: Imaged | None) -> tuple[int, int, int]:
    counts = found.counts if found else {}
    return (
        counts.get(("insert", 1), 0),
        counts.get(("update", 1), 0),
        counts.get(("delete", -1), 0),
    )


def _minus(now: Counts, former: Counts) -> Counts:
    rewritten = now.filenode if now.filenode != former.filenode else 0
    return Counts(
        now.inserted - former.inserted,
        now.updated - former.updated,
        now.deleted - former.deleted,
        rewritten,
    )


def _chunks(shape: Shape, size: int) -> str:
    return chunking(shape, "@source", per_chunk=str(size))


def _name(event: str) -> str:
    return quote(f"~clew_{event.lower()}")


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
