"""The SHA-256 chain over stored bytes.

An entry's leaf is the previous entry's digest (32 bytes) followed by the entry's body, and
its digest is the RFC 6962 leaf hash of that: ``SHA-256(0x00 || previous || body)``. So the
chain and the Merkle tree are laid over the very same bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

import msgspec

from journal.envelope import Head, StoredEntry

GENESIS = Head(position=0, digest=bytes(32))


def leaf_digest(previous: bytes, body: bytes) -> bytes:
    """RFC 6962, section 2.1: the leaf hash of ``previous || body``; 32 bytes."""
    return hashlib.sha256(b"\x00" + previous + body).digest()


class ChainProblem(msgspec.Struct, frozen=True, kw_only=True):
    """Where the record stops proving itself, and in which way."""

    position: int
    kind: str
    found: str = ""


class _Columns(msgspec.Struct, frozen=True):
    position: int
    run: str
    version: int
    data: _Tag


class _Tag(msgspec.Struct, frozen=True):
    type: str


_columns = msgspec.json.Decoder(_Columns)


def check_chain(entries: Iterable[StoredEntry], *, after: Head = GENESIS) -> Iterator[ChainProblem]:
    """Yield each problem of entries in stored order, the first bad position first.

    Kinds: ``missing`` (a gap), ``reordered``, ``broken-link``, ``altered`` (bytes do not
    match their digest), ``mislabelled`` (a column differs from the body).
    """
    expected = after
    for entry in entries:
        yield from check_entry(entry, after=expected)
        expected = Head(position=entry.position, digest=entry.digest)


def check_entry(entry: StoredEntry, *, after: Head) -> list[ChainProblem]:
    """Return the problems of the entry that is stored next after ``after``, as ``check_chain`` does."""
    found: list[ChainProblem] = []
    position = after.position + 1
    if entry.position != position:
        kind = "missing" if entry.position > position else "reordered"
        found.append(ChainProblem(position=position, kind=kind, found=str(entry.position)))
    elif entry.previous != after.digest:
        shown = _shown(entry.previous)
        found.append(ChainProblem(position=position, kind="broken-link", found=shown))
    if not _is_bytes(entry) or leaf_digest(entry.previous, entry.body) != entry.digest:
        shown = _shown(entry.digest)
        found.append(ChainProblem(position=entry.position, kind="altered", found=shown))
    elif not _labelled(entry):
        found.append(ChainProblem(position=entry.position, kind="mislabelled"))
    return found


def _is_bytes(entry: StoredEntry) -> bool:
    """SQLite stores whatever is written into a column, so a forger may have left text."""
    kinds = (type(entry.body), type(entry.previous), type(entry.digest))
    return kinds == (bytes, bytes, bytes)


def _shown(digest: object) -> str:
    return digest.hex() if isinstance(digest, bytes) else repr(digest)


def _labelled(entry: StoredEntry) -> bool:
    try:
        body = _columns.decode(entry.body)
    except (msgspec.DecodeError, ValueError, RecursionError):  # broken UTF-8 is a ValueError
        return False
    found = (body.position, body.run, body.version, body.data.type)
    return found == (entry.position, entry.run, entry.version, entry.type)
