"""The entries of the journal, chosen by position, run, type or migration."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

from commands.places import position_of
from journal.codec import EVENT_TYPES
from journal.envelope import Entry
from journal.errors import NotFound, Usage
from journal.store import Journal
from projections.fold import replay
from projections.runs import Run, Runs

RUN_TYPES = ("RunStarted", "RunCompleted", "RunFailed", "RunInterrupted")


def log(
    journal: Journal,
    *,
    at: str = "",
    after: str = "",
    run: str = "",
    migration: str = "",
    types: Sequence[str] = (),
    newest: int | None = None,
) -> Iterator[Entry]:
    """Yield entries in order of position, up to ``at`` and later than ``after``.

    ``run`` is a run's identity or the beginning of it; ``migration`` names the runs of one
    migration; ``newest`` keeps only the last so many.

    Raises:
        NotFound: no such position, run or migration.
        Usage: no such type of event, or a position that is not understood.
    """
    known = _known_types(types)
    last = position_of(journal, at) if at else journal.head().position
    first = position_of(journal, after) if after else 0
    runs = _runs(journal, run, migration)
    if runs is None and not known and newest is not None:
        first = max(first, last - newest)
    found = _read(journal, first, last, runs, known)
    return _newest(found, newest) if newest is not None else found


def find_run(journal: Journal, run: str) -> Run:
    """Return the run of an identity, or of the beginning of one.

    Raises:
        NotFound: there is none, or several begin so.
    """
    found = replay(Runs, journal.read(types=RUN_TYPES)).find(run)
    if found is None:
        raise NotFound(f"no one run begins with {run!r}", hint="See the runs with: clew log.")
    return found


def _read(
    journal: Journal, after: int, last: int, runs: list[str] | None, types: tuple[str, ...]
) -> Iterator[Entry]:
    if runs is None:
        yield from journal.read(after=after, last=last, types=types)
        return
    for run in runs:
        yield from journal.read(after=after, last=last, run=run, types=types)


def _newest(entries: Iterator[Entry], count: int) -> Iterator[Entry]:
    yield from deque(entries, maxlen=count)


def _runs(journal: Journal, run: str, migration: str) -> list[str] | None:
    if run:
        return [find_run(journal, run).run]
    if not migration:
        return None
    wanted = migration.removesuffix(".sql")
    runs = replay(Runs, journal.read(types=RUN_TYPES)).runs
    found = [known.run for known in runs if known.migration == wanted]
    if not found:
        raise NotFound(f"no run of a migration named {migration!r}")
    return found


def _known_types(types: Sequence[str]) -> tuple[str, ...]:
    names = {name.lower(): name for name in EVENT_TYPES}
    for wanted in types:
        if wanted.lower() not in names:
            raise Usage(
                f"no type of event named {wanted!r}", hint=f"Types: {', '.join(EVENT_TYPES)}."
            )
    return tuple(names[wanted.lower()] for wanted in types)
