"""Data that a migration takes away, told from its events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from journal.events import AnyEvent, RowsChanged, SchemaChanged
from journal.stakes import destroyed
from journal.values import SchemaObject


class Loss(msgspec.Struct, frozen=True, kw_only=True):
    """Data that a migration takes away: which columns of which table, and of how many rows.

    ``deleted`` where rows go and their table stays.
    """

    migration: str
    line: int
    table: str
    columns: tuple[str, ...] = ()
    rows: int = 0
    deleted: bool = False


def losses(
    migration: str, events: Iterable[AnyEvent], schema: Mapping[int, SchemaObject]
) -> Iterable[Loss]:
    """Yield what is taken away: dropped tables and columns, rewritten types, deleted rows."""
    imaged: dict[tuple[int, int], int] = {}
    for event in events:
        match event:
            case RowsChanged(statement=statement, rows=rows) if rows.cause == "destroyed":
                imaged[statement.number, rows.table] = rows.removed
            case RowsChanged(statement=statement, rows=rows) if rows.deleted:
                yield Loss(
                    migration=migration,
                    line=statement.line,
                    table=_named(schema.get(rows.table)),
                    rows=rows.deleted,
                    deleted=True,
                )
            case SchemaChanged(statement=statement, changes=changes):
                for stake in destroyed(changes):
                    if stake.before is None:
                        continue
                    lost = [c.name for c in stake.before.columns if c.id in stake.columns]
                    yield Loss(
                        migration=migration,
                        line=statement.line,
                        table=_named(stake.before),
                        columns=() if stake.whole else tuple(lost),
                        rows=imaged.get((statement.number, stake.before.id), 0),
                    )
            case _:
                pass


def _named(found: SchemaObject | None) -> str:
    return ".".join(found.path) if found else "a table made and dropped on the way"
