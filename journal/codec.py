"""Between events and stored bytes: JSON by msgspec.

The chain is laid over the bytes this module makes, and they are never made a second time:
reading decodes them, nothing encodes them again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args

import msgspec

from journal.chain import leaf_digest
from journal.envelope import Entry, Envelope, Head, StoredEntry
from journal.errors import Tampered
from journal.events import AnyEvent, Event
from journal.upcast import lift
from journal.values import Evidence

EVENT_TYPES: dict[str, type[Event]] = {kind.__name__: kind for kind in get_args(AnyEvent)}

RECORDED = b'"recorded_at":"'
"""Stands before the time in the bytes of every entry, and nowhere before it."""
MOMENT = 27
"""Bytes of a time as entries bear it."""

_NO_ENTRY = (
    msgspec.MsgspecError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    RecursionError,
)
"""What decoding bytes that somebody forged can end with: broken UTF-8 is no error of msgspec's."""


class _Data(msgspec.Struct, frozen=True):
    type: str


class _Told(msgspec.Struct, frozen=True):
    version: int
    data: _Data


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Envelope).decode
_decode_kind = msgspec.json.Decoder(_Told).decode
_decode_plain = msgspec.json.Decoder(dict[str, Any]).decode


def seal(
    event: AnyEvent,
    *,
    after: Head,
    run: str,
    recorded_at: str,
    actor: str,
    evidence: Evidence,
) -> StoredEntry:
    """Return the entry that follows ``after``, as it is to be stored."""
    kind = type(event)
    body = _encode(
        Envelope(
            position=after.position + 1,
            run=run,
            recorded_at=recorded_at,
            actor=actor,
            evidence=evidence,
            version=kind.version,
            data=event,
        )
    )
    return StoredEntry(
        position=after.position + 1,
        run=run,
        type=kind.__name__,
        version=kind.version,
        body=body,
        previous=after.digest,
        digest=leaf_digest(after.digest, body),
    )


def field(name: str, value: object) -> bytes:
    """Return the bytes that a field of an entry or event has where it stands in an entry."""
    return _encode(name) + b":" + _encode(value)


def rows_of(tables: Iterable[int]) -> tuple[bytes, ...]:
    """Return the bytes by which the body of an entry tells that rows of a table changed.

    Fields are written in their order, and those that are never left out come first.
    """
    return tuple(b'"rows":{"table":%d%s' % (one, end) for one in tables for end in (b",", b"}"))


def open_entry(stored: StoredEntry) -> Entry:
    """Decode a stored entry, lifting an old payload.

    Raises:
        Tampered: the bytes are not an entry.
        Refused: the entry is of a newer version than this release knows.
    """
    try:
        previous, digest = stored.previous.hex(), stored.digest.hex()
        body = _decode(stored.body) if _is_newest(stored) else _lifted(stored)
    except _NO_ENTRY as error:
        raise Tampered(f"entry {stored.position} cannot be read: {error}") from error
    return Entry(
        position=body.position,
        run=body.run,
        recorded_at=body.recorded_at,
        actor=body.actor,
        evidence=body.evidence,
        version=body.version,
        event=body.data,
        previous=previous,
        digest=digest,
    )


def event_of(position: int, body: bytes) -> AnyEvent:
    """Decode the event in the bytes of an entry that stands in no database.

    Raises:
        Tampered: the bytes are not an entry.
        Refused: the entry is of a newer version than this release knows.
    """
    try:
        told = _decode_kind(body)
    except _NO_ENTRY as error:
        raise Tampered(f"entry {position} cannot be read: {error}") from error
    stored = StoredEntry(
        position=position,
        run="",
        type=told.data.type,
        version=told.version,
        body=body,
        previous=b"",
        digest=b"",
    )
    return open_entry(stored).event


def _is_newest(stored: StoredEntry) -> bool:
    kind = EVENT_TYPES.get(stored.type)
    return kind is not None and kind.version == stored.version


def _lifted(stored: StoredEntry) -> Envelope:
    kind = EVENT_TYPES.get(stored.type)
    newest = kind.version if kind else 0
    plain = _decode_plain(stored.body)
    plain["data"] = lift(plain["data"], version=stored.version, newest=newest)
    return msgspec.convert(plain, Envelope)
