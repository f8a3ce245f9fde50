"""What is asked to be erased, where it stands, and what became of it."""

from __future__ import annotations

import msgspec

SHORT = 64
"""Bytes of content whose digest, which stays, can be found again by trying what it may have been."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a table, by its key; ``at`` is where the table bore that name.

    ``with_key`` takes the values of the key too.
    """

    table: str
    key: tuple[str, ...]
    at: str = "head"
    with_key: bool = False


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """All values of one column of a table; ``at`` is where they bore these names."""

    table: str
    column: str
    at: str = "head"


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """A subject of transforms; ``key`` is JSON, or plain text."""

    key: str


What = Row | Column | Subject


class ImagePlace(msgspec.Struct, frozen=True, kw_only=True):
    """``rows`` images, of the range that the entry at ``position`` names, hold what is meant."""

    position: int
    run: str
    table: str
    rows: int


class ContentPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Content that holds what is meant; ``position`` is the first of ``entries`` that name it.

    ``short`` content can be found again by its digest, which stays: by trying.
    """

    position: int
    what: str
    digest: str
    size: int
    entries: int
    short: bool


class Stays(msgspec.Struct, frozen=True, kw_only=True):
    """A place that is not erased, and why.

    ``kind`` is "entry" (it stands in the entry itself), "other row", "key", "kept", "backup",
    "archive", "copy", "live row" or "live column".
    """

    kind: str
    where: str
    position: int = 0
    count: int = 1


class ErasureAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Where it stands, or stood where ``done``: ``first`` to ``last`` are its entries then.

    ``unsearched`` names what was not looked for in texts, and why. ``next`` is the SQL that takes
    away what the database still holds of what was rewritten.
    """

    what: str
    images: tuple[ImagePlace, ...] = ()
    contents: tuple[ContentPlace, ...] = ()
    stays: tuple[Stays, ...] = ()
    unsearched: tuple[str, ...] = ()
    done: bool = False
    run: str = ""
    first: int = 0
    last: int = 0
    next: str = ""
