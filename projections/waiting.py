"""What waits for somebody at a position: open conflicts, homeless fields, rejected subjects.

The journal is read twice: first for what stands at its end, then for the findings that do. So
only what is open is kept, and of it only some is listed.
"""

from __future__ import annotations

from collections import Counter

import msgspec

from journal import events as e
from journal.envelope import Entry
from projections.ground import Ground, without_home

TYPES = ("RunStarted", "ConflictFound", "ConflictDecided", "FieldUnmapped", "RecordRejected",
         "RowsTransformed")  # fmt: skip
"""The types of the events that the second reading listens to."""

LISTED = 100
"""How many conflicts and subjects are listed; all are counted."""

SAMPLES = 3
"""Contents named for a field that has no home."""


class WaitingConflict(msgspec.Struct, frozen=True, kw_only=True):
    """A conflict that nobody decided; ``candidates`` is a digest, ``column`` an identity."""

    conflict: str
    migration: str
    step: str
    subject: str
    field: str
    count: int
    candidates: str
    position: int
    column: int = 0


class WaitingField(msgspec.Struct, frozen=True, kw_only=True):
    """A field that has no home, and the digests of the first records that bear it."""

    step: str
    field: str
    records: int
    contents: tuple[str, ...]


class WaitingRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record of a rejected subject; ``content`` is the digest of the record."""

    migration: str
    step: str
    subject: str
    record: str
    error: str
    content: str
    position: int


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """What stands and waits; ``by_field`` counts open conflicts, lists hold the first of them.

    ``by_rule`` and ``by_person`` count conflicts that were decided, and stand so.
    """

    open: int = 0
    by_rule: int = 0
    by_person: int = 0
    by_field: dict[str, int] = {}
    conflicts: tuple[WaitingConflict, ...] = ()
    unmapped: tuple[WaitingField, ...] = ()
    rejected: int = 0
    by_step: dict[str, int] = {}
    records: tuple[WaitingRecord, ...] = ()


class WaitingFold:
    """The second reading; what does not stand is passed over."""

    def __init__(self, ground: Ground) -> None:
        self._stands = ground.standing.stands
        self._homes = ground.homes()
        self._migrations: dict[str, str] = {}
        self._open: dict[str, WaitingConflict] = {}
        self._decided: dict[bool, int] = {True: 0, False: 0}
        self._people: set[str] = set()
        self._fields: Counter[tuple[str, str]] = Counter()
        self._contents: dict[tuple[str, str], list[str]] = {}
        self._rejected: dict[tuple[str, str, str], list[tuple[str, WaitingRecord]]] = {}

    def take(self, entry: Entry) -> None:
        """Go on by one entry."""
        if isinstance(entry.event, e.RunStarted):
            if entry.event.migration:
                self._migrations[entry.run] = entry.event.migration
            return
        if not self._stands(entry.position):
            return
        match entry.event:
            case e.ConflictFound() as event:
                self._open[event.conflict] = _conflict(entry, event, self._migration(entry))
            case e.ConflictDecided() as event:
                self._decide(event)
            case e.FieldUnmapped() as event:
                self._homeless(entry.position, event)
            case e.RecordRejected() as event:
                self._reject(entry, event)
            case e.RowsTransformed() as event:
                for subject in event.retried:
                    self._retry(entry, (event.migration, event.step, subject))
            case _:
                pass

    def answer(self) -> Waiting:
        """Return what waits as of the last entry taken."""
        conflicts, records = list(self._open.values()), self._rejected.values()
        return Waiting(
            open=len(conflicts),
            by_rule=self._decided[True],
            by_person=self._decided[False],
            by_field=dict(Counter(one.field for one in conflicts)),
            conflicts=tuple(conflicts[:LISTED]),
            unmapped=tuple(
                WaitingField(
                    step=step, field=field, records=n, contents=tuple(self._contents[step, field])
                )
                for (step, field), n in self._fields.items()
            ),
            rejected=len(self._rejected),
            by_step=dict(Counter(step for _, step, _ in self._rejected)),
            records=tuple(one for found in records for _, one in found)[:LISTED],
        )

    def _migration(self, entry: Entry) -> str:
        return self._migrations.get(entry.run, "")

    def _decide(self, event: e.ConflictDecided) -> None:
        """A person may decide once more what a rule has decided: it is theirs from then on."""
        rule = bool(event.rule)
        if self._open.pop(event.conflict, None) is not None:
            self._decided[rule] += 1
        elif not rule and event.conflict not in self._people:
            self._decided[True] -= 1
            self._decided[False] += 1
        if not rule:
            self._people.add(event.conflict)

    def _homeless(self, position: int, event: e.FieldUnmapped) -> None:
        for field in without_home(position, event, self._homes):
            self._fields[event.step, field] += 1
            contents = self._contents.setdefault((event.step, field), [])
            if len(contents) < SAMPLES and event.content not in contents:
                contents.append(event.content)

    def _reject(self, entry: Entry, event: e.RecordRejected) -> None:
        """A subject that is rejected once more waits for the last reason."""
        migration = self._migration(entry)
        name = (migration, event.step, event.subject)
        found = [one for one in self._rejected.pop(name, []) if one[0] == entry.run]
        self._rejected[name] = [*found, (entry.run, _record(entry, event, migration))]

    def _retry(self, entry: Entry, name: tuple[str, str, str]) -> None:
        if any(run != entry.run for run, _ in self._rejected.get(name, [])):
            del self._rejected[name]


def _conflict(entry: Entry, event: e.ConflictFound, migration: str) -> WaitingConflict:
    return WaitingConflict(
        conflict=event.conflict,
        migration=migration,
        step=event.step,
        subject=event.subject,
        field=event.field,
        count=event.count,
        candidates=event.candidates,
        position=entry.position,
        column=event.column,
    )


def _record(entry: Entry, event: e.RecordRejected, migration: str) -> WaitingRecord:
    return WaitingRecord(
        migration=migration,
        step=event.step,
        subject=event.subject,
        record=event.record,
        error=event.error,
        content=event.content,
        position=entry.position,
    )
