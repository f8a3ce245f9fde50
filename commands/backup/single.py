"""A backup in one file: a manifest that holds the rows of its tables, for small tables.

It is one JSON document. Each table bears its rows as ``content``, one a line, each as a file of
JSON lines would hold it; sizes and digests are those of these lines.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import msgspec

from commands.backup.manifest import BackedUpTable, Manifest, Unreadable, backed_up, formatted
from journal.database import Database
from journal.errors import Refused
from journal.values import SchemaObject

LIMIT = 16 << 20
"""Bytes of the file: what people, and their editors, open without a second thought."""


class Gathered:
    """The rows of some tables, held until the document is written."""

    def __init__(self) -> None:
        self._contents: list[bytes] = []
        self._size = 0

    def take(self, database: Database, table: SchemaObject) -> BackedUpTable:
        """Read the rows of one more table. Raises ``Refused`` where they are too many."""
        found = database.dump_lines(table)
        blocks = []
        for block in found.blocks:
            self._size += len(block)
            _refuse_large(self._size)
            blocks.append(block)
        lines = b"".join(blocks)
        self._contents.append(lines)
        return backed_up(
            table,
            found.columns,
            rows=lines.count(b"\n"),
            bytes=len(lines),
            digest=hashlib.sha256(lines).hexdigest(),
        )

    def document(self, manifest: Manifest) -> bytes:
        """Return the file. Raises ``Refused`` where it is too large."""
        document = b"".join(_document(manifest, self._contents))
        _refuse_large(len(document))
        return document


def contents_of(document: bytes) -> tuple[bytes, ...]:
    """Return the lines of each table, in the order of the manifest.

    Raises:
        Unreadable: a table has no content, which an empty one has too.
    """
    try:
        found = msgspec.json.decode(document, type=_Document)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(str(error).lower()) from None
    return tuple(b"".join(bytes(row) + b"\n" for row in table.content) for table in found.tables)


class _Table(msgspec.Struct):
    content: list[msgspec.Raw]


class _Document(msgspec.Struct):
    tables: list[_Table]


def _document(manifest: Manifest, contents: Sequence[bytes]) -> Iterator[bytes]:
    fields = msgspec.structs.asdict(manifest)
    del fields["tables"]
    yield _open(formatted(fields))
    yield b',\n  "tables": ['
    for number, (table, lines) in enumerate(zip(manifest.tables, contents, strict=True)):
        yield b",\n    " if number else b"\n    "
        # No line end stands within a JSON text, so that each one found begins a line of ours.
        yield _open(formatted(table)).replace(b"\n", b"\n    ")
        rows = lines.replace(b"\n", b",\n        ", lines.count(b"\n") - 1).rstrip(b"\n")
        yield b',\n      "content": [' + (b"\n        " + rows + b"\n      " if rows else b"")
        yield b"]\n    }"
    yield b"\n  ]\n}\n"


def _open(formatted: bytes) -> bytes:
    """Take off the end of an object, so that more can be said of it."""
    return formatted.removesuffix(b"\n}\n")


def _refuse_large(size: int) -> None:
    if size > LIMIT:
        raise Refused(
            f"the tables take more than {LIMIT >> 20} MiB, which is the most that one file holds",
            hint="Leave out --single: a backup in a directory has no limit. Or name fewer tables.",
        )
