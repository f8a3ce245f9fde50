"""Running a transform: batches of subjects become rows and events of one recording.

Before a batch is noted, its fates are counted against the values that were read. A row that the
database refuses rejects its subject, and nobody else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from itertools import islice

import msgspec

from commands.transform.choosing import Refusal, Rejection
from commands.transform.findings import Step, tell
from commands.transform.fitting import Fitting, target_table
from commands.transform.outcome import Outcome, Rejected
from commands.transform.reading import Subject, subjects
from commands.transform.spec import Transform
from commands.transform.subject import transform_subject
from journal.errors import NotExact, Refused, StatementFailed
from journal.recording import Recording

BATCH = 500
"""Subjects of one batch."""

Progress = Callable[[int], None]
"""Called with the number of subjects done."""


class Transformed(msgspec.Struct, frozen=True, kw_only=True):
    """What a transform did: subjects, target rows by table, and the fate of each value read."""

    name: str
    subjects: int = 0
    rows: dict[str, int] = {}
    conflicts: int = 0
    parked: int = 0
    unmapped: int = 0
    rejected: int = 0
    values: int = 0
    fates: dict[str, int] = {}


def run_transform(
    spec: Transform,
    recording: Recording,
    *,
    migration: str,
    batch: int = BATCH,
    progress: Progress = lambda _: None,
) -> Transformed:
    """Transform all subjects inside the open transaction of ``recording``.

    Raises:
        Refused: the transform does not fit source or targets, or records disagree where its
            rule refuses that.
        NotExact: values were read whose fate nobody knows.
    """
    engine = _Engine(spec, recording, Step(migration, spec.name))
    number = 0
    with closing(subjects(spec, recording.database)) as found:
        while some := tuple(islice(found, batch)):
            number += 1
            engine.take(number, some)
            progress(engine.report.subjects)
    return engine.report


class _Engine:
    def __init__(self, spec: Transform, recording: Recording, step: Step) -> None:
        self.spec = spec
        self.recording = recording
        self.step = step
        self.report = Transformed(name=spec.name)
        objects = recording.known.objects
        kind = recording.database.kind
        self.fittings = {
            target.table: Fitting(target, target_table(spec, target, objects), kind)
            for target in spec.into
        }

    def take(self, number: int, some: Sequence[Subject]) -> None:
        """Transform one batch, write it, and note what became of it."""
        outcomes = self._write([self._transform(one) for one in some])
        self._conserve(some, outcomes)
        tell(self.step, number, outcomes, self.recording)
        self.report = _added(self.report, outcomes)

    def _transform(self, one: Subject) -> Outcome:
        if one.key is None:
            return _rejected(one, Rejected(one.records[0].id, f"{self.spec.subject} is null"))
        try:
            return transform_subject(self.spec, one.key, one.records)
        except Refusal as refusal:
            conflict = refusal.conflict
            raise Refused(
                f"transform {self.spec.name}: records disagree about"
                f" {conflict.table}.{conflict.field} ({len(conflict.candidates)} candidates)",
                hint="Decide it by another rule, or park it for a person.",
            ) from None

    def _write(self, outcomes: list[Outcome]) -> list[Outcome]:
        """Insert the rows of a batch; where the database refuses, find out whose it is."""
        fitted = [self._fitted(outcome) for outcome in outcomes]
        try:
            with self.recording.point():
                self._insert(fitted)
        except StatementFailed as error:
            if len(outcomes) == 1:
                return [_refused(outcomes[0], error)]
            half = len(outcomes) // 2
            return self._write(outcomes[:half]) + self._write(outcomes[half:])
        return [outcome for outcome, _ in fitted]

    def _fitted(self, outcome: Outcome) -> tuple[Outcome, dict[str, list[tuple[object, ...]]]]:
        rows: dict[str, list[tuple[object, ...]]] = {}
        try:
            for row in outcome.rows:
                rows.setdefault(row.table, []).append(self.fittings[row.table].fit(row.values))
        except Rejection as rejection:
            again = Subject(outcome.subject, outcome.records)
            return _rejected(again, Rejected(outcome.records[0].id, rejection.reason)), {}
        return outcome, rows

    def _insert(
        self, fitted: Sequence[tuple[Outcome, dict[str, list[tuple[object, ...]]]]]
    ) -> None:
        for target in self.spec.into:
            rows = [row for _, found in fitted for row in found.get(target.table, ())]
            if rows:
                fitting = self.fittings[target.table]
                self.recording.insert(
                    fitting.table, fitting.names, rows, number=self.recording.number + 1
                )

    def _conserve(self, some: Sequence[Subject], outcomes: Sequence[Outcome]) -> None:
        """Every value read has exactly one fate."""
        read = sum(len(record.fields) for one in some for record in one.records)
        met = sum(sum(outcome.fates.values()) for outcome in outcomes)
        if read != met:
            raise NotExact(
                f"transform {self.spec.name}: {read} values were read and {met} accounted for"
            )


def _rejected(one: Subject, why: Rejected) -> Outcome:
    values = sum(len(record.fields) for record in one.records)
    return Outcome(
        subject=one.key,
        records=one.records,
        values=values,
        fates={"rejected": values},
        rejected=why,
    )


def _refused(outcome: Outcome, error: StatementFailed) -> Outcome:
    """The database's words may hold the value, so the entry names its code."""
    why = f"the database refused a row ({error.sqlstate or 'value'})"
    one = Subject(outcome.subject, outcome.records)
    return _rejected(one, Rejected(outcome.records[0].id, why))


def _added(report: Transformed, outcomes: Sequence[Outcome]) -> Transformed:
    rows, fates = Counter(report.rows), Counter(report.fates)
    for outcome in outcomes:
        rows.update(row.table for row in outcome.rows)
        fates.update({str(fate): n for fate, n in outcome.fates.items()})
    return Transformed(
        name=report.name,
        subjects=report.subjects + len(outcomes),
        rows=dict(rows),
        conflicts=report.conflicts + sum(len(one.conflicts) for one in outcomes),
        parked=report.parked + sum(c.parked for one in outcomes for c in one.conflicts),
        unmapped=report.unmapped + sum(len(one.unmapped) for one in outcomes),
        rejected=report.rejected + sum(one.rejected is not None for one in outcomes),
        values=report.values + sum(one.values for one in outcomes),
        fates=dict(fates),
    )
