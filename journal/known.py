"""The schema the journal knows: what the write side needs before it can capture.

The schema projection answers questions about the past; this is only its newest state.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from journal.envelope import Entry
from journal.events import BaselineRecorded, DriftAccepted, SchemaChanged
from journal.values import ObjectChange, SchemaObject

TYPES = ("BaselineRecorded", "SchemaChanged", "DriftAccepted")
"""The types of the events that tell of schema objects."""


class Known(msgspec.Struct, kw_only=True):
    """Objects by identity, and the first identity that was never used."""

    objects: dict[int, SchemaObject] = {}
    next_id: int = 1

    def take(self, changes: Iterable[ObjectChange]) -> None:
        """Go on over changes; objects that swap their names are no problem."""
        changes = tuple(changes)
        for change in changes:
            if change.before is not None:
                self.objects.pop(change.before.id, None)
        for change in changes:
            if change.after is not None:
                self.objects[change.after.id] = change.after
                self.next_id = max(self.next_id, 1 + _highest(change.after))


def known(entries: Iterable[Entry]) -> Known:
    """Fold entries from the first one on; only those of ``TYPES`` count."""
    state = Known(objects={})
    for entry in entries:
        match entry.event:
            case BaselineRecorded(objects=objects):
                state.take(ObjectChange(after=object_) for object_ in objects)
            case SchemaChanged(changes=changes) | DriftAccepted(changes=changes):
                state.take(changes)
            case _:
                pass
    return state


def reverse(changes: Iterable[ObjectChange]) -> tuple[ObjectChange, ...]:
    """Return the changes that take those back."""
    return tuple(ObjectChange(before=c.after, after=c.before) for c in changes)


def _highest(object_: SchemaObject) -> int:
    return max((object_.id, *(column.id for column in object_.columns)))
