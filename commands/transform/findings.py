"""What a batch found out, as events; values stand in the content table, named by digest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import msgspec

from commands.transform.fitting import Fitting
from commands.transform.outcome import THERE, Candidate, Conflict, Outcome, TargetRow
from commands.transform.spec import Transform, Unmapped
from commands.transform.subject import Sought, where
from commands.transform.values import jsonable, write
from journal.events import (
    AnyEvent,
    ConflictDecided,
    ConflictFound,
    FieldUnmapped,
    RecordRejected,
    RowProvisioned,
    RowsTransformed,
)
from journal.recording import Recording
from journal.store import text_digest

ANOTHER = "another record of the subject"
"""Why a record was rejected that is not the cause itself."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """Which transform of which migration it is; ``text`` describes it."""

    migration: str
    spec: Transform
    text: str


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """The place of a batch: its number, and where it begins and ends in the source's order.

    ``retried`` are subjects, as JSON, that had been rejected.
    """

    number: int
    first: str = ""
    last: str = ""
    retried: tuple[str, ...] = ()


def tell(
    step: Step,
    batch: Batch,
    outcomes: Sequence[Outcome],
    fittings: Sequence[Fitting],
    recording: Recording,
) -> RowsTransformed:
    """Note a batch: what was found about each subject, and the fate of its values."""
    teller = _Teller(step, fittings)
    for outcome in outcomes:
        recording.note(*teller.events(outcome))
    described = {text_digest(step.text): step.text.encode()}
    contents = (
        described | teller.contents
    )  # in order: two who store the same never wait in a circle
    recording.database.put_contents(dict(sorted(contents.items())))
    event = _sum(step, batch, outcomes, fittings)
    recording.note(event)
    return event


def _sum(
    step: Step, batch: Batch, outcomes: Sequence[Outcome], fittings: Sequence[Fitting]
) -> RowsTransformed:
    fates: Counter[str] = Counter()
    for outcome in outcomes:
        fates.update({str(fate): n for fate, n in outcome.fates.items()})
    rows = (row for outcome in outcomes for row in outcome.rows)
    conflicts = [one for outcome in outcomes for one in outcome.conflicts]
    source = step.spec.source
    kept = source if isinstance(source, Unmapped) else None
    return RowsTransformed(
        migration=step.migration,
        step=step.spec.name,
        batch=batch.number,
        subjects=len(outcomes),
        values=sum(outcome.values for outcome in outcomes),
        fates=dict(fates),
        targets=_targets(step.spec, rows, fittings),
        conflicts=len(conflicts),
        parked=sum(one.parked for one in conflicts),
        unmapped=sum(len(one.unmapped) for one in outcomes),
        rejected=sum(one.rejected is not None for one in outcomes),
        first=batch.first,
        last=batch.last,
        of=kept.of if kept else "",
        homes=kept.fields if kept else (),
        retried=batch.retried,
        spec=text_digest(step.text),
    )


def _targets(
    spec: Transform, rows: Iterable[TargetRow], fittings: Sequence[Fitting]
) -> dict[str, int]:
    """Count rows that were written, by table; one that was written twice is one row."""
    new: Counter[str] = Counter()
    merged: set[Sought] = set()
    for row in rows:
        if _written(row, fittings[row.target]):
            target = spec.into[row.target]
            if target.match:
                merged.add(where(target, [row.values[name] for name in target.match]))
            else:
                new[row.table] += 1
    return dict(new + Counter(table for table, _, _ in merged))


def _written(row: TargetRow, fitting: Fitting) -> bool:
    return row.there is None or bool(fitting.differing(row.values, row.there))


def conflict_id(step: Step, subject: str, conflict: Conflict) -> str:
    """Return the same UUID for the same disagreement on every run."""
    place = [jsonable(one) for one in conflict.key.values()]
    names = [step.migration, step.spec.name, subject, conflict.table, place]
    return str(uuid5(NAMESPACE_URL, write([*names, conflict.column, conflict.path])))


class _Teller:
    """Makes events of outcomes; values go into ``contents``, by digest."""

    def __init__(self, step: Step, fittings: Sequence[Fitting]) -> None:
        self.step = step
        self.fittings = fittings
        self.contents: dict[str, bytes] = {}

    def events(self, outcome: Outcome) -> Iterator[AnyEvent]:
        """Yield what is to be noted of a subject."""
        subject = write(jsonable(outcome.subject))
        if outcome.rejected is not None:
            yield from self._rejected(outcome, subject)
        for row in outcome.rows:
            target = self.step.spec.into[row.target]
            if target.missing == "provision" and row.there is None:
                table = self.fittings[row.target].table.id
                made = self._keep(_plain(row.values))
                yield RowProvisioned(step=self.step.spec.name, table=table, content=made)
        for conflict in outcome.conflicts:
            yield from self._conflict(outcome, subject, conflict)
        for left in outcome.unmapped:
            yield FieldUnmapped(
                step=self.step.spec.name,
                subject=subject,
                record=left.record,
                fields=tuple(left.values),
                content=self._keep(_plain(left.values)),
            )

    def _rejected(self, outcome: Outcome, subject: str) -> Iterator[AnyEvent]:
        assert outcome.rejected is not None
        for record in outcome.records:
            cause = record.id == outcome.rejected.record
            yield RecordRejected(
                step=self.step.spec.name,
                subject=subject,
                record=record.id,
                error=outcome.rejected.reason if cause else ANOTHER,
                content=self._keep(_plain(record.fields)),
            )

    def _conflict(self, outcome: Outcome, subject: str, conflict: Conflict) -> Iterator[AnyEvent]:
        name = conflict_id(self.step, subject, conflict)
        found = [_candidate(outcome, one) for one in conflict.candidates]
        table = self.fittings[conflict.target].table
        ids = {column.name: column.id for column in table.columns}
        yield ConflictFound(
            conflict=name,
            step=self.step.spec.name,
            subject=subject,
            field=conflict.field,
            candidates=self._keep(found),
            count=len(found),
            table=table.id,
            column=ids.get(conflict.column, 0),
            path=conflict.path,
            key=tuple((ids[column], jsonable(value)) for column, value in conflict.key.items()),
            written=self._keep(jsonable(conflict.written)),
        )
        if not conflict.parked:
            yield ConflictDecided(conflict=name, chosen=conflict.chosen, rule=conflict.rule)

    def _keep(self, value: Any) -> str:
        text = write(value)
        digest = text_digest(text)
        self.contents[digest] = text.encode()
        return digest


def _candidate(outcome: Outcome, one: Candidate) -> dict[str, Any]:
    there = one.record == THERE
    return {
        "record": "target" if there else outcome.records[one.record].id,
        "field": one.field,
        "value": jsonable(one.value),
    }


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: jsonable(value) for name, value in fields.items()}
