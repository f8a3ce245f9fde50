"""A journal in one database: reading its entries, and appending to it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Unpack

from journal import spans
from journal.codec import open_entry, seal
from journal.database import Database
from journal.effect import JournalIdentity
from journal.envelope import Entry, Head, StoredEntry
from journal.erased import Archived, Erased
from journal.errors import NotFound, Refused
from journal.events import AnyEvent
from journal.reading import Chosen
from journal.values import Evidence

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the time now, in UTC."""
    return datetime.now(UTC)


def timestamp(moment: datetime) -> str:
    """Return RFC 3339 in UTC with microseconds, as entries bear it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def text_digest(text: str) -> str:
    """Return the digest that text has as content."""
    return hashlib.sha256(_bytes(text)).hexdigest()


def put_text(database: Database, text: str) -> str:
    """Store text as content and return its digest; lone surrogates are kept."""
    digest = text_digest(text)
    database.put_content(digest, _bytes(text))
    return digest


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


class Journal:
    """The journal that stands in ``database``; one session, not shared between threads."""

    def __init__(
        self, database: Database, identity: JournalIdentity, *, clock: Clock = utc_now
    ) -> None:
        self.database = database
        self.identity = identity
        self.clock = clock

    def head(self) -> Head:
        """Return the last position with its digest."""
        return self.database.head()

    def stored(self, *, after: int = 0, last: int | None = None) -> Iterator[StoredEntry]:
        """Yield entries as they stand, undecoded, in order of position."""
        return self.database.entries(after=after, last=last)

    def read(self, **chosen: Unpack[Chosen]) -> Iterator[Entry]:
        """Yield the entries that are ``chosen``, in order of position."""
        return map(open_entry, self.database.entries(**chosen))

    def content(self, digest: str) -> bytes | Erased:
        """Return content by digest, or that it was erased.

        Raises:
            NotFound: there is none.
        """
        found = self.database.content(digest)
        if found is None:
            raise NotFound(f"no content with digest {digest}")
        return found

    def needed_content(self, digest: str) -> bytes:
        """Return content by digest, without which there is no going on.

        Raises:
            NotFound: there is none.
            Refused: it was erased.
        """
        found = self.content(digest)
        if isinstance(found, Archived):
            raise Refused(
                f"values that are needed left for an archive, sealed at position {found.position}",
                hint="Bring them back: clew archive list names it, clew archive restore DIR.",
            )
        if isinstance(found, Erased):
            raise Refused(f"values that are needed were erased at position {found.position}")
        return found

    def append(
        self,
        *events: AnyEvent,
        run: str = "",
        actor: str,
        evidence: Evidence = "captured",
        texts: Iterable[str] = (),
    ) -> tuple[StoredEntry, ...]:
        """Append events, with ``texts`` that they name, in a transaction of their own."""
        with self._transaction():
            for text in texts:
                put_text(self.database, text)
            return append_within(
                self.database, events, run=run, actor=actor, evidence=evidence, clock=self.clock
            )

    def append_seen(
        self, look: Callable[[], Sequence[AnyEvent]], *, actor: str
    ) -> tuple[StoredEntry, ...]:
        """Append what ``look`` returns; nobody appends anything between what it sees and that."""
        with self._transaction():
            self.database.take_head()
            return append_within(
                self.database, look(), run="", actor=actor, evidence="captured", clock=self.clock
            )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self.database.begin()
        try:
            yield
            self.database.commit()
        except BaseException:
            self.database.abort()
            raise


def append_within(
    database: Database,
    events: Sequence[AnyEvent],
    *,
    run: str,
    actor: str,
    evidence: Evidence,
    clock: Clock,
) -> tuple[StoredEntry, ...]:
    """Append events inside the open transaction, which holds the head from here on."""
    recorded_at = timestamp(clock())
    head = database.take_head()
    entries: list[StoredEntry] = []
    for event in events:
        entry = seal(
            event, after=head, run=run, recorded_at=recorded_at, actor=actor, evidence=evidence
        )
        entries.append(entry)
        head = Head(position=entry.position, digest=entry.digest)
    database.append(entries)
    spans.appended(entries, run)
    return tuple(entries)
