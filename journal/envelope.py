"""An event as stored: where it stands, when, by whom, and how the journal knows."""

from __future__ import annotations

import msgspec

from journal.events import AnyEvent
from journal.values import Evidence


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """The body of an entry, as JSON; its bytes are what the chain is laid over.

    ``recorded_at`` is RFC 3339 in UTC with microseconds; ``run`` is a UUID or empty for
    entries outside a run.
    """

    position: int
    run: str
    recorded_at: str
    actor: str
    evidence: Evidence
    version: int
    data: AnyEvent


class StoredEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the entry table, undecoded: bytes and digests as they stand there."""

    position: int
    run: str
    type: str
    version: int
    body: bytes
    previous: bytes
    digest: bytes


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A decoded entry. ``previous`` and ``digest`` are SHA-256 in hexadecimal."""

    position: int
    run: str
    recorded_at: str
    actor: str
    evidence: Evidence
    version: int
    event: AnyEvent
    previous: str
    digest: str


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The last position with its digest (32 bytes); position 0 before the first entry."""

    position: int
    digest: bytes
