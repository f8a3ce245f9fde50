"""The target rows of a subject, found by what the transform's description says of its key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from commands.findings import ConflictAnswer
from commands.folding import folded
from commands.past import rows as past_rows
from commands.quoting import quoted
from commands.tracing import Taken
from commands.transform.reading import key_of, named
from commands.transform.values import alike
from journal.errors import Refused, StatementFailed
from journal.selecting import Keys, Source
from journal.store import Journal
from journal.values import SchemaObject
from projections.schema import Schema, SchemaFold, dotted


class TargetNow(msgspec.Struct, frozen=True, kw_only=True):
    """A row that bears the subject's key; ``columns`` names those of the transform.

    ``target`` is the table as the transform calls it, ``values`` are by name.
    """

    target: str
    table: str
    columns: Mapping[str, str]
    values: Mapping[str, Any]


class Whereabouts:
    """Finds rows of tables by column identity, so that a new name does not matter."""

    def __init__(self, journal: Journal, name: str, *, last: int) -> None:
        self.journal = journal
        self.key = key_of(name)
        self.last = last
        self.notes: list[str] = []
        self._now = folded(journal, SchemaFold, last=last)
        self._live = last == journal.head().position

    def rows(
        self, spec: Mapping[str, Any], taken: Taken, conflicts: Iterable[ConflictAnswer]
    ) -> Iterator[TargetNow]:
        """Yield the rows of each target that has a column for the key, or had a conflict."""
        then = folded(self.journal, SchemaFold, last=taken.position)
        keys = {one.conflict.table: one.conflict.key for one in conflicts}
        seen: set[tuple[int, str, str]] = set()
        for target in spec.get("into", ()):
            once = _table(then, target["table"])
            now = self._now.objects.get(once.id) if once else None
            if once is None or now is None:
                continue
            ids = {column.name: column.id for column in once.columns}
            names = {column.id: column.name for column in now.columns}
            columns = {
                column: names[id_]
                for column, id_ in ids.items()
                if column in target["columns"] and id_ in names
            }
            found = [
                (columns[column], self.key)
                for column, rule in target["columns"].items()
                if column in columns and rule.get("field") == spec.get("subject")
            ][:1]
            found += [(names[id_], key) for id_, key in keys.get(once.id, ())[:1] if id_ in names]
            for column, key in found[:1]:
                if (now.id, column, named(key)) not in seen:
                    seen.add((now.id, column, named(key)))
                    for values in self._find(now, column, key):
                        yield TargetNow(
                            target=target["table"],
                            table=dotted(now.path),
                            columns=columns,
                            values=values,
                        )

    def _find(self, table: SchemaObject, column: str, key: Any) -> list[dict[str, Any]]:
        try:
            return self._now_at(table, column, key) if self._live else self._at(table, column, key)
        except StatementFailed:
            return []  # the key is of a kind that the column does not hold, or the table is gone

    def _now_at(self, table: SchemaObject, column: str, key: Any) -> list[dict[str, Any]]:
        source = Source(sql=f"SELECT * FROM {quoted(*table.path)}", key=column)
        database = self.journal.database
        with (
            database.snapshot(()),
            database.select_rows(source, Keys(among=(key,))) as found,
        ):
            rows = (dict(zip(found.columns, row, strict=True)) for row in found.rows)
            return [row for row in rows if alike(row[column], key)]  # '1' is not 1

    def _at(self, table: SchemaObject, column: str, key: Any) -> list[dict[str, Any]]:
        """Read the table as it was then, and keep the rows of the key."""
        try:
            found = past_rows(self.journal, dotted(table.path), str(self.last)).rows
            return [row for row in found if alike(_plain(row.get(column), table, column), key)]
        except Refused as error:
            self.notes.append(f"rows of {dotted(table.path)} then: {error.message}")
            return []


def _table(schema: Schema, name: str) -> SchemaObject | None:
    path = tuple(name.split("."))
    found = [one for one in schema.of_kind("table") if one.path[-len(path) :] == path]
    return found[0] if len(found) == 1 else None


def _plain(value: Any, table: SchemaObject, column: str) -> Any:
    """Numbers of PostgreSQL's own length come as text from the past."""
    types = {one.name: str(one.definition.get("type", "")) for one in table.columns}
    exact = isinstance(value, str) and types[column].startswith("numeric")
    return Decimal(value) if exact else value
