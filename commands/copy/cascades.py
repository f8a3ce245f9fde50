"""What deletions take along: foreign keys with actions reach rows that no copy brought."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from commands.copy.facts import TableFacts, facts
from commands.copy.plan import Path
from journal.effect import Effect, Schema
from journal.errors import Refused, rows
from journal.values import DatabaseKind, SchemaObject
from projections.schema import dotted


class Cascades:
    """Holds what the deletions of a copy do against what is to go, table by table.

    ``gone`` tells how many rows of a table are to be deleted; those of circles and of tables
    that refer to themselves may go along with others, and are counted wherever they went.
    """

    def __init__(self, gone: Mapping[Path, int]) -> None:
        self._gone = gone
        self._deleted: Counter[int] = Counter()
        self._updated: Counter[int] = Counter()

    def hold(
        self, effect: Effect, table: SchemaObject, objects: Schema, kind: DatabaseKind
    ) -> None:
        """Count what one deletion did to the table and to all that refer to it.

        Raises:
            Refused: rows of others went along, or were changed.
        """
        touched = [one for one in effect.rows if one.deleted or one.updated]
        referring = _referring(table.path, facts(objects.values(), kind))
        for one in touched:
            path = objects[one.table].path
            if path not in referring:
                continue
            self._deleted[one.table] += one.deleted
            self._updated[one.table] += one.updated
            limit = self._gone.get(path, 0)
            reached = max(self._deleted[one.table], self._updated[one.table])
            if reached > limit:
                raise Refused(
                    f"deletions in {dotted(table.path)} would reach {rows(reached - limit)} of"
                    f" {dotted(path)} that no copy brought, through foreign keys",
                    hint="Delete these rows first, or let them refer to others.",
                )


def _referring(path: Path, tables: Mapping[Path, TableFacts]) -> set[Path]:
    """Return a table and all that refer to it, straight or through others."""
    found, fresh = {path}, {path}
    while fresh:
        fresh = {
            name
            for name, one in tables.items()
            if name not in found and any(key.references in fresh for key in one.foreign_keys)
        }
        found |= fresh
    return found
