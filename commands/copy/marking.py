"""Rows with what stands for them: computed once, when a row is read."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import islice

from commands.copy.manifests import SIZE, mark
from commands.copy.neutral import Side
from commands.copy.reading import Aside, Values
from commands.copy.staging import Staging

Marked = tuple[int, Values, bytes, bytes]
"""A row: its place, its values, their digest, and the mark of its key."""

Page = tuple[list[Marked], list[Aside]]
"""Rows that were read together, and those between them that stay behind."""

ROWS = 5000
"""Rows of a page."""
LENGTH = 4_000_000
"""Characters of a page, where rows are long."""
_STEP = 100
"""Rows whose length is looked at together."""


def marked(side: Side, rows: Iterable[tuple[int, Values]], *, keyed: bool) -> Iterator[Marked]:
    """Yield rows with what stands for them; without a key the whole row tells it from others."""
    canonical, key = side.canonical, side.key
    for place, values in rows:
        digest = sha256(canonical(values)).digest()
        yield place, values, digest, mark(key(values)) if keyed else digest[:SIZE]


def pages(rows: Iterable[Marked]) -> Iterator[list[Marked]]:
    """Yield rows by many, but never so many that they fill the memory."""
    rows, page, length = iter(rows), list[Marked](), 0
    while some := list(islice(rows, _STEP)):
        page += some
        length += sum(len(v) for row in some for v in row[1] if type(v) in {str, bytes})
        if len(page) >= ROWS or length >= LENGTH:
            yield page
            page, length = [], 0
    if page:
        yield page


class Spool:
    """Pages of one table, which has a number, in the private database of the copy."""

    def __init__(self, room: Staging, number: int) -> None:
        self._room = room
        self._name = f"spool_{number}"
        room.make(self._name, "page BLOB")

    def add(self, page: Page) -> None:
        """Put a page behind the others."""
        self._room.add(self._name, 1, [(pickle.dumps(page, protocol=pickle.HIGHEST_PROTOCOL),)])

    def pages(self) -> Iterator[Page]:
        """Yield the pages in order."""
        for (page,) in self._room.rows(f"SELECT page FROM {self._name} ORDER BY rowid"):
            yield pickle.loads(page)  # noqa: S301 - what this process wrote itself
