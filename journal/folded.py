"""What the database computes from row images: net effects, rows of the past, problems."""

from __future__ import annotations

from typing import Any

import msgspec


class NetRows(msgspec.Struct, frozen=True, kw_only=True):
    """The folded effect on one table in one shape: rows only before, rows only after.

    Computed as a multiset: each after image counts +1, each before image -1, equal images
    cancel. ``lost`` and ``gained`` count what is left on either side.
    """

    table: int
    columns: tuple[int, ...]
    lost: int
    gained: int


class PastRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of a net effect: ``sign`` -1 was there before only, +1 is there after only."""

    table: int
    sign: int
    values: dict[str, Any]


class RowImage(msgspec.Struct, frozen=True, kw_only=True):
    """One row as a statement found it (``sign`` -1) or left it (+1).

    ``values`` stand in the database's lossless form, by the identity of their column; on SQLite
    the rowid is column 0. ``event`` is the statement's: insert, update, delete, truncate; empty
    where the database does not tell.
    """

    position: int
    sign: int
    event: str = ""
    values: dict[int, Any]


class ImageCheck(msgspec.Struct, frozen=True, kw_only=True):
    """The stored images of a ``TableRows``, hashed again: how many chunks there are of it.

    ``problem`` is empty where they match its digest, else ``missing`` or ``altered``.
    """

    index: int
    chunks: int
    problem: str = ""
