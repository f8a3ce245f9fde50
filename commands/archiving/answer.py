"""What archiving would take out, takes out or brings back, and what it closes."""

from __future__ import annotations

import msgspec


class Stays(msgspec.Struct, frozen=True, kw_only=True):
    """Content of old entries that stays in the database, and why."""

    why: str
    contents: int


class ArchiveAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What leaves, or left where ``done``, of entries up to ``last``.

    Row images leave of entries after ``after`` (``chunks`` of ``rows`` rows, in ``image_bytes``
    as stored), and ``contents`` pieces of content. Positions before ``last`` cannot be gone back
    to then: ``marks`` and ``migrations`` name what is among them. ``position`` is that of the
    entry that seals it, ``manifest`` the SHA-256 of its manifest, ``written`` the archive's
    bytes. ``next`` is the SQL that gives the room back.
    """

    location: str
    last: int
    after: int
    contents: int
    content_bytes: int
    chunks: int
    rows: int
    image_bytes: int
    stays: tuple[Stays, ...] = ()
    marks: tuple[str, ...] = ()
    migrations: tuple[str, ...] = ()
    done: bool = False
    run: str = ""
    position: int = 0
    manifest: str = ""
    written: int = 0
    next: str = ""


class RestoredArchive(msgspec.Struct, frozen=True, kw_only=True):
    """What came back, or would: ``erased_since`` are positions at which something was erased.

    What was erased then may be among what comes back: nobody could look into the archive.
    """

    location: str
    last: int
    after: int
    contents: int
    chunks: int
    rows: int
    erased_since: tuple[int, ...] = ()
    done: bool = False
    run: str = ""
    position: int = 0


class ArchiveFact(msgspec.Struct, frozen=True, kw_only=True):
    """An archive as the journal tells of it; ``restored`` is the position that brought it back."""

    position: int
    recorded_at: str
    actor: str
    location: str
    manifest: str
    after: int
    last: int
    contents: int
    chunks: int
    rows: int
    restored: int | None = None
