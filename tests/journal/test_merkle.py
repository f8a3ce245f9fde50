"""The Merkle tree, held against another implementation and against RFC 6962's own example."""

from __future__ import annotations

import hashlib
from itertools import islice

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from journal.merkle import (
    EMPTY,
    CompactRange,
    Tree,
    consistency_spans,
    extends,
    includes,
    inclusion_spans,
    node_hash,
    root_of,
    span_hashes,
)

DATA = [b"entry %d" % number for number in range(300)]
LEAVES = [hashlib.sha256(b"\x00" + data).digest() for data in DATA]
SIZES = [1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33, 64, 100, 255, 256, 257, 300]


@pytest.fixture(scope="module")
def oracle() -> InmemoryTree:
    """The same leaves in a tree of somebody else's."""
    tree = InmemoryTree(algorithm="sha256")
    tree.append_entries(DATA)
    return tree


@pytest.mark.parametrize("size", SIZES)
def test_root(oracle: InmemoryTree, size: int) -> None:
    """The root of any number of leaves is what another implementation finds."""
    assert root_of(LEAVES[:size]) == oracle.get_root(size)


def test_root_of_nothing() -> None:
    """The root of no leaves is the hash of nothing, and that of one leaf is the leaf."""
    assert root_of([]) == EMPTY == hashlib.sha256().digest()
    assert root_of(LEAVES[:1]) == LEAVES[0]


def test_example_of_the_standard() -> None:
    """The tree of seven leaves has the paths that RFC 6962, section 2.1.3, draws."""
    a, b, c, d, e, f, j = LEAVES[:7]
    g, h, i = node_hash(a, b), node_hash(c, d), node_hash(e, f)
    k, l = node_hash(g, h), node_hash(i, j)  # noqa: E741 - the names that the standard gives
    paths = {0: (b, h, l), 3: (c, g, l), 4: (f, j, k), 6: (i, k)}
    for index, path in paths.items():
        assert span_hashes(LEAVES[:7], inclusion_spans(index, 7)) == path
    proofs = {3: (c, d, g, l), 4: (l,), 6: (i, j, k)}
    for old, proof in proofs.items():
        assert span_hashes(LEAVES[:7], consistency_spans(old, 7)) == proof


@pytest.mark.parametrize("size", SIZES)
def test_inclusion(oracle: InmemoryTree, size: int) -> None:
    """Each leaf has the path that another implementation finds, and it proves that leaf alone."""
    root = oracle.get_root(size)
    for index in {0, 1, size // 2, size - 2, size - 1} & set(range(size)):
        path = span_hashes(LEAVES, inclusion_spans(index, size))
        assert sorted(path) == sorted(_siblings(oracle, index, size))
        assert includes(root, size, leaf=LEAVES[index], index=index, path=path)
        assert not includes(root, size, leaf=LEAVES[299 - index], index=index, path=path)
        assert not includes(root, size, leaf=LEAVES[index], index=index, path=[*path, EMPTY])
        for other in {index + 1, index - 1, size, -1} - {index}:
            assert not includes(root, size, leaf=LEAVES[index], index=other, path=path)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 300), st.integers(0, 300), st.data())
def test_consistency(size: int, old: int, data: st.DataObject) -> None:
    """A tree extends what it grew from; with any hash of the proof changed it does not."""
    old = min(old, size)
    roots = root_of(LEAVES[:size]), root_of(LEAVES[:old])
    path = span_hashes(LEAVES, consistency_spans(old, size))
    assert extends(roots[0], size, old_root=roots[1], old_size=old, path=path)
    assert not extends(roots[0], size, old_root=roots[1], old_size=old, path=[*path, EMPTY])
    if path:
        place = data.draw(st.integers(0, len(path) - 1))
        forged = [*path[:place], EMPTY, *path[place + 1 :]]
        assert not extends(roots[0], size, old_root=roots[1], old_size=old, path=forged)
        assert not extends(roots[0], size, old_root=EMPTY, old_size=old, path=path)
        assert not extends(roots[0], size, old_root=roots[1], old_size=old, path=path[:-1])


@pytest.mark.parametrize("old", [1, 2, 3, 4, 6, 8, 100, 128, 255, 299, 300])
def test_consistency_of_another_tree(oracle: InmemoryTree, old: int) -> None:
    """What is proved is true of another tree, and the hashes are those the standard defines."""
    path = span_hashes(LEAVES, consistency_spans(old, 300))
    roots = oracle.get_root(300), oracle.get_root(old)
    assert extends(roots[0], 300, old_root=roots[1], old_size=old, path=path)
    assert list(path) == _subproof(old, 0, 300, whole=True)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 299))
def test_goes_on(size: int) -> None:
    """A tree that was stored and loaded again grows on as if it never had been."""
    tree = Tree()
    for leaf in LEAVES[:size]:
        tree.append(leaf)
    stored = msgspec.json.encode(tree.range())
    again = Tree(msgspec.json.decode(stored, type=CompactRange))
    assert len(again.range().peaks) == size.bit_count()
    for leaf in LEAVES[size:]:
        again.append(leaf)
    assert again.root() == root_of(LEAVES)


def test_out_of_bounds() -> None:
    """Nothing is proved of leaves that are not there."""
    with pytest.raises(ValueError, match="no leaf 5"):
        inclusion_spans(5, 5)
    with pytest.raises(ValueError, match="extends none of 6"):
        consistency_spans(6, 5)
    with pytest.raises(ValueError, match="fewer leaves"):
        span_hashes(islice(LEAVES, 3), inclusion_spans(0, 5))


def _siblings(oracle: InmemoryTree, index: int, size: int) -> list[bytes]:
    path = list(oracle.prove_inclusion(index + 1, size).path)
    path.remove(LEAVES[index])
    return path


def _subproof(old: int, first: int, end: int, *, whole: bool) -> list[bytes]:
    """SUBPROOF as RFC 6962, section 2.1.2, words it."""
    if old == end - first:
        return [] if whole else [_hash_of(first, end)]
    middle = 1
    while middle * 2 < end - first:
        middle *= 2
    if old <= middle:
        rest = [_hash_of(first + middle, end)]
        return _subproof(old, first, first + middle, whole=whole) + rest
    rest = [_hash_of(first, first + middle)]
    return _subproof(old - middle, first + middle, end, whole=False) + rest


def _hash_of(first: int, end: int) -> bytes:
    tree = InmemoryTree(algorithm="sha256")
    tree.append_entries(DATA[first:end])
    root: bytes = tree.get_root()
    return root
