"""Rows of one table before and after, compared set-wise inside the database.

Values are equal in storage class and bytes. A row is found again by its rowid, or by its key
in a WITHOUT ROWID table.
"""

from __future__ import annotations

import msgspec

from journal.sqlite.connection import Session, quote
from journal.sqlite.images import Writer
from journal.sqlite.observing.keeping import KEPT
from journal.sqlite.shape import Shape, joined, same
from journal.sqlite.watch import BATCH
from journal.values import Column, TableRows


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """A table in the copy (``k``) and in the file (``t``), and the columns that both have."""

    before: Shape
    after: Shape

    @property
    def columns(self) -> list[tuple[Column, Column]]:
        """The columns of both, by identity."""
        after = {column.id: column for column in self.after.columns}
        return [(c, after[c.id]) for c in self.before.columns if c.id in after]

    @property
    def kept(self) -> str:
        """The table in the copy."""
        return f"{KEPT}.{quote(self.before.table)} k"

    @property
    def live(self) -> str:
        """The table in the file."""
        return f"main.{quote(self.after.table)} t"

    @property
    def at(self) -> str:
        """The condition that two rows are at the same place, as the table sees it."""
        if self.before.rowid:
            return f"t.{self.after.rowid} = k.{self.before.rowid}"
        pairs = zip(self.before.key, self.after.key, strict=True)
        return " AND ".join(f"t.{quote(new.name)} = k.{quote(old.name)}" for old, new in pairs)

    @property
    def equal(self) -> str:
        """The condition that two rows are equal."""
        pairs = [(f"k.{quote(old.name)}", f"t.{quote(new.name)}") for old, new in self.columns]
        return joined("AND", [same(old, new) for old, new in pairs]) if pairs else "1"

    @property
    def gone(self) -> str:
        """The rows of the copy that do not stand in the file any more."""
        return (
            f"FROM {self.kept} WHERE NOT EXISTS"
            f" (SELECT 1 FROM {self.live} WHERE {self.at} AND {self.equal})"
        )

    @property
    def come(self) -> str:
        """The rows of the file that did not stand in the copy."""
        return (
            f"FROM {self.live} WHERE NOT EXISTS"
            f" (SELECT 1 FROM {self.kept} WHERE {self.at} AND {self.equal})"
        )


def differ(session: Session, pair: Pair) -> bool:
    """Tell whether rows of the common columns differ; one pass where they do not."""
    counts = [session.value(f"SELECT count(*) FROM {table}") for table in (pair.kept, pair.live)]
    return counts[0] != counts[1] or bool(session.value(f"SELECT 1 {pair.gone} LIMIT 1"))


def renumbered(session: Session, pair: Pair) -> bool:
    """Tell whether nothing but the rowids differ, as VACUUM leaves them: 1, 2, 3 ..."""
    if not pair.before.rowid or pair.before.alias:
        return False
    rowid = f"t.{pair.after.rowid}"
    count = session.value(f"SELECT count(*) FROM {pair.kept}")
    ends = session.run(f"SELECT count(*), min({rowid}), max({rowid}) FROM {pair.live}")
    if ends != [(count, 1, count)]:
        return False
    names = ", ".join(f"k.{name}" for name in pair.before.names)
    order = f"k.{pair.before.rowid}"
    numbered = (
        f"(SELECT row_number() OVER (ORDER BY {order}) AS clew_place, {names}"
        f" FROM {pair.kept} ORDER BY {order})"
    )
    return not session.value(
        f"SELECT 1 FROM {numbered} k WHERE NOT EXISTS (SELECT 1 FROM {pair.live}"
        f" WHERE {rowid} = k.clew_place AND {pair.equal}) LIMIT 1"
    )


def alike(session: Session, pair: Pair) -> bool:
    """Tell whether a key became one that the table holds to be equal, and that is not."""
    if pair.before.rowid:
        return False
    pairs = zip(pair.before.key, pair.after.key, strict=True)
    exact = " AND ".join(
        f"({same(f'k.{quote(old.name)}', f't.{quote(new.name)}')})" for old, new in pairs
    )
    return bool(
        session.value(
            f"SELECT 1 FROM {pair.kept} JOIN {pair.live} ON {pair.at} WHERE NOT ({exact}) LIMIT 1"
        )
    )


def written(session: Session, writer: Writer, pair: Pair) -> TableRows | None:
    """Store images of the rows that differ: at one place on both sides they are updates."""
    sides = ((-1, pair.before, "k", pair.gone), (1, pair.after, "t", pair.come))
    images, removed, added = writer.write(
        (sign, session.stream(f"SELECT {_row(shape, letter)} {rows}", size=BATCH))
        for sign, shape, letter, rows in sides
    )
    if images is None:
        return None
    deleted = int(
        session.value(
            f"SELECT count(*) FROM {pair.kept}"
            f" WHERE NOT EXISTS (SELECT 1 FROM {pair.live} WHERE {pair.at})"
        )
    )
    updated = removed - deleted
    return TableRows(
        table=pair.after.identity,
        columns=tuple(column.id for column in pair.after.columns),
        key=tuple(column.id for column in pair.after.key),
        inserted=added - updated,
        updated=updated,
        deleted=deleted,
        removed=removed,
        added=added,
        run=writer.run,
        images=images,
    )


def _row(shape: Shape, letter: str) -> str:
    rowid = f"{letter}.{shape.rowid}" if shape.rowid else "NULL"
    return ", ".join([rowid, *(f"{letter}.{name}" for name in shape.names)])
