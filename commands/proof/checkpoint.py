"""Checkpoints, as c2sp.org/tlog-checkpoint has them: origin, size and root, signed.

The origin is made of the journal's id, so that a checkpoint of one journal is never one of
another. No extension lines are written; those of others are kept and mean nothing here.
"""

from __future__ import annotations

import base64

import msgspec

from commands.proof.note import Malformed, Note, from_base64, parse_note
from journal.effect import JournalIdentity

_HASH_BYTES = 32
_LARGEST = 2**63 - 1


class TreeHead(msgspec.Struct, frozen=True, kw_only=True):
    """What a checkpoint says: the first ``size`` entries of ``origin`` hash to ``root``."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def origin_of(identity: JournalIdentity) -> str:
    """Return the origin line of a journal's checkpoints."""
    return origin_named(identity.id)


def origin_named(journal: str) -> str:
    """Return the origin line of the journal with this id."""
    return f"clew/{journal}"


def parse_checkpoint(content: bytes) -> tuple[TreeHead, Note]:
    """Read a checkpoint with its signatures, which nothing is said of here.

    Raises:
        Malformed: it is none.
    """
    note = parse_note(content)
    return parse_head(note.text), note


def parse_head(text: str) -> TreeHead:
    """Read the text of a checkpoint. Raises ``Malformed``."""
    lines = text.removesuffix("\n").split("\n")
    if len(lines) < 3 or not all(lines):
        raise Malformed("it is no checkpoint: origin, size and root are expected")
    origin, size, encoded = lines[:3]
    if not size.isascii() or not size.isdigit() or str(int(size[:20])) != size:
        raise Malformed("its size is no number")
    try:
        root = from_base64(encoded)
    except ValueError:
        raise Malformed("its root is not base64") from None
    if len(root) != _HASH_BYTES or int(size) > _LARGEST:
        raise Malformed("its root is no SHA-256, or its size is beyond any journal")
    return TreeHead(origin=origin, size=int(size), root=root)
