"""Whether tables that were empty when the plan was made still are, once the answer was yes."""

from __future__ import annotations

from collections.abc import Iterable

from commands.copy.examined import Examined
from journal.database import Database
from journal.effect import Schema
from journal.errors import ChangedSince
from projections.schema import dotted


def refuse_filled_meanwhile(tables: Iterable[Examined], target: Database, known: Schema) -> None:
    """Look at them once more; a question may stand for hours.

    Raises:
        ChangedSince: somebody wrote rows there since the plan was made.
    """
    objects = {one.path: one for one in known.values() if one.kind == "table"}
    empty = [one.plan.target for one in tables if one.changes is None]
    again = [objects[path] for path in empty if path in objects]
    with target.snapshot(again):
        for table in again:
            if next(target.dump(table).rows, None) is not None:
                raise ChangedSince(
                    f"rows of {dotted(table.path)} were written since the plan was made",
                    hint="Look at the plan again, then say yes.",
                )
