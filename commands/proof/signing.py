"""Make a checkpoint of the journal as it is, or was at a position."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import msgspec

from commands.places import position_of
from commands.proof.checkpoint import TreeHead, origin_of
from commands.proof.held import Holding
from commands.proof.keys import SigningKey
from commands.proof.paths import not_extended
from commands.proof.proven import Progress, proven, silent
from commands.proof.saved import Saved
from journal.merkle import Tree
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
    journal: Journal,
    key: SigningKey,
    *,
    at: str = "head",
    earlier: Sequence[Saved] = (),
    progress: Progress = silent,
) -> Checkpoint:
    """Sign the tree of the entries up to ``at``; each is proved by the chain first.

    A log must not sign what is inconsistent with what it signed before (c2sp.org/tlog-checkpoint):
    give what it signed as ``earlier``.

    Raises:
        Tampered: an entry does not prove itself, or an ``earlier`` checkpoint is not extended;
            nothing is signed.
        NotFound, Usage: there is no such position.
    """
    last, origin = position_of(journal, at), origin_of(journal.identity)
    tree, holding = Tree(), Holding(earlier, origin)
    for entry in proven(journal, last=last, progress=progress):
        tree.append(entry.digest)
        holding.take(entry)
    for held in holding.verdicts():
        if held.verdict != "extended":
            raise not_extended(held.file)
    head = TreeHead(origin=origin, size=last, root=tree.root())
    return Checkpoint(
        origin=head.origin,
        size=head.size,
        root=base64.b64encode(head.root).decode(),
        signed_by=key.verifier.text,
        text=key.sign(head.text).content.decode(),
    )
