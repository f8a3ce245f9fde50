"""Erase: every place is found and made unreadable, and its entries appended, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from secrets import token_bytes
from uuid import uuid4

from msgspec.structs import replace

from commands.erasing.answer import ErasureAnswer, What
from commands.erasing.finder import Progress, Range
from commands.erasing.finding import Places, find
from commands.interrupted import close_interrupted
from commands.opening import Asker, Target, run_started
from journal.erased import marker
from journal.errors import Refused, Tampered, Usage
from journal.events import AnyEvent, ContentErased, RunCompleted
from journal.store import Journal, append_within
from journal.values import ErasedImages

_NEXT = {"sqlite": "VACUUM", "postgresql": "VACUUM FULL clew.content, clew.image"}


def look(
    target: Target, what: What, *, keep: Sequence[str] = (), progress: Progress = lambda *_: None
) -> ErasureAnswer:
    """Find every place where something stands, as of one moment, and change nothing.

    Raises as ``find`` does.
    """
    with target.journal() as journal, journal.database.examine():
        return find(journal, what, keep=keep, progress=progress).answer


def erase(
    target: Target,
    what: What,
    *,
    asker: Asker,
    keep: Sequence[str] = (),
    progress: Progress = lambda *_: None,
) -> ErasureAnswer:
    """Make all of it unreadable; where nothing stands, nothing is written.

    Raises:
        Refused: this role does not own the journal's tables.
        Tampered: what is to be erased is not what the journal says it is.
        NotFound, Usage: as ``find`` does.
        Busy: another run holds the journal.
    """
    if not asker.reason:
        raise Usage("expected a reason", hint="Say why with --reason; it stays on record.")
    with target.journal() as journal:
        if not journal.database.may_erase():
            raise Refused(
                "only the owner of the journal's tables may erase",
                hint="Do it as the role that created the journal.",
            )
        journal.database.hold(target.holder or asker.actor, wait=target.lock_timeout)
        close_interrupted(journal, asker=asker)
        with target.journal() as writing:
            database = writing.database
            database.begin()
            try:
                with database.lifted():  # who writes content waits from here on
                    answer = _Erasing(writing, target, asker, progress).erase(what, keep)
                database.make_views()
                if answer.run:
                    database.commit()
                else:
                    database.abort()
            except BaseException:
                database.abort()
                raise
            return answer


class _Erasing:
    """The work within the transaction, which holds the head from its beginning."""

    def __init__(self, journal: Journal, target: Target, asker: Asker, progress: Progress) -> None:
        self.journal = journal
        self.database = journal.database
        self.target = target
        self.asker = asker
        self.progress = progress
        self.secret = token_bytes(32)
        self.events: list[AnyEvent] = [run_started("erase", target, asker)]
        self.rows = 0
        self.head = 0

    def erase(self, what: What, keep: Sequence[str]) -> ErasureAnswer:
        """Find and erase; return what was done."""
        self.head = self.database.take_head().position
        places = find(self.journal, what, keep=keep, progress=self.progress)
        if not (places.ranges or places.answer.contents):
            return replace(places.answer, done=True)
        self._rewrite(places)
        if any(set(one.rows.key) & one.wanted.columns for one in places.ranges):
            self._forget_keys()
        self.events.append(RunCompleted(rows=self.rows))
        run = str(uuid4())
        entries = append_within(
            self.database,
            self.events,
            run=run,
            actor=self.asker.actor,
            evidence="captured",
            clock=self.journal.clock,
        )
        return replace(
            places.answer,
            done=True,
            run=run,
            first=entries[1].position,
            last=entries[-2].position,
            next=_NEXT[self.database.kind],
        )

    @property
    def _first(self) -> int:
        """The position of the first erasure: it stands in all images, so that equal ones cancel."""
        return self.head + 2

    @property
    def _next(self) -> int:
        """The position that the next entry will have."""
        return self.head + len(self.events) + 1

    def _forget_keys(self) -> None:
        """Empty the index of rows, which holds two bytes of each key's digest."""
        if self.database.row_index_end():
            self.database.clear_row_index()

    def _rewrite(self, places: Places) -> None:
        total = len(places.ranges) + len(places.answer.contents)
        for one in places.ranges:
            self._erase_images(one)
            self.progress(f"of {total} places", len(self.events))
        for place in places.answer.contents:
            self._erase_content(place.digest)
            self.progress(f"of {total} places", len(self.events))

    def _erase_images(self, one: Range) -> None:
        done = self.database.erase_images(
            one.rows, one.wanted, digest=one.digest, position=self._first, secret=self.secret
        )
        assert one.rows.images is not None
        self.rows += done.rows
        columns = tuple(c for c in one.rows.columns if c in one.wanted.columns)
        images = ErasedImages(
            position=one.position,
            table=one.rows.table,
            run=one.rows.run,
            first=one.rows.images.first,
            last=one.rows.images.last,
            rows=done.rows,
            columns=columns,
        )
        self._note(done.before, done.after, images)

    def _erase_content(self, digest: str) -> None:
        content = self.database.content(digest)
        if not isinstance(content, bytes) or sha256(content).hexdigest() != digest:
            raise Tampered(
                f"content {digest} does not match its digest", hint="Look with: clew verify."
            )
        position = self._next
        after = self.database.erase_content(digest, position)
        if after != sha256(marker(position)).hexdigest():
            raise Tampered(f"content {digest} was not erased")
        self._note(digest, after, None)

    def _note(self, before: str, after: str, images: ErasedImages | None) -> None:
        self.events.append(
            ContentErased(before=before, after=after, reason=self.asker.reason, images=images)
        )
