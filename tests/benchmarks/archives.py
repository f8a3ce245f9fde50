"""Archiving the older half of a journal of row images, and bringing it back.

A table of eight columns is written twenty times over, ten statements each time; the archive
takes the first ten.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from commands.archiving.archive import archive
from commands.archiving.restoring import restore
from commands.opening import Asker
from commands.verify import verify
from journal.opening import journal_in
from tests.benchmarks.measure import Cost, measured, peak_memory
from tests.benchmarks.subjects import open_journal_on, subject

TIMES = 20
PARTS = 10
ASKER = Asker(actor="operator", reason="measured")


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Cost of this process, megabytes; ``before`` and ``after`` are content and images as stored.

    ``after`` is measured when the room was given back.
    """

    kind: str
    images: int
    taking: Cost
    restoring: Cost
    proving: Cost
    before: float
    after: float
    archive: float
    memory: float


def measure(kind: str, count: int, home: Path, server: str) -> Figures:
    """Write a table of ``count`` rows twenty times, archive the first half, bring it back."""
    with subject(kind, home, server) as made:
        made.fill(count)
        open_journal_on(made)
        session = made.session()
        journal = journal_in(session)
        ends: list[int] = []
        for time in range(TIMES):
            with journal.recording(actor="operator") as run:
                for part in range(PARTS):
                    run.execute(
                        f"UPDATE t SET note = note || '{time % 10}' WHERE id % {PARTS} = {part}"
                    )
            ends.append(journal.head().position)
        raw = session.session  # type: ignore[attr-defined]
        before = _size(kind, raw)
        place = home / "archive"
        with measured() as taking:
            done = archive(made.target, str(ends[TIMES // 2 - 1]), place, asker=ASKER)
        if kind == "sqlite":
            raw.run("VACUUM")
        else:
            raw.run("VACUUM FULL clew.content, clew.image")
        after = _size(kind, raw)
        with measured() as proving:
            assert verify(journal).ok
        with measured() as restoring:
            restore(made.target, place, asker=ASKER)
        return Figures(
            kind=kind,
            images=done.rows,
            taking=taking,
            restoring=restoring,
            proving=proving,
            before=before / 1e6,
            after=after / 1e6,
            archive=sum(file.stat().st_size for file in place.rglob("*") if file.is_file()) / 1e6,
            memory=peak_memory(),
        )


def _size(kind: str, raw: object) -> int:
    if kind == "postgresql":
        sql = "SELECT pg_total_relation_size('clew.image') + pg_total_relation_size('clew.content')"
    else:
        sql = (
            "SELECT (p.page_count - f.freelist_count) * s.page_size FROM pragma_page_count p,"
            " pragma_freelist_count f, pragma_page_size s"
        )
    return int(raw.value(sql))  # type: ignore[attr-defined]
