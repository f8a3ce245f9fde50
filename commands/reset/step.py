"""The step of a migration that empties tables: shown first, journaled, proved afterwards."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from commands.backup.reading import Progress
from commands.reset.answer import Covering, Emptied, EmptiedTable, PlacedSequence
from commands.reset.choosing import Chosen, chosen
from commands.reset.counters import counters, restart
from commands.reset.counting import (
    into,
    itself,
    referring,
    refuse_idle_detach,
    refuse_others,
    rows_of,
)
from commands.reset.covering import Wanted, covering
from commands.reset.order import Group, Unit
from commands.transform.steps import Reset
from commands.verification.contents import state_of
from commands.words import count
from journal.errors import CheckFailed
from journal.events import CheckRun
from journal.recording import Recording
from journal.values import SchemaObject, TableRows
from journal.verified import Contents, TableState
from projections.schema import Schema, dotted


def run_reset(
    step: Reset,
    recording: Recording,
    *,
    trial: Collection[str] = (),
    progress: Progress = lambda *_: None,
) -> Emptied:
    """Empty tables, and prove that others were left alone.

    ``trial`` names the backups that were taken in a trial, whose files are gone again.

    Raises:
        NotFound, Usage: no such table, or several of the name.
        Refused: rows of other tables would go or change, no backup holds what goes, or
            something makes a reset another thing than what is shown; nothing was changed.
        CheckFailed: a table is not empty, or one that is to be kept was written to.
        StatementFailed, NotKnownExact, NotExact: as ``Recording.execute`` does.
    """
    return _Reset(step, recording, trial, progress).run()


class _Reset:
    def __init__(
        self, step: Reset, recording: Recording, trial: Collection[str], progress: Progress
    ) -> None:
        self.step = step
        self.recording = recording
        self.database = recording.database
        self.trial = trial
        self.progress = progress
        self.schema = Schema(
            objects=recording.known.objects, position=recording.database.head().position
        )
        self.detached: dict[str, int] = {}
        self.added: dict[str, int] = {}

    def run(self) -> Emptied:
        found = chosen(self.step, self.schema)
        self._keep_still(found)
        rows = {one.id: rows_of(self.database, one) for one in found.emptied.values()}
        references = referring(self.database, found, self.schema)
        refuse_others(references, found)
        refuse_idle_detach(references, found)
        anew = self.step.sequences == "restart"
        numbers = counters(_tables(found), self.schema, anew=anew)
        cover = self._cover(found, rows)
        before = self._states(found)
        for group in found.groups:
            self._empty(group, found)
        sequences = restart(numbers, self.recording, anew=anew)
        self._prove_empty(found, rows)
        self._note_sequences(sequences)
        return Emptied(
            tables=tuple(_emptied(found, rows)),
            references=references,
            kept=self._prove_kept(found, before),
            sequences=sequences,
            backup=cover,
            without_backup=self.step.without_backup,
            triggers=found.triggers,
            detached=self.detached,
            added=self.added,
        )

    def _keep_still(self, found: Chosen) -> None:
        """Others write neither to what goes, nor to what stays, nor to what refers to it."""
        held = {one.id: one for one in (*_tables(found), *found.kept, *found.detached)}
        held |= {key.child.id: key.child for key, _ in into(found, self.schema)}
        self.database.keep_still(tuple(held.values()))

    def _cover(self, found: Chosen, rows: Mapping[int, int]) -> Covering | None:
        """Ask for the backup, unless that was waived, which is put on record."""
        going = {identity: number for identity, number in rows.items() if number}
        if self.step.without_backup:
            why = f"none was asked for: {self.step.without_backup}"
            self._note("a backup holds what goes", "exactly these rows", why, passed=False)
            return None
        if not going:
            return None
        wanted = Wanted(tables=found.emptied, rows=going, named=self.step.backup, trial=self.trial)
        cover = covering(wanted, self.recording, self.progress)
        said = f"backup {cover.backup}, {count(sum(going.values()), 'row')}, whole"
        self._note("a backup holds what goes", "exactly these rows", said)
        return cover

    def _states(self, found: Chosen) -> tuple[TableState, ...]:
        return tuple(state_of(self.database, table, self.progress) for table in found.kept)

    # --- emptying -----------------------------------------------------------------------

    def _empty(self, group: Group, found: Chosen) -> None:
        """A circle goes at one go: deferred on SQLite, in one statement on PostgreSQL."""
        if self.database.kind == "postgresql":
            self._delete(self._at_once(group.units), found)
            return
        deferred = group.circular and not self._deferred()
        if deferred:
            self._execute("PRAGMA defer_foreign_keys = ON")
        for unit in group.units:
            self._delete(self._sql(unit), found)
        if deferred:
            self._execute("PRAGMA defer_foreign_keys = OFF")

    def _at_once(self, units: tuple[Unit, ...]) -> str:
        *others, last = map(self._sql, units)
        parts = ", ".join(f"reset_{number} AS ({sql})" for number, sql in enumerate(others, 1))
        return f"WITH {parts} {last}" if parts else last

    def _sql(self, unit: Unit) -> str:
        """Rows of heirs are theirs; those of partitions go with the whole."""
        return f"DELETE FROM {itself(self.database, unit.table)}"

    def _deferred(self) -> bool:
        with self.database.select(
            "SELECT defer_foreign_keys FROM pragma_defer_foreign_keys"
        ) as one:
            return any(bool(row[0]) for row in one.rows)

    def _delete(self, sql: str, found: Chosen) -> None:
        for rows in self._execute(sql):
            if rows.table not in found.emptied:
                self._beside(rows, found)

    def _execute(self, sql: str) -> tuple[TableRows, ...]:
        return self.recording.execute(sql, number=self.recording.number + 1).rows

    def _beside(self, rows: TableRows, found: Chosen) -> None:
        """Judge what a DELETE did to other tables: a trigger, or a foreign key, did it.

        Raises:
            CheckFailed: rows went or changed in a table that was not named for that.
        """
        table = self.schema.objects[rows.table]
        name = dotted(table.path)
        if rows.table in {one.id for one in found.kept}:
            raise self._failed(f"{name} is to be kept, and a trigger wrote to it")
        letting_go = rows.table in {one.id for one in found.detached}
        if rows.deleted or (rows.updated and not letting_go):
            what = f"{count(rows.deleted, 'row')} went, {count(rows.updated, 'row')} changed"
            raise self._failed(f"{name} was not named, and {what}: a trigger did that")
        if rows.updated:
            self.detached[name] = self.detached.get(name, 0) + rows.updated
        if rows.inserted:
            self.added[name] = self.added.get(name, 0) + rows.inserted

    # --- proof --------------------------------------------------------------------------

    def _prove_empty(self, found: Chosen, rows: Mapping[int, int]) -> None:
        for one in found.emptied.values():
            left = rows_of(self.database, one)
            if left:
                name = dotted(one.path)
                raise self._failed(f"{name} is not empty: {count(left, 'row')} stand there")
            went = count(rows[one.id], "row")
            self._note(f"{dotted(one.path)} is empty", "no row", f"no row; {went} went")

    def _prove_kept(self, found: Chosen, before: tuple[TableState, ...]) -> tuple[TableState, ...]:
        after = self._states(found)
        for one, other in zip(before, after, strict=True):
            if one != other:
                raise self._failed(f"{one.table} is to be kept, and does not hold the same rows")
        if after:
            rows = count(sum(one.rows for one in after), "row")
            self._note(
                "keeps what it is to keep",
                f"{count(len(before), 'table')} as before",
                f"as before, {rows}",
                details=Contents(before=before, after=after),
            )
        return after

    def _note_sequences(self, sequences: tuple[PlacedSequence, ...]) -> None:
        for one in sequences:
            anew = self.step.sequences == "restart"
            expected = "begun anew" if anew else f"kept at {_place(one.before)}"
            said = f"{_place(one.before)} before, {_place(one.after)} after"
            self._note(f"sequence {one.name}", expected, said)

    def _note(
        self,
        name: str,
        expected: str,
        found: str,
        *,
        passed: bool = True,
        details: Contents | None = None,
    ) -> None:
        self.recording.note(
            CheckRun(
                name=f"reset: {name}",
                passed=passed,
                expected=expected,
                found=found,
                details=details,
            )
        )

    def _failed(self, message: str) -> CheckFailed:
        return CheckFailed(
            f"reset: {message}", hint="Drop that trigger before the reset, and make it again after."
        )


def _tables(found: Chosen) -> tuple[SchemaObject, ...]:
    """Return every table that is emptied, partitioned ones too, which hold nothing themselves."""
    every: dict[int, SchemaObject] = {}
    for group in found.groups:
        for unit in group.units:
            every[unit.table.id] = unit.table
            every |= {one.id: one for one in unit.holding}
    return tuple(every.values())


def _emptied(found: Chosen, rows: Mapping[int, int]) -> Iterator[EmptiedTable]:
    for group in found.groups:
        for unit in group.units:
            for one in unit.holding:
                yield EmptiedTable(table=dotted(one.path), rows=rows[one.id])


def _place(number: int | None) -> str:
    return "unset" if number is None else f"{number}"
