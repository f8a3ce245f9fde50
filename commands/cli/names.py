"""The names that objects bore at each moment of a journal, for reading it from the beginning."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping

from journal.envelope import Entry
from journal.events import AnyEvent, BaselineRecorded, DriftAccepted, SchemaChanged
from journal.values import SchemaObject
from projections.schema import dotted


class Names:
    """Names by identity, as of a position that only moves forward.

    An entry may tell of rows of a table before the entry that makes it: what has no name yet
    has its first one.
    """

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._coming: deque[tuple[int, int, str]] = deque()
        self._names: dict[int, str] = {}
        for entry in entries:
            for object_ in _made(entry.event):
                name = dotted(object_.path)
                self._names.setdefault(object_.id, name)
                self._coming.append((entry.position, object_.id, name))

    def at(self, position: int) -> Mapping[int, str]:
        """Go on to a position and return the names there."""
        while self._coming and self._coming[0][0] <= position:
            _, identity, name = self._coming.popleft()
            self._names[identity] = name
        return self._names

    def latest(self) -> Mapping[int, str]:
        """Return the names at the end."""
        return self.at(self._coming[-1][0]) if self._coming else self._names

    def going_on(self, events: Iterable[AnyEvent]) -> Mapping[int, str]:
        """Return the names after events that are not in the journal."""
        names = dict(self.latest())
        for event in events:
            names.update((object_.id, dotted(object_.path)) for object_ in _made(event))
        return names


def _made(event: AnyEvent) -> Iterator[SchemaObject]:
    match event:
        case BaselineRecorded(objects=objects):
            yield from objects
        case SchemaChanged(changes=changes) | DriftAccepted(changes=changes):
            yield from (change.after for change in changes if change.after is not None)
        case _:
            pass
