"""Replaying a journal: an answer is folded from entries, and from nothing else.

A projection is a frozen answer whose class knows its own fold. The fold's working state may
change in place, so that a million entries stay cheap; what leaves it never does.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

from journal.envelope import Entry

S_co = TypeVar("S_co", covariant=True)
S = TypeVar("S")


class Fold(Protocol[S_co]):
    """Takes entries in order of position, and answers at any moment."""

    def take(self, entry: Entry) -> None:
        """Go on by one entry."""

    def answer(self) -> S_co:
        """Return the answer as of the last entry taken."""


class Projection(Protocol[S_co]):
    """Anything that can begin a fold: the class of the answer."""

    def fold(self) -> Fold[S_co]:
        """Return a fold that has seen nothing yet."""


def replay(projection: Projection[S], entries: Iterable[Entry], *, at: int | None = None) -> S:
    """Fold ``entries`` up to and including position ``at`` (all of them without it)."""
    fold = projection.fold()
    for entry in entries:
        if at is not None and entry.position > at:
            break
        fold.take(entry)
    return fold.answer()
