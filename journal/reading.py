"""Reading entries in order from several queries at once, a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from heapq import merge
from operator import attrgetter
from typing import Any

from journal.envelope import StoredEntry

FIRST_PAGE = 100
"""Entries read at first, so that a reader who wants few need not wait for many."""
PAGE = 2000
"""Entries read at a time from then on."""

Page = Sequence[Any]
Ask = Callable[[int, int], Page]
"""Returns the rows beyond a position, at most so many, in order."""


def paged(ask: Ask, start: int, opened: Callable[[Any], StoredEntry]) -> Iterator[StoredEntry]:
    """Yield entries a page at a time, so that writers are not held up."""
    limit = FIRST_PAGE
    while page := ask(start, limit):
        yield from map(opened, page)
        if len(page) < limit:
            return
        start, limit = page[-1][0], PAGE


def merged(streams: Sequence[Iterator[StoredEntry]], *, backwards: bool) -> Iterator[StoredEntry]:
    """Yield the entries of several streams in one order of position."""
    if len(streams) == 1:
        return streams[0]
    return merge(*streams, key=attrgetter("position"), reverse=backwards)
