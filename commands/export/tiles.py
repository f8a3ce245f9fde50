"""The Merkle tree as files, as c2sp.org/tlog-tiles has them.

``tile/<level>/<index>`` holds up to 256 hashes, one after the other. At level 0 they are the leaf
hashes; each hash above is the root of a full tile below. The last tile of a level, not full, is
``tile/<level>/<index>.p/<width>``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from journal.merkle import CompactRange, Tree

WIDTH = 256
HASH = 32
_GROUP = 1000

Write = Callable[[str, bytes], None]
"""Takes the path of a tile, below the export, and its bytes."""


def tile_path(level: int, index: int, width: int = WIDTH) -> str:
    """Return where a tile stands: its index in groups of three digits, all but the last with x."""
    last, rest = f"{index % _GROUP:03}", index // _GROUP
    groups = [last]
    while rest:
        groups.insert(0, f"x{rest % _GROUP:03}")
        rest //= _GROUP
    partial = "" if width == WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(groups)}{partial}"


class Tiles:
    """Tiles being written, leaf by leaf; keeps one tile of each level."""

    def __init__(self, write: Write) -> None:
        self.size = 0
        self.files = 0
        self._write = write
        self._levels: list[list[bytes]] = []
        self._written: list[int] = []

    def append(self, leaf: bytes) -> None:
        """Take the next leaf hash."""
        self.size += 1
        self._append(0, leaf)

    def finish(self) -> CompactRange:
        """Write the tiles that are not full, and return the tree."""
        peaks: list[bytes] = []
        for level in reversed(range(len(self._levels))):
            hashes = self._levels[level]
            if hashes:
                self._put(level, hashes)
            peaks += _range(hashes).peaks
        return CompactRange(size=self.size, peaks=tuple(peaks))

    def _append(self, level: int, hash_: bytes) -> None:
        if level == len(self._levels):
            self._levels.append([])
            self._written.append(0)
        hashes = self._levels[level]
        hashes.append(hash_)
        if len(hashes) == WIDTH:
            self._put(level, hashes)
            self._written[level] += 1
            self._levels[level] = []
            self._append(level + 1, _range(hashes).root())

    def _put(self, level: int, hashes: list[bytes]) -> None:
        self._write(tile_path(level, self._written[level], len(hashes)), b"".join(hashes))
        self.files += 1


def tile_paths(size: int) -> Iterator[str]:
    """Yield where the tiles of a tree of ``size`` leaves stand, and no others."""
    level, width = 0, size
    while width:
        full, rest = divmod(width, WIDTH)
        for index in range(full):
            yield tile_path(level, index)
        if rest:
            yield tile_path(level, full, rest)
        level, width = level + 1, full


def _range(hashes: list[bytes]) -> CompactRange:
    tree = Tree()
    for hash_ in hashes:
        tree.append(hash_)
    return tree.range()
