"""Where the values of a row, or of a column, stand: the images tell them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from msgspec.structs import replace

from commands.erasing.answer import Column, Row, Stays
from commands.erasing.finder import Progress, Range, in_entry, stays_in
from commands.erasing.scope import Scope, holds_key, scopes
from commands.erasing.sought import Few, Many, form, is_long, leaves
from journal import events as e
from journal.envelope import Entry
from journal.erased import Erased
from journal.errors import Refused
from journal.store import Journal
from journal.values import TableRows

_PAGE = 10_000
"""Values of a column that are learnt at a time."""


class RowFinder:
    """Finds the values of one row; those that other rows bear too are not looked for in texts."""

    def __init__(self, journal: Journal, what: Row) -> None:
        self.journal = journal
        self.what = what
        self.scopes = {scope.table: scope for scope in scopes(journal, what)}
        self.name = f"row {', '.join(what.key)} of {what.table}"
        self.ranges: list[Range] = []
        self.unsearched: list[str] = []
        self._values: dict[tuple[int, int], dict[str, Any]] = defaultdict(dict)
        self._sought = Few(())
        self._related: set[str] = set()
        self._tied = Tied()
        self._live = 0

    def look(self, progress: Progress) -> None:
        """Learn the row's values, from images and from the live row."""
        for scope in self.scopes.values():
            for values in self._now(scope):
                self._live += 1
                self._learn(scope, values)
        if self._live and self.what.with_key:
            raise Refused(
                f"{self.name} is live: without its key nobody could tell which row it was",
                hint="Leave --with-key out, or delete the row first: then it can be erased whole.",
            )
        found = ranges_of(self.journal, self.scopes, self._tied)
        for done, (one, statement) in enumerate(found, start=1):
            progress("images", done)
            scope = self.scopes[one.rows.table]
            if not holds_key(one.rows, scope.wanted):
                self.unsearched.append(f"images of position {one.position}: they have no such key")
                continue
            count = sum(
                self._learn(scope, values)
                for _, values in self.journal.database.images_of(one.rows, scope.wanted)
            )
            if count:
                self.ranges.append(replace(one, count=count))
                self._related.add(statement)
        self._sought = Few((*self._own(), *self.what.key))

    def is_in(self, digest: str, content: bytes) -> bool:
        """Tell whether content holds the row: it is tied to it, or holds a value of its own."""
        if self._tied.holds(digest) or self._sought.holds(content):
            return True
        if digest in self._tied.rows:
            return set(self.what.key) <= set(leaves(content) or ())
        return digest in self._related and self._sought.spells(content)

    def texts(self) -> Iterable[str]:
        """Return the values that are long enough to be looked for in other images."""
        return self._sought.long

    def is_in_other(self, rows: TableRows, values: dict[int, Any]) -> bool:
        """Tell whether an image of another row holds a value, or one of this row its key."""
        scope = self.scopes.get(rows.table)
        if scope is not None and self._is_meant(scope, values):
            values = {one: v for one, v in values.items() if one not in scope.wanted.columns}
        return any(self._sought.holds(text.encode("utf-8", "replace")) for text in _texts(values))

    def stays(self, entry: Entry) -> Iterator[Stays]:
        """Yield where a value, or the row's key, stands in an entry itself."""
        event = entry.event
        if isinstance(event, e.ConflictFound) and self._tied.is_key(self.scopes, event):
            yield stays_in(entry, "key")
        yield from in_entry(entry, self._sought)

    def beyond(self) -> Iterator[Stays]:
        """Yield the live row, and backups and copies of its table."""
        if self._live:
            yield Stays(kind="live row", where=self.what.table, count=self._live)
        yield from self._tied.beyond

    def close(self) -> None:
        """Forget the values."""
        self._values.clear()

    def _now(self, scope: Scope) -> Iterator[dict[int, Any]]:
        if scope.live is None:
            return
        there = {column.id for column in scope.live.columns}
        if all(identity in there for identity, _ in scope.wanted.key):
            yield from self.journal.database.rows_meant(replace(scope.wanted, table=scope.live))

    def _learn(self, scope: Scope, values: dict[int, Any]) -> bool:
        """Remember values; tell whether one of them is there to be erased."""
        found = False
        for column, value in values.items():
            if column in scope.wanted.columns:
                found = found or not isinstance(value, Erased)
                text = form(value)
                if text:
                    self._values[scope.table, column][text] = value
        return found

    def _own(self) -> Iterator[str]:
        """Yield the values that no other row bears; of the others tell that they are left out."""
        for (table, column), texts in self._values.items():
            scope = self.scopes[table]
            shared = [
                text for text, value in texts.items() if self._is_shared(scope, column, value)
            ]
            yield from (text for text in texts if text not in shared)
            name = next(one.name for one in scope.wanted.table.columns if one.id == column)
            if shared:
                self.unsearched.append(f"values of {name} that other rows bear too")
            if any(not is_long(text) for text in texts if text not in shared):
                self.unsearched.append(f"short values of {name}, but in the row's own statements")

    def _is_shared(self, scope: Scope, column: int, value: Any) -> bool:
        live = scope.live
        if live is None or column not in {one.id for one in live.columns}:
            return False
        if any(
            identity not in {one.id for one in live.columns} for identity, _ in scope.wanted.key
        ):
            return False
        return self.journal.database.others_bear(replace(scope.wanted, table=live), column, value)

    def _is_meant(self, scope: Scope, values: dict[int, Any]) -> bool:
        return all(
            any(
                type(values.get(one)) is type(form_) and values.get(one) == form_ for form_ in forms
            )
            for one, forms in scope.wanted.key
        )


class ColumnFinder:
    """Finds the values of one column; texts are compared with them literal by literal."""

    def __init__(self, journal: Journal, what: Column) -> None:
        self.journal = journal
        self.what = what
        self.scopes = {scope.table: scope for scope in scopes(journal, what)}
        self.name = f"column {what.column} of {what.table}"
        self.ranges: list[Range] = []
        self.unsearched: list[str] = []
        self._sought = Many()
        self._learnt: list[str] = []
        self._related: set[str] = set()
        self._tied = Tied()

    def look(self, progress: Progress) -> None:
        """Learn the column's values, from images and from the live table."""
        found = ranges_of(self.journal, self.scopes, self._tied)
        done = 0
        for one, statement in found:
            (column,) = one.wanted.columns
            if column not in one.rows.columns:
                continue
            count = 0
            for _, values in self.journal.database.images_of(one.rows, one.wanted):
                done += 1
                if done % 10_000 == 0:
                    progress("images", done)
                if not isinstance(values[column], Erased):
                    count += 1
                    self._learn(values[column])
            if count:
                self.ranges.append(replace(one, count=count))
                self._related.add(statement)
        for scope in self.scopes.values():
            self._look_at_live(scope)
        self._sought.add(self._learnt)
        self.unsearched.append("values that are short, but in the statements that wrote the column")

    def is_in(self, digest: str, content: bytes) -> bool:
        """Tell whether content is tied to the column, or holds one of its values."""
        if self._tied.holds(digest) or self._sought.holds(content):
            return True
        return digest in self._related and self._sought.spells(content)

    def texts(self) -> Iterable[str]:
        """Return nothing: a column has too many values to look for them all in images."""
        return ()

    def is_in_other(self, rows: TableRows, values: dict[int, Any]) -> bool:
        """Nothing is looked for in other images."""
        del rows, values
        return False

    def stays(self, entry: Entry) -> Iterator[Stays]:
        """Yield where a value stands in an entry itself."""
        kinds = (e.ConflictFound, e.FieldUnmapped, e.RecordRejected, e.RowsTransformed)
        if isinstance(entry.event, kinds):
            yield from in_entry(entry, self._sought)

    def beyond(self) -> Iterator[Stays]:
        """Yield the live column, and backups and copies of its table."""
        for scope in self.scopes.values():
            if scope.live and scope.wanted.columns & {column.id for column in scope.live.columns}:
                yield Stays(kind="live column", where=f"{scope.name}.{self.what.column}")
        yield Stays(kind="not searched", where="images of other tables and columns")
        yield from self._tied.beyond

    def close(self) -> None:
        """Forget the values."""
        self._sought.close()

    def _look_at_live(self, scope: Scope) -> None:
        if scope.live and scope.wanted.columns <= {column.id for column in scope.live.columns}:
            for values in self.journal.database.rows_meant(replace(scope.wanted, table=scope.live)):
                self._learn(*values.values())

    def _learn(self, value: Any) -> None:
        text = form(value)
        if text:
            self._learnt.append(text)
        if len(self._learnt) == _PAGE:
            self._sought.add(self._learnt)
            self._learnt.clear()


class Tied:
    """Content that is tied to rows or a column by the entry that names it, and what lies beyond."""

    def __init__(self) -> None:
        self.rows: set[str] = set()
        self.beyond: list[Stays] = []
        self._content: set[str] = set()
        self._conflicts: set[str] = set()

    def holds(self, digest: str) -> bool:
        """Tell whether content is tied to what is meant."""
        return digest in self._content

    def take(self, entry: Entry, scopes: dict[int, Scope]) -> None:
        """Learn from an entry."""
        event = entry.event
        names = {scope.name for scope in scopes.values()}
        match event:
            case e.ConflictFound():
                if self.is_key(scopes, event) or self._is_column(scopes, event):
                    self._conflicts.add(event.conflict)
                    self._content |= {event.candidates, event.written}
            case e.ConflictDecided():
                if event.conflict in self._conflicts:
                    self._content.add(event.content)
            case e.RowProvisioned():
                if event.table in scopes:
                    self.rows.add(event.content)
            case e.BackupTaken():
                if names & event.tables.keys():
                    place = Stays(kind="backup", where=event.location, position=entry.position)
                    self.beyond.append(place)
            case e.RowsTransformed():
                if event.copied and names & event.targets.keys():
                    self._copied(entry, event)
            case _:
                pass

    def is_key(self, scopes: dict[int, Scope], event: e.ConflictFound) -> bool:
        """Tell whether a conflict is about the row that is meant."""
        scope = scopes.get(event.table)
        if scope is None or not scope.wanted.key or not event.key:
            return False
        forms = dict(scope.wanted.key)
        return all(
            column in forms and form(value) in map(form, forms[column])
            for column, value in event.key
        )

    def _is_column(self, scopes: dict[int, Scope], event: e.ConflictFound) -> bool:
        scope = scopes.get(event.table)
        return scope is not None and not scope.wanted.key and event.column in scope.wanted.columns

    def _copied(self, entry: Entry, event: e.RowsTransformed) -> None:
        place = Stays(kind="copy", where=event.copied, position=entry.position)
        if all((one.kind, one.where) != (place.kind, place.where) for one in self.beyond):
            self.beyond.append(place)


_TYPES = (
    "RowsChanged",
    "ContentErased",
    "ConflictFound",
    "ConflictDecided",
    "RowProvisioned",
    "BackupTaken",
    "RowsTransformed",
)


def ranges_of(journal: Journal, scopes: dict[int, Scope], tied: Tied) -> list[tuple[Range, str]]:
    """Return the ranges of images of tables, each with the digest of its statement's text."""
    found: dict[tuple[int, str, int], tuple[Range, str]] = {}
    for entry in journal.read(types=_TYPES):
        event = entry.event
        tied.take(entry, scopes)
        if isinstance(event, e.ContentErased) and event.images is not None:
            place = (event.images.table, event.images.run, event.images.first)
            if place in found:
                one, statement = found[place]
                found[place] = (replace(one, digest=event.after), statement)
        if isinstance(event, e.RowsChanged) and event.rows.images and event.rows.table in scopes:
            rows, images = event.rows, event.rows.images
            found[rows.table, rows.run, images.first] = (
                Range(
                    position=entry.position,
                    rows=rows,
                    wanted=scopes[rows.table].wanted,
                    count=0,
                    digest=images.digest,
                ),
                event.statement.digest,
            )
    return list(found.values())


def _texts(values: dict[int, Any]) -> Iterator[str]:
    yield from filter(None, map(form, values.values()))
