"""Whose doing a change was: its run, its statement, and what rollbacks took back."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from commands.one_row.answer import RowChange
from journal.envelope import Entry
from journal.erased import Erased
from journal.events import RunStarted
from journal.store import Journal
from journal.values import Statement
from projections.standing import Standing

NONE = RunStarted(verb="record")


class Runs:
    """The beginnings of runs, read when they are asked for."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._started: dict[str, Entry | None] = {}
        self._texts: dict[str, str] = {}

    def entry(self, run: str) -> Entry | None:
        """Return the entry with which a run began."""
        if run not in self._started:
            entries = self._journal.read(run=run, types=("RunStarted",)) if run else iter(())
            self._started[run] = next(entries, None)
        return self._started[run]

    def started(self, run: str) -> RunStarted | None:
        """Return the beginning of a run."""
        entry = self.entry(run)
        return entry.event if entry and isinstance(entry.event, RunStarted) else None

    def undoing(self, run: str) -> bool:
        """Tell whether a run is a rollback."""
        begun = self.started(run)
        return begun is not None and begun.verb == "rollback"

    def text(self, statement: Statement) -> str:
        """Return the text of a statement, or that it was erased; empty where it cannot be read."""
        if statement.digest not in self._texts:
            stored = self._journal.database.content(statement.digest) if statement.digest else None
            if isinstance(stored, Erased):
                text = str(stored)
            else:
                text = "" if stored is None else stored.decode("utf-8", "backslashreplace")
            self._texts[statement.digest] = text
        return self._texts[statement.digest]


def with_rollbacks(changes: Sequence[RowChange], runs: Runs) -> tuple[RowChange, ...]:
    """Tell of each change which rollback took it back, and of rollbacks what they took back."""
    took: dict[int, tuple[int, ...]] = {}
    standing, done = Standing(), 0
    for place, one in enumerate(changes):
        begun = runs.started(one.run)
        if begun is None or begun.verb != "rollback" or begun.target is None:
            continue
        last = max(c.position for c in changes if c.run == one.run)
        if one.position != last:
            continue
        before = [c.position for c in changes[:place] if c.run != one.run]
        stood = {p for p in before if standing.stands(p)}
        first = min(c.position for c in changes if c.run == one.run)
        standing.return_to(begun.target, position=first - 1)  # what it did itself stands
        done = last
        took[last] = tuple(sorted(stood - {p for p in stood if standing.stands(p)}))
    if not done:
        return tuple(changes)
    by = {position: rollback for rollback, positions in took.items() for position in positions}
    return tuple(
        msgspec.structs.replace(
            one,
            takes_back=took.get(one.position, ()) if runs.undoing(one.run) else (),
            taken_back_by=None if standing.stands(one.position) else by.get(one.position),
        )
        for one in changes
    )
