"""The entries, each proved by the chain before anything is signed or handed out."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from journal.chain import GENESIS, check_entry
from journal.codec import open_entry
from journal.envelope import Head, StoredEntry
from journal.errors import Tampered
from journal.events import JournalOpened
from journal.store import Journal

Progress = Callable[[int], None]
HINT = "See all of it with: clew verify."
EVERY = 1000
"""Entries between two reports of progress."""


def silent(_: int) -> None:
    """Report no progress."""


def proven(journal: Journal, *, last: int, progress: Progress = silent) -> Iterator[StoredEntry]:
    """Yield the entries from 1 to ``last``; what is wrong is found before it is yielded.

    Raises:
        Tampered: an entry does not prove itself, the journal bears another identity than it was
            opened with, or entries are missing at the end.
    """
    before = GENESIS
    for entry in journal.stored(last=last):
        for problem in check_entry(entry, after=before):
            raise _broken(problem.position, problem.kind)
        if entry.position == 1:
            _check_identity(journal, entry)
        yield entry
        before = Head(position=entry.position, digest=entry.digest)
        if entry.position % EVERY == 0:
            progress(entry.position)
    if before.position != last:
        raise _broken(before.position + 1, "missing")
    head = journal.head()
    if head.position < last or (head.position == last and head != before):
        raise _broken(min(head.position, last) + 1, "head-moved")
    progress(last)


def _check_identity(journal: Journal, first: StoredEntry) -> None:
    event = open_entry(first).event
    if not isinstance(event, JournalOpened) or event.journal != journal.identity.id:
        raise _broken(1, "identity")


def _broken(position: int, kind: str) -> Tampered:
    return Tampered(f"the record does not prove itself at position {position}: {kind}", hint=HINT)
