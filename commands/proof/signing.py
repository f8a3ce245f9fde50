"""Make a checkpoint of the journal as it is, or was at a position."""

from __future__ import annotations

import base64

import msgspec

from commands.places import position_of
from commands.proof.checkpoint import TreeHead, origin_of
from commands.proof.keys import SigningKey
from commands.proof.proven import Progress, proven, silent
from journal.merkle import root_of
from journal.store import Journal


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A signed tree head: ``text`` is the whole note, ``root`` in base64."""

    origin: str
    size: int
    root: str
    signed_by: str
    text: str
    file: str = ""


def checkpoint(
    journal: Journal, key: SigningKey, *, at: str = "head", progress: Progress = silent
) -> Checkpoint:
    """Sign the tree of the entries up to ``at``; each is proved by the chain first.

    Raises:
        Tampered: an entry does not prove itself; nothing is signed.
        NotFound, Usage: there is no such position.
    """
    last = position_of(journal, at)
    root = root_of(entry.digest for entry in proven(journal, last=last, progress=progress))
    head = TreeHead(origin=origin_of(journal.identity), size=last, root=root)
    return signed(head, key)


def signed(head: TreeHead, key: SigningKey) -> Checkpoint:
    """Sign a tree head."""
    return Checkpoint(
        origin=head.origin,
        size=head.size,
        root=base64.b64encode(head.root).decode(),
        signed_by=key.verifier.text,
        text=key.sign(head.text).content.decode(),
    )
