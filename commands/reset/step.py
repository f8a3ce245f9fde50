"""The step of a migration that empties tables: shown first, journaled, proved afterwards."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from commands.backup.reading import Progress
from commands.reset.answer import Covering, Emptied, EmptiedTable
from commands.reset.choosing import Chosen, chosen, deferred
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
from commands.reset.proof import Proof, failed
from commands.transform.steps import Reset
from commands.words import count
from journal.recording import Recording
from journal.values import SchemaObject, TableRows
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
        self.beside: dict[str, int] = {}

    def run(self) -> Emptied:
        found = chosen(self.step, self.schema)
        self._keep_still(found)
        rows = {one.id: rows_of(self.database, one) for one in found.emptied.values()}
        references = referring(self.database, found, self.schema)
        refuse_others(references, found)
        refuse_idle_detach(references, found)
        anew = self.step.sequences == "restart"
        numbers = counters(_tables(found), self.schema, anew=anew)
        proof = Proof(self.recording, found.kept, self.progress)
        cover = self._cover(found, rows, proof)
        proof.begin()
        for group in found.groups:
            self._empty(group, found)
        sequences = restart(numbers, self.recording, anew=anew)
        proof.empty(found.emptied, rows)
        proof.sequences(sequences, anew=anew)
        return Emptied(
            tables=tuple(_emptied(found, rows)),
            references=references,
            kept=proof.kept(),
            sequences=sequences,
            backup=cover,
            without_backup=self.step.without_backup,
            triggers=found.triggers,
            detached=self.detached,
            beside=self.beside,
        )

    def _keep_still(self, found: Chosen) -> None:
        """Others write neither to what goes, nor to what stays, nor to what refers to it."""
        held = {one.id: one for one in (*_tables(found), *found.kept, *found.detached)}
        held |= {key.child.id: key.child for key, _ in into(found, self.schema)}
        self.database.keep_still(tuple(held.values()))

    def _cover(self, found: Chosen, rows: Mapping[int, int], proof: Proof) -> Covering | None:
        """Ask for the backup, unless that was waived, which is put on record."""
        going = {identity: number for identity, number in rows.items() if number}
        if not going:
            return None
        if self.step.without_backup:
            why = f"none was asked for: {self.step.without_backup}"
            proof.note("a backup holds what goes", "exactly these rows", why, passed=False)
            return None
        wanted = Wanted(tables=found.emptied, rows=going, named=self.step.backup, trial=self.trial)
        cover = covering(wanted, self.recording, self.progress)
        said = f"backup {cover.backup}, {count(sum(going.values()), 'row')}, whole"
        proof.note("a backup holds what goes", "exactly these rows", said)
        return cover

    # --- emptying -----------------------------------------------------------------------

    def _empty(self, group: Group, found: Chosen) -> None:
        """A circle goes at one go: deferred on SQLite, in one statement on PostgreSQL."""
        if self.database.kind == "postgresql":
            self._delete(self._at_once(group.units), found)
            return
        defers = group.circular and not self._defers_already()
        if defers:
            self._execute("PRAGMA defer_foreign_keys = ON")
        for unit in group.units:
            self._delete(self._sql(unit), found)
        if defers:
            self._execute("PRAGMA defer_foreign_keys = OFF")

    def _at_once(self, units: tuple[Unit, ...]) -> str:
        *others, last = map(self._sql, units)
        parts = ", ".join(f"reset_{number} AS ({sql})" for number, sql in enumerate(others, 1))
        return f"WITH {parts} {last}" if parts else last

    def _sql(self, unit: Unit) -> str:
        """Rows of heirs are theirs; those of partitions go with the whole."""
        return f"DELETE FROM {itself(self.database, unit.table)}"

    def _defers_already(self) -> bool:
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
            raise failed(f"{name} is to be kept, and a trigger wrote to it")
        for trigger in deferred(table, self.schema):
            raise failed(
                f"trigger {trigger.path[-1]} of {name} fires at the commit, after the proof"
            )
        if "shadow" in table.definition:  # how a virtual table keeps its rows is its own affair
            self._count(self.beside, table.definition["shadow"], max(rows.added, rows.removed))
            return
        letting_go = rows.table in {one.id for one in found.detached}
        if rows.deleted or (rows.updated and not letting_go):
            what = f"{count(rows.deleted, 'row')} went, {count(rows.updated, 'row')} changed"
            raise failed(f"{name} was not named, and {what}: a trigger did that")
        if rows.updated:
            self._count(self.detached, name, rows.updated)
        if rows.inserted:
            self._count(self.beside, name, rows.inserted)

    @staticmethod
    def _count(counts: dict[str, int], name: str, rows: int) -> None:
        counts[name] = counts.get(name, 0) + rows


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
