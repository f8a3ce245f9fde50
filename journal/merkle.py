"""The Merkle tree of RFC 6962 over the entries: its root, its proofs, and how they are checked.

Leaves are leaf hashes, which the digests of the entries already are (``journal.chain``), in
order of position: the entry at position 1 is leaf 0. Nothing here reads or writes anything, and
nothing keeps more than one hash for each level of the tree.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import msgspec

EMPTY = hashlib.sha256(b"").digest()
"""RFC 6962, section 2.1: the hash of an empty list."""

Span = tuple[int, int]
"""Leaves ``first <= leaf < end``, of which a proof holds the one hash."""


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 6962, section 2.1: the hash of an inner node; 32 bytes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class CompactRange(msgspec.Struct, frozen=True, kw_only=True):
    """All that growing a tree needs to know of its first ``size`` leaves; can be stored.

    ``peaks`` are the roots of the perfect subtrees that the leaves fall into, widest first: one
    for each binary one of ``size``.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def root(self) -> bytes:
        """RFC 6962, section 2.1: the Merkle tree hash of these leaves; 32 bytes."""
        if not self.peaks:
            return EMPTY
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root


class Tree:
    """A tree that grows leaf by leaf."""

    def __init__(self, known: CompactRange | None = None) -> None:
        known = known or CompactRange()
        self.size = known.size
        self._peaks = list(known.peaks)

    def append(self, leaf: bytes) -> None:
        """Take the next leaf hash."""
        peaks, size = self._peaks, self.size
        while size & 1:
            leaf = node_hash(peaks.pop(), leaf)
            size >>= 1
        peaks.append(leaf)
        self.size += 1

    def range(self) -> CompactRange:
        """Return what the tree is now."""
        return CompactRange(size=self.size, peaks=tuple(self._peaks))

    def root(self) -> bytes:
        """Return the root as it is now."""
        return self.range().root()


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Return the root over leaf hashes, in one pass."""
    tree = Tree()
    for leaf in leaves:
        tree.append(leaf)
    return tree.root()


def inclusion_spans(index: int, size: int) -> tuple[Span, ...]:
    """RFC 6962, section 2.1.1: whose hashes prove leaf ``index`` of ``size``, its sibling first."""
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    spans: list[Span] = []
    first, end = 0, size
    while end - first > 1:
        middle = first + _largest_power_below(end - first)
        if index < middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((first, middle))
            first = middle
    return tuple(reversed(spans))


def consistency_spans(old: int, new: int) -> tuple[Span, ...]:
    """RFC 6962, section 2.1.2: whose hashes prove that a tree of ``new`` extends one of ``old``."""
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {new} extends none of {old}")
    if old in {0, new}:
        return ()
    spans: list[Span] = []
    first, end = 0, new
    while old < end:
        middle = first + _largest_power_below(end - first)
        if old <= middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((first, middle))
            first = middle
    if first:  # else what is left is the old tree itself, whose root is known
        spans.append((first, end))
    return tuple(reversed(spans))


def span_hashes(leaves: Iterable[bytes], spans: Sequence[Span]) -> tuple[bytes, ...]:
    """Hash the leaves of each span, in one pass over all leaves from the first on.

    Raises:
        ValueError: there are fewer leaves than the spans speak of.
    """
    trees = {span: Tree() for span in sorted(spans)}
    waiting = iter(trees.items())
    current = next(waiting, None)
    for index, leaf in enumerate(leaves):
        if current is None:
            break
        (first, end), tree = current
        if index >= first:
            tree.append(leaf)
        if index == end - 1:
            current = next(waiting, None)
    if current is not None:
        raise ValueError("fewer leaves than the proof speaks of")
    return tuple(trees[span].root() for span in spans)


def includes(root: bytes, size: int, *, leaf: bytes, index: int, path: Sequence[bytes]) -> bool:
    """RFC 9162, section 2.1.3.2: tell whether ``path`` proves the leaf at ``index``."""
    if not 0 <= index < size:
        return False
    node, last = index, size - 1
    found = leaf
    for sibling in path:
        if last == 0:
            return False
        if node & 1 or node == last:
            found = node_hash(sibling, found)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and found == root


def extends(
    root: bytes, size: int, *, old_root: bytes, old_size: int, path: Sequence[bytes]
) -> bool:
    """RFC 9162, section 2.1.4.2: tell whether ``path`` proves that a tree extends an old one."""
    if old_size == 0:
        return not path and old_root == EMPTY
    if old_size == size:
        return not path and old_root == root
    if not 0 < old_size < size or not path:
        return False
    hashes = list(path)
    if old_size & (old_size - 1) == 0:  # a perfect tree: its root is not repeated in the proof
        hashes.insert(0, old_root)
    node, last = old_size - 1, size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and old == old_root and new == root


def _largest_power_below(number: int) -> int:
    """Return the largest power of two smaller than ``number``, which is 2 or more."""
    return 1 << (number - 1).bit_length() - 1
