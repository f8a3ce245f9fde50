"""A long history: applied, taken back to its beginning, and gone through forward again."""

from __future__ import annotations

from pathlib import Path

import msgspec

from commands.apply import apply
from commands.init import init
from commands.opening import Asker
from commands.rollback import rollback
from tests.benchmarks.measure import Cost, measured, peak_memory
from tests.benchmarks.subjects import subject
from tests.histories.growing_each import growing

ASKER = Asker(actor="bench")
SEED = 20


class Trip(msgspec.Struct, frozen=True, kw_only=True):
    """Costs of a history of so many migrations; a server's work shows in the wall clock only."""

    kind: str
    migrations: int
    entries: int
    applied: Cost
    back: Cost
    forward: Cost
    memory: float


def measure(kind: str, migrations: int, home: Path, server: str) -> Trip:
    """Go there and back and there again on a fresh database."""
    with subject(kind, home, server) as made:
        target = made.target
        init(target, name="bench", asker=ASKER)
        grown = growing(SEED, sqlite=kind == "sqlite")
        for name, text in grown.migrations(migrations, tables=migrations * 3 // 10):
            (home / f"{name}.sql").write_text(text, encoding="utf-8")
        with measured() as applied:
            end = apply(target, [home], asker=ASKER).head
        with measured() as back:
            rollback(target, "before:0001_step", asker=ASKER)
        with measured() as forward:
            rollback(target, str(end), asker=ASKER)
    return Trip(
        kind=kind,
        migrations=migrations,
        entries=end,
        applied=applied,
        back=back,
        forward=forward,
        memory=peak_memory(),
    )
