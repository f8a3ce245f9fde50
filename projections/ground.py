"""What the findings of transforms rest on: what stands, and which fields found a home later."""

from __future__ import annotations

from journal import events as e
from journal.envelope import Entry
from projections.homes import Home, HomesFold
from projections.standing import Standing


class Ground:
    """Takes all entries first; then it can be asked what of them counts."""

    def __init__(self) -> None:
        self.standing = Standing()
        self._homes = HomesFold()

    def take(self, entry: Entry) -> None:
        """Go on by one entry."""
        self.standing.take(entry)
        self._homes.take(entry)

    def homes(self) -> tuple[Home, ...]:
        """Return the homes that stand."""
        return tuple(one for one in self._homes.homes if self.standing.stands(one.position))


def without_home(position: int, event: e.FieldUnmapped, homes: tuple[Home, ...]) -> tuple[str, ...]:
    """Return the fields of an entry that found none of the homes."""
    taken = {name for home in homes for name in home.takes(position, event)}
    return tuple(name for name in event.fields if name not in taken)
