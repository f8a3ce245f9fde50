"""What a checkout did, or would do."""

from __future__ import annotations

import msgspec

from journal.verified import TableState


class Checkout(msgspec.Struct, frozen=True, kw_only=True):
    """The answer: the database as it was at ``position`` stands at ``url``, or would.

    ``done`` tells which. ``source_bytes`` is what the database takes with its journal, ``bytes``
    the copy without. ``steps`` were taken back in the copy, ``rows`` of them. ``written_since``
    counts the rows that others wrote after the position where the journal has an image: the
    image's value stands in the copy. ``drift`` stands unaccepted in the database, and in the
    copy as well. ``tables`` are the digests of what the copy holds, by table. ``notes`` tell
    what is not in it. ``url`` never shows a password.
    """

    position: int
    head: int
    url: str
    done: bool
    how: str = ""
    source_bytes: int = 0
    bytes: int = 0
    steps: int = 0
    rows: int = 0
    written_since: int = 0
    drift: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    tables: tuple[TableState, ...] = ()
    seconds: float = 0.0
