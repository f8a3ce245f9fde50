"""Where the values of a subject of transforms stand: what they found of it tells."""

from __future__ import annotations

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
        self._key = what.key
        self._names = frozenset(names_of(what.key))
        self._own: set[str] = set()
        self._others: set[str] = set()
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
        mine, theirs = set[str](), set[str]()
        for count, (name, content) in enumerate(self.journal.database.contents(), start=1):
            if name in self._own:
                mine.update(leaves(content) or ())
            elif name in self._others and not name.startswith(PREFIX):
                theirs.update(leaves(content) or ())
            if count % 1000 == 0:
                progress("contents", count)
        if mine & theirs:
            self.unsearched.append("values that other subjects have too")
        if any(not is_long(text) for text in mine - theirs):
            self.unsearched.append("short values")
        keys = {text_of(name) for name in self._names if name in self._met}
        self._sought = Few((mine - theirs) | keys)

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

    def stays(self, entry: Entry) -> Iterator[Stays]:
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
        yield from (one for one in in_entry(entry, self._sought) if one.where not in known)

    def beyond(self) -> Iterator[Stays]:
        """Yield the rows that bear the subject's key, as far as its conflicts tell."""
        for where, position in self._rows.items():
            yield Stays(kind="row", where=where, position=position)

    def close(self) -> None:
        """Forget the values."""
        self._own.clear()

    @property
    def _met(self) -> frozenset[str]:
        return self._names

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
                (self._own if mine else self._others).add(event.content)
                return mine
            case e.RowsTransformed():
                return bool(self._names & {event.first, event.last, *event.retried})
            case _:
                return False
        mine = event.subject in self._names
        (self._own if mine else self._others).update(contents)
        return mine

    def _remember_row(self, entry: Entry, event: e.ConflictFound) -> None:
        if event.key:
            key = " ".join(str(value) for _, value in event.key)
            self._rows.setdefault(f"{event.field.split('.')[0]} {key}", entry.position)
