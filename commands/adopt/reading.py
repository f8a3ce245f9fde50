"""Find the bookkeeping of other tools among the tables, and read it."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import msgspec

from commands.adopt.bookkeeping import Bookkeeping, Tool
from commands.adopt.layouts import LAYOUTS, Layout
from commands.quoting import listed, quoted
from journal.database import Database
from journal.effect import Row
from journal.errors import StatementFailed
from journal.values import SchemaObject

FORBIDDEN = "42501"
"""SQLSTATE: permission denied."""

Path = tuple[str, ...]


class Unreadable(StatementFailed):
    """A table of bookkeeping may not be read.

    Attributes:
        table: its path.
    """

    def __init__(self, table: Path, error: StatementFailed) -> None:
        super().__init__(error.message, sqlstate=error.sqlstate, hint=error.hint)
        self.table = table


class FoundLayout(msgspec.Struct, frozen=True, kw_only=True):
    """A table that has the shape of a tool's bookkeeping."""

    tool: Tool
    layout: Layout
    table: SchemaObject
    lock: SchemaObject | None = None


def find(objects: Iterable[SchemaObject]) -> tuple[FoundLayout, ...]:
    """Return the tables that have the shape of a tool's bookkeeping, in any schema."""
    objects = tuple(objects)
    tables = {one.path: one for one in objects if one.kind == "table"}
    return tuple(
        FoundLayout(
            tool=_tool(layout, table, objects),
            layout=layout,
            table=table,
            lock=_beside(table, layout.lock.table, tables) if layout.lock else None,
        )
        for table in sorted(tables.values(), key=lambda one: one.path)
        for layout in LAYOUTS
        if layout.fits(table)
    )


def read(
    database: Database, objects: Iterable[SchemaObject], *, without: Collection[Path] = ()
) -> tuple[Bookkeeping, ...]:
    """Read the bookkeeping that stands among ``objects``, within the open transaction.

    Raises:
        Unreadable: a table may not be read; name it in ``without`` to go on without it.
        StatementFailed: it could not be read for another reason.
    """
    found = (one for one in find(objects) if one.table.path not in without)
    return tuple(books for one in found if (books := _read(database, one)) is not None)


def standing_books(
    database: Database, objects: Iterable[SchemaObject] | None = None
) -> tuple[tuple[Bookkeeping, ...], tuple[Path, ...]]:
    """Read the bookkeeping of the live database, and name the tables that may not be read.

    ``objects`` is the live schema where it is known already. Nothing is written; outside any
    transaction.
    """
    objects = None if objects is None else tuple(objects)
    unread: list[Path] = []
    while True:
        try:
            with database.snapshot(()):
                live = database.read_schema() if objects is None else objects
                return read(database, live, without=unread), tuple(unread)
        except Unreadable as error:
            unread.append(error.table)


def _read(database: Database, found: FoundLayout) -> Bookkeeping | None:
    layout, table = found.layout, found.table
    names = {column.name.lower(): column.name for column in table.columns}
    order = listed(names[name] for name in layout.order)
    columns = listed(names[name] for name in layout.select)
    query = f"SELECT {columns} FROM {quoted(*table.path)} ORDER BY {order}"
    told = layout.tell(_rows(database, table.path, query))
    if told is None:
        return None
    records, upto = told
    return Bookkeeping(
        tool=found.tool,
        table=table.path,
        query=query,
        records=tuple(records),
        upto=upto,
        locked=_locked(database, found),
    )


def _rows(database: Database, table: Path, query: str) -> list[Row]:
    try:
        with database.select(query) as selection:
            return [tuple(row) for row in selection.rows]
    except StatementFailed as error:
        if error.sqlstate == FORBIDDEN:
            raise Unreadable(table, error) from error
        raise


def _locked(database: Database, found: FoundLayout) -> str:
    """Tell who holds the tool's own lock; empty where nobody does."""
    if found.lock is None or found.layout.lock is None:
        return ""
    names = {column.name.lower(): column.name for column in found.lock.columns}
    wanted = found.layout.lock.columns
    if not names.keys() >= set(wanted):
        return ""
    query = f"SELECT {listed(names[one] for one in wanted)} FROM {quoted(*found.lock.path)}"
    for held, *who in _rows(database, found.lock.path, query):
        if held:
            return str(who[0]) if who and who[0] else "nobody knows whom"
    return ""


def _beside(
    table: SchemaObject, name: str, tables: dict[Path, SchemaObject]
) -> SchemaObject | None:
    """Return the table of a name in the same schema, whatever its case."""
    schema = table.path[:-1]
    return next(
        (one for path, one in tables.items() if path[:-1] == schema and path[-1].lower() == name),
        None,
    )


def _tool(layout: Layout, table: SchemaObject, objects: Iterable[SchemaObject]) -> Tool:
    """Rails' versions look as dbmate's; it has a table of its own beside, or an old index."""
    if layout.tool != "dbmate":
        return layout.tool
    beside = {
        one.path[-1] for one in objects if one.path[:1] == table.path[:1] or not table.path[1:]
    }
    is_rails = not beside.isdisjoint(("ar_internal_metadata", "unique_schema_migrations"))
    return "rails" if is_rails else "dbmate"
