"""Performing a planned copy: what is made first, the rows, what is made last, the checks."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from commands.copy.answer import CopyAnswer, TableCopy
from commands.copy.batch import NewTransaction, Shared, Writer
from commands.copy.checking import check_isolation, check_schema
from commands.copy.copying import Copying, Manner
from commands.copy.counters import put_beyond
from commands.copy.examining import Progress
from commands.copy.preparing import Prepared
from commands.copy.sequences import put_as_there
from commands.copy.spec import Copy
from commands.copy.validating import compare_columns, compare_rows
from commands.words import count
from journal.database import Database
from journal.effect import Schema
from journal.events import CheckRun, RowsTransformed
from journal.recording import Recording
from projections.schema import dotted


class Performing:
    """One copy: ``transaction`` begins what is committed as a whole."""

    def __init__(
        self,
        ready: Prepared,
        spec: Copy,
        transaction: NewTransaction,
        *,
        migration: str = "",
        progress: Progress,
    ) -> None:
        self._ready = ready
        self._spec = spec
        self._transaction = transaction
        self._migration = migration
        self._progress = progress
        shared = Shared(
            transaction=transaction,
            copied=ready.facts.copied,
            migration=migration,
            before=ready.before,
            overwrites=spec.if_changed == "overwrite",
        )
        manner = Manner(batch=spec.batch, if_changed=spec.if_changed)
        self._copying = Copying(
            ready.examination, shared, ready.room, manner=manner, progress=progress
        )
        self._made: tuple[str, ...] = ()
        self._found: dict[str, str] = {}

    @property
    def stayed(self) -> tuple[str, ...]:
        """What stands so far, each in a line."""
        rows = (
            f"{count(n, 'row')} of {writer.one.name}"
            for writer in self._copying.writers
            if (n := writer.wrote.inserted + writer.wrote.updated + writer.wrote.deleted)
        )
        return (*(f"table {name}" for name in self._made), *rows)

    def bring(self) -> None:
        """Make what is missing, bring the rows, make what comes after them.

        Raises:
            StatementFailed: a database refused something, or was lost.
        """
        plan = self._ready.plan
        new = [table for table in plan.tables if not table.exists]
        with self._transaction() as recording:
            _run(recording, (*plan.before, *(sql for one in new for sql in one.create)))
            made = tuple(dotted(table.target) for table in new)
            recording.note(self._begun(made))
        self._made = made
        self._copying.run()
        with self._transaction() as recording:
            _run(recording, (*(sql for one in new for sql in one.after), *plan.after))
            ready = self._ready
            if plan.source == plan.target == "postgresql":
                put_as_there(recording, plan.tables, places=ready.counters, schema=ready.schema)
            put_beyond(recording, plan.tables, places=ready.counters, schema=ready.schema)

    def check(self, target: Database, known: Schema) -> tuple[CheckRun, ...]:
        """Hold the target, read back, against the source."""
        checks = []
        for writer, found, check in compare_rows(
            self._copying.writers,
            target,
            known,
            if_changed=self._spec.if_changed,
            progress=self._progress,
        ):
            self._found[writer.one.name] = found.text
            checks.append(check)
        there = tuple(known.values())
        return (
            *checks,
            compare_columns(self._ready.plan.tables, known),
            *check_schema(self._ready.plan, self._ready.schema, there),
            *check_isolation(self._spec, target, there),
        )

    def answer(self, checks: tuple[CheckRun, ...]) -> CopyAnswer:
        """Tell what was done."""
        tables = tuple(map(self._table, self._copying.writers))
        return msgspec.structs.replace(self._ready.answer, done=True, tables=tables, checks=checks)

    def _table(self, writer: Writer) -> TableCopy:
        one, wrote = writer.one.answer, writer.wrote
        refused = wrote.refused.total()
        overwrites = self._spec.if_changed == "overwrite"
        return msgspec.structs.replace(
            one,
            inserted=wrote.inserted,
            updated=wrote.updated,
            deleted=wrote.deleted,
            kept=0 if overwrites else one.kept,
            rejected=one.rejected + refused,
            reasons=one.reasons | dict(wrote.refused),
            digest=writer.one.digest.text,
            found=self._found.get(writer.one.name, ""),
        )

    def _begun(self, made: tuple[str, ...]) -> RowsTransformed:
        facts = self._ready.facts
        return RowsTransformed(
            migration=self._migration,
            step="copy",
            batch=0,
            subjects=0,
            values=0,
            copied=facts.copied,
            source=msgspec.to_builtins(facts),
            created=made,
        )


def _run(recording: Recording, statements: Iterable[str]) -> None:
    for sql in statements:
        recording.execute(sql, number=recording.number + 1)
