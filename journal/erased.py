"""What was made unreadable: the form it has in place of values, and how it is told.

Erased content stands under a name of its own, ``erased:`` and the digest that it had, and says
where the entry stands that tells of it: ``{"erased": 57}``. So nobody can take it for data, and
the same bytes can be stored again, by whoever has them, under their digest.

A value within a row image gives way to a token: the position, and 16 bytes that a secret, thrown
away with the erasure, makes of the row's key and the value. Equal values of one row have equal
tokens, so that images still cancel where nothing changed; the token tells nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any, Protocol

import msgspec

from journal.values import SchemaObject, TableRows

PREFIX = "erased:"
"""What the name of erased content begins with."""
ARCHIVED = "archived:"
"""What the name of content that left for an archive begins with."""


class Erased(msgspec.Struct, frozen=True):
    """A value that was made unreadable; ``position`` is that of ContentErased.

    ``token`` tells unlike values of one row apart, where it is known.
    """

    position: int
    token: bytes = b""

    def __str__(self) -> str:
        """Say so, where a person reads it."""
        return f"erased at {self.position}"


class Archived(Erased, frozen=True):
    """Content that left for an archive; ``position`` is that of the ArchiveSealed."""

    def __str__(self) -> str:
        """Say so, where a person reads it."""
        return f"archived at {self.position}"


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which values of the images of a table are meant.

    ``key`` finds rows, by the identities of columns, as ``key_forms`` words it; empty means all
    rows. ``columns`` are the identities of the columns whose values are meant.
    """

    table: SchemaObject
    key: tuple[tuple[int, tuple[Any, ...]], ...] = ()
    columns: frozenset[int] = frozenset()


class Erasure(msgspec.Struct, frozen=True, kw_only=True):
    """What is put in the place of which values; ``secret`` is thrown away afterwards."""

    wanted: Wanted
    position: int
    secret: bytes


class Rewritten(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one range of images: its digests, and how many images changed."""

    before: str
    after: str
    rows: int


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """A chunk of images in which a text was found."""

    run: str
    number: int


class Erasing(Protocol):
    """The port's half that makes values of the journal unreadable."""

    def may_erase(self) -> bool:
        """Tell whether this role owns the tables that would be rewritten."""

    def lifted(self) -> AbstractContextManager[None]:
        """Let content and images be rewritten, in the open transaction and the block only."""

    def erase_content(self, digest: str, position: int) -> str:
        """Put what says that it was erased in the place of content; return its digest."""

    def contents(self) -> Iterator[tuple[str, bytes]]:
        """Yield name and bytes of each content, as stored; memory stays flat."""

    def key_forms(self, table: SchemaObject, words: dict[int, str]) -> dict[int, tuple[Any, ...]]:
        """Return what values of columns, as a person writes them, are in images.

        Raises:
            StatementFailed: a word is no value of its column.
        """

    def images_of(self, rows: TableRows, wanted: Wanted) -> Iterator[tuple[int, dict[int, Any]]]:
        """Yield images of a range that are meant: sign, and values by the identities of columns.

        Of columns only those that are meant, or all where ``wanted`` names none.
        """

    def erase_images(
        self, rows: TableRows, wanted: Wanted, *, digest: str, position: int, secret: bytes
    ) -> Rewritten:
        """Put tokens in the place of what is meant, in all images of a range.

        ``digest`` is the one that the range has now. Under the name of the one that it had at
        first stands afterwards that something of it was erased.

        Raises:
            Tampered: its digest is another.
        """

    def rows_meant(self, wanted: Wanted) -> Iterator[dict[int, Any]]:
        """Yield live rows that are meant, by the identities of columns, in a transaction.

        ``wanted.table`` is the live table; values are those of images.
        """

    def others_bear(self, wanted: Wanted, column: int, value: Any) -> bool:
        """Tell whether a live row beside those that are meant has this value in a column.

        ``wanted.table`` is the live table; in a transaction.
        """

    def images_holding(self, texts: tuple[str, ...]) -> Iterator[Holding]:
        """Yield the chunks, of whatever table, in which one of these texts stands."""


def marker(position: int) -> bytes:
    """Return what stands in the place of erased content."""
    return b'{"erased": %d}' % position


def name_of(digest: str) -> str:
    """Return the name under which what was content of that digest stands, once it is erased."""
    return PREFIX + digest


def archive_marker(position: int) -> bytes:
    """Return what stands in the place of content that left for an archive."""
    return b'{"archived": %d}' % position


def archived_name(digest: str) -> str:
    """Return the name under which what left for an archive is told of."""
    return ARCHIVED + digest


def told(name: str, content: bytes) -> Erased:
    """Return what stands in the place of content says; position 0 where it says nothing known."""
    try:
        found = msgspec.json.decode(content, type=_Marker)
    except (msgspec.DecodeError, ValueError, RecursionError):
        found = _Marker()
    return Erased(found.erased) if name.startswith(PREFIX) else Archived(found.archived)


class _Marker(msgspec.Struct, frozen=True):
    erased: int = 0
    archived: int = 0
