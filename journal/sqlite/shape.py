"""How the rows of a table are reached and compared."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from journal.errors import NotKnownExact
from journal.sqlite.connection import quote
from journal.values import Column, SchemaObject

_ROWIDS = ("rowid", "_rowid_", "oid")
COLUMNS = 1990
"""Columns of a table that is captured, at most: SQLite selects 2,000, and some are needed."""


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

    @property
    def stage(self) -> str:
        """The TEMP table of what was captured."""
        return f"clew_stage_{self.identity}"

    @property
    def kept(self) -> str:
        """The TEMP table of rows kept for comparison."""
        return f"clew_kept_{self.identity}"

    def trigger(self, event: str) -> str:
        """The TEMP trigger for what happens to rows."""
        return f"clew_{event}_{self.identity}"


def shape_of(table: SchemaObject) -> Shape:
    """Tell how the rows of a table are reached.

    Raises:
        NotKnownExact: columns hide each name of the rowid, or there are too many of them.
    """
    if len(table.columns) > COLUMNS:
        raise NotKnownExact(
            "too-many-columns",
            f"table {table.path[0]} has {len(table.columns)} columns, {COLUMNS} can be captured",
        )
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


def same(left: str, right: str) -> str:
    """The condition that two values are equal in storage class and bytes: -0.0 is not 0.0."""
    return (
        f"typeof({left}) = typeof({right}) AND (+{left}) COLLATE BINARY IS (+{right}) AND"
        f" CASE WHEN typeof({left}) = 'real' AND {left} = 0"
        f" THEN clew_sign({left}) = clew_sign({right}) ELSE 1 END"
    )


def joined(word: str, conditions: Sequence[str]) -> str:
    """Join conditions by AND or OR, as flat as can be: SQLite nests 1,000 deep."""
    if len(conditions) < 100:
        return f" {word} ".join(f"({condition})" for condition in conditions)
    half = len(conditions) // 2
    return f"({joined(word, conditions[:half])}) {word} ({joined(word, conditions[half:])})"
