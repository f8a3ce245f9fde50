"""What is wanted of a scratch copy, and what was made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec

from journal.url import URL
from journal.values import TableRows

Way = Literal["dump", "template"]
"""How PostgreSQL copies: ``dump`` only reads, ``template`` keeps others from connecting."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """How a copy is to be made.

    ``sample`` is how many rows of a table are taken, all without it. ``into`` is an empty
    database of the asker's own. ``programs`` is where PostgreSQL's client programs are. A
    ``kept`` copy is not removed at the end. Without ``journal`` none need be there, and a dump
    leaves it out; without ``owners`` all of it belongs to who makes it, without grants. With
    ``rows_of``, the paths of tables, a dump holds rows of these only, and none of the journal.
    """

    way: Way = "dump"
    sample: int | None = None
    into: URL | None = None
    programs: Path | None = None
    kept: bool = False
    journal: bool = True
    owners: bool = True
    rows_of: frozenset[tuple[str, ...]] | None = None
    lock_timeout: float = 5.0


class Carried(msgspec.Struct, frozen=True, kw_only=True):
    """Images of a range, and where they go in a copy: to a run of its own, from ``number`` on."""

    rows: TableRows
    run: str
    number: int


class Copied(msgspec.Struct, frozen=True, kw_only=True):
    """A copy as it stands: where, how it was made, and what it is not like the original in."""

    url: URL
    how: str
    size: int
    notes: tuple[str, ...] = ()


class Lasting(msgspec.Struct, frozen=True, kw_only=True):
    """A copy that stays: where it stands while it is made, and how it was.

    ``leave_journal_out`` drops the journal in it, and returns what is to be known of that. No
    session may be open then, nor when the copy is put in its place.
    """

    url: URL
    how: str
    notes: tuple[str, ...] = ()
    leave_journal_out: Callable[[], tuple[str, ...]]
