"""Entries and content as JSON lines, from which the exact bytes of each can be had.

The body of an entry is JSON itself; here it is a JSON *string* that holds these very bytes, so
that no reader formats a number anew or sorts the keys before the bytes are hashed.
"""

from __future__ import annotations

import base64

import msgspec

from journal.envelope import StoredEntry

ENTRIES = "entries.jsonl"
CONTENT = "content.jsonl"


class EntryLine(msgspec.Struct, frozen=True, kw_only=True):
    """An entry: ``digest`` is SHA-256(0x00 || previous || body), both digests in hexadecimal."""

    position: int
    previous: str
    digest: str
    body: str


class ContentLine(msgspec.Struct, frozen=True, kw_only=True):
    """Content by the digest that entries name it by: SHA-256 of its bytes, which are in base64."""

    digest: str
    base64: str


_encode = msgspec.json.Encoder().encode


def entry_line(entry: StoredEntry) -> bytes:
    """Return an entry as a line."""
    line = EntryLine(
        position=entry.position,
        previous=entry.previous.hex(),
        digest=entry.digest.hex(),
        body=entry.body.decode(),
    )
    return _encode(line) + b"\n"


def is_as_written(line: bytes, read: EntryLine | ContentLine) -> bool:
    """Tell whether a line is what an export writes: nothing twice, nothing more, in this order."""
    return line == _encode(read) + b"\n"


def content_line(digest: str, content: bytes) -> bytes:
    """Return content as a line."""
    return _encode(ContentLine(digest=digest, base64=base64.b64encode(content).decode())) + b"\n"
