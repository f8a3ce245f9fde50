"""Entries and content as JSON lines, from which the exact bytes of each can be had.

The body of an entry is JSON itself; here it is a JSON *string* that holds these very bytes, so
that no reader formats a number anew or sorts the keys before the bytes are hashed.
"""

from __future__ import annotations

import base64

import msgspec

from journal.archived import StoredImage
from journal.envelope import StoredEntry
from journal.values import DatabaseKind

ENTRIES = "entries.jsonl"
CONTENT = "content.jsonl"
IMAGES = "images.jsonl"


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


class ImageLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A chunk of row images: in base64, or as text where it is an array of PostgreSQL's.

    ``sign`` is -1 for rows as a statement found them, +1 as it left them.
    """

    run: str
    number: int
    sign: int
    rows: int
    object: int = 0
    event: str = ""
    base64: str = ""
    text: str = ""


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


def is_as_written(line: bytes, read: EntryLine | ContentLine | ImageLine) -> bool:
    """Tell whether a line is what an export writes: nothing twice, nothing more, in this order."""
    return line == _encode(read) + b"\n"


def content_line(digest: str, content: bytes) -> bytes:
    """Return content as a line."""
    return _encode(ContentLine(digest=digest, base64=base64.b64encode(content).decode())) + b"\n"


def image_line(one: StoredImage, kind: DatabaseKind) -> bytes:
    """Return a chunk of row images as a line."""
    text = kind == "postgresql"
    line = ImageLine(
        run=one.run,
        number=one.number,
        sign=one.sign,
        rows=one.rows,
        object=one.object,
        event=one.event,
        base64="" if text else base64.b64encode(one.chunk).decode(),
        text=one.chunk.decode() if text else "",
    )
    return _encode(line) + b"\n"


def image_of(line: ImageLine) -> StoredImage:
    """Return the chunk that a line holds. Raises ``ValueError`` for what is no base64."""
    chunk = line.text.encode() if line.text else base64.b64decode(line.base64, validate=True)
    return StoredImage(
        run=line.run,
        number=line.number,
        sign=line.sign,
        rows=line.rows,
        chunk=chunk,
        object=line.object,
        event=line.event,
    )
