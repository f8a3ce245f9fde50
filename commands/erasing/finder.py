"""What it takes to find values of one kind: those of rows, of a column, or of a subject."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

import msgspec

from commands.erasing.answer import Stays
from commands.erasing.sought import Sought
from commands.visible import encode
from journal.envelope import Entry
from journal.erased import Wanted
from journal.values import TableRows

Progress = Callable[[str, int], None]
"""Called with what is looked through, and how much of it so far."""


class Range(msgspec.Struct, frozen=True, kw_only=True):
    """Images that the entry at ``position`` names: ``count`` of them hold what is meant.

    ``digest`` is the one that they have today.
    """

    position: int
    rows: TableRows
    wanted: Wanted
    count: int
    digest: str


class Finder(Protocol):
    """Knows the values, once it has looked, and tells where they are."""

    name: str
    ranges: list[Range]
    unsearched: list[str]

    def look(self, progress: Progress) -> None:
        """Learn the values, and the images that hold them."""

    def is_in(self, digest: str, content: bytes) -> bool:
        """Tell whether content holds what is meant."""

    def texts(self) -> Iterable[str]:
        """Return the values to look for in images of other rows."""

    def is_in_other(self, rows: TableRows, values: dict[int, Any]) -> bool:
        """Tell whether an image that will not be erased holds a value."""

    def stays(self, entry: Entry, body: bytes) -> Iterator[Stays]:
        """Yield where a value stands in an entry itself; ``body`` are its bytes."""

    def beyond(self) -> Iterator[Stays]:
        """Yield where values stand beyond the journal."""

    def close(self) -> None:
        """Forget the values."""


def in_entry(entry: Entry, sought: Sought) -> Iterator[Stays]:
    """Yield the fields of an entry in which a value stands: they cannot be rewritten."""
    for name in entry.event.__struct_fields__:
        value = getattr(entry.event, name)
        if value and not isinstance(value, int) and sought.holds(encode(value)):
            yield stays_in(entry, name)


def stays_in(entry: Entry, field: str) -> Stays:
    """Tell of a field of an entry."""
    where = f"{type(entry.event).__name__}.{field}"
    return Stays(kind="entry", where=where, position=entry.position)
