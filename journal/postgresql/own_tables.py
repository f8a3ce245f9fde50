"""The journal's own tables in a PostgreSQL database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Unpack

from journal.archived import StoredImage
from journal.effect import JournalIdentity, Row
from journal.envelope import Head, StoredEntry
from journal.erased import Erased, Erasure, Holding, Rewritten, Wanted
from journal.postgresql import archiving, erasing, install, saved, storage, views
from journal.postgresql.connection import Session
from journal.reading import Chosen
from journal.saved import SavedFold
from journal.values import SchemaObject, TableRows


class PostgresqlTables:
    """One session's half of the port that keeps a journal."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def identity(self) -> JournalIdentity | None:
        """Which journal stands here."""
        return install.identity(self.session)

    def install(self, identity: JournalIdentity) -> None:
        """Create the journal's tables."""
        install.install(self.session, identity)

    def head(self) -> Head:
        """Return the head."""
        return storage.head(self.session)

    def take_head(self) -> Head:
        """Lock the head row and return it."""
        return storage.take_head(self.session)

    def append(self, entries: Sequence[StoredEntry]) -> None:
        """Store entries and move the head."""
        storage.append(self.session, entries)

    def entries(self, **chosen: Unpack[Chosen]) -> Iterator[StoredEntry]:
        """Yield entries in order of position."""
        return storage.entries(self.session, **chosen)

    def put_content(self, digest: str, content: bytes) -> None:
        """Store content unless it is there."""
        storage.put_content(self.session, digest, content)

    def put_contents(self, contents: Mapping[str, bytes]) -> None:
        """Store many contents by their digests, those that are not there."""
        storage.put_contents(self.session, contents)

    def content(self, digest: str) -> bytes | Erased | None:
        """Return content by digest."""
        return storage.content(self.session, digest)

    def missing(self) -> tuple[str, ...]:
        """Name the journal's own tables that are not there."""
        return tuple(install.missing(self.session))

    def unguarded(self) -> tuple[str, ...]:
        """Name what keeps the journal append-only and is not there, or switched off."""
        return tuple(install.unguarded(self.session))

    def content_digests(self) -> Iterator[tuple[str, str]]:
        """Yield each content's name and digest."""
        return storage.content_digests(self.session)

    def make_views(self) -> None:
        """Make the views over the journal anew."""
        views.make(self.session)

    def views(self) -> tuple[str, ...]:
        """Name the views that tell what transforms found."""
        return views.names()

    def view(self, name: str) -> Iterator[Row]:
        """Yield the rows of one of them."""
        return views.rows(self.session, name)

    def make_saved(self) -> None:
        """Make the table of saved folds where it is not there, and empty it."""
        saved.make(self.session)

    def keeps_saved(self) -> bool:
        """Tell whether there is a table of saved folds."""
        return saved.there(self.session)

    def saved(self, name: str, *, layout: int, last: int) -> SavedFold | None:
        """Return the newest saved fold at or before a position."""
        return saved.find(self.session, name, layout, last)

    def save(self, one: SavedFold, *, kept: int) -> None:
        """Store a saved fold."""
        saved.put(self.session, one, kept)

    def every_saved(self) -> Iterator[tuple[SavedFold, object]]:
        """Yield every saved fold with its sum."""
        return saved.every(self.session)

    # --- erasing ----------------------------------------------------------------------

    def may_erase(self) -> bool:
        """Tell whether this role owns the tables that would be rewritten."""
        return erasing.may_erase(self.session)

    def lifted(self) -> AbstractContextManager[None]:
        """Let content and images be rewritten within the block."""
        return erasing.lifted(self.session)

    def erase_content(self, digest: str, position: int) -> str:
        """Put what says that it was erased in the place of content."""
        return erasing.erase_content(self.session, digest, position)

    def contents(self) -> Iterator[tuple[str, bytes]]:
        """Yield name and bytes of each content."""
        return erasing.contents(self.session)

    def key_forms(self, table: SchemaObject, words: dict[int, str]) -> dict[int, tuple[Any, ...]]:
        """Return what values of columns, as a person writes them, are in images."""
        return erasing.key_forms(self.session, table, words)

    def images_of(self, rows: TableRows, wanted: Wanted) -> Iterator[tuple[int, dict[int, Any]]]:
        """Yield images of a range that are meant."""
        return erasing.images_of(self.session, rows, wanted)

    def erase_images(
        self, rows: TableRows, wanted: Wanted, *, digest: str, position: int, secret: bytes
    ) -> Rewritten:
        """Put tokens in the place of what is meant."""
        one = Erasure(wanted=wanted, position=position, secret=secret)
        return erasing.erase_images(self.session, rows, one, digest)

    def rows_meant(self, wanted: Wanted) -> Iterator[dict[int, Any]]:
        """Yield live rows that are meant, by the identities of columns."""
        return erasing.rows_meant(self.session, wanted)

    def others_bear(self, wanted: Wanted, column: int, value: Any) -> bool:
        """Tell whether a live row beside those that are meant has this value."""
        return erasing.others_bear(self.session, wanted, column, value)

    def images_holding(self, texts: tuple[str, ...]) -> Iterator[Holding]:
        """Yield the chunks in which one of these texts stands."""
        return erasing.images_holding(self.session, texts)

    # --- archiving --------------------------------------------------------------------

    def stored_images(self, rows: TableRows) -> Iterator[StoredImage]:
        """Yield the chunks of a range, in order of their numbers."""
        return archiving.stored_images(self.session, rows)

    def take_images(self, ranges: Iterable[TableRows]) -> int:
        """Take the images of ranges out."""
        return archiving.take_images(self.session, ranges)

    def put_images(self, images: Iterable[StoredImage]) -> None:
        """Put chunks back under their numbers."""
        archiving.put_images(self.session, images)

    def take_content(self, digests: Iterable[str], position: int) -> int:
        """Put in the place of contents that they were archived."""
        return archiving.take_content(self.session, digests, position)

    def put_back(self, contents: Mapping[str, bytes]) -> None:
        """Put contents back."""
        archiving.put_back(self.session, contents)
