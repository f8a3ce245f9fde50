"""Rows with what stands for them: computed once, when a row is read."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator
from contextlib import closing
from hashlib import sha256
from itertools import islice
from tempfile import TemporaryFile
from typing import IO, TypeVar

from commands.copy.manifests import SIZE, mark
from commands.copy.neutral import Side
from commands.copy.reading import Aside, Values

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

T = TypeVar("T", bound=tuple[int, Values])


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
    """Pages on disk, in a file without a name that is gone with the process."""

    def __init__(self) -> None:
        self._file: IO[bytes] = TemporaryFile()  # noqa: SIM115 - closed when it was read

    def add(self, page: Page) -> None:
        """Put a page behind the others."""
        pickle.dump(page, self._file, protocol=pickle.HIGHEST_PROTOCOL)

    def pages(self) -> Iterator[Page]:
        """Yield the pages once, and give their room back."""
        with closing(self._file) as file:
            end = file.tell()
            file.seek(0)
            while file.tell() < end:
                yield pickle.load(file)  # noqa: S301 - what this process wrote itself
