"""The entries that tell of one subject, found without reading what others are told."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec

from commands.transform.reading import key_of
from commands.transform.values import is_number
from journal.codec import open_entry
from journal.envelope import Entry
from journal.events import (
    ConflictFound,
    FieldUnmapped,
    RecordRejected,
    RowsTransformed,
    RunStarted,
)
from journal.findings import FINDINGS
from journal.store import Journal
from projections.findings import Findings, FindingsFold

_ALWAYS = frozenset(("RunStarted", "RunCompleted", "RowsTransformed"))
_encode = msgspec.json.Encoder().encode


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A transform that may have taken the subject; it did where the subject is ``mentioned``.

    ``run`` and ``batch`` are set where the subject, if it was taken, was taken there.
    ``digest`` is that of the file.
    """

    migration: str
    step: str
    of: str
    spec: str
    digest: str
    position: int
    run: str = ""
    batch: int = 0
    mentioned: bool = False


class Traced(msgspec.Struct, frozen=True, kw_only=True):
    """What stands of a subject: findings, and the transforms that come into question."""

    findings: Findings
    taken: tuple[Taken, ...]


def trace(journal: Journal, name: str, *, last: int) -> Traced:
    """Trace a subject, named by the JSON of its key, up to a position."""
    tracing, findings = _Tracing(name), FindingsFold()
    for entry in _entries(journal, name, last):
        findings.take(entry)
        tracing.take(entry)
    stands = findings.ground.standing.stands
    return Traced(
        findings=findings.answer(),
        taken=tuple(tracing.answer([n for n in tracing.batches if stands(n.position)])),
    )


def _entries(journal: Journal, name: str, last: int) -> Iterator[Entry]:
    """Yield entries that may matter: bytes are looked through before they are decoded."""
    needles = [_encode(name)]
    for stored in journal.database.entries(last=last, types=FINDINGS):
        if stored.type in _ALWAYS or any(needle in stored.body for needle in needles):
            entry = open_entry(stored)
            if isinstance(entry.event, ConflictFound) and entry.event.subject == name:
                needles.append(_encode(entry.event.conflict))
            if getattr(entry.event, "subject", name) == name:
                yield entry


class _Batch(msgspec.Struct, frozen=True):
    """A batch; ``within`` is ``None`` where its bounds do not tell."""

    position: int
    run: str
    event: RowsTransformed
    mentioned: bool
    within: bool | None


class _Tracing:
    def __init__(self, name: str) -> None:
        self.name = name
        self.key = key_of(name)
        self.batches: list[_Batch] = []
        self._mentions: set[tuple[str, str]] = set()
        self._homeless: dict[str, list[int]] = {}
        self._digests: dict[str, str] = {}

    def take(self, entry: Entry) -> None:
        match entry.event:
            case RunStarted(digest=digest):
                self._digests[entry.run] = digest
            case ConflictFound(step=step) | RecordRejected(step=step):
                self._mentions.add((entry.run, step))
            case FieldUnmapped(step=step):
                self._mentions.add((entry.run, step))
                self._homeless.setdefault(step, []).append(entry.position)
            case RowsTransformed() as event:
                mentioned = (entry.run, event.step) in self._mentions
                self._mentions.discard((entry.run, event.step))
                mentioned = mentioned or self.name in event.retried or self._homed(event)
                within = mentioned or self._within(event)
                self.batches.append(_Batch(entry.position, entry.run, event, mentioned, within))
            case _:
                pass

    def answer(self, standing: list[_Batch]) -> Iterator[Taken]:
        """Yield each transform once, with its batch where that is sure."""
        steps: dict[tuple[str, str], list[_Batch]] = {}
        for one in standing:
            steps.setdefault((one.event.migration, one.event.step), []).append(one)
        for found in steps.values():
            mentioned = [one for one in found if one.mentioned]
            likely = [one for one in found if one.within is not False]
            if mentioned or likely:
                yield self._taken(mentioned or likely, mentioned=bool(mentioned))

    def _taken(self, found: list[_Batch], *, mentioned: bool) -> Taken:
        last = found[-1]
        sure = mentioned or len(found) == 1
        runs = {one.run for one in found}
        return Taken(
            migration=last.event.migration,
            step=last.event.step,
            of=last.event.of,
            spec=last.event.spec,
            digest=self._digests.get(last.run, ""),
            position=last.position,
            run=last.run if sure or len(runs) == 1 else "",
            batch=last.event.batch if sure else 0,
            mentioned=mentioned,
        )

    def _homed(self, event: RowsTransformed) -> bool:
        """Tell whether a batch of unmapped fields holds an entry of the subject."""
        if not event.of or not event.first:
            return False
        first, last = int(event.first), int(event.last)
        return any(first <= one <= last for one in self._homeless.get(event.of, ()))

    def _within(self, event: RowsTransformed) -> bool | None:
        """Only the database knows the order of texts; that of numbers is clear."""
        if event.of:
            return False
        if not event.first:
            return None
        bounds: list[Any] = [key_of(event.first), key_of(event.last)]
        if all(map(is_number, (self.key, *bounds))):
            key = Decimal(self.key)
            return Decimal(bounds[0]) <= key <= Decimal(bounds[1])
        return None
