"""The index of rows: made anew and proven by ``rebuild``, and kept up after runs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Literal

import msgspec

from journal.database import Database
from journal.row_index import UNREADABLE, Block, Fingerprint, blocks

State = Literal["made", "as it was", "was wrong"]


class IndexedAnew(msgspec.Struct, frozen=True, kw_only=True):
    """How far the index went, how many blocks it has now, and what became of the former one.

    One that "was wrong" did not say what entries and images say; it is replaced.
    """

    former: int
    blocks: int
    state: State


def index_anew(database: Database, head: int) -> IndexedAnew:
    """Make the index from entries and images, inside a transaction, and judge the former by it."""
    former = database.row_index_end()
    said = _said(database.row_blocks())
    known = former if former <= head else 0
    database.clear_row_index()
    print_, count = Fingerprint(), 0
    for block in chain(
        _taken(print_, blocks(database, after=0, last=known)),
        blocks(database, after=known, last=head),
    ):
        database.put_row_blocks([block])
        count += block.table != 0
    right = former <= head and said == print_.answer()
    state: State = ("as it was" if right else "was wrong") if former else "made"
    return IndexedAnew(former=former, blocks=count, state=state)


def _said(found: Iterator[Block]) -> dict[tuple[int, tuple[int, ...]], tuple[str, ...]] | None:
    """Return what blocks say; ``None`` where they cannot be read."""
    print_ = Fingerprint()
    try:
        for block in found:
            print_.take(block)
    except UNREADABLE:
        return None
    return print_.answer()


def _taken(print_: Fingerprint, found: Iterator[Block]) -> Iterator[Block]:
    for block in found:
        print_.take(block)
        yield block
