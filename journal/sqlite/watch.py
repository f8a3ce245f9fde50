"""Capturing rows: TEMP triggers copy each changed row into a TEMP table of untyped columns.

Values keep their storage class there. After the statement they are stored as images, and the
capture is proved complete: rows counted before, plus inserted, minus deleted, are the rows
counted after; and the database's own count of changes is explained by what was captured.

REPLACE displaces rows without a DELETE trigger: ``displacing`` tells what is done about it. What
no trigger can tell is captured by comparison with a copy.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from journal.effect import Schema
from journal.errors import NotExact, NotKnownExact
from journal.sqlite import copied, displacing
from journal.sqlite.connection import Batches, Session, quote
from journal.sqlite.images import Writer
from journal.sqlite.shape import Shape, shape_of
from journal.stakes import Stake
from journal.values import ImageCause, SchemaObject, TableRows

BATCH = 1000
"""Rows read at a time."""
How = Literal["triggers", "displacing", "copies"]
"""How rows are captured: by triggers, by those that also tell what REPLACE displaces, or by
comparison with a copy."""
_REPLACE = re.compile(r"\bREPLACE\b", re.IGNORECASE)


class Watch:
    """The tables that are watched in this session, for one run."""

    def __init__(self, session: Session, run: str) -> None:
        self.session = session
        self.run = run
        self.writer = Writer(session, run)
        self._shapes: dict[str, Shape] = {}
        self._counts: dict[str, int] = {}
        self._how: How = "triggers"
        self._whole: frozenset[int] = frozenset()
        self._changes = 0

    def choose(self, tables: Iterable[SchemaObject], *, sql: str, schema: Schema) -> How:
        """Tell how these tables must be watched; ``sql`` is what may fire, with its triggers."""
        if not _REPLACE.search(sql) or self.session.value("PRAGMA recursive_triggers"):
            return "triggers"
        return "copies" if displacing.entangled(self.session, tables, schema) else "displacing"

    def watch(
        self,
        tables: Iterable[SchemaObject],
        *,
        how: How = "triggers",
        whole: frozenset[int] = frozenset(),
    ) -> None:
        """Watch exactly these tables; of those in ``whole`` a copy tells every row, changed or not."""
        self._whole = whole
        wanted = {table.path[0]: shape_of(table) for table in tables}
        if wanted != self._shapes or how != self._how or how == "copies":
            self.unwatch()
            self._how = how
            for shape in wanted.values():
                self._install(shape)
            self._shapes = wanted
        for name in wanted:
            self._counts[name] = self._count(name)
        self._changes = self.session.raw.total_changes

    def unwatch(self) -> None:
        """Take every capture trigger off."""
        for shape in self._shapes.values():
            for event in ("insert", "update", "delete", "conflict", "displace"):
                self.session.run(f"DROP TRIGGER IF EXISTS temp.{shape.trigger(event)}")
            self.session.run(f"DROP TABLE IF EXISTS temp.{shape.stage}")
            self.session.run(f"DROP TABLE IF EXISTS temp.{shape.kept}")
        self.forget()

    def forget(self) -> None:
        """Know of no trigger: the session went back to before any was made."""
        self._shapes = {}
        self._counts = {}

    def collect(self) -> tuple[TableRows, ...]:
        """Store what was captured since ``watch`` as images, and prove it complete.

        Raises:
            NotExact: rows changed that were not captured.
        """
        grown = self.session.raw.total_changes - self._changes
        captured = 0
        found = []
        for shape in self._shapes.values():
            if self._how == "copies":
                with self.session.point(), self.session.unnoticed():
                    copied.compare(self.session, shape, whole=shape.identity in self._whole)
            counts = self._stage_counts(shape)
            captured += sum(counts.get(event, 0) * (1 + len(_COPIED[event])) for event in _COPIED)
            self._prove(shape, counts)
            self._refuse_alike(shape)
            rows = self._store(shape, counts)
            if rows is not None:
                found.append(rows)
        if self._how == "triggers" and grown != captured:
            raise NotExact(
                f"{grown} changes were counted by the database and {captured} were captured"
            )
        return tuple(found)

    def image(self, stakes: Iterable[Stake], cause: ImageCause) -> tuple[TableRows, ...]:
        """Store images of what is at stake: before it goes, or after it was made."""
        found = []
        for stake in stakes:
            table = stake.before if cause == "destroyed" else stake.after
            assert table is not None
            rows = self._image(table, stake, cause)
            if rows is not None:
                found.append(rows)
        return tuple(found)

    def _image(self, table: SchemaObject, stake: Stake, cause: ImageCause) -> TableRows | None:
        shape = shape_of(table)
        columns = shape.columns
        if not stake.whole:
            wanted = {c.id for c in shape.key} | set(stake.columns)
            columns = tuple(c for c in shape.columns if c.id in wanted)
            if not set(stake.columns) & {c.id for c in columns}:
                return None
        sign = -1 if cause == "destroyed" else 1
        names = ", ".join([shape.rowid or "NULL", *(quote(c.name) for c in columns)])
        sql = f"SELECT {names} FROM main.{quote(shape.table)}"
        images, removed, added = self.writer.write([(sign, self.session.stream(sql, size=BATCH))])
        if images is None:
            return None
        return TableRows(
            table=shape.identity,
            cause=cause,
            columns=tuple(c.id for c in columns),
            key=tuple(c.id for c in shape.key),
            removed=removed,
            added=added,
            run=self.run,
            images=images,
        )

    def _install(self, shape: Shape) -> None:
        columns = ", ".join(f"c{n}" for n in range(len(shape.columns)))
        self.session.run(
            f"CREATE TABLE temp.{shape.stage}"
            f" (n INTEGER PRIMARY KEY, what TEXT, sign INTEGER, rid, {columns})"
        )
        if self._how == "copies":
            with self.session.unnoticed():
                copied.take(self.session, shape)
            return
        copies = {event: _copies(shape, event) for event in _COPIED}
        for event, body in copies.items():
            self.session.run(
                f"CREATE TEMP TRIGGER {shape.trigger(event)} AFTER {event.upper()}"
                f" ON main.{quote(shape.table)} BEGIN {body} END"
            )
        if self._how == "displacing":
            displacing.install(self.session, shape, copies)

    def _stage_counts(self, shape: Shape) -> dict[str, int]:
        rows = self.session.run(f"SELECT what, count(*) FROM temp.{shape.stage} GROUP BY what")
        counts: dict[str, int] = dict(rows)
        if "update" in counts:
            counts["update"] //= 2
        return counts

    def _prove(self, shape: Shape, counts: dict[str, int]) -> None:
        gone = counts.get("delete", 0) + counts.get("displaced", 0)
        expected = self._counts[shape.table] + counts.get("insert", 0) - gone
        found = self._count(shape.table)
        if found != expected:
            raise NotExact(
                f"table {shape.table} holds {found} rows, its journal accounts for {expected}"
            )
        self._counts[shape.table] = found

    def _refuse_alike(self, shape: Shape) -> None:
        """Refuse keys that the table holds to be equal, and that are not: they are the place."""
        if shape.rowid:
            return
        numbers = {column.name: n for n, column in enumerate(shape.columns)}
        key = self.session.run(
            "SELECT x.name, x.coll FROM pragma_index_list(?) l, pragma_index_xinfo(l.name) x"
            " WHERE l.origin = 'pk' AND x.key",
            (shape.table,),
        )
        alike = ", ".join(f"c{numbers[name]} COLLATE {quote(coll)}" for name, coll in key)
        exact = " || ':' || ".join(
            f"typeof(c{numbers[name]}) || hex(c{numbers[name]})" for name, _ in key
        )
        if self.session.value(
            f"SELECT 1 FROM temp.{shape.stage} GROUP BY {alike}"
            f" HAVING count(DISTINCT {exact}) > 1 LIMIT 1"
        ):
            raise NotKnownExact(
                "alike-keys",
                f"{shape.table} is WITHOUT ROWID, and a key becomes one that it holds to be equal",
            )

    def _store(self, shape: Shape, counts: dict[str, int]) -> TableRows | None:
        if not counts:
            return None
        images, removed, added = self.writer.write(
            [(sign, self._staged(shape, sign)) for sign in (-1, 1)]
        )
        self.session.run(f"DELETE FROM temp.{shape.stage}")
        return TableRows(
            table=shape.identity,
            columns=tuple(column.id for column in shape.columns),
            key=tuple(column.id for column in shape.key),
            inserted=counts.get("insert", 0),
            updated=counts.get("update", 0),
            deleted=counts.get("delete", 0) + counts.get("displaced", 0),
            removed=removed,
            added=added,
            run=self.run,
            images=images,
        )

    def _staged(self, shape: Shape, sign: int) -> Batches:
        columns = ", ".join(["rid", *(f"c{n}" for n in range(len(shape.columns)))])
        sql = f"SELECT {columns} FROM temp.{shape.stage} WHERE sign = ? ORDER BY n"
        return self.session.stream(sql, (sign,), size=BATCH)

    def _count(self, table: str) -> int:
        return int(self.session.value(f"SELECT count(*) FROM main.{quote(table)}"))


def _copy(shape: Shape, row: str, what: str) -> str:
    """The statement of a trigger that copies OLD or NEW."""
    columns = ", ".join(f"c{n}" for n in range(len(shape.columns)))
    values = ", ".join(f"{row}.{name}" for name in shape.names)
    rowid = f"{row}.{shape.rowid}" if shape.rowid else "NULL"
    sign = -1 if row == "OLD" else 1
    into = f"INSERT INTO {shape.stage} (what, sign, rid, {columns})"
    return f"{into} VALUES ('{what}', {sign}, {rowid}, {values}); "


_COPIED = {"insert": ("NEW",), "delete": ("OLD",), "update": ("OLD", "NEW")}


def _copies(shape: Shape, event: str) -> str:
    return "".join(_copy(shape, row, event) for row in _COPIED[event])
