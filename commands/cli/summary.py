"""Each event in a few words, for one line of the log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import assert_never

from commands.words import count
from journal import events as e
from journal.events import AnyEvent
from journal.values import SequenceMove, TableRows
from journal.verified import Use, first_look
from projections.drift import differences

SHOWN = 3
"""How many parts of a change one line names."""


def summary(event: AnyEvent, names: Mapping[int, str]) -> str:
    """Say what an event says; ``names`` are those of objects by identity."""
    match event:
        case e.RowsChanged():
            return rows_changed(event.rows, names)
        case e.SchemaChanged():
            changed = [difference.text for difference in differences(event.changes)]
            sides = (side for change in event.changes for side in (change.before, change.after))
            told = {side.id for side in sides if side and side.kind == "extension"}
            held = (one.object for one in event.contents if one.object not in told)
            return some([*changed, *(f"other rows in {names.get(i, str(i))}" for i in held)])
        case e.DriftAccepted():
            return some(difference.text for difference in differences(event.changes))
        case e.SequenceMoved():
            return f"{names.get(event.move.object, event.move.object)}: {_turn(event.move)}"
        case e.RunStarted():
            return _started(event)
        case e.RunCompleted():
            did = f"{count(event.statements, 'statement')}, {count(event.rows, 'row')}"
            return did + _list(event.notes)
        case e.RunFailed():
            where = f"statement {event.statement.number}, " if event.statement else ""
            state = f" [{event.sqlstate}]" if event.sqlstate else ""
            return f"{where}{event.error}{state}{_list(event.notes)}"
        case e.RunInterrupted():
            return f"found without an end{_list((*event.stayed, *event.notes))}"
        case e.StatementIntended():
            return f"statement {event.statement.number}: {event.kind}"
        case e.StatementSettled():
            return f"statement {event.statement.number}: {event.outcome} {event.error}".rstrip()
        case e.JournalOpened():
            return f"{event.name} on {event.server}"
        case e.BaselineRecorded():
            part = f" (part {event.part} of {event.parts})" if event.parts > 1 else ""
            return f"{count(len(event.objects), 'object')}{part}"
        case e.HistoryImported():
            return imported(event)
        case e.MarkSet():
            return f"@{event.name} is {event.at}"
        case e.MarkRemoved():
            return f"@{event.name}"
        case e.SignedOff():
            return f"{event.verdict}, on {event.at}"
        case e.Stamped():
            return stamped(event)
        case e.IrreversibleAllowed():
            return f"{event.name}: {event.what}"
        case e.CheckRun():
            if first_look(event.details):
                return f"{event.name}, before the first step"
            waived = event.details.waived if isinstance(event.details, Use) else ""
            passed = f"waived ({waived})" if waived else "passed" if event.passed else "failed"
            return f"{event.name} {passed}"
        case e.BackupTaken() | e.BackupRestored():
            return f"{event.backup}: {count(sum(event.tables.values()), 'row')}"
        case e.BackupVerified():
            return f"{event.backup} {'passed' if event.passed else 'failed'}"
        case e.RowsTransformed():
            if event.source:
                return f"copy from {event.source.get('place', event.copied)}"
            noun = "row" if event.table else "subject"
            return f"{event.step}: {count(event.subjects, noun)}"
        case e.ConflictFound():
            return f"{event.field} of {event.subject}: {count(event.count, 'candidate')}"
        case e.ConflictDecided():
            return f"{event.conflict} by {event.rule or 'a person'}"
        case e.FieldUnmapped():
            return f"{', '.join(event.fields)} of {event.subject}"
        case e.RecordRejected():
            return f"{event.record}: {event.error}"
        case e.RowProvisioned():
            return str(names.get(event.table, event.table))
        case e.ContentErased():
            if event.images is None:
                return f"content {event.before[:12]}: {event.reason}"
            images = count(event.images.rows, "image")
            return (
                f"{images} of {names.get(event.images.table, event.images.table)}: {event.reason}"
            )
        case e.ArchiveSealed():
            how = "back" if event.restored else "away"
            return f"up to {event.last} {how}, at {event.location}"
        case _:
            assert_never(event)


def stamped(event: e.Stamped) -> str:
    """Say what was stamped: a migration as done or undone elsewhere, or its file."""
    if not event.file:
        return f"{event.migration} stamped as {'done' if event.done else 'undone'} elsewhere"
    if not event.digest:
        return f"{event.migration}: accepted without its file"
    return f"{event.migration}: {'accepted as its file is now' if event.done else 'renamed'}"


def imported(event: e.HistoryImported) -> str:
    """Say what another tool's bookkeeping told."""
    part = f" (part {event.part} of {event.parts})" if event.parts > 1 else ""
    upto = f", all up to {event.upto}" if event.upto else ""
    left = f", {len(event.unapplied)} not applied" if event.unapplied else ""
    number = count(len(event.migrations), "migration")
    return f"{number} of {event.tool}, by {event.table}{upto}{left}{part}"


def rows_changed(rows: TableRows, names: Mapping[int, str]) -> str:
    """Say what happened to rows of one table."""
    name = names.get(rows.table, f"table {rows.table}")
    if rows.cause == "destroyed":
        return f"{name}: {count(rows.removed, 'row')} kept before they are lost"
    if rows.cause == "made":
        return f"{name}: {count(rows.added, 'row')} as they were made"
    parts = [
        f"{number} {what}"
        for number, what in (
            (rows.inserted, "inserted"),
            (rows.updated, "updated"),
            (rows.deleted, "deleted"),
        )
        if number
    ]
    return f"{name}: {', '.join(parts) or 'nothing'}"


def some(texts: Iterable[str]) -> str:
    """Join the first few, and tell how many more there are."""
    every = list(texts)
    more = f" and {len(every) - SHOWN} more" if len(every) > SHOWN else ""
    return "; ".join(every[:SHOWN]) + more


def _started(event: e.RunStarted) -> str:
    return " ".join(_words(event))


def _words(event: e.RunStarted) -> Iterator[str]:
    yield event.verb
    if event.migration or event.program:
        yield event.migration or event.program
    if event.target is not None:
        yield f"{event.origin} to {event.target}"
    if event.reason:
        yield f"({event.reason})"


def _turn(move: SequenceMove) -> str:
    before, after = move.before.last_value, move.after.last_value
    return f"{'unset' if before is None else before} to {'unset' if after is None else after}"


def _list(texts: tuple[str, ...]) -> str:
    return f": {some(texts)}" if texts else ""
