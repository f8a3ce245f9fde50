"""What a batch found out, as events; values stand in the content table, named by digest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import msgspec

from commands.transform.outcome import Candidate, Conflict, Outcome
from commands.transform.values import write
from journal.events import (
    AnyEvent,
    ConflictDecided,
    ConflictFound,
    FieldUnmapped,
    RecordRejected,
    RowsTransformed,
)
from journal.recording import Recording
from journal.store import text_digest


class Step(msgspec.Struct, frozen=True):
    """Which transform of which migration it is."""

    migration: str
    name: str


def tell(step: Step, number: int, outcomes: Sequence[Outcome], recording: Recording) -> None:
    """Note a batch: what was found about each subject, and the fate of its values."""
    contents: dict[str, bytes] = {}
    for outcome in outcomes:
        recording.note(*_events(step, outcome, contents))
    if contents:
        recording.database.put_contents(contents)
    fates: Counter[str] = Counter()
    for outcome in outcomes:
        fates.update({str(fate): n for fate, n in outcome.fates.items()})
    tables = Counter(row.table for outcome in outcomes for row in outcome.rows)
    recording.note(
        RowsTransformed(
            migration=step.migration,
            step=step.name,
            batch=number,
            subjects=len(outcomes),
            values=sum(outcome.values for outcome in outcomes),
            fates=dict(fates),
            targets=dict(tables),
        )
    )


def conflict_id(step: Step, subject: str, conflict: Conflict) -> str:
    """Return the same UUID for the same disagreement on every run."""
    names = [step.migration, step.name, subject, conflict.table, conflict.field]
    return str(uuid5(NAMESPACE_URL, write(names)))


def _events(step: Step, outcome: Outcome, contents: dict[str, bytes]) -> Iterator[AnyEvent]:
    """Yield what is to be noted of a subject; values go into ``contents``, by digest."""
    subject = write(outcome.subject)

    def keep(value: Any) -> str:
        text = write(value)
        digest = text_digest(text)
        contents[digest] = text.encode()
        return digest

    if outcome.rejected is not None:
        for record in outcome.records:
            cause = record.id == outcome.rejected.record
            yield RecordRejected(
                step=step.name,
                subject=subject,
                record=record.id,
                error=outcome.rejected.reason if cause else "another record of the subject",
                content=keep(_plain(record.fields)),
            )
    for conflict in outcome.conflicts:
        name = conflict_id(step, subject, conflict)
        found = [_candidate(outcome, one) for one in conflict.candidates]
        yield ConflictFound(
            conflict=name,
            step=step.name,
            subject=subject,
            field=f"{conflict.table}.{conflict.field}",
            candidates=keep(found),
            count=len(found),
        )
        if not conflict.parked:
            yield ConflictDecided(conflict=name, chosen=conflict.chosen, rule=conflict.rule)
    for left in outcome.unmapped:
        yield FieldUnmapped(
            step=step.name,
            subject=subject,
            record=left.record,
            fields=tuple(left.values),
            content=keep(_plain(left.values)),
        )


def _candidate(outcome: Outcome, one: Candidate) -> dict[str, Any]:
    return {
        "record": outcome.records[one.record].id,
        "field": one.field,
        "value": _json(one.value),
    }


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: _json(value) for name, value in fields.items()}


def _json(value: Any) -> Any:
    """Bytes have no form in JSON, so they are named as what they are."""
    return {"bytes": value.hex()} if isinstance(value, bytes) else value
