"""Where the values of a row stand: its images tell them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from msgspec.structs import replace

from commands.erasing.answer import Row, Stays
from commands.erasing.finder import Progress, Range, in_entry, stays_in
from commands.erasing.scope import Scope, holds_key, scopes
from commands.erasing.sought import Few, form, is_long, leaves
from commands.erasing.tied import Tied, ranges_of
from journal import events as e
from journal.envelope import Entry
from journal.erased import Erased
from journal.errors import Refused
from journal.store import Journal
from journal.values import TableRows


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

    def stays(self, entry: Entry, body: bytes) -> Iterator[Stays]:
        """Yield where a value, or the row's key, stands in an entry itself."""
        event = entry.event
        if isinstance(event, e.ConflictFound) and self._tied.is_key(self.scopes, event):
            yield stays_in(entry, "key")
        if self._sought.holds(body):
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


def _texts(values: dict[int, Any]) -> Iterator[str]:
    yield from filter(None, map(form, values.values()))
