"""The decisions behind a row's values: conflicts that transforms met at this very row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from commands.findings import erased_candidates
from commands.one_row.answer import Decision
from commands.one_row.chapter import Chapter
from commands.one_row.runs import Runs
from commands.transform.values import read
from journal.envelope import Entry
from journal.erased import Erased
from journal.events import ConflictDecided, ConflictFound
from journal.store import Journal

_TYPES = ("ConflictFound", "ConflictDecided")


class Decisions:
    """Conflicts of one row, as the runs that changed it found and decided them."""

    def __init__(self, journal: Journal, runs: Runs) -> None:
        self._journal = journal
        self._runs = runs
        self._found: dict[str, tuple[Entry, ConflictFound]] = {}

    def of(
        self, run: str, chapter: Chapter, rows: Sequence[Mapping[int, Any]]
    ) -> tuple[Decision, ...]:
        """Return what a run found or decided of the row, which is known by ``rows``."""
        begun = self._runs.started(run)
        if begun is None or not (begun.verb == "decide" or begun.file.endswith(".py")):
            return ()
        decided: dict[str, tuple[Entry, ConflictDecided]] = {}
        mine: list[str] = []
        for entry in self._journal.read(run=run, types=_TYPES):
            match entry.event:
                case ConflictFound() as event if _concerns(event, chapter, rows):
                    self._found[event.conflict] = (entry, event)
                    mine.append(event.conflict)
                case ConflictDecided() as event if event.conflict in self._found:
                    decided[event.conflict] = (entry, event)
                case _:
                    pass
        return tuple(
            self._told(*self._found[one], decided.get(one))
            for one in dict.fromkeys([*mine, *decided])
        )

    def _told(
        self, entry: Entry, found: ConflictFound, decided: tuple[Entry, ConflictDecided] | None
    ) -> Decision:
        stored = self._journal.database.content(found.candidates)
        if isinstance(stored, Erased):
            candidates = erased_candidates(found.count, stored)
        else:
            candidates = tuple(read(stored)) if stored is not None else ()
        if decided is None:
            return Decision(
                conflict=found.conflict,
                field=found.field,
                status="open",
                candidates=candidates,
                position=entry.position,
            )
        at, event = decided
        return Decision(
            conflict=found.conflict,
            field=found.field,
            status="decided",
            candidates=candidates,
            chosen=event.chosen,
            by=event.rule or at.actor,
            reason=event.reason,
            position=at.position,
        )


def _concerns(event: ConflictFound, chapter: Chapter, rows: Sequence[Mapping[int, Any]]) -> bool:
    """Tell whether a conflict is about the row: its key says where the value stands."""
    if event.table not in chapter.family or not event.key:
        return False
    wanted = {chapter.own.get(column, column): str(value) for column, value in event.key}
    return any(all(str(row.get(c)) == value for c, value in wanted.items()) for row in rows)
