"""Appending entries in batches of a thousand, and replaying them with decoding."""

from __future__ import annotations

from pathlib import Path

import msgspec

from journal.events import MarkSet
from journal.opening import journal_in
from projections import Schema, replay
from tests.benchmarks.measure import measured
from tests.benchmarks.subjects import open_journal_on, subject

BATCH = 1000


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """Entries a second of CPU, client and backend together."""

    kind: str
    appended: float
    replayed: float


def measure(kind: str, count: int, home: Path, server: str) -> Rates:
    """Append ``count`` entries and replay them all."""
    with subject(kind, home, server) as made:
        open_journal_on(made)
        journal = journal_in(made.session())
        events = [MarkSet(name=f"mark {n}", at=n) for n in range(BATCH)]
        with measured(made.backends) as appending:
            for _ in range(count // BATCH):
                journal.append(*events, actor="benchmark")
        with measured(made.backends) as replaying:
            replay(Schema, journal.read())
    return Rates(kind=kind, appended=count / appending.cpu, replayed=count / replaying.cpu)
