"""Which migrations count as applied: at the head, and as it was at any earlier position."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import Literal

import msgspec


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """A migration that counts as applied, and the entry that says so.

    ``digest`` is the SHA-256 of its file, empty where nobody knew it; ``how`` is "run" or
    "stamped". While ``rejected`` subjects wait, it is incomplete.
    """

    name: str
    digest: str = ""
    file: str = ""
    position: int
    run: str = ""
    recorded_at: str = ""
    actor: str = ""
    how: Literal["run", "stamped"] = "run"
    rejected: int = 0


class _Link(msgspec.Struct, frozen=True):
    """One change of the set on top of another: a migration came, or (``None``) went."""

    below: _Link | None
    name: str
    applied: Applied | None
    position: int


class LinkState(msgspec.Struct, frozen=True, array_like=True):
    """One change of the set; ``below`` is the place of the link beneath it, or ``None``."""

    below: int | None
    name: str
    applied: Applied | None
    position: int


class AppliedState(msgspec.Struct, frozen=True, kw_only=True):
    """An ``AppliedSet``: its links, and which of them was the newest from each position on."""

    links: tuple[LinkState, ...]
    moves: tuple[tuple[int, int | None], ...]


class AppliedSet:
    """The set of applied migrations with its whole past, which costs one link a change.

    Going back makes an earlier link the newest one again; nothing is copied.
    """

    def __init__(self) -> None:
        self._positions: list[int] = [0]
        self._links: list[_Link | None] = [None]

    def add(self, applied: Applied, *, position: int) -> None:
        """A migration counts as applied from ``position`` on."""
        self._move(position, _Link(self._links[-1], applied.name, applied, position))

    def remove(self, name: str, *, position: int) -> None:
        """A migration counts as not applied from ``position`` on."""
        self._move(position, _Link(self._links[-1], name, None, position))

    def return_to(self, target: int, *, position: int) -> None:
        """From ``position`` on, the set is what it was at ``target``."""
        self._move(position, self._links[bisect_right(self._positions, target) - 1])

    def find(self, name: str) -> Applied | None:
        """Return a migration that is applied now."""
        return next((one for one in self.now() if one.name == name), None)

    def now(self, *, at: int | None = None) -> tuple[Applied, ...]:
        """Return the applied migrations in the order in which they were applied."""
        found = [link.applied for link in self._newest(at) if link.applied is not None]
        return tuple(reversed(found))

    def gone(self, *, at: int | None = None) -> dict[str, int]:
        """Return the migrations that were taken out, each with the position that says so."""
        return {link.name: link.position for link in self._newest(at) if link.applied is None}

    def state(self) -> AppliedState:
        """Return the set with its whole past."""
        places: dict[int, int] = {}
        links: list[LinkState] = []
        for link in self._links:
            if link is not None and id(link) not in places:
                below = places[id(link.below)] if link.below is not None else None
                places[id(link)] = len(links)
                links.append(LinkState(below, link.name, link.applied, link.position))
        moves = tuple(
            (position, None if link is None else places[id(link)])
            for position, link in zip(self._positions, self._links, strict=True)
        )
        return AppliedState(links=tuple(links), moves=moves)

    @classmethod
    def restored(cls, state: AppliedState) -> AppliedSet:
        """Return a set as it was."""
        links: list[_Link] = []
        for one in state.links:
            below = None if one.below is None else links[one.below]
            links.append(_Link(below, one.name, one.applied, one.position))
        found = cls()
        found._positions = [position for position, _ in state.moves]
        found._links = [None if place is None else links[place] for _, place in state.moves]
        return found

    def _newest(self, at: int | None) -> Iterator[_Link]:
        """Yield the last word on each migration, newest first, as it was at a position."""
        seen: set[str] = set()
        link = self._links[-1 if at is None else bisect_right(self._positions, at) - 1]
        while link is not None:
            if link.name not in seen:
                seen.add(link.name)
                yield link
            link = link.below

    def _move(self, position: int, link: _Link | None) -> None:
        self._positions.append(position)
        self._links.append(link)
