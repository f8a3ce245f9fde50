"""The index of rows: made anew and proven by ``rebuild``, and kept up after runs."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from itertools import chain
from typing import Literal

import msgspec
import structlog

from journal.database import Database
from journal.errors import ClewError
from journal.row_index import STRETCH, UNREADABLE, Block, Fingerprint, blocks
from journal.store import Journal

log = structlog.wrap_logger(logging.getLogger("clew"))

BEHIND = 10_000
"""Entries behind the end of the index that history may look through before it is brought on."""

State = Literal["made", "as it was", "was wrong"]


class IndexedAnew(msgspec.Struct, frozen=True, kw_only=True):
    """How far the index went, how many blocks it has now, and what became of the former one.

    One that "was wrong" did not say what entries and images say; it is replaced.
    """

    former: int
    blocks: int
    state: State


def keep_up(journal: Journal) -> None:
    """Bring the index on, where it has fallen behind far enough to be worth it.

    At most one stretch at a time, so that no run waits for long; it is only an index, so that
    whoever may not write it, or cannot now, leaves it as it is.
    """
    database = journal.database
    try:
        end, head = database.row_index_end(), journal.head().position
        if not head - end >= BEHIND or end > head:
            return
        database.begin()
        try:
            database.hold_row_index()
            end = database.row_index_end()
            database.put_row_blocks(blocks(database, after=end, last=min(head, end + STRETCH)))
            database.commit()
        except BaseException:
            database.abort()
            raise
    except ClewError as error:
        log.debug("index of rows left behind", reason=error.message)


def index_anew(database: Database, head: int) -> IndexedAnew:
    """Make the index from entries and images, inside a transaction, and judge the former by it."""
    database.hold_row_index()
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
