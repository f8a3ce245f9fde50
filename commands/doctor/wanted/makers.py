"""Which statements of files make what is missing, and what would make it here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from msgspec.structs import replace

from commands.doctor.wanted.attempts import Attempt, Attempts, Thing, things
from commands.doctor.wanted.lacking import (
    PARTS,
    TABLES,
    TYPES,
    Lack,
    Path,
    Schema,
    spelled,
    table_of,
)
from journal.trying import Trial
from journal.values import Column, DatabaseKind, Definition, ObjectChange, SchemaObject


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """What was compared: the statements that make what is wanted, and both schemas."""

    attempts: Attempts
    wanted: Schema
    live: Schema
    by_files: bool = True

    @property
    def kind(self) -> DatabaseKind:
        """Return which database it is."""
        return self.live.kind


class Makers:
    """The statements that made what is wanted; ``trial`` words what none of them says."""

    def __init__(self, found: Compared, trial: Trial) -> None:
        self._all = found.attempts.all
        self._found = found
        self._trial = trial
        there = set(things(found.live.objects))
        self._elsewhere = {one.migration for one in self._all if _sends_elsewhere(one)}
        self._age = {
            change.after.path: (number, change.after.kind == "virtual")
            for number, one in enumerate(self._all)
            for change in one.changes
            if change.before is None and change.after and change.after.kind in TABLES
        }
        self._missing = {one for one in things(found.wanted.objects) if one not in there}
        self._of_new = [one for one in self._all if _about(one) and self._only_missing(one)]

    def of(self, one: SchemaObject) -> Attempt | None:
        """Return the statement that made an object."""
        thing: Thing = (one.kind, one.path)
        return next((each for each in self._all if thing in each.made), None)

    def half(self, table: SchemaObject, columns: Sequence[str]) -> Attempt | None:
        """Return what made a table, where its file makes one of these columns too."""
        made = self.of(table) if self._found.by_files else None
        if made is None:
            return None
        wanted = {("column", (*table.path, name)) for name in columns}
        same = (one for one in self._all if one.migration == made.migration)
        return made if any(wanted & one.made for one in same) else None

    def kept(self, made: Attempt) -> list[str]:
        """Name the types of the file of a statement that are there."""
        return [
            f"{kind} {spelled(path)}"
            for one in self._all
            if one.migration == made.migration
            for kind, path in sorted(one.made)
            if kind in TYPES and self._found.live.get(kind, path) is not None
        ]

    def alone(self, one: SchemaObject) -> tuple[str, ...]:
        """Return what makes an object that is no table, as it is at the end."""
        same = (one.kind, one.path)
        about = [
            each
            for each in self._all
            for side in (change.after or change.before for change in each.changes)
            if side is not None and (side.kind, side.path) == same
        ]
        if len(about) == 1 and self._usable(about[0]):
            return (about[0].sql,)
        return self._trial.ddl(ObjectChange(after=one))

    def repair(self, lack: Lack, *, empty: frozenset[str] = frozenset()) -> tuple[str, ...]:
        """Return statements of files where they make nothing that is there, else DDL of ours.

        Columns that are to stay ``empty`` at first take nulls, whatever the files say.
        """
        ours = {("column", (*lack.wanted.path, name)) for name in empty}
        wanted = {_thing(lack, column) for column in lack.columns} | {
            (part.object.kind, part.object.path) for part in lack.parts if part.object is not None
        }
        if lack.found is None:
            said = [one for one in self._of_new if self._home(one) == lack.wanted.path]
            if not _whole(said, lack.wanted):
                said = []
            # Some of its parts come with another table, such as a partition.
            done = {thing for one in (self._of_new if said else ()) for thing in one.made}
        else:
            said = [
                one
                for one in self._all
                if one.made & wanted and self._usable(one) and not one.made & ours
            ]
            done = {thing for one in said for thing in one.made}
        return (
            *self._worded(lack, done, empty),
            *(one.sql for one in said),
            *self._worded_parts(lack, done),
        )

    def _home(self, one: Attempt) -> Path | None:
        """Return the table that a statement is told with: the last made of those it changed."""
        return max(_about(one), key=lambda path: self._age.get(path, (-1, False)), default=None)

    def _usable(self, one: Attempt) -> bool:
        """Tell whether a statement makes nothing that is there, and makes it here as there."""
        return one.made <= self._missing and one.migration not in self._elsewhere

    def _only_missing(self, one: Attempt) -> bool:
        """Tell whether a statement changed no table that is there."""
        sides = [side for change in one.changes for side in (change.before, change.after)]
        tables = {(side.kind, side.path) for side in sides if side and side.kind in TABLES}
        return self._usable(one) and tables <= self._missing

    def _worded(self, lack: Lack, done: set[Thing], empty: frozenset[str]) -> Iterator[str]:
        table = lack.wanted
        if lack.found is not None:
            columns = [one for one in lack.columns if _thing(lack, one) not in done]
            made = self._added(lack, columns, empty)
        elif (table.kind, table.path) not in done:
            columns = list(table.columns)
            made = self._trial.ddl(ObjectChange(after=table))
        else:
            return
        owned = self._owned(table, {one.name for one in columns})
        plain = [one for one in owned if not one.definition.get("identity")]
        for one in plain:
            yield from self._trial.ddl(ObjectChange(after=one))
        yield from made
        for one in owned:
            if one in plain:
                free = replace(one, definition=_without(one.definition, "owned_by"))
                yield from self._trial.ddl(ObjectChange(before=free, after=one))
            else:
                yield from self._trial.ddl(ObjectChange(after=one))
        yield from self._always(table, columns)

    def _owned(self, table: SchemaObject, columns: set[str]) -> list[SchemaObject]:
        """Return the sequences of columns that are to be made with them."""
        return [
            one
            for one in self._found.wanted.objects
            if ("sequence", one.path) in self._missing
            and tuple(one.definition.get("owned_by", ()))[:-1] == table.path
            and one.definition["owned_by"][-1] in columns
        ]

    def _always(self, table: SchemaObject, columns: Sequence[Column]) -> Iterator[str]:
        """Say of identity columns, which are made BY DEFAULT, that they are ALWAYS."""
        for one in columns:
            if one.definition.get("identity") == "always":
                eased = replace(one, definition=one.definition | {"identity": "by default"})
                before, after = (replace(table, columns=(each,)) for each in (eased, one))
                yield from self._trial.ddl(ObjectChange(before=before, after=after))

    def _worded_parts(self, lack: Lack, done: set[Thing]) -> Iterator[str]:
        for part in lack.parts:
            one = part.object
            if one is not None and (one.kind, one.path) not in done:
                yield from self._trial.ddl(ObjectChange(after=one))

    def _added(
        self, lack: Lack, columns: Sequence[Column], empty: frozenset[str]
    ) -> tuple[str, ...]:
        if not columns:
            return ()
        eased = (_eased(one) if one.name in empty else one for one in lack.wanted.columns)
        numbered = tuple(replace(one, id=n) for n, one in enumerate(eased, start=1))
        added = {one.name for one in columns}
        kept = tuple(one for one in numbered if one.name not in added)
        before, after = (replace(lack.wanted, columns=some) for some in (kept, numbered))
        return self._trial.ddl(ObjectChange(before=before, after=after))


def _about(one: Attempt) -> set[Path]:
    """Name the tables that a statement changed, or a part of which it did."""
    sides = [side for change in one.changes for side in (change.before, change.after)]
    return {side.path for side in sides if side is not None and side.kind in TABLES} | {
        table_of(side) for side in sides if side is not None and side.kind in PARTS
    }


def _without(definition: Definition, name: str) -> Definition:
    return {key: value for key, value in definition.items() if key != name}


def _eased(column: Column) -> Column:
    return replace(column, definition=column.definition | {"not_null": False})


def _sends_elsewhere(one: Attempt) -> bool:
    """Tell whether a statement says which schema the unqualified names after it mean."""
    return "search_path" in one.sql.lower()


def _whole(said: Sequence[Attempt], table: SchemaObject) -> bool:
    """Tell whether statements make a table under its own name, and take none away."""
    sides = [change for one in said for change in one.changes]
    gone = any(c.after is None and c.before and c.before.kind == table.kind for c in sides)
    made = any(c.before is None and c.after and c.after.path == table.path for c in sides)
    return made and not gone


def _thing(lack: Lack, column: Column) -> Thing:
    return "column", (*lack.wanted.path, column.name)
