"""The journal's own tables in a SQLite file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from journal.effect import JournalIdentity, Row
from journal.envelope import Head, StoredEntry
from journal.saved import SavedFold
from journal.sqlite import install, saved, storage, views
from journal.sqlite.connection import Session


class SqliteTables:
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
        """Return the head; BEGIN IMMEDIATE holds it already."""
        return storage.head(self.session)

    def append(self, entries: Sequence[StoredEntry]) -> None:
        """Store entries and move the head."""
        storage.append(self.session, entries)

    def entries(
        self,
        *,
        after: int = 0,
        last: int | None = None,
        run: str | None = None,
        types: Sequence[str] = (),
        tables: Sequence[int] = (),
    ) -> Iterator[StoredEntry]:
        """Yield entries in order of position."""
        return storage.entries(
            self.session, after=after, last=last, run=run, types=types, tables=tables
        )

    def put_content(self, digest: str, content: bytes) -> None:
        """Store content unless it is there."""
        storage.put_content(self.session, digest, content)

    def put_contents(self, contents: Mapping[str, bytes]) -> None:
        """Store many contents by their digests, those that are not there."""
        storage.put_contents(self.session, contents)

    def content(self, digest: str) -> bytes | None:
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
        return views.names(self.session)

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
