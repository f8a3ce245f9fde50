"""Putting values back from images, into tables that are made again or rebuilt."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from journal.errors import ChangedSince, NotExact, StatementFailed
from journal.postgresql.connection import Session
from journal.postgresql.images import Shape
from journal.postgresql.reading import value, written
from journal.postgresql.restore.names import dotted, ident
from journal.values import Column, SchemaObject, TableRows

_TEXT = re.compile(r"text|character varying(\(\d+\))?")
"""Types from which a cast may be one that users made to read their own types."""


class Staged(msgspec.Struct, frozen=True):
    """Images in a temporary table: text columns ``c<identity>``, and ``n`` for their order."""

    table: str
    rows: TableRows


class Copying(msgspec.Struct, frozen=True, kw_only=True):
    """A table on its way into another shape: as it is, as it is to be, and what images hold.

    ``shape`` tells how its rows are imaged, if it has a column at all; ``source`` and ``into`` are the two tables' names.
    """

    live: SchemaObject
    target: SchemaObject
    shape: Shape | None
    staged: Staged | None
    source: str
    into: str

    @property
    def lost(self) -> set[int]:
        """Columns of the target whose values the live table does not have."""
        present = {c.id: c for c in self.live.columns}
        return {
            c.id for c in stored(self.target) if c.id not in present or rewritten(present[c.id], c)
        }

    @property
    def shared(self) -> list[Column]:
        """Columns whose values are the same on both sides."""
        wanted = {c.id for c in stored(self.target)}
        return [c for c in stored(self.live) if c.id in wanted and c.id not in self.lost]

    @property
    def key(self) -> tuple[int, ...]:
        """What tells which image belongs to which row, if that is a key."""
        rows = self.staged.rows if self.staged else None
        return rows.key if rows and set(rows.key) <= {c.id for c in self.shared} else ()


def fill(target: SchemaObject, staged: Staged) -> str:
    """Return the INSERT that puts all imaged rows into an empty table."""
    columns = [c for c in stored(target) if c.id in staged.rows.columns]
    values = ", ".join(imaged(c) for c in columns)
    return (
        f"insert into {dotted(target.path)} ({names(columns)}) overriding system value"
        f" select {values} from {staged.table} as i order by i.n"
    )


def copy(session: Session, copying: Copying, *, overwrite: bool) -> None:
    """Copy the rows of a table into its rebuilt form.

    Values that the images hold come from there, matched by key, or by all that both sides
    share and by ordinal where there is no key; a row that no image knows keeps its own value
    if it has one, or takes the default.

    Raises:
        ChangedSince: rows were written since, and which value is whose cannot be told.
        NotExact: the images do not say which row they belong to.
    """
    staged = copying.staged
    present = {c.id: c for c in copying.live.columns}
    columns, lost = stored(copying.target), copying.lost
    origin = f"{copying.source} as l order by l.ctid"
    values = {c.id: _fallback(session, c, present.get(c.id)) for c in columns if c.id in lost}
    if staged is not None:
        _hold_to(session, copying, overwrite=overwrite)
        origin = f"{_matched(copying)} order by l.clew_place"
        for one in columns:
            if one.id in lost and one.id in staged.rows.columns:
                other = values[one.id]
                values[one.id] = f"case when i.n is null then {other} else {imaged(one)} end"
    chosen = [values[c.id] if c.id in lost else f"l.{ident(present[c.id].name)}" for c in columns]
    session.run(
        f"insert into {copying.into} ({names(columns)}) overriding system value"
        f" select {', '.join(chosen)} from {origin}"
    )


def stored(table: SchemaObject) -> list[Column]:
    """Return the columns that take values."""
    return [c for c in table.columns if "generated" not in c.definition]


def names(columns: Sequence[Column]) -> str:
    """Return a list of column names."""
    return ", ".join(ident(c.name) for c in columns)


def imaged(one: Column) -> str:
    """Return the SQL expression of an imaged value in its column's type."""
    return value(f"i.c{one.id}", one.definition["type"])


def rewritten(live: Column, target: Column) -> bool:
    """Tell whether the values of a column differ on the two sides of a change."""
    attributes = ("type", "collation")
    return any(live.definition.get(n) != target.definition.get(n) for n in attributes) or (
        "generated" in live.definition and "generated" not in target.definition
    )


def row_text(shape: Shape | None, columns: Sequence[Column]) -> str:
    """Return the SQL expression, over bare columns, of a row as images hold it."""
    texts = (
        {c.id: text for c, text in zip(shape.columns, shape.texts, strict=True)} if shape else {}
    )
    # Columns of different collations have none together, by which they could be compared.
    return f'(array[{", ".join(texts[c.id] for c in columns)}]::text[] collate pg_catalog."C")'


def row_image(columns: Sequence[Column]) -> str:
    """Return the SQL expression of an imaged row."""
    return f"array[{', '.join(f'i.c{c.id}' for c in columns)}]::text[]"


def _fallback(session: Session, target: Column, live: Column | None) -> str:
    """Return the value of a row that no image knows: what it has, if need be by its text."""
    if live is not None:
        own, kinds = f"l.{ident(live.name)}", (live.definition["type"], target.definition["type"])
        if not _TEXT.fullmatch(kinds[0]) and _casts(session, *kinds):
            return f"{own}::{kinds[1]}"
        return value(written(own), kinds[1])
    default = target.definition.get("default", "null")
    return f"({default})::{target.definition['type']}"


def _casts(session: Session, one: str, other: str) -> bool:
    try:
        with session.point("clew_cast"):
            session.query(f"select null::{one}::{other}")
    except StatementFailed as error:
        return error.sqlstate != "42846"
    return True


def _matched(copying: Copying) -> str:
    """Return the join of live rows with their images."""
    staged = copying.staged
    assert staged is not None
    if copying.key:
        present = {c.id: c for c in copying.live.columns}
        on = " and ".join(f"l.{ident(present[k].name)} = {imaged(present[k])}" for k in copying.key)
        place = f"(select l.*, l.ctid as clew_place from {copying.source} as l) as l"
        return f"{place} left join {staged.table} as i on {on}"
    theirs, ours = row_text(copying.shape, copying.shared), row_image(copying.shared)
    return (
        f"(select *, ctid as clew_place, {theirs} as clew_row, row_number()"
        f" over (partition by {theirs} order by ctid) as clew_copy"
        f" from {copying.source}) as l left join (select i.*, {ours} as clew_row,"
        f" row_number() over (partition by {ours} order by i.n) as clew_copy"
        f" from {staged.table} as i) as i on l.clew_row = i.clew_row and l.clew_copy = i.clew_copy"
    )


def _hold_to(session: Session, copying: Copying, *, overwrite: bool) -> None:
    """Without a key, hold the live rows to the images: none may be in doubt."""
    staged = copying.staged
    if staged is None or copying.key:
        return
    name = ".".join(copying.target.path)
    if not {c.id for c in copying.shared} <= set(staged.rows.columns):
        raise NotExact(f"the images of {name} do not say which row they belong to")
    lost = [c for c in stored(copying.target) if c.id in copying.lost & set(staged.rows.columns)]
    theirs, ours = row_text(copying.shape, copying.shared), row_image(copying.shared)
    ((doubtful, strange, missing),) = session.query(
        "select count(*) filter (where l.n <> i.n and i.kinds > 1),"
        " count(*) filter (where i.n is null), count(*) filter (where l.n is null)"
        f" from (select {theirs} as r, count(*) as n from {copying.source} group by 1) as l"
        f" full join (select {ours} as r, count(*) as n, count(distinct {row_image(lost)}) as kinds"
        f" from {staged.table} as i group by 1) as i on l.r = i.r"
    )
    if doubtful or (strange and missing and not overwrite):
        raise ChangedSince(
            f"{doubtful or missing} rows of {name}, which has no key, were written since,"
            " and their former values cannot be told apart"
        )
