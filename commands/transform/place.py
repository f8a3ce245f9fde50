"""Where a conflict stands: the row and the field it is about, as they are now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from commands.sources import read_sources
from commands.transform.choosing import Rejection
from commands.transform.fitting import Fitting
from commands.transform.loading import transform_in
from commands.transform.spec import Derive, Pick, Rows
from commands.transform.subject import call
from commands.transform.values import alike, read, unjsonable
from journal.database import Database
from journal.errors import ClewError, Refused
from journal.events import RowsTransformed, RunStarted
from journal.recording import Recording
from journal.store import Journal
from journal.values import SchemaObject
from projections.findings import ConflictFact


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A row found by ``key`` in the ``match`` columns, and the column that is meant."""

    table: SchemaObject
    match: tuple[str, ...]
    key: tuple[Any, ...]
    column: str
    path: str | None
    fitting: Fitting
    row: dict[str, Any]

    @property
    def live(self) -> Any:
        """The value as it is now."""
        whole = self.row[self.column]
        if self.path is None:
            return whole
        return whole.get(self.path) if isinstance(whole, dict) else None

    def with_value(self, value: Any) -> Any:
        """Return what the column will hold.

        Raises:
            Refused: the column holds no object whose key could be meant.
        """
        if self.path is None:
            return value
        whole = self.row[self.column]
        if not isinstance(whole, dict):
            raise Refused(
                f"{self.column} holds no object, so it has no {self.path!r}",
                hint="Mend the row, then decide.",
            )
        return whole | {self.path: value}

    def holds(self, expected: Any, database: Database) -> bool:
        """Tell whether the field is as it was left; the database may write a value otherwise."""
        if alike(self.live, expected):
            return True
        if self.path is not None or expected is None or isinstance(expected, list | dict):
            return False
        try:
            key = (*self.key, self.fitting.fit_one(self.column, expected))
            return bool(database.find(self.table, (*self.match, self.column), [key], self.match))
        except (ClewError, Rejection):
            return False


class Derived(msgspec.Struct, frozen=True, kw_only=True):
    """Columns computed again from a row, or their names alone where nobody knows how."""

    values: dict[str, Any] = {}
    stale: tuple[str, ...] = ()
    fitting: Fitting | None = None


def find_place(fact: ConflictFact, recording: Recording) -> Place:
    """Find the row and the field of a conflict, through renames.

    Raises:
        Refused: table, column or row is not there, or cannot be told from others.
    """
    table = recording.known.objects.get(fact.table)
    names = {column.id: column.name for column in table.columns} if table else {}
    if table is None or fact.column not in names or any(c not in names for c, _ in fact.key):
        raise Refused(
            f"the field {fact.field} is not in the schema any more",
            hint="A later migration took it away; go back before that to decide.",
        )
    match = tuple(names[identity] for identity, _ in fact.key)
    key = tuple(unjsonable(value) for _, value in fact.key)
    column = names[fact.column]
    fitting = _fitting(fact, table, column, recording)
    found = recording.database.find(table, match, [key], fitting.readable) if match else []
    if len(found) != 1:
        what = "is not there any more" if not found else "cannot be told from others"
        raise Refused(
            f"the row of {fact.subject} in {'.'.join(table.path)} {what}",
            hint="See what became of it with clew rows.",
        )
    row = fitting.read_back(dict(zip(fitting.readable, found[0][1], strict=True)))
    return Place(
        table=table,
        match=match,
        key=key,
        column=column,
        path=fact.path,
        fitting=fitting,
        row=row,
    )


def derived(
    journal: Journal,
    fact: ConflictFact,
    place: Place,
    row: dict[str, Any],
    paths: Sequence[Path],
    *,
    objects: Mapping[int, SchemaObject],
) -> Derived:
    """Compute derived columns again, by the functions of the file as it was applied.

    Raises:
        Refused: a function does not take the row.
    """
    columns = _derived_columns(journal, fact)
    if not columns:
        return Derived()
    target = _target(journal, fact, paths, columns)
    if target is None or not target.columns.keys() <= place.row.keys():
        return Derived(stale=columns)
    fitting = Fitting(target, place.table, journal.database.kind, objects)
    finished = fitting.read_back(row)
    try:
        values = {
            name: call(rule.function, (finished,), name)
            for name, rule in target.columns.items()
            if isinstance(rule, Derive)
        }
    except Rejection as rejection:
        raise Refused(
            rejection.reason, hint="The row's derived columns follow: give a value they take."
        ) from None
    return Derived(values=values, fitting=fitting)


def _fitting(fact: ConflictFact, table: SchemaObject, column: str, recording: Recording) -> Fitting:
    """The field alone; keys of objects are merged in columns that hold objects."""
    rule = Pick(how="first" if fact.path is None else "merge_objects", fields=(column,))
    target = Rows(table=column, columns={column: rule})
    return Fitting(target, table, recording.database.kind, recording.known.objects)


def _derived_columns(journal: Journal, fact: ConflictFact) -> tuple[str, ...]:
    """Ask the transform's description, which the journal keeps."""
    for entry in journal.read(run=fact.run, types=("RowsTransformed",)):
        event = entry.event
        if isinstance(event, RowsTransformed) and event.step == fact.step and event.spec:
            return tuple(_derives(read(journal.needed_content(event.spec)), fact.field))
    return ()


def _derives(spec: Mapping[str, Any], field: str) -> list[str]:
    return [
        name
        for target in spec["into"]
        if field.startswith(f"{target['table']}.")
        for name, rule in target["columns"].items()
        if rule["is"] == "Derive"
    ]


def _target(
    journal: Journal, fact: ConflictFact, paths: Sequence[Path], columns: tuple[str, ...]
) -> Rows | None:
    """Find the target in the file of the migration, if that is as it was when it ran."""
    started = next(iter(journal.read(run=fact.run, types=("RunStarted",)))).event
    if not isinstance(started, RunStarted):
        return None
    try:
        files = read_sources(paths, journal.database.kind).files
        file = next(one for one in files if one.digest == started.digest)
        step = transform_in(file, fact.step)
    except (ClewError, StopIteration):
        return None
    targets = step.into if step else ()
    return next((one for one in targets if set(columns) <= set(one.columns)), None)
