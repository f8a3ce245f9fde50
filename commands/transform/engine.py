"""The work on batches of subjects: rows and events of one recording.

Before a batch is noted, its fates are counted against the values that were read. A row that the
database refuses rejects its subject, and nobody else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from commands.transform.choosing import Refusal, Rejection
from commands.transform.describing import describe
from commands.transform.findings import Batch, Step, tell
from commands.transform.fitting import Fitting, target_table
from commands.transform.outcome import Outcome, Record, Rejected, TargetRow
from commands.transform.reading import Subject
from commands.transform.report import Transformed, added
from commands.transform.spec import Transform
from commands.transform.subject import Sought, There, place, sought, transform_subject, where
from journal.errors import NotExact, Refused, StatementFailed
from journal.events import RowsTransformed
from journal.recording import Recording
from journal.values import SchemaObject

_VALUE_CLASSES = ("02", "22", "23", "44", "P0")
"""SQLSTATE classes that speak of a row: none found, data, constraints, views, triggers."""
_VALUE_NAMES = ("SQLITE_CONSTRAINT", "SQLITE_MISMATCH", "SQLITE_TOOBIG", "SQLITE_RANGE")

Placed = tuple[int, tuple[Any, ...]]
"""The number of a target, and the values that find a row of it."""
Fitted = tuple[Outcome, tuple[tuple[Any, ...], ...]]
"""What becomes of a subject, and its rows as the database takes them."""


class Engine:
    """Transforms batches; each within the recording it is given."""

    def __init__(self, spec: Transform, recording: Recording, *, migration: str) -> None:
        self.spec = spec
        self.report = Transformed(name=spec.name)
        self._recording = recording
        objects, kind = recording.known.objects, recording.database.kind
        self.fittings = tuple(
            Fitting(target, target_table(spec, target, objects), kind, objects)
            for target in spec.into
        )
        self._matching = any(target.match for target in spec.into)
        self._still: dict[int, SchemaObject] = {}
        text = describe(spec)
        self._step = Step(migration=migration, spec=spec, text=text)

    def take(self, batch: Batch, some: Sequence[Subject], recording: Recording) -> RowsTransformed:
        """Transform one batch, write it, note what became of it, and return that.

        Raises:
            Refused: records disagree where the rule refuses that.
            NotExact: values were read whose fate nobody knows.
            StatementFailed: the database refused more than a row.
        """
        if recording is not self._recording:  # another transaction, which has no locks yet
            recording.database.keep_still(tuple(self._still.values()))
        self._recording = recording
        outcomes = [one for wave in self._waves(some) for one in self._settle(wave)]
        self._conserve(some, outcomes)
        event = tell(self._step, batch, outcomes, self.fittings, recording)
        self.report = added(self.report, event)
        return event

    # --- what becomes of subjects -----------------------------------------------------

    def _waves(self, some: Sequence[Subject]) -> Iterator[Sequence[Subject]]:
        """Cut a batch where a subject merges into a row that an earlier one of it touches."""
        if not self._matching:
            yield some
            return
        wave: list[Subject] = []
        merged: set[tuple[str, str]] = set()
        provisioned: set[tuple[str, str]] = set()
        for one in some:
            mine: dict[bool, set[tuple[str, str]]] = {True: set(), False: set()}
            for n, values in self._sought(one):
                target = self.spec.into[n]
                mine[target.missing == "provision"].add((target.table, place(values)))
            if mine[False] & (merged | provisioned) or mine[True] & merged:
                yield wave
                wave, merged, provisioned = [], set(), set()
            wave.append(one)
            merged |= mine[False]
            provisioned |= mine[True]
        yield wave

    def _settle(self, some: Sequence[Subject], *, again: bool = True) -> list[Outcome]:
        """Transform and write; where the database refuses a row, find out whose it is."""
        try:
            fitted = self._transform(some)
            while self._stopped(fitted):
                fitted = self._transform(some)
            with self._recording.point():
                self._store(fitted)
        except StatementFailed as error:
            if not _speaks_of_a_row(error):
                raise
            if len(some) > 1:
                half = len(some) // 2
                return self._settle(some[:half]) + self._settle(some[half:])
            if again and self._matching:  # somebody else may have made the row meanwhile
                return self._settle(some, again=False)
            return [_refused(some[0], error)]
        return [outcome for outcome, _ in fitted]

    def _transform(self, some: Sequence[Subject]) -> list[Fitted]:
        there: There = self._there(some) if self._matching else {}
        found = []
        for one in some:
            fitted = self._fitted(self._outcome(one, there))
            found.append(fitted)
            for row in fitted[0].rows:  # the next that needs a stand-in finds it as it is by now
                target = self.spec.into[row.target]
                if target.missing == "provision":
                    values = [row.values[column] for column in target.match]
                    there[where(target, values)] = {**(row.there or {}), **row.values}
        return found

    def _outcome(self, one: Subject, there: There) -> Outcome:
        if one.key is None:
            return _rejected(one.key, one.records, f"{self.spec.subject} is null")
        try:
            return transform_subject(self.spec, one.key, one.records, there)
        except Refusal as refusal:
            conflict = refusal.conflict
            raise Refused(
                f"transform {self.spec.name}: records disagree about"
                f" {conflict.field} ({len(conflict.candidates)} candidates)",
                hint="Decide it by another rule, or park it for a person.",
            ) from None

    # --- rows that are there ----------------------------------------------------------

    def _sought(self, one: Subject) -> list[Placed]:
        try:
            return sought(self.spec, one.records)
        except Refusal:
            return []  # said when the subject is transformed

    def _there(self, some: Sequence[Subject]) -> There:
        """Look up the rows that subjects merge into, all of a table at once."""
        wanted: dict[tuple[str, tuple[str, ...]], dict[Sought, tuple[Any, ...]]] = {}
        for one in some:
            for n, values in self._sought(one):
                target = self.spec.into[n]
                keys = wanted.setdefault((target.table, target.match), {})
                keys[where(target, values)] = values
        found: There = {}
        for (table, match), keys in wanted.items():
            names = list(keys)
            for number, row in self._find(table, match, list(keys.values())):
                if names[number] in found:
                    raise Refused(
                        f"transform {self.spec.name}: {', '.join(match)} finds more than"
                        f" one row of {table}",
                        hint="Match by columns that tell rows apart.",
                    )
                found[names[number]] = row
        return found

    def _find(
        self, table: str, match: tuple[str, ...], keys: list[tuple[Any, ...]]
    ) -> Iterator[tuple[int, dict[str, Any]]]:
        """Find rows; what any target of the table merges is taken apart."""
        fittings = [
            fitting
            for fitting, target in zip(self.fittings, self.spec.into, strict=True)
            if target.table == table
        ]
        columns = fittings[0].readable
        for number, values in self._recording.database.find(
            fittings[0].table, match, keys, columns
        ):
            row = dict(zip(columns, values, strict=True))
            for fitting in fittings:
                row = fitting.read_back(row)
            yield number, row

    def _stopped(self, fitted: Sequence[Fitted]) -> bool:
        """Let nobody else write to tables whose rows change; tell whether that is new.

        What was read before that may have been changed since, and would be written over.
        """
        found = {
            fitting.table.id: fitting.table
            for one, _ in fitted
            for row in one.rows
            if row.there is not None
            and (fitting := self.fittings[row.target]).differing(row.values, row.there)
        }
        fresh = {identity: one for identity, one in found.items() if identity not in self._still}
        self._recording.database.keep_still(tuple(fresh.values()))
        self._still |= fresh
        return bool(fresh)

    # --- writing ----------------------------------------------------------------------

    def _fitted(self, outcome: Outcome) -> Fitted:
        """Hold the rows against their columns; one that does not fit rejects the subject."""
        try:
            rows = tuple(self.fittings[row.target].fit(row.values) for row in outcome.rows)
        except Rejection as rejection:
            return _rejected(outcome.subject, outcome.records, rejection.reason), ()
        return outcome, rows

    def _store(self, fitted: Sequence[Fitted]) -> None:
        new: dict[int, list[tuple[Any, ...]]] = {}
        there: dict[int, list[TargetRow]] = {}
        for outcome, values in fitted:
            for row, fit in zip(outcome.rows, values, strict=True):
                if row.there is None:
                    new.setdefault(row.target, []).append(fit)
                else:
                    there.setdefault(row.target, []).append(row)
        for n, fitting in enumerate(self.fittings):
            if n in new:
                self._recording.insert(fitting.table, fitting.names, new[n], number=self._next())
            for columns, changed in self._changed(n, there.get(n, ())).items():
                match = self.spec.into[n].match
                self._recording.update(fitting.table, match, columns, changed, number=self._next())

    def _changed(
        self, n: int, rows: Sequence[TargetRow]
    ) -> dict[tuple[str, ...], list[tuple[Any, ...]]]:
        """Group rows by the columns in which they change; others are not written.

        A row that several subjects changed in turn is written once, as the last one left it.
        """
        fitting, match = self.fittings[n], self.spec.into[n].match
        found: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}
        for row in rows:
            where = place(row.values[column] for column in match)
            there = row.there or {}
            found[where] = (found.get(where, (there,))[0], row.values)
        groups: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
        for there, values in found.values():
            if columns := fitting.differing(values, there):
                groups.setdefault(columns, []).append(fitting.fit(values, (*match, *columns)))
        return groups

    def _next(self) -> int:
        return self._recording.number + 1

    def _conserve(self, some: Sequence[Subject], outcomes: Sequence[Outcome]) -> None:
        """Every value read has exactly one fate."""
        read = sum(len(record.fields) for one in some for record in one.records)
        met = sum(sum(outcome.fates.values()) for outcome in outcomes)
        if read != met:
            raise NotExact(
                f"transform {self.spec.name}: {read} values were read and {met} accounted for"
            )


def _speaks_of_a_row(error: StatementFailed) -> bool:
    """A lock that is not free, a full disk or a lost connection is nobody's fault."""
    name = error.sqlstate
    return name[:2] in _VALUE_CLASSES or name.startswith(_VALUE_NAMES)


def _rejected(key: Any, records: tuple[Record, ...], why: str) -> Outcome:
    values = sum(len(record.fields) for record in records)
    return Outcome(
        subject=key,
        records=records,
        values=values,
        fates={"rejected": values},
        rejected=Rejected(records[0].id, why),
    )


def _refused(one: Subject, error: StatementFailed) -> Outcome:
    """The database's words may hold the value, so the entry names its code."""
    why = f"the database refused a row ({error.sqlstate or 'value'})"
    return _rejected(one.key, one.records, why)
