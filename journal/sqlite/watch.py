"""Capturing rows: TEMP triggers copy each changed row into a TEMP table of untyped columns.

Values keep their storage class there. After the statement they are stored as images, and the
capture is proved complete: rows counted before, plus inserted, minus deleted, are the rows
counted after; and the database's own count of changes is explained by what was captured.

REPLACE displaces rows without a DELETE trigger. Where it may occur, a BEFORE trigger keeps the
rows that share a key with the new one, and the AFTER trigger journals those that are gone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from journal.errors import NotExact, NotKnownExact
from journal.sqlite.connection import Row, Session, quote
from journal.sqlite.images import Writer
from journal.stakes import Stake
from journal.values import Column, ImageCause, SchemaObject, TableRows

BATCH = 1000
"""Rows read at a time."""
_ROWIDS = ("rowid", "_rowid_", "oid")
_REPLACE = re.compile(r"\bREPLACE\b", re.IGNORECASE)


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """How to read and write the rows of a table.

    ``rowid`` is the name by which the rowid is reached, empty in a WITHOUT ROWID table.
    ``columns`` are those that are stored; generated ones are left out. ``key`` is the primary
    key. ``alias`` is the column that is another name of the rowid, if there is one.
    """

    table: str
    identity: int
    rowid: str
    columns: tuple[Column, ...]
    key: tuple[Column, ...]
    alias: str = ""

    @property
    def names(self) -> list[str]:
        """The columns, quoted."""
        return [quote(column.name) for column in self.columns]

    @property
    def place(self) -> list[str]:
        """What identifies a row: the rowid, or else the columns of the primary key, quoted."""
        return [self.rowid] if self.rowid else [quote(column.name) for column in self.key]


def shape_of(table: SchemaObject) -> Shape:
    """Tell how the rows of a table are reached.

    Raises:
        NotKnownExact: columns hide each name of the rowid.
    """
    names = {column.name.lower() for column in table.columns}
    by_name = {column.name: column for column in table.columns}
    key = tuple(by_name[name] for name in table.definition.get("primary_key", ()))
    rowid = ""
    if not table.definition.get("without_rowid"):
        free = [name for name in _ROWIDS if name not in names]
        alias = _alias(key)
        rowid = free[0] if free else quote(alias)
        if not rowid or rowid == '""':
            raise NotKnownExact(
                "hidden-rowid", f"columns of table {table.path[0]} hide each name of its rowid"
            )
    return Shape(
        table=table.path[0],
        identity=table.id,
        rowid=rowid,
        columns=tuple(c for c in table.columns if "generated" not in c.definition),
        key=key,
        alias=_alias(key) if rowid else "",
    )


def _alias(key: tuple[Column, ...]) -> str:
    if len(key) == 1 and key[0].definition.get("type", "").upper() == "INTEGER":
        return key[0].name
    return ""


class Watch:
    """The tables that are watched in this session, for one run."""

    def __init__(self, session: Session, run: str) -> None:
        self.session = session
        self.run = run
        self.writer = Writer(session, run)
        self._shapes: dict[str, Shape] = {}
        self._counts: dict[str, int] = {}
        self._replacing = False
        self._changes = 0

    def watch(self, tables: Iterable[SchemaObject], *, sql: str) -> None:
        """Watch exactly these tables; ``sql`` is what may fire, to look for REPLACE in."""
        wanted = {table.path[0]: shape_of(table) for table in tables}
        replacing = bool(_REPLACE.search(sql)) and not self.session.value(
            "PRAGMA recursive_triggers"
        )
        if wanted != self._shapes or replacing != self._replacing:
            self.unwatch()
            self._replacing = replacing
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
                self.session.run(f"DROP TRIGGER IF EXISTS temp.{_trigger(shape, event)}")
            self.session.run(f"DROP TABLE temp.{_stage(shape)}")
            self.session.run(f"DROP TABLE IF EXISTS temp.{_candidates(shape)}")
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
            counts = self._stage_counts(shape)
            captured += sum(counts.get(event, 0) * (1 + len(_COPIED[event])) for event in _COPIED)
            self._prove(shape, counts)
            self._refuse_alike(shape)
            rows = self._store(shape, counts)
            if rows is not None:
                found.append(rows)
        if not self._replacing and grown != captured:
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
            f"CREATE TABLE temp.{_stage(shape)}"
            f" (n INTEGER PRIMARY KEY, what TEXT, sign INTEGER, rid, {columns})"
        )
        for event in _COPIED:
            self.session.run(
                f"CREATE TEMP TRIGGER {_trigger(shape, event)} AFTER {event.upper()}"
                f" ON main.{quote(shape.table)} BEGIN {_copies(shape, event)} END"
            )
        if self._replacing:
            self._install_displacing(shape)

    def _install_displacing(self, shape: Shape) -> None:
        """Keep the rows that share a key with a new one, and journal those that are gone."""
        shared = self._shares_key(shape)
        if not shared:
            return
        names = ", ".join([shape.rowid or "NULL", *shape.names])
        columns = ", ".join(f"c{n}" for n in range(len(shape.columns)))
        kept = _candidates(shape)
        self.session.run(f"CREATE TABLE temp.{kept} (rid, {columns})")
        table = f"main.{quote(shape.table)}"
        gone = _gone(shape)
        for event, other in (("insert", "1"), ("update", _not_old(shape))):
            name = "conflict" if event == "insert" else "displace"
            self.session.run(
                f"CREATE TEMP TRIGGER {_trigger(shape, name)} BEFORE {event.upper()} ON {table}"
                f" BEGIN DELETE FROM {kept}; INSERT INTO {kept} SELECT {names}"
                f" FROM {quote(shape.table)} WHERE ({shared}) AND {other}; END"
            )
            body = (
                f"INSERT INTO {_stage(shape)} (what, sign, rid, {columns})"
                f" SELECT 'displaced', -1, rid, {columns} FROM {kept} WHERE {gone};"
                f" DELETE FROM {kept};"
            )
            self.session.run(f"DROP TRIGGER temp.{_trigger(shape, event)}")
            self.session.run(
                f"CREATE TEMP TRIGGER {_trigger(shape, event)} AFTER {event.upper()} ON {table}"
                f" BEGIN {body} {_copies(shape, event)} END"
            )

    def _shares_key(self, shape: Shape) -> str:
        """The condition under which a row has the rowid or a unique value of NEW."""
        conditions = [f"{shape.rowid} = NEW.{shape.rowid}"] if shape.rowid else []
        table = quote(shape.table)
        indexes = self.session.run(
            "SELECT l.name, x.cid, x.name, x.coll FROM pragma_index_list(?) l,"
            ' pragma_index_xinfo(l.name) x WHERE l."unique" AND x.key ORDER BY l.seq, x.seqno',
            (shape.table,),
        )
        parts: dict[str, list[str]] = {}
        for index, cid, column, collation in indexes:
            if cid < 0 and column is None:
                raise NotKnownExact(
                    "replace-expression-index",
                    f"REPLACE on table {shape.table} with a unique index on an expression",
                )
            parts.setdefault(index, []).append(
                f"{table}.{quote(column)} = NEW.{quote(column)} COLLATE {quote(collation)}"
            )
        conditions += [" AND ".join(columns) for columns in parts.values()]
        return " OR ".join(f"({condition})" for condition in conditions)

    def _stage_counts(self, shape: Shape) -> dict[str, int]:
        rows = self.session.run(f"SELECT what, count(*) FROM temp.{_stage(shape)} GROUP BY what")
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
            f"SELECT 1 FROM temp.{_stage(shape)} GROUP BY {alike}"
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
        self.session.run(f"DELETE FROM temp.{_stage(shape)}")
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

    def _staged(self, shape: Shape, sign: int) -> Iterator[list[Row]]:
        columns = ", ".join(["rid", *(f"c{n}" for n in range(len(shape.columns)))])
        sql = f"SELECT {columns} FROM temp.{_stage(shape)} WHERE sign = ? ORDER BY n"
        return self.session.stream(sql, (sign,), size=BATCH)

    def _count(self, table: str) -> int:
        return int(self.session.value(f"SELECT count(*) FROM main.{quote(table)}"))


def _copy(shape: Shape, row: str, what: str) -> str:
    """The statement of a trigger that copies OLD or NEW."""
    columns = ", ".join(f"c{n}" for n in range(len(shape.columns)))
    values = ", ".join(f"{row}.{name}" for name in shape.names)
    rowid = f"{row}.{shape.rowid}" if shape.rowid else "NULL"
    sign = -1 if row == "OLD" else 1
    into = f"INSERT INTO {_stage(shape)} (what, sign, rid, {columns})"
    return f"{into} VALUES ('{what}', {sign}, {rowid}, {values}); "


_COPIED = {"insert": ("NEW",), "delete": ("OLD",), "update": ("OLD", "NEW")}


def _copies(shape: Shape, event: str) -> str:
    return "".join(_copy(shape, row, event) for row in _COPIED[event])


def _gone(shape: Shape) -> str:
    """The condition under which a kept row is no longer there, or bears the new row's place."""
    table = quote(shape.table)
    if shape.rowid:
        return (
            f"rid = NEW.{shape.rowid} OR NOT EXISTS"
            f" (SELECT 1 FROM {table} WHERE {table}.{shape.rowid} = rid)"
        )
    numbers = {column.id: n for n, column in enumerate(shape.columns)}
    same = " AND ".join(f"NEW.{quote(c.name)} IS c{numbers[c.id]}" for c in shape.key)
    there = " AND ".join(f"{table}.{quote(c.name)} IS c{numbers[c.id]}" for c in shape.key)
    return f"({same}) OR NOT EXISTS (SELECT 1 FROM {table} WHERE {there})"


def _not_old(shape: Shape) -> str:
    if shape.rowid:
        return f"{shape.rowid} IS NOT OLD.{shape.rowid}"
    same = " AND ".join(f"{quote(c.name)} IS OLD.{quote(c.name)}" for c in shape.key)
    return f"NOT ({same})"


def _stage(shape: Shape) -> str:
    return f"clew_stage_{shape.identity}"


def _candidates(shape: Shape) -> str:
    return f"clew_kept_{shape.identity}"


def _trigger(shape: Shape, event: str) -> str:
    return f"clew_{event}_{shape.identity}"
