"""Whether lines are rows of their table: by a quick look at all, or a long one at each."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from commands.backup.manifest import BackedUpTable
from journal.lines import fits
from journal.values import DatabaseKind

LONGEST = 1 << 28
"""Bytes of the longest line that is looked at for what is wrong with it."""


class Shape:
    """A look that keeps pace with a disk: how each line begins, and all of one in each block."""

    def __init__(self, table: BackedUpTable, kind: DatabaseKind) -> None:
        self._keys = table.keys
        self._kind: DatabaseKind = kind
        first = msgspec.json.encode(self._keys[0]) + b":" if self._keys else b"}"
        self._beginning = b"\n{" + first
        self._before = b"\n"
        self._lines = 0
        self._odd = False

    def take(self, block: bytes) -> None:
        """Look at the next block."""
        text = self._before + block
        # No line end stands within a line, so a beginning is found once for each.
        self._lines += text.count(self._beginning)
        self._before = text[1 - len(self._beginning) :]
        start = text.find(b"\n") + 1
        end = text.find(b"\n", start)
        if end > 0 and not fits(text[start:end], self._keys, self._kind):
            self._odd = True

    def fits(self, rows: int) -> bool:
        """Tell whether so many lines look like rows of the table."""
        return not self._odd and self._lines == rows


def odd_line(blocks: Iterable[bytes], table: BackedUpTable, kind: DatabaseKind) -> int:
    """Return the number of the first line that is no row of the table; 0 if all are."""
    begun: list[bytes] = []
    number = 0
    for block in blocks:
        *lines, last = block.split(b"\n")
        if lines:
            lines[0] = b"".join([*begun, lines[0]])
            begun.clear()
        for line in lines:
            number += 1
            if not fits(line, table.keys, kind):
                return number
        begun.append(last)
        if sum(map(len, begun)) > LONGEST:
            break
    return number + 1 if any(begun) else 0
