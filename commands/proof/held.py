"""Checkpoints held against the journal as it is now: it extends them, or in which way it does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from commands.proof.saved import Saved
from journal.chain import ChainProblem, leaf_digest
from journal.envelope import StoredEntry
from journal.merkle import EMPTY, Tree

Verdict = Literal["extended", "truncated", "rewritten", "another-journal"]


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A checkpoint and what the journal is to it.

    ``extended``: its first ``size`` entries are those that were signed. ``truncated``: there are
    fewer now. ``rewritten``: one of them is another; the first lies between ``position`` and
    ``size``. ``another-journal``: the checkpoint is of a journal with another id.
    ``signed_by`` is empty where no verifier key was given: then anybody may have written it.
    """

    file: str
    verdict: Verdict
    origin: str
    size: int
    root: str
    signed_by: str
    position: int = 0


class Holding:
    """Goes along with the entries and remembers the roots that checkpoints speak of."""

    def __init__(self, saved: Sequence[Saved], origin: str) -> None:
        self._saved = saved
        self._origin = origin
        self._roots = {one.head.size: b"" for one in saved}
        self._tree = Tree()
        if 0 in self._roots:
            self._roots[0] = EMPTY

    def take(self, entry: StoredEntry) -> None:
        """Take the next entry: its bytes count, and not the digest that is stored with it."""
        self.take_leaf(entry.previous, entry.body)

    def take_leaf(self, previous: bytes, body: bytes) -> None:
        """Take the two parts of the next leaf."""
        if not self._saved:
            return
        try:
            leaf = leaf_digest(previous, body)
        except TypeError:  # SQLite holds whatever was written into a column
            leaf = EMPTY
        self._tree.append(leaf)
        if self._tree.size in self._roots:
            self._roots[self._tree.size] = self._tree.root()

    def verdicts(self) -> Iterator[Held]:
        """Yield what became of each checkpoint, in the order they were given."""
        proved = max((one.head.size for one in self._saved if self._agrees(one)), default=0)
        for one in self._saved:
            verdict, position = self._verdict(one, proved)
            yield Held(
                file=one.file,
                verdict=verdict,
                origin=one.head.origin,
                size=one.head.size,
                root=one.root,
                signed_by=one.signed_by,
                position=position,
            )

    def _agrees(self, one: Saved) -> bool:
        head = one.head
        return head.origin == self._origin and self._roots[head.size] == head.root

    def _verdict(self, one: Saved, proved: int) -> tuple[Verdict, int]:
        if one.head.origin != self._origin:
            return "another-journal", 1
        if self._agrees(one):
            return "extended", 0
        if one.head.size > self._tree.size:
            return "truncated", self._tree.size + 1
        return "rewritten", min(proved, one.head.size - 1) + 1


def problem_of(held: Held) -> ChainProblem | None:
    """Return what ``verify`` names where the journal does not extend a checkpoint."""
    match held.verdict:
        case "extended":
            return None
        case "truncated":
            said = f"{held.file} has {held.size:,} entries"
        case "rewritten":
            said = f"not the entries up to {held.size} of {held.file}"
        case "another-journal":
            said = f"{held.file} is of {held.origin}"
    return ChainProblem(position=held.position, kind=held.verdict, found=said)
