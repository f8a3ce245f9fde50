"""Where the values of a subject of transforms stand: what they found of it tells."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import Any

from commands.erasing.answer import Stays, Subject
from commands.erasing.finder import Progress, Range, in_entry, stays_in
from commands.erasing.sought import Few, form, is_long, leaves
from commands.findings import text_of
from commands.subject import names_of
from journal import events as e
from journal.envelope import Entry
from journal.erased import PREFIX
from journal.errors import NotFound
from journal.store import Journal
from journal.values import TableRows

_TYPES = ("ConflictFound", "ConflictDecided", "FieldUnmapped", "RecordRejected", "RowsTransformed")


class SubjectFinder:
    """Finds what transforms found of one subject; values that others have too are not looked for."""

    def __init__(self, journal: Journal, what: Subject) -> None:
        self.journal = journal
        self.name = f"subject {what.key}"
        self.ranges: list[Range] = []
        self.unsearched: list[str] = []
        self._names = frozenset(names_of(what.key))
        self._own: set[str] = set()
        self._others = array("Q")
        self._conflicts: set[str] = set()
        self._rows: dict[str, int] = {}
        self._sought = Few(())

    def look(self, progress: Progress) -> None:
        """Learn the subject's values, and which of them others have as well.

        Raises:
            NotFound: no transform found anything of it.
        """
        met = False
        for entry in self.journal.read(types=_TYPES):
            met = self._take(entry) or met
        if not met:
            raise NotFound(
                f"nothing that transforms found is of a {self.name}",
                hint="Write its key as it stands in the source: 42, ada, or as JSON '\"42\"'.",
            )
        mine = self._values()
        shared = self._shared(mine, progress)
        if shared:
            self.unsearched.append("values that other subjects have too")
        if any(not is_long(text) for text in mine - shared):
            self.unsearched.append("short values")
        self._sought = Few((mine - shared) | set(map(text_of, self._names)))

    def is_in(self, digest: str, content: bytes) -> bool:
        """Tell whether content is the subject's, or holds a value of its own."""
        return digest in self._own or self._sought.holds(content)

    def texts(self) -> Iterable[str]:
        """Return the values that are long enough to be looked for in images."""
        return self._sought.long

    def is_in_other(self, rows: TableRows, values: dict[int, Any]) -> bool:
        """Tell whether an image holds a value."""
        del rows
        texts = filter(None, map(form, values.values()))
        return any(self._sought.holds(text.encode("utf-8", "replace")) for text in texts)

    def stays(self, entry: Entry, body: bytes) -> Iterator[Stays]:
        """Yield where the subject's key, or a value, stands in an entry itself."""
        event = entry.event
        told = set()
        if getattr(event, "subject", None) in self._names:
            told.add("subject")
        if isinstance(event, e.RowsTransformed):
            told |= {name for name in ("first", "last") if getattr(event, name) in self._names}
            told |= {"retried"} if self._names & set(event.retried) else set()
        if isinstance(event, e.ConflictFound) and told and event.key:
            told.add("key")
        yield from (stays_in(entry, name) for name in sorted(told))
        known = {f"{type(event).__name__}.{name}" for name in told}
        if self._sought.holds(body):
            yield from (one for one in in_entry(entry, self._sought) if one.where not in known)

    def beyond(self) -> Iterator[Stays]:
        """Yield the rows that bear the subject's key, as far as its conflicts tell."""
        for where, position in self._rows.items():
            yield Stays(kind="row", where=where, position=position)

    def close(self) -> None:
        """Forget the values."""
        self._own.clear()

    def _values(self) -> set[str]:
        found: set[str] = set()
        for digest in filter(None, self._own):
            content = self.journal.database.content(digest)
            if isinstance(content, bytes):
                found.update(leaves(content) or ())
        return found

    def _shared(self, mine: set[str], progress: Progress) -> set[str]:
        """Return the values that are also found of others: eight bytes are kept of each of them."""
        others, shared = array("Q", sorted(self._others)), set[str]()
        for count, (name, content) in enumerate(self.journal.database.contents(), start=1):
            if not name.startswith(PREFIX) and _is_in(others, _short(name)):
                shared |= mine.intersection(leaves(content) or ())
            if count % 1000 == 0:
                progress("contents", count)
        return shared

    def _take(self, entry: Entry) -> bool:
        event = entry.event
        match event:
            case e.ConflictFound():
                contents = {event.candidates, event.written}
                if event.subject in self._names:
                    self._conflicts.add(event.conflict)
                    self._remember_row(entry, event)
            case e.FieldUnmapped() | e.RecordRejected():
                contents = {event.content}
            case e.ConflictDecided():
                mine = event.conflict in self._conflicts
                self._remember({event.content}, mine=mine)
                return mine
            case e.RowsTransformed():
                return bool(self._names & {event.first, event.last, *event.retried})
            case _:
                return False
        mine = event.subject in self._names
        self._remember(contents, mine=mine)
        return mine

    def _remember(self, digests: set[str], *, mine: bool) -> None:
        if mine:
            self._own |= digests
        else:
            self._others.extend(_short(one) for one in digests if one)

    def _remember_row(self, entry: Entry, event: e.ConflictFound) -> None:
        if event.key:
            key = " ".join(str(value) for _, value in event.key)
            self._rows.setdefault(f"{event.field.split('.')[0]} {key}", entry.position)


def _short(digest: str) -> int:
    """The first eight bytes of a digest."""
    return int(digest[:16], 16)


def _is_in(numbers: array[int], number: int) -> bool:
    place = bisect_left(numbers, number)
    return place < len(numbers) and numbers[place] == number
