"""Values that somebody wrote after a schema change made them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from journal.effect import LISTED
from journal.errors import NotExact
from journal.postgresql.catalog.live import Catalog
from journal.postgresql.connection import Session
from journal.postgresql.images import Shape, shape_of
from journal.postgresql.made import filling
from journal.postgresql.restore.data import imaged, row_image, row_text, stored
from journal.postgresql.restore.names import ident
from journal.values import ChangedRow, Column, ObjectChange, SchemaObject, TableRows

Stage = Callable[[TableRows, int], str]
"""Puts images of one sign into a temporary table and returns its name."""


class Changed(msgspec.Struct):
    """Rows written since: all are counted, the first are listed."""

    count: int = 0
    rows: list[ChangedRow] = []


class Comparing:
    """The comparison of what a step made with what stands there now."""

    def __init__(
        self, session: Session, catalog: Catalog, made: Mapping[int, TableRows], stage: Stage
    ) -> None:
        self._session = session
        self._catalog = catalog
        self._made = made
        self._stage = stage
        self.found = Changed()

    def compare(self, change: ObjectChange) -> None:
        """Compare what one change made of a table; live settings must be ``plain``."""
        table = change.after
        if table is None or table.kind != "table" or not stored(table):
            return
        present = {c.id for c in change.before.columns} if change.before else set()
        added = [c for c in stored(table) if c.id not in present]
        rows = self._made.get(table.id)
        if rows is None and not added:
            return
        oid = self._catalog.relation(table.id)
        if oid is None:
            raise NotExact(f"table {'.'.join(table.path)} is not where it is known to be")
        shape = shape_of(self._session, table, oid)
        if change.before is None:
            self._created(table, shape, rows)
        elif rows is None:
            self._fresh(table, shape, added, "true")
        else:
            self._columns(table, shape, rows, added)

    def look_for_gone(self, change: ObjectChange, destroyed: TableRows | None) -> None:
        """Find rows that were deleted since: of what the change took only a part is imaged."""
        table = change.after
        if table is None or change.before is None or destroyed is None or not destroyed.key:
            return
        by_id = {c.id: c for c in stored(table)}
        if not by_id.keys() >= set(destroyed.key):
            return
        staged = self._stage(destroyed, -1)
        before = {c.id: c for c in change.before.columns}
        columns = [before[identity] for identity in destroyed.columns]
        oid = self._catalog.relation(table.id)
        assert oid is not None
        shape = shape_of(self._session, table, oid)
        on = " and ".join(f"x.{ident(by_id[k].name)} = {imaged(by_id[k])}" for k in destroyed.key)
        self._list(
            table,
            columns,
            destroyed.key,
            f"select {row_image(columns)}, null::text[], count(*) over () from {staged} as i"
            f" where not exists (select from only {shape.name} as x where {on})",
        )

    def _created(self, table: SchemaObject, shape: Shape, rows: TableRows | None) -> None:
        columns = stored(table)
        live = row_text(shape, columns)
        if rows is None or rows.images is None:
            sql = f"select null::text[], {live}, count(*) over () from only {shape.name}"
            self._list(table, columns, (), sql)
        else:
            self._multiset(table, shape, rows, columns)

    def _columns(
        self, table: SchemaObject, shape: Shape, rows: TableRows, added: Sequence[Column]
    ) -> None:
        columns = [c for c in stored(table) if c.id in rows.columns]
        if not rows.key:
            self._multiset(table, shape, rows, columns)
            return
        staged = self._stage(rows, 1)
        by_id = {c.id: c for c in columns}
        keys = ", ".join(f"{ident(by_id[k].name)} as k{k}" for k in rows.key)
        on = " and ".join(f"l.k{k} = {imaged(by_id[k])}" for k in rows.key)
        self._list(
            table,
            columns,
            rows.key,
            f"select {row_image(columns)}, l.r, count(*) over ()"
            f" from (select {row_text(shape, columns)} as r, {keys} from only {shape.name}) as l"
            f" join {staged} as i on {on} where l.r is distinct from {row_image(columns)}",
        )
        bare = " and ".join(f"x.{ident(by_id[k].name)} = {imaged(by_id[k])}" for k in rows.key)
        self._fresh(table, shape, added, f"not exists (select from {staged} as i where {bare})")

    def _multiset(
        self, table: SchemaObject, shape: Shape, rows: TableRows, columns: Sequence[Column]
    ) -> None:
        staged = self._stage(rows, 1)
        live, image = row_text(shape, columns), row_image(columns)
        self._list(
            table,
            columns,
            rows.key,
            "select i.r, l.r, count(*) over ()"
            f" from (select {live} as r, row_number() over (partition by {live}) as k"
            f" from only {shape.name}) as l full join (select {image} as r, row_number() over"
            f" (partition by {image}) as k from {staged} as i) as i on l.r = i.r and l.k = i.k"
            " where l.r is null or i.r is null",
        )

    def _fresh(
        self, table: SchemaObject, shape: Shape, added: Sequence[Column], among: str
    ) -> None:
        """Find rows that came since with something of their own in an added column."""
        own = [_own(column) for column in added if _own(column)]
        if not own:
            return
        columns = stored(table)
        key = tuple(c.id for c in shape.key)
        self._list(
            table,
            columns,
            key,
            f"select null::text[], {row_text(shape, columns)}, count(*) over ()"
            f" from only {shape.name} as x where ({' or '.join(own)}) and {among}",
        )

    def _list(
        self, table: SchemaObject, columns: Sequence[Column], key: Sequence[int], sql: str
    ) -> None:
        differing = self._session.query(f"{sql} limit {LISTED}")
        self.found.count += differing[0][2] if differing else 0
        names = [c.name for c in columns]
        chosen = [c.name for c in columns if c.id in key] or names
        for before, after, _ in differing[: LISTED - len(self.found.rows)]:
            journaled, live = _row(names, before), _row(names, after)
            row = live or journaled or {}
            self.found.rows.append(
                ChangedRow(
                    table=table.id,
                    key={name: row[name] for name in chosen},
                    journaled=journaled,
                    live=live,
                )
            )


def _own(column: Column) -> str:
    """Return the condition that a value is not what adding the column filled in.

    Empty where adding it filled in no constant: then any new value may be a default.
    """
    filled = filling(column)
    if filled is None:
        return ""
    value, other = f"x.{ident(column.name)}", f"({filled})::{column.definition['type']}"
    texts = [f"case when {one} is not null then format('%s', {one}) end" for one in (value, other)]
    return f"({texts[0]}) is distinct from ({texts[1]})"


def _row(names: Sequence[str], values: Sequence[Any] | None) -> dict[str, Any] | None:
    return None if values is None else dict(zip(names, values, strict=True))
