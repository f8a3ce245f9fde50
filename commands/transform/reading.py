"""What a transform reads: records gathered by subject, all or a span of them."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from itertools import groupby, islice
from typing import Any, Protocol

import msgspec

from commands.transform.outcome import Record
from commands.transform.spec import Select, Transform
from commands.transform.unpacking import Columns, check_columns, records
from commands.transform.values import canonical, jsonable, read, unjsonable, write
from journal import selecting
from journal.database import Database
from journal.selecting import ALL, Keys


class Subject(msgspec.Struct, frozen=True):
    """A key and its records, and where they lie in the source's order."""

    key: Any
    records: tuple[Record, ...]
    first: str
    last: str


class Span(msgspec.Struct, frozen=True):
    """Subjects that lie together in the source's order: where they begin and end."""

    first: str
    last: str


class Between(msgspec.Struct, frozen=True, kw_only=True):
    """Subjects that lie after the end of one span and before the beginning of another."""

    after: str | None = None
    before: str | None = None


EVERYTHING = Between()


class Reader(Protocol):
    """A source of subjects, in an order of its own."""

    def subjects(self, between: Between = EVERYTHING) -> Generator[Subject, None, None]:
        """Yield subjects as they were at the call, whatever is written meanwhile."""

    def spans(self, size: int, between: Between) -> Iterator[Span]:
        """Yield spans of so many subjects each."""

    def within(self, span: Span) -> Generator[Subject, None, None]:
        """Yield the subjects of a span as they are now."""

    def among(self, keys: tuple[Any, ...]) -> Generator[Subject, None, None]:
        """Yield the subjects with these keys as they are now."""


class SelectReader:
    """Subjects from a SELECT."""

    def __init__(
        self,
        spec: Transform,
        source: Select,
        database: Database,
        columns: tuple[str, ...] = (),
    ) -> None:
        self.spec = spec
        self.source = source
        self.database = database
        self._rows = selecting.Source(sql=source.sql, key=spec.subject, order=source.order)
        self.columns = columns
        if not columns:
            with database.select(source.sql) as found:
                self.columns = found.columns
        check_columns(spec, source, self.columns)

    def subjects(self, between: Between = EVERYTHING) -> Generator[Subject, None, None]:
        """Yield subjects as they were at the call; null, which has no place, comes last."""
        if between == EVERYTHING:
            yield from self._read(ALL)
        elif between.after != "null":
            yield from self._read(_keys(between))
            if between.before is None:
                yield from self.among((None,))

    def spans(self, size: int, between: Between) -> Iterator[Span]:
        """Yield spans of so many keys; null, which no span holds, comes last."""
        if between.after == "null":
            return
        with self.database.select_keys(self._rows, _keys(between)) as found:
            names = (named(row[0]) for row in found.rows)
            while some := list(islice(names, size)):
                yield Span(some[0], some[-1])
        if between.before is None:
            yield Span("null", "null")

    def within(self, span: Span) -> Generator[Subject, None, None]:
        """Yield the subjects of a span as they are now."""
        if span.first == "null":
            return self.among((None,))
        return self._read(Keys(first=key_of(span.first), last=key_of(span.last)))

    def among(self, keys: tuple[Any, ...]) -> Generator[Subject, None, None]:
        """Yield the subjects with these keys as they are now."""
        return self._read(Keys(among=keys))

    def _read(self, keys: Keys) -> Generator[Subject, None, None]:
        with self.database.select_rows(self._rows, keys) as found:
            made = records(self.spec, Columns(found.columns, self.source.unpack), found.rows)
            for _, group in groupby(made, lambda one: canonical(one[0])):
                gathered = list(group)
                key = gathered[0][0]
                those = tuple(record for _, record in gathered)
                yield Subject(key, those, named(key), named(key))


def _keys(between: Between) -> Keys:
    """Return the keys that are meant; null lies behind all of them."""
    after = msgspec.UNSET if between.after is None else key_of(between.after)
    before = msgspec.UNSET if between.before in (None, "null") else key_of(between.before)
    return Keys(after=after, before=before)


def named(key: Any) -> str:
    """Return a key as JSON text."""
    return write(jsonable(key))


def key_of(name: str) -> Any:
    """Return the key that ``named`` named."""
    return unjsonable(read(name))
