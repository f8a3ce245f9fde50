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

    def now(self) -> tuple[Applied, ...]:
        """Return the applied migrations in the order in which they were applied."""
        found = [link.applied for link in self._newest() if link.applied is not None]
        return tuple(reversed(found))

    def gone(self) -> dict[str, int]:
        """Return the migrations that were taken out, each with the position that says so."""
        return {link.name: link.position for link in self._newest() if link.applied is None}

    def _newest(self) -> Iterator[_Link]:
        """Yield the last word on each migration, newest first."""
        seen: set[str] = set()
        link = self._links[-1]
        while link is not None:
            if link.name not in seen:
                seen.add(link.name)
                yield link
            link = link.below

    def _move(self, position: int, link: _Link | None) -> None:
        self._positions.append(position)
        self._links.append(link)
