"""Proofs that an entry stands in the journal, as c2sp.org/tlog-proof has them.

The file holds a checkpoint, the path to its root, and as ``extra`` data the leaf itself: the
digest of the entry before and the entry's body. So it proves itself with nothing else at hand but
the verifier key of who signed the checkpoint.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from commands.proof.note import Malformed, VerifierKey
from commands.proof.proven import HINT, Progress, proven, silent
from commands.proof.saved import Saved, saved_in
from journal.chain import leaf_digest
from journal.envelope import StoredEntry
from journal.errors import ClewError, Refused, Tampered
from journal.merkle import Tree, includes, inclusion_spans, span_hashes
from journal.store import Journal

_FIRST_LINE = "c2sp.org/tlog-proof@v1"
_HASH = 32


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """A proof as its file holds it: leaf ``index`` counts from 0, ``path`` from its sibling up."""

    previous: bytes
    body: bytes
    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes

    @property
    def content(self) -> bytes:
        """The file."""
        extra = base64.b64encode(self.previous + self.body).decode()
        lines = [_FIRST_LINE, f"extra {extra}", f"index {self.index}", *map(_encoded, self.path)]
        return "".join(f"{line}\n" for line in lines).encode() + b"\n" + self.checkpoint


class Proved(msgspec.Struct, frozen=True, kw_only=True):
    """What a proof proves: the entry at ``position`` is one of the ``size`` that were signed."""

    position: int
    digest: str
    origin: str
    size: int
    root: str
    signed_by: str
    entry: dict[str, Any]
    body: str


def prove(journal: Journal, position: int, saved: Saved, *, progress: Progress = silent) -> Proof:
    """Prove that an entry is among those that a checkpoint signs.

    Raises:
        Refused: the entry came after the checkpoint.
        Tampered: the journal does not extend the checkpoint.
    """
    size = saved.head.size
    if position > size:
        raise Refused(
            f"position {position} came after the checkpoint, which has {size:,} entries",
            hint="Name a later checkpoint, or sign one with --key.",
        )
    if size > journal.head().position:
        raise _not_extended(saved)
    index, tree = position - 1, Tree()
    found: list[StoredEntry] = []

    def leaves(entries: Iterable[StoredEntry]) -> Iterator[bytes]:
        for entry in entries:
            tree.append(entry.digest)
            if entry.position == position:
                found.append(entry)
            yield entry.digest

    walk = leaves(proven(journal, last=size, progress=progress))
    path = span_hashes(walk, inclusion_spans(index, size))
    for _ in walk:  # the path may be complete before the tree is
        pass
    if tree.root() != saved.head.root:
        raise _not_extended(saved)
    return Proof(
        previous=found[0].previous,
        body=found[0].body,
        index=index,
        path=path,
        checkpoint=saved.content,
    )


def check_proof(file: str, content: bytes, verifiers: Sequence[VerifierKey] = ()) -> Proved:
    """Check a proof with nothing but its own bytes, and the keys that are trusted.

    Raises:
        ClewError: the file is torn, or no proof.
        Refused: none of the keys signed its checkpoint.
        Tampered: it does not prove the entry, or was changed.
    """
    try:
        proof = parse_proof(content)
    except Malformed as error:
        raise ClewError(f"{file} is no whole proof: {error}") from None
    saved = saved_in(file, proof.checkpoint, verifiers)
    head, leaf = saved.head, leaf_digest(proof.previous, proof.body)
    if not includes(head.root, head.size, leaf=leaf, index=proof.index, path=proof.path):
        raise Tampered(f"{file} does not prove its entry: the path ends at another root")
    try:
        entry = msgspec.json.decode(proof.body, type=dict[str, Any])
    except msgspec.DecodeError:
        raise Tampered(f"{file} proves a leaf that is no entry") from None
    if entry.get("position") != proof.index + 1:
        raise Tampered(f"{file} proves an entry that says it stands elsewhere")
    return Proved(
        position=proof.index + 1,
        digest=leaf.hex(),
        origin=head.origin,
        size=head.size,
        root=saved.root,
        signed_by=saved.signed_by,
        entry=entry,
        body=proof.body.decode(),
    )


def parse_proof(content: bytes) -> Proof:
    """Read a proof. Raises ``Malformed``."""
    head, empty_line, checkpoint = content.partition(b"\n\n")
    if not content:
        raise Malformed("it is empty")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise Malformed("its first line is another") from None
    if lines[0] != _FIRST_LINE:
        raise Malformed("its first line is another")
    if not empty_line or len(lines) < 3:
        raise Malformed("it is cut off")
    leaf = _decoded(_after("extra", lines[1]))
    index = _after("index", lines[2])
    path = tuple(map(_decoded, lines[3:]))
    if len(leaf) < _HASH or any(len(hash_) != _HASH for hash_ in path):
        raise Malformed("a hash is cut off")
    if not index.isdigit() or len(index) > 18 or str(int(index)) != index:
        raise Malformed("its index is no number")
    return Proof(
        previous=leaf[:_HASH],
        body=leaf[_HASH:],
        index=int(index),
        path=path,
        checkpoint=checkpoint,
    )


def _after(word: str, line: str) -> str:
    if not line.startswith(f"{word} "):
        raise Malformed(f"its line {word!r} is missing")
    return line.removeprefix(f"{word} ")


def _encoded(hash_: bytes) -> str:
    return base64.b64encode(hash_).decode()


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("a line is not base64") from None


def _not_extended(saved: Saved) -> Tampered:
    return Tampered(
        f"the journal does not extend {saved.file or 'the checkpoint'}",
        hint=HINT.replace("verify", f"verify --checkpoint {saved.file}") if saved.file else HINT,
    )
