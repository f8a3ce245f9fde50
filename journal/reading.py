"""Reading entries in order, a page at a time, and from several queries at once.

Both databases ask the same questions; each tells in ``Words`` how it says them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from heapq import merge
from operator import attrgetter
from typing import Any, TypedDict

import msgspec

from journal.codec import MOMENT, RECORDED
from journal.envelope import StoredEntry
from journal.findings import found_among

FIRST_PAGE = 100
"""Entries read at first, so that a reader who wants few need not wait for many."""
PAGE = 2000
"""Entries read at a time from then on."""
_LAST = 2**63 - 1

Page = Sequence[Any]
Ask = Callable[[str, Sequence[object]], Page]
"""Runs a query with its values, and returns the rows."""


class Chosen(TypedDict, total=False):
    """Which entries are wanted: all that meet every condition given.

    ``after < position <= last``. The stored bytes of an entry hold one of ``holding`` and each of
    ``holding_all``. It was recorded at ``since`` or later and before ``until``, each as entries
    bear the time, whatever the clocks of those did who wrote its neighbours. ``backwards`` yields
    the newest first.
    """

    after: int
    last: int | None
    run: str | None
    types: Sequence[str]
    holding: Sequence[bytes]
    holding_all: Sequence[bytes]
    since: str
    until: str
    backwards: bool


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """How a database says what is asked of its table of entries.

    ``value`` and ``bytes`` are where a value goes. ``place`` is where bytes that are given begin
    in the body, 0 where they do not stand in it; ``part`` is so many bytes of it from a start on.
    """

    table: str
    value: str
    bytes: str
    place: str
    part: str

    @property
    def columns(self) -> str:
        """A query for stored entries, up to its conditions."""
        return f"SELECT position, run, type, version, body, previous, digest FROM {self.table}"


def entries(
    chosen: Chosen, words: Words, ask: Ask, opened: Callable[[Any], StoredEntry]
) -> Iterator[StoredEntry]:
    """Yield entries in order; those of types that an index leads to, by one query a type."""
    reading = _Reading(chosen, words, ask, opened)
    types, run = tuple(chosen.get("types", ())), chosen.get("run")
    groups = found_among(types) if run is None else {}
    if run is not None:
        reading.demand(f"run = {words.value}", run)
    if types and not groups:
        reading.demand(f"type IN ({', '.join([words.value] * len(types))})", *types)
    if len(groups) > 1 and reading.last is None:  # what is appended meanwhile would be seen in part
        ((reading.last,),) = ask(f"SELECT coalesce(max(position), 0) FROM {words.table}", ())
    streams = [
        reading.stream(f"type = '{kind}'", f"type IN {group}") for kind, group in groups.items()
    ]
    if len(streams) <= 1:
        return streams[0] if streams else reading.stream()
    return merge(*streams, key=attrgetter("position"), reverse=reading.backwards)


class _Reading:
    """What every query of one reading has in common."""

    def __init__(
        self, chosen: Chosen, words: Words, ask: Ask, opened: Callable[[Any], StoredEntry]
    ) -> None:
        self.words = words
        self.ask = ask
        self.opened = opened
        self.after = chosen.get("after", 0)
        self.last = chosen.get("last")
        self.backwards = chosen.get("backwards", False)
        self._conditions: list[str] = []
        self._values: list[object] = []
        self._bytes(chosen)

    def demand(self, condition: str, *values: object) -> None:
        """Ask for entries that meet one more condition."""
        self._conditions.append(condition)
        self._values += values

    def stream(self, *more: str) -> Iterator[StoredEntry]:
        """Yield entries a page at a time, so that writers are not held up."""
        newest = _LAST if self.last is None else min(self.last, _LAST - 1) + 1
        start, end = (newest, self.after) if self.backwards else (self.after, self.last)
        limit = FIRST_PAGE
        sql, ends = self._sql(more, bounded=end is not None), () if end is None else (end,)
        while True:
            page = self.ask(sql, (start, *ends, *self._values, limit))
            yield from map(self.opened, page)
            if len(page) < limit:
                return
            start, limit = page[-1][0], PAGE

    def _sql(self, more: Sequence[str], *, bounded: bool) -> str:
        """Word the query, with an end only where there is one.

        Where statistics are missing PostgreSQL expects so little between two bounds that it sorts
        all that is left, for each page anew.
        """
        value = self.words.value
        start, end, order = ("<", ">", "DESC") if self.backwards else (">", "<=", "ASC")
        bounds = [f"position {start} {value}", *([f"position {end} {value}"] if bounded else [])]
        met = " AND ".join([*bounds, *self._conditions, *more])
        return f"{self.words.columns} WHERE {met} ORDER BY position {order} LIMIT {value}"

    def _bytes(self, chosen: Chosen) -> None:
        """Take the conditions on the bytes of an entry."""
        holds = f"{self.words.place} > 0"
        for one in chosen.get("holding_all", ()):
            self.demand(holds, one)
        if some := chosen.get("holding", ()):
            self.demand(f"({' OR '.join([holds] * len(some))})", *some)
        moment = self.words.part.format(start=f"{self.words.place} + {len(RECORDED)}", size=MOMENT)
        for sign, bound in ((">=", chosen.get("since")), ("<", chosen.get("until"))):
            if bound:
                self.demand(f"{moment} {sign} {self.words.bytes}", RECORDED, bound.encode())
