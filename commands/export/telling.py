"""Rows of the tables of an export, as entries tell them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from commands.folding import folded
from journal.codec import open_entry
from journal.envelope import Entry, StoredEntry
from journal.events import (
    ConflictDecided,
    ConflictFound,
    RowsChanged,
    RunCompleted,
    RunFailed,
    RunInterrupted,
    RunStarted,
)
from journal.store import Journal
from projections.naming import Namer, NamingFold

Row = tuple[Any, ...]

_STATES = {RunCompleted: "completed", RunFailed: "failed", RunInterrupted: "interrupted"}
_NO_RUN = RunStarted(verb="record")


class Teller:
    """Tells entries in rows; names of tables and of runs are those told up to a position."""

    def __init__(self, journal: Journal, last: int) -> None:
        self._namer = Namer(folded(journal, NamingFold, last=last))
        self._runs: dict[str, tuple[Entry, RunStarted]] = {}
        for entry in journal.read(last=last, types=("RunStarted",)):
            if isinstance(entry.event, RunStarted):
                self._runs.setdefault(entry.run, (entry, entry.event))

    def rows(self, stored: Sequence[StoredEntry]) -> dict[str, list[Row]]:
        """Return the rows of a page of entries, by table."""
        opened = [open_entry(one) for one in stored]
        return {
            "entries": _entries(stored, opened),
            "changes": self._changes(opened),
            "runs": self._ended(opened),
            "conflicts": self._conflicts(opened),
        }

    def _changes(self, entries: Iterable[Entry]) -> list[Row]:
        found = []
        for entry in entries:
            if isinstance(event := entry.event, RowsChanged):
                rows, started = event.rows, self._started(entry)
                verb = started.verb if entry.run in self._runs else ""
                found.append((
                    entry.position, entry.recorded_at, entry.run, verb, started.migration,
                    entry.actor, event.statement.number,
                    self._namer.at(entry.position).get(rows.table), rows.table, rows.cause,
                    rows.inserted, rows.updated, rows.deleted, rows.removed, rows.added,
                ))  # fmt: skip
        return found

    def _ended(self, entries: Iterable[Entry]) -> list[Row]:
        found = []
        for entry in entries:
            state = _STATES.get(type(entry.event))
            if state is None or entry.run not in self._runs:
                continue
            first, started = self._runs[entry.run]
            event = entry.event
            done = event if isinstance(event, RunCompleted) else RunCompleted()
            failed = event if isinstance(event, RunFailed) else RunFailed(error="")
            found.append((
                entry.position, entry.recorded_at, entry.run, started.verb, started.migration,
                started.program, state, first.recorded_at, _seconds(first, entry), first.position,
                first.actor, started.reason, started.ref, started.fleet, started.origin,
                started.target, done.statements, done.rows, failed.error, failed.sqlstate,
            ))  # fmt: skip
        return found

    def _conflicts(self, entries: Iterable[Entry]) -> list[Row]:
        return [
            (
                entry.position, entry.recorded_at, entry.run, self._started(entry).migration,
                entry.actor, *told,
            )
            for entry in entries
            if (told := _of_conflict(entry))
        ]  # fmt: skip

    def _started(self, entry: Entry) -> RunStarted:
        return self._runs[entry.run][1] if entry.run in self._runs else _NO_RUN


def _of_conflict(entry: Entry) -> Row:
    match entry.event:
        case ConflictFound() as event:
            return event.conflict, "found", event.step, event.field, event.count, ""
        case ConflictDecided() as event:
            return event.conflict, "decided", "", "", None, event.rule
        case _:
            return ()


def _entries(stored: Sequence[StoredEntry], opened: Sequence[Entry]) -> list[Row]:
    return [
        (
            one.position, entry.recorded_at, one.type, entry.actor, one.run, entry.evidence,
            one.version, one.body.decode(), one.previous, one.digest,
        )
        for one, entry in zip(stored, opened, strict=True)
    ]  # fmt: skip


def _seconds(first: Entry, last: Entry) -> float:
    began, ended = (datetime.fromisoformat(one.recorded_at) for one in (first, last))
    return (ended - began).total_seconds()
