"""Rows that tables are to hold, and what has to change for that: the data of ``replace``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal

import msgspec

from journal.effect import Effect, Row
from journal.values import SchemaObject


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """All rows that a table is to hold, values as ``Database.dump`` yields them.

    ``columns`` names the values of a row, SQLite's rowid left out; ``rowid`` tells that it
    comes last. Columns that are not named keep their values in rows that are there, and take
    their default in others. ``retyped`` names columns whose values come from another type.
    ``lines`` yields the same rows as blocks of lines, under ``names``, where they are at hand
    so; one of ``rows`` and ``lines`` is called, once.
    """

    table: SchemaObject
    columns: tuple[str, ...]
    rows: Callable[[], Iterable[Row]]
    rowid: bool = False
    retyped: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    lines: Callable[[], Iterable[bytes]] | None = None


class RowDifference(msgspec.Struct, frozen=True, kw_only=True):
    """A row that differs: ``live`` as it is, ``wanted`` as it is to be; ``None`` for no row.

    ``key`` names the row: its key, or else all of its values.
    """

    table: int
    key: dict[str, Any]
    live: dict[str, Any] | None = None
    wanted: dict[str, Any] | None = None

    @property
    def what(self) -> Literal["added", "removed", "changed"]:
        """What becomes of the row."""
        if self.live is None:
            return "added"
        return "removed" if self.wanted is None else "changed"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns whose values change."""
        live, wanted = self.live, self.wanted
        if live is None or wanted is None:
            return ()
        return tuple(name for name, value in wanted.items() if not _alike(value, live[name]))


class Replacement(msgspec.Struct, frozen=True, kw_only=True):
    """What it took in one table: rows by what became of them, and changed rows by column.

    ``silent`` names the triggers of users that did not fire.
    """

    table: int
    added: int = 0
    removed: int = 0
    changed: int = 0
    columns: dict[str, int] = {}
    silent: tuple[str, ...] = ()


class Replaced(msgspec.Struct, frozen=True, kw_only=True):
    """What replacing did, whole and table by table."""

    effect: Effect
    tables: tuple[Replacement, ...]


class Replacing(msgspec.Struct, frozen=True, kw_only=True):
    """How rows are replaced.

    ``tell`` is given rows that differ before any of them changes: ``listed`` of each table, all
    where that is ``None``. ``prove`` is called when all is done and every row can be read.
    """

    tell: Callable[[RowDifference], None]
    prove: Callable[[], None]
    listed: int | None = None


def _alike(one: Any, other: Any) -> bool:
    """1 and 1.0 are equal, and so are 0.0 and -0.0; their types or texts are not."""
    return type(one) is type(other) and repr(one) == repr(other)
