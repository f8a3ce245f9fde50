"""Whether the target still holds what the plan was made of, once the answer was yes."""

from __future__ import annotations

from collections.abc import Iterable

from commands.copy.examined import Examined
from commands.copy.marking import marked
from commands.copy.neutral import Side, TableDigest
from journal.database import Database
from journal.effect import Schema
from journal.errors import ChangedSince
from projections.schema import dotted


def refuse_written_meanwhile(tables: Iterable[Examined], target: Database, known: Schema) -> None:
    """Read the tables that stood there once more; a question may stand for hours.

    Raises:
        ChangedSince: somebody wrote rows in the target since the plan was made.
    """
    objects = {one.path: one for one in known.values() if one.kind == "table"}
    again = [one for one in tables if one.plan.target in objects]
    with target.snapshot([objects[one.plan.target] for one in again]):
        for one in again:
            selection = target.dump(objects[one.plan.target])
            side, found = Side(one.plan, target.kind, selection.columns, target=True), TableDigest()
            rows = enumerate(map(side.neutral, selection.rows))
            for _, _, digest, _ in marked(side, rows, keyed=False):
                found.add(int.from_bytes(digest, "big"))
            if (found.rows, found.text) != (one.stood.rows, one.stood.text):
                raise ChangedSince(
                    f"rows of {dotted(one.plan.target)} were written since the plan was made",
                    hint="Look at the plan again, then say yes.",
                )
