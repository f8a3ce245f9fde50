"""Replaying a journal: an answer is folded from entries, and from nothing else.

A projection is a frozen answer whose class knows its own fold. The fold's working state may
change in place, so that a million entries stay cheap; what leaves it never does.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Protocol, TypeVar

import msgspec

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


class Saving(msgspec.Struct, frozen=True, kw_only=True):
    """How a fold is saved: its name, the layout of its state, and the events it listens to.

    ``layout`` is raised whenever another state, or the same state from other code, would come
    of the same entries. ``kept`` positions are kept of it: one of the past serves answers about
    the past.
    """

    name: str
    layout: int
    types: tuple[str, ...]
    state: type[msgspec.Struct]
    kept: int = 2

    def hears(self, entry: Entry) -> bool:
        """Tell whether the fold listens to an entry; one without types listens to all."""
        return not self.types or type(entry.event).__name__ in self.types


class SavableFold(Fold[S_co], Protocol[S_co]):
    """A fold that can stop at any entry and go on later.

    For any entries, and any place to cut them: a new fold that restores the state at the cut
    and takes the rest answers as the fold of all does.
    """

    saving: ClassVar[Saving]

    def state(self) -> msgspec.Struct:
        """Return all that was gathered, which later entries do not change."""

    def restore(self, state: Any) -> None:
        """Begin where a fold of that ``state`` stopped; only on a fold that has seen nothing."""


def replay(projection: Projection[S], entries: Iterable[Entry], *, at: int | None = None) -> S:
    """Fold ``entries`` up to and including position ``at`` (all of them without it)."""
    fold = projection.fold()
    for entry in entries:
        if at is not None and entry.position > at:
            break
        fold.take(entry)
    return fold.answer()
