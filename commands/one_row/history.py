"""The history of one row, from its first image to the live row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from commands.archiving.sealed import archives
from commands.one_row.answer import RowChange, RowHistory
from commands.one_row.asking import Asked, Key, asked, pairs
from commands.one_row.chapter import Chapter, Values, chapter_of
from commands.one_row.decisions import Decisions
from commands.one_row.indexed import IndexedRows
from commands.one_row.runs import Runs, with_rollbacks
from commands.one_row.searching import AROUND, Search
from commands.one_row.stepping import Walk, Way
from commands.one_row.tables import tables_of
from commands.one_row.telling import Telling
from commands.places import position_of
from commands.visible import shown
from journal.codec import open_entry
from journal.errors import NotFound, NotKnownExact, StatementFailed, Usage
from journal.events import RowsChanged
from journal.one_row import ROWID
from journal.store import Journal
from journal.values import SchemaObject, TableRows


def row_history(
    journal: Journal,
    table: str,
    key: Key,
    *,
    at: str = "head",
    after: str = "",
    limit: int | None = None,
    index: bool = True,
) -> RowHistory:
    """Return each change of one row, oldest first.

    ``key`` is the row's key at position ``at``, or the last it had by then: a value, values in
    the order of the key, values by column, or JSON of these. Only changes after ``after`` are
    told, and of them the newest ``limit``. Without ``index`` every entry is looked through.

    Raises:
        NotFound: no such position or table, or no such row, neither in the journal nor live.
        Usage: the key does not fit the table, or more than one row has these values.
    """
    found = _Asking(journal, table, at, index=index).answer(key)
    first = position_of(journal, after) if after else 0
    changes = tuple(one for one in found.changes if one.position > first)
    if limit is not None:
        changes = changes[len(changes) - limit :] if limit < len(changes) else changes
    return msgspec.structs.replace(found, changes=changes)


class _Asking:
    """One question: where it is asked, and the chapters of the table that bears the name."""

    def __init__(self, journal: Journal, table: str, at: str, *, index: bool) -> None:
        self.index = index
        self.database = journal.database
        self.journal = journal
        self.head = journal.head().position
        self.at = position_of(journal, at)
        gone = archives(journal)
        if gone and self.at < gone[-1].last:
            raise gone[-1].refusal()
        self.away = gone[-1].last if gone else 0
        self.tables = tables_of(journal, table, last=self.head)
        bearers = self.tables.bearers(table, self.at)
        if not bearers:
            raise NotFound(
                f"no table {table} up to position {self.at}",
                hint="List the tables with: clew schema.",
            )
        newest = msgspec.structs.replace(bearers[0], until=self.at)  # also under its later names
        self.chapters = [
            chapter_of(self.tables, journal.identity, one) for one in (newest, *bearers[1:])
        ]
        self.main = self.chapters[0]
        self.runs = Runs(journal)
        self.decisions = Decisions(journal, self.runs)
        self.notes: list[str] = []
        self.looked = False
        if gone:
            one = gone[-1]
            self.notes.append(
                f"changes up to position {one.last} are not told: their images are in the archive"
                f" {one.event.location}"
            )

    def answer(self, words: Key) -> RowHistory:
        key = self._key()
        question = asked(self.database, self.main, self._words(words), key)
        self.main = msgspec.structs.replace(
            self.main, named=tuple(column.id for column in question.columns)
        )
        live = self._live(question)
        known, way = self._way(question, live, key)
        telling = self._telling(self.main)
        changes = list(telling.tell(way.steps))
        if self.at == self.head and live is None and isinstance(telling.row, dict):
            live = self._under(
                telling.key, telling.row
            )  # it took another key than the one asked for
        if self.at == self.head:
            changes += telling.ended(live, position=self.head) if self.looked else ()
            row = telling.row
        else:
            row = telling.row if telling.row is not ... else self._later(known, question)
        newer = self.main
        for chapter in self.chapters[1:]:
            known = self._carried(newer, chapter, known, way)
            newer = msgspec.structs.replace(chapter, named=self._named(chapter, question))
            way = self._walk(newer).past(known, last=newer.until)
            changes += self._telling(newer).tell(way.steps)
        if not changes and row in (None, ...):
            self._refuse(question)
        return self._answer(changes, telling, row, question)

    def _answer(
        self, changes: list[RowChange], telling: Telling, row: Values | Any, question: Asked
    ) -> RowHistory:
        changes.sort(key=lambda one: one.position)
        shown = row if isinstance(row, dict) else None
        named = {} if shown is None else self.main.shown(shown, telling.table, self.main.until)
        last = next((one.key for one in reversed(changes) if one.table), {})
        names = [c.name for c in question.columns]
        key = {name: named[name] for name in names if name in named} if shown else last
        if row is ...:
            self.notes.append("how the row stood there is not known")
        if not changes:
            self.notes.append(
                "no entry that is here tells of this row"
                if self.away
                else "no entry tells of this row: it was found, or written beside the journal"
            )
        return RowHistory(
            table=self.main.name(self.main.table, self.main.until),
            key=key or last,
            at=self.at,
            row=None if shown is None else named,
            changes=with_rollbacks(changes, self.runs),
            notes=tuple(dict.fromkeys(self.notes)),
        )

    def _refuse(self, question: Asked) -> None:
        named = self.main.shown(question.known(question.forms[0]), self.main.table, self.main.until)
        words = ", ".join(f"{name}={shown(value)}" for name, value in named.items())
        where = "live" if self.at == self.head else f"at position {self.at}"
        raise NotFound(
            f"no row {words} in {self.main.name(self.main.table, self.main.until)}: neither {where}"
            + (f" nor in the journal after {self.away}" if self.away else " nor in the journal"),
        )

    # --- which row ----------------------------------------------------------------------

    def _words(self, words: Key) -> Key:
        """Return a key as it is meant: the words of a command line may be pairs."""
        if isinstance(words, Mapping):
            return words
        listed: list[Any] = [words] if isinstance(words, str | int | bytes) else list(words)
        texts = [one for one in listed if isinstance(one, str)]
        if len(texts) < len(listed):
            return listed
        columns = self.main.columns(self.main.table, self.main.until)
        return pairs(texts, ["rowid", *(column.name for column in columns)])

    def _key(self) -> tuple[int, ...]:
        """Return the columns that tell rows apart: as the database says, or the newest entry."""
        live = self._live_key()
        if live is not None and self.at == self.head:
            return live
        return self._told_key() or live or ()

    def _live_key(self) -> tuple[int, ...] | None:
        table = self.tables.at(self.main.table, self.head)
        try:
            found = self.database.row_key(table) if table is not None else None
        except StatementFailed:  # it is not there as the journal knows it
            return None
        return None if found is None else tuple(self.main.own.get(c, c) for c in found)

    def _told_key(self) -> tuple[int, ...]:
        rows = last_rows(self.journal, self.main)
        return tuple(self.main.own.get(c, c) for c in self.main.key(rows)) if rows else ()

    def _live(self, question: Asked) -> Values | None:
        """Return the live row, where the question is about now."""
        if self.at != self.head:
            return None
        found: list[Values] = []
        for form in question.forms:
            found = self._look(question.known(form))
            if found:
                break
        if len(found) > 1:
            raise Usage("more than one row has these values", hint="Give the whole key of one.")
        return found[0] if found else None

    def _under(self, key: tuple[int, ...], row: Values) -> Values | None:
        """Return the live row under the last key that the journal knows of it."""
        found = self._look({c: row[c] for c in key if c in row}) if key else []
        return found[0] if len(found) == 1 else None

    def _look(self, known: Values) -> list[Values]:
        """Return live rows that bear values, of all tables that hold the rows now."""
        found: list[Values] = []
        for table in self._standing():
            backwards = {self.main.own.get(c.id, c.id): c.id for c in table.columns}
            match = {backwards.get(c, c): value for c, value in known.items()}
            try:
                found += map(self.main.values, self.database.live_rows(table, match))
            except (StatementFailed, NotKnownExact) as error:
                self.notes.append(f"the live row cannot be looked at: {error.message}")
                self.looked = False
                return []
        self.looked = True
        return found

    def _standing(self) -> list[SchemaObject]:
        """Return the tables that hold the rows now."""
        found = (self.tables.at(one, self.head) for one in self.main.family)
        return [one for one in found if one is not None and "partition_by" not in one.definition]

    def _way(
        self, question: Asked, live: Values | None, key: tuple[int, ...]
    ) -> tuple[Values, Way]:
        walk = self._walk(self.main)
        if live is not None:
            return live, walk.past(live, last=self.main.until)
        if key not in ((), (ROWID,)) and not set(key) <= set(self.main.named):
            raise Usage(
                "no live row has these values",
                hint="A row that is gone is named by its key.",
            )
        known: Values = {}
        for form in question.forms:
            known = question.known(form)
            way = walk.whole(known, last=self.main.until)
            if way.steps:
                break
        return known, way

    def _walk(self, chapter: Chapter) -> Walk:
        indexed = IndexedRows(self.database, chapter, head=self.head) if self.index else None
        return Walk(Search(self.journal, chapter, indexed), self.runs.undoing, self.notes)

    def _telling(self, chapter: Chapter) -> Telling:
        return Telling(self.database, chapter, self.runs, self.decisions, away=self.away)

    # --- beyond the chapter ---------------------------------------------------------------

    def _carried(self, newer: Chapter, chapter: Chapter, known: Values, way: Way) -> Values:
        """Return what is known of the row, as it was then, by the columns of an earlier table."""
        later = [step for step in way.steps if step.position > chapter.until and step.before]
        sooner = [step for step in way.steps if step.position <= chapter.until and step.after]
        if later:
            known = known | (later[0].before or {})
        elif sooner:
            known = known | (sooner[-1].after or {})
        began = self.tables.versions[newer.table][0].position
        present = newer.columns(newer.table, max(chapter.until, began))
        names = {column.name: known[column.id] for column in present if column.id in known}
        columns = chapter.columns(chapter.table, chapter.until)
        found = {column.id: names[column.name] for column in columns if column.name in names}
        return found | ({ROWID: known[ROWID]} if known.keys() == {ROWID} else {})

    def _named(self, chapter: Chapter, question: Asked) -> tuple[int, ...]:
        """Return the columns that were asked for, in an earlier table."""
        names = {c.name: c.id for c in chapter.columns(chapter.table, chapter.until)}
        return tuple(names.get(column.name, ROWID) for column in question.columns)

    def _later(self, known: Values, question: Asked) -> Values | Any:
        """Return the row at an earlier position of which only what came later tells."""
        for one in (known, *map(question.known, question.forms)):
            steps = self._walk(self.main).forth(one, after=self.at, last=self.head)
            if steps:
                return steps[0].before
        return ...


def last_rows(journal: Journal, chapter: Chapter) -> TableRows | None:
    """Return what the newest entry of a table says of its rows."""
    last, found = chapter.until, None
    for after in (max(last - AROUND, 0), 0):
        for stored in journal.database.row_entries(chapter.family, after=after, last=last):
            event = open_entry(stored).event
            if isinstance(event, RowsChanged) and event.rows.table in chapter.family:
                found = event.rows if event.rows.key or found is None else found
        if found is not None:
            return found
    return None
