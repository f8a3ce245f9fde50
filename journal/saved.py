"""A saved fold: what a fold of the entries up to a position had gathered, kept to go on from.

It holds nothing that the journal does not, and is never evidence: who does not find it folds the
entries. It names the entry it stands on by digest, so that one of another past is not taken for
this one's; and an entry of the journal names it by digest, so that nobody who can write to the
table alone can change what is answered.
"""

from __future__ import annotations

import hashlib

import msgspec

VOUCHING = "saved folds"
"""The name of the check whose entry vouches for saved folds."""


class SavedFold(msgspec.Struct, frozen=True, kw_only=True):
    """One fold at one position.

    ``layout`` is the version of the fold's code and state, ``digest`` that of the entry at
    ``position`` (32 bytes), ``state`` what the fold gathered, as bytes of its own. ``vouched``
    is the position of the entry that names it.
    """

    name: str
    layout: int
    position: int
    digest: bytes
    state: bytes
    vouched: int = 0

    @property
    def sum(self) -> bytes:
        """The SHA-256 of the state, which stands beside it."""
        return hashlib.sha256(self.state).digest()

    @property
    def line(self) -> str:
        """What the entry that vouches for it names: fold, layout, positions, and digests."""
        parts = (self.name, self.layout, self.position, self.digest.hex(), self.sum.hex())
        return " ".join(map(str, parts))


def surplus(positions: list[int], kept: int) -> list[int]:
    """Return which of so many saved positions to let go, so that ``kept`` are left.

    Those go first whose neighbours are nearest to each other; the newest stays. So what is left
    is spread evenly, however long the journal gets.
    """
    left = sorted(positions)
    gone: list[int] = []
    while len(left) > max(kept, 1):
        if len(left) == 2 or kept == 1:
            gone.append(left.pop(0))
            continue
        spans = [
            (right - left_, place)
            for place, (left_, right) in enumerate(zip(left[:-2], left[2:], strict=True), start=1)
        ]
        gone.append(left.pop(min(spans)[1]))
    return gone
