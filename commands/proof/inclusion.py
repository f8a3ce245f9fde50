"""Proofs that an entry stands in the journal, as c2sp.org/tlog-proof has them.

The file holds a checkpoint, the path to its root, and as ``extra`` data the leaf itself: the
digest of the entry before and the entry's body. So it proves itself with nothing else at hand but
the verifier key of who signed the checkpoint.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

import msgspec

from commands.proof.note import Malformed, VerifierKey
from commands.proof.paths import (
    HASH,
    after,
    decoded,
    lines_of,
    number_after,
    parts_of,
    path_in,
    path_to,
)
from commands.proof.proven import Progress, silent
from commands.proof.saved import Saved, saved_in
from journal.chain import leaf_digest
from journal.envelope import StoredEntry
from journal.errors import ClewError, Refused, Tampered
from journal.merkle import includes, inclusion_spans
from journal.store import Journal

_FIRST_LINE = "c2sp.org/tlog-proof@v1"


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
        lines = [_FIRST_LINE, f"extra {extra}", f"index {self.index}", *lines_of(self.path)]
        return "".join(f"{line}\n" for line in lines).encode() + b"\n" + self.checkpoint


class Proved(msgspec.Struct, frozen=True, kw_only=True):
    """What a proof proves: the entry at ``position`` is one of the ``size`` that were signed.

    ``body`` is the entry's JSON as it was hashed; type, time and actor stand in it.
    """

    position: int
    type: str
    recorded_at: str
    actor: str
    digest: str
    origin: str
    size: int
    root: str
    signed_by: str
    body: str


class _Event(msgspec.Struct, frozen=True):
    type: str


class _Body(msgspec.Struct, frozen=True):
    position: int
    recorded_at: str
    actor: str
    data: _Event


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
    found: list[StoredEntry] = []

    def see(entry: StoredEntry) -> None:
        if entry.position == position:
            found.append(entry)

    spans = inclusion_spans(position - 1, size)
    path = path_to(journal, saved, spans, see=see, progress=progress)
    return Proof(
        previous=found[0].previous,
        body=found[0].body,
        index=position - 1,
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
        text = proof.body.decode()
        body = msgspec.json.decode(text, type=_Body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise Tampered(f"{file} proves a leaf that is no entry") from None
    if body.position != proof.index + 1:
        raise Tampered(f"{file} proves an entry that says it stands elsewhere")
    return Proved(
        position=body.position,
        type=body.data.type,
        recorded_at=body.recorded_at,
        actor=body.actor,
        digest=leaf.hex(),
        origin=head.origin,
        size=head.size,
        root=saved.root,
        signed_by=saved.signed_by,
        body=text,
    )


def parse_proof(content: bytes) -> Proof:
    """Read a proof. Raises ``Malformed``."""
    lines, checkpoint = parts_of(content, _FIRST_LINE, 3)
    leaf = decoded(after("extra", lines[1]))
    if len(leaf) < HASH:
        raise Malformed("its entry is cut off")
    return Proof(
        previous=leaf[:HASH],
        body=leaf[HASH:],
        index=number_after("index", lines[2]),
        path=path_in(lines[3:]),
        checkpoint=checkpoint,
    )
