"""The port's half that keeps a journal: the tables that are its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol, Unpack

from journal.effect import JournalIdentity, Row
from journal.envelope import Head, StoredEntry
from journal.erased import Erased
from journal.reading import Chosen
from journal.saved import SavedFold


class OwnTables(Protocol):
    """What one session does with the tables of the journal that stands in its database."""

    def identity(self) -> JournalIdentity | None:
        """Which journal stands here; ``None`` without one.

        Raises:
            Refused: the journal's layout is newer than this release knows.
        """

    def install(self, identity: JournalIdentity) -> None:
        """Create the journal's tables, triggers and views, inside an open transaction."""

    def head(self) -> Head:
        """Return the head without locking it."""

    def take_head(self) -> Head:
        """Lock the head row and return it; at most one session holds it."""

    def append(self, entries: Sequence[StoredEntry]) -> None:
        """Store entries and move the head to the last; only after ``take_head``."""

    def entries(self, **chosen: Unpack[Chosen]) -> Iterator[StoredEntry]:
        """Yield the entries that are ``chosen``, in order of position; memory stays flat."""

    def put_content(self, digest: str, content: bytes) -> None:
        """Store content under its SHA-256 (hexadecimal) unless it is there."""

    def put_contents(self, contents: Mapping[str, bytes]) -> None:
        """Store many contents by their digests, those that are not there."""

    def content(self, digest: str) -> bytes | Erased | None:
        """Return content by digest, as stored (callers check it), or that it was erased."""

    def missing(self) -> tuple[str, ...]:
        """Name the journal's own tables that are not there."""

    def unguarded(self) -> tuple[str, ...]:
        """Name what keeps the journal append-only and is not there, or switched off."""

    def content_digests(self) -> Iterator[tuple[str, str]]:
        """Yield for each stored content its name and the digest of its bytes as found."""

    def make_views(self) -> None:
        """Make the views over the journal anew, inside an open transaction; grants stay.

        Raises:
            Refused: something else bears the name of one, or stands on one.
        """

    def views(self) -> tuple[str, ...]:
        """Name the views that tell what transforms found, as far as this server can have them."""

    def view(self, name: str) -> Iterator[Row]:
        """Yield the rows of one of them in the order of its first column, in a transaction."""

    def make_saved(self) -> None:
        """Make the table of saved folds where it is not there, and empty it, in a transaction."""

    def keeps_saved(self) -> bool:
        """Tell whether there is a table of saved folds that may be read; reading never needs it."""

    def saved(self, name: str, *, layout: int, last: int) -> SavedFold | None:
        """Return the newest saved fold of a layout at or before ``last``, if it is whole.

        The entry at its position bears the digest it names; whether its state is what the
        entries fold to, nobody has looked.
        """

    def save(self, one: SavedFold, *, kept: int) -> None:
        """Store a saved fold, in a transaction; ``kept`` of its name are left.

        Raises:
            StatementFailed: this role may not, or there is no such entry.
        """

    def every_saved(self) -> Iterator[tuple[SavedFold, object]]:
        """Yield every saved fold, by position, with the SHA-256 that stands beside it."""
