"""Compares the pages of two files, as a program of its own: prints the numbers that differ.

Called with both files, the size of a page, and how many differing pages are too many.
"""

from __future__ import annotations

import sys
from io import FileIO
from pathlib import Path

AT_ONCE = 256
"""Pages read at a time."""


def main(one: str, other: str, size: int, most: int) -> int:
    """Print page numbers, from 1; return 1 where there are too many."""
    found: list[int] = []
    first = 1
    with Path(one).open("rb", buffering=0) as new, Path(other).open("rb", buffering=0) as old:
        while now := _read(new, size * AT_ONCE):
            before = _read(old, size * AT_ONCE)
            if now != before:
                found += [
                    first + place // size
                    for place in range(0, len(now), size)
                    if now[place : place + size] != before[place : place + size]
                ]
                if len(found) > most:
                    return 1
            first += AT_ONCE
    sys.stdout.write("\n".join(map(str, found)))
    return 0


def _read(file: FileIO, size: int) -> bytes:
    """Read so much, or what is left: a file may hand out less at once."""
    parts: list[bytes] = []
    while size and (part := file.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
