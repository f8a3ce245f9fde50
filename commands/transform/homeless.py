"""Subjects from what an earlier transform left unmapped, as the journal keeps it."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from itertools import groupby, islice
from typing import Any

import msgspec

from commands.transform.outcome import Record
from commands.transform.reading import EVERYTHING, Between, Span, Subject, key_of, named
from commands.transform.spec import Transform, Unmapped
from commands.transform.values import read
from journal.codec import open_entry
from journal.database import Database
from journal.erased import Erased
from journal.errors import NotExact, Refused
from journal.events import FieldUnmapped, RowsTransformed
from projections.ground import Ground, without_home

_TYPES = ("RunStarted", "RunCompleted", "RowsTransformed", "RecordRejected")


class Kept(msgspec.Struct, frozen=True):
    """An entry that holds wanted fields which have no home yet."""

    position: int
    event: FieldUnmapped
    fields: tuple[str, ...]


class UnmappedReader:
    """Subjects from the journal, in the order in which they were found; memory stays flat."""

    def __init__(self, spec: Transform, source: Unmapped, database: Database) -> None:
        self.spec = spec
        self.source = source
        self.database = database
        self._ground = Ground()
        if not self._look():
            raise Refused(
                f"transform {spec.name}: no transform {source.of} stands in the journal",
                hint="Name the transform whose unmapped fields are meant.",
            )
        self._homes = self._ground.homes()

    def subjects(self, between: Between = EVERYTHING) -> Generator[Subject, None, None]:
        """Yield subjects that have one of the fields."""
        return self._gathered(self._within(between))

    def spans(self, size: int, between: Between) -> Iterator[Span]:
        """Yield spans of so many subjects each, as positions of entries."""
        groups = groupby(self._within(between), lambda one: one.event.subject)
        ends = ([one.position for one in group] for _, group in groups)
        while some := list(islice(ends, size)):
            yield Span(str(some[0][0]), str(some[-1][-1]))

    def within(self, span: Span) -> Generator[Subject, None, None]:
        """Yield the subjects of a span."""
        return self._gathered(self._kept(int(span.first) - 1, int(span.last)))

    def among(self, keys: tuple[Any, ...]) -> Generator[Subject, None, None]:
        """Yield the subjects with these keys."""
        wanted = {named(key) for key in keys}
        return self._gathered(one for one in self._kept() if one.event.subject in wanted)

    def _within(self, between: Between) -> Iterator[Kept]:
        last = None if between.before is None else int(between.before) - 1
        return self._kept(int(between.after or 0), last)

    def _look(self) -> bool:
        """Learn what stands and what has a home; tell whether the transform is known."""
        at: list[int] = []
        for stored in self.database.entries(types=_TYPES):
            entry = open_entry(stored)
            self._ground.take(entry)
            if isinstance(entry.event, RowsTransformed) and entry.event.step == self.source.of:
                at.append(entry.position)
        return any(map(self._ground.standing.stands, at))

    def _kept(self, after: int = 0, last: int | None = None) -> Iterator[Kept]:
        wanted = frozenset(self.source.fields)
        for stored in self.database.entries(after=after, last=last, types=("FieldUnmapped",)):
            if not self._ground.standing.stands(stored.position):
                continue
            event = open_entry(stored).event
            if not isinstance(event, FieldUnmapped) or event.step != self.source.of:
                continue
            found = without_home(stored.position, event, self._homes)
            if left := tuple(name for name in found if name in wanted):
                yield Kept(stored.position, event, left)

    def _gathered(self, kept: Iterable[Kept]) -> Generator[Subject, None, None]:
        for subject, group in groupby(kept, lambda one: one.event.subject):
            found, key = list(group), key_of(subject)
            records = tuple(self._record(one, key) for one in found)
            yield Subject(key, records, str(found[0].position), str(found[-1].position))

    def _record(self, one: Kept, key: Any) -> Record:
        content = self.database.content(one.event.content)
        if content is None:
            raise NotExact(f"the values of entry {one.position} are not in the journal")
        if isinstance(content, Erased):
            raise Refused(
                f"transform {self.spec.name}: values of entry {one.position} that it needs were"
                f" erased at position {content.position}",
                hint="Leave the subject out, or take other fields.",
            )
        values = read(content)
        fields = {self.spec.subject: key} | {name: values[name] for name in one.fields}
        return Record(one.event.record, fields)
