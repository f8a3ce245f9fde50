"""Images of what went with a table or a column, and of what came with one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from journal.sqlite.connection import Session, quote
from journal.sqlite.images import Writer
from journal.sqlite.observing.keeping import KEPT
from journal.sqlite.restore_since import DEFAULTS, defaults
from journal.sqlite.shape import Shape, same
from journal.sqlite.watch import BATCH
from journal.values import Column, TableRows

_CONSTANT = re.compile(
    r"[-+]?[0-9.]+([eE][-+]?[0-9]+)?|[xX]?'([^']|'')*'|null|true|false", re.IGNORECASE
)
"""Defaults that are the same whenever one looks."""


def whole(session: Session, writer: Writer, shape: Shape, sign: int) -> TableRows | None:
    """Store images of all rows: of the copy (sign -1), or of the file (1)."""
    return _image(session, writer, shape, shape.columns, sign, "1")


def part(
    session: Session, writer: Writer, shape: Shape, columns: Sequence[int], sign: int
) -> TableRows | None:
    """Store images of some columns, with what tells the rows apart.

    Of columns that came, only values that are not the default are needed.
    """
    stored = [column for column in shape.columns if column.id in columns]
    if not stored:
        return None
    wanted = {column.id for column in (*stored, *shape.key)}
    imaged = [c for c in shape.columns if c.id in wanted or not shape.key]
    if sign < 0 or not all(map(_constant, stored)):
        return _image(session, writer, shape, imaged, sign, "1")
    with defaults(session, stored):
        equal = " AND ".join(
            f"({same('t.' + quote(c.name), f'(SELECT d{c.id} FROM temp.{DEFAULTS})')})"
            for c in stored
        )
        return _image(session, writer, shape, imaged, sign, f"NOT ({equal})")


def _image(
    session: Session,
    writer: Writer,
    shape: Shape,
    columns: Sequence[Column],
    sign: int,
    where: str,
) -> TableRows | None:
    rowid = f"t.{shape.rowid}" if shape.rowid else "NULL"
    names = ", ".join([rowid, *(f"t.{quote(column.name)}" for column in columns)])
    source = KEPT if sign < 0 else "main"
    sql = f"SELECT {names} FROM {source}.{quote(shape.table)} t WHERE {where}"
    images, removed, added = writer.write([(sign, session.stream(sql, size=BATCH))])
    if images is None:
        return None
    return TableRows(
        table=shape.identity,
        cause="destroyed" if sign < 0 else "made",
        columns=tuple(column.id for column in columns),
        key=tuple(column.id for column in shape.key),
        removed=removed,
        added=added,
        run=writer.run,
        images=images,
    )


def _constant(column: Column) -> bool:
    default = column.definition.get("default")
    return default is None or _CONSTANT.fullmatch(str(default)) is not None
