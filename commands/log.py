"""The entries of the journal, chosen by position, run, table, actor, time or text."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from heapq import merge
from itertools import islice
from operator import attrgetter

import msgspec

from commands import filters
from commands.filters import Filter
from commands.folding import folded
from commands.places import position_of
from journal.codec import EVENT_TYPES
from journal.envelope import Entry
from journal.errors import Busy, NotFound, Usage
from journal.events import RunStarted
from journal.store import Journal
from projections.fold import replay
from projections.naming import NamingFold
from projections.runs import Run, Runs

RUN_TYPES = ("RunStarted", "RunCompleted", "RunFailed", "RunInterrupted")


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries a log lists: those that every condition fits.

    ``run`` is a run's identity or the beginning of it; ``migration`` names the runs of one
    migration. ``table`` is any name that tables ever had: their entries under other names are
    listed as well. ``since`` (included) and ``until`` are times, or how long ago. ``grep`` is a
    regular expression over the texts of an event, with ``statements`` over its SQL too.
    """

    run: str = ""
    migration: str = ""
    types: tuple[str, ...] = ()
    table: str = ""
    actor: str = ""
    since: str = ""
    until: str = ""
    grep: str = ""
    statements: bool = False


EVERYTHING = Wanted()


def log(
    journal: Journal,
    wanted: Wanted = EVERYTHING,
    *,
    at: str = "",
    after: str = "",
    newest: int | None = None,
    reverse: bool = False,
) -> Iterator[Entry]:
    """Yield entries up to ``at`` and later than ``after``, oldest first unless ``reverse``.

    ``newest`` keeps only the last so many. Memory stays flat.

    Raises:
        NotFound: no such position, run, migration or table.
        Usage: no such type of event, or a position, time or pattern that is not understood.
    """
    last = position_of(journal, at) if at else journal.head().position
    first = position_of(journal, after) if after else 0
    reading = _Reading(journal, wanted, last)
    if newest is None:
        return reading.entries(first, backwards=reverse)
    if reverse:
        return islice(reading.entries(first, backwards=True), newest)
    if wanted == EVERYTHING:
        first = max(first, last - newest)
    else:
        found = islice(reading.entries(first, backwards=True), newest)
        oldest = deque(found, maxlen=1)
        first = oldest[0].position - 1 if oldest else last
    return reading.entries(first)


def follow(
    journal: Journal,
    wanted: Wanted = EVERYTHING,
    *,
    pause: Callable[[], None],
    after: str = "",
    newest: int | None = None,
) -> Iterator[Entry]:
    """Yield entries as ``log`` does, and then each that is appended, without an end.

    ``pause`` is called, and waits a little, whenever all that there is was read. Positions come
    in order, each once: what is appended later stands at a later position.

    Raises:
        NotFound, Usage: as ``log`` does.
    """
    seen = journal.head().position
    yield from log(journal, wanted, at=str(seen), after=after, newest=newest)
    while True:
        pause()
        with suppress(Busy):  # a writer of the file has it to itself for longer than usual
            head = journal.head().position
            for entry in _Reading(journal, wanted, head).entries(seen):
                yield entry
                seen = entry.position
            seen = head


def find_run(journal: Journal, run: str) -> Run:
    """Return the run of an identity, or of the beginning of one.

    Raises:
        NotFound: there is none, or several begin so.
    """
    found = replay(Runs, journal.read(types=RUN_TYPES)).find(run)
    if found is None:
        raise _no_run(run)
    return found


class _Reading:
    """What is wanted, understood once and read as often as it takes."""

    def __init__(self, journal: Journal, wanted: Wanted, last: int) -> None:
        self._filters = list(_filters(journal, wanted, last))
        types = _known_types(wanted.types)
        if wanted.table:
            types = tuple(t for t in filters.TABLE_TYPES if not types or t in types)
        self._nothing = bool(wanted.table) and not types
        self._runs = _runs(journal, wanted)
        now = journal.clock()
        self._read = partial(
            journal.read,
            last=last,
            types=types,
            holding=[bytes_ for one in self._filters for bytes_ in one.holding],
            holding_all=[bytes_ for one in self._filters for bytes_ in one.holding_all],
            since=filters.moment(wanted.since, now) if wanted.since else "",
            until=filters.moment(wanted.until, now) if wanted.until else "",
        )

    def entries(self, after: int, *, backwards: bool = False) -> Iterator[Entry]:
        """Yield the entries in order of position, or the newest first."""
        if self._nothing:
            return iter(())
        read = partial(self._read, after=after, backwards=backwards)
        if self._runs is None:
            found = read()
        else:
            streams = [read(run=run) for run in self._runs]
            found = merge(*streams, key=attrgetter("position"), reverse=backwards)
        return (one for one in found if all(filter_.fits(one) for filter_ in self._filters))


def _filters(journal: Journal, wanted: Wanted, last: int) -> Iterator[Filter]:
    if wanted.table:
        naming = folded(journal, NamingFold, last=last)
        yield filters.of_table(naming, wanted.table)
    if wanted.actor:
        yield filters.of_actor(wanted.actor)
    if wanted.grep:
        yield filters.of_text(journal, wanted.grep, statements=wanted.statements)


def _runs(journal: Journal, wanted: Wanted) -> list[str] | None:
    """Name the runs that are wanted; ``None`` for all that there is."""
    if not wanted.run and not wanted.migration:
        return None
    name = wanted.migration.removesuffix(".sql").removesuffix(".py")
    started = [
        (entry.run, entry.event.migration)
        for entry in journal.read(types=("RunStarted",))
        if isinstance(entry.event, RunStarted)
    ]
    found = started
    if wanted.run:
        found = [one for one in found if one[0].startswith(wanted.run)]
        if len(found) != 1:
            raise _no_run(wanted.run)
    if name and not any(migration == name for _, migration in started):
        raise NotFound(f"no run of a migration named {wanted.migration!r}")
    return [run for run, migration in found if not name or migration == name]


def _no_run(run: str) -> NotFound:
    return NotFound(f"no one run begins with {run!r}", hint="See the runs with: clew log.")


def _known_types(types: Sequence[str]) -> tuple[str, ...]:
    names = {name.lower(): name for name in EVENT_TYPES}
    for wanted in types:
        if wanted.lower() not in names:
            raise Usage(
                f"no type of event named {wanted!r}", hint=f"Types: {', '.join(EVENT_TYPES)}."
            )
    return tuple(dict.fromkeys(names[wanted.lower()] for wanted in types))
