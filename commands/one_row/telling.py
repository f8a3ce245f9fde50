"""From the steps of a row to its changes: the row is carried forward, and gaps are told of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import merge
from typing import Any

from commands.one_row.answer import Cause, Decision, RowChange
from commands.one_row.chapter import Chapter, Values
from commands.one_row.comparing import alike, differing, renamed_text
from commands.one_row.decisions import Decisions
from commands.one_row.runs import Runs
from commands.one_row.stepping import Stepped
from journal.database import Database
from journal.envelope import Entry
from journal.one_row import ROWID
from journal.values import SchemaObject, Statement
from projections.tables import Version

AWAY = "the row was there before: how it came is in an archive, or nowhere"
FOUND = "the row was there before: found at the baseline, or written beside the journal"


class Telling:
    """Carries one row through a chapter. ``row`` is ``...`` as long as nothing is known of it.

    Nothing is known up to ``away``, the position up to which images left for archives.
    """

    def __init__(
        self,
        database: Database,
        chapter: Chapter,
        runs: Runs,
        decisions: Decisions,
        *,
        away: int = 0,
    ) -> None:
        self.away = away
        self.database = database
        self.chapter = chapter
        self.runs = runs
        self.decisions = decisions
        self.row: Values | Any | None = ...
        self.table = chapter.table
        self.key: tuple[int, ...] = ()
        self.position = 0

    def tell(self, steps: Sequence[Stepped]) -> Iterator[RowChange]:
        """Yield the changes of the row, and those of its table while it stood there."""
        until = self.chapter.until
        versions = [v for v in self._versions() if self.away < v.position <= until]
        taken: dict[int, Stepped] = {}
        for step in steps:
            if version := _version_of(step, versions):
                taken[version.position] = step
        bound = set(map(id, taken.values()))
        alone = [step for step in steps if id(step) not in bound]
        followed = dict(zip(map(id, steps), [*steps[1:], None], strict=False))
        ordered = merge(
            ((version.position, 1, version, taken.get(version.position)) for version in versions),
            ((step.position, 0, None, step) for step in alone),
            key=lambda one: one[:2],
        )
        for _, _, version, each in ordered:
            if each is not None:
                yield from self._stepped(each, version, followed.get(id(each)))
            elif version is not None:
                yield from self._altered(version)

    def ended(self, live: Values | None, *, position: int) -> Iterator[RowChange]:
        """Yield what somebody did to the row since its last image."""
        yield from self._reconcile(live, position)

    # --- steps --------------------------------------------------------------------------

    def _stepped(
        self, step: Stepped, version: Version | None, following: Stepped | None
    ) -> Iterator[RowChange]:
        entry = step.hits[-1].entry
        first = step.hits[0].entry.position
        self.key = tuple(self._own(c) for c in self.chapter.key(step.hits[-1].rows))
        before = step.before if step.before is not None else step.other if step.after else None
        schema = version is not None and self._existed(version) and version.table is not None
        notes = _notes(step)
        if before is not None and not isinstance(self.row, dict):
            if self.row is ...:
                notes = (AWAY if self.away else FOUND, *notes)
            there = {c.id for c in self.chapter.columns(step.former, first - 1)}
            known = {c: value for c, value in (step.known or {}).items() if c in there}
            before = known | before
        if before is not None:
            yield from self._reconcile(
                before,
                first,
            )
        elif not schema and step.after is not None:
            yield from self._reconcile(None, first)
        old = self.row if isinstance(self.row, dict) else None
        if schema and version is not None:
            new: Values | None = self._reshaped(old or {}, version) | (step.after or {})
        elif step.after is None:
            new = step.other
        else:
            new = step.after
        self.table = step.table
        position = version.position if version else entry.position
        yield self._change(
            position,
            self._cause(step, version, old, new, schema=schema),
            old,
            new,
            entry=entry,
            statement=step.statement,
            former=step.former,
            notes=notes,
        )
        leaves = step.after is None and step.other is not None
        stays = following is not None and following.before is not None and new is not None
        if leaves and stays and following is not None and following.before is not None:
            stays = alike(new or {}, following.before, self.key)
        self.row = None if leaves and following is not None and not stays else new
        self.position = position

    def _cause(
        self,
        step: Stepped,
        version: Version | None,
        old: Values | None,
        new: Values | None,
        *,
        schema: bool,
    ) -> Cause:
        if schema:
            return "schema"
        if version is not None:
            return "table dropped" if version.table is None else "table made"
        if step.other is not None:
            return "rekeyed"
        if old is None or step.before is None:
            return "inserted"
        if new is None:
            return "deleted"
        if step.former != step.table:
            return "moved"
        return "updated" if differing(old, new) else "rewritten"

    # --- the table ----------------------------------------------------------------------

    def _altered(self, version: Version) -> Iterator[RowChange]:
        """Tell how a change of the table, which no image tells of, changed the row."""
        if self.row is ... and version.run and not self._existed(version):
            self.row, self.position = None, version.position  # the table was made empty
        if not isinstance(self.row, dict):
            return
        if version.table is None:
            yield from self._reconcile(None, version.position)
            return
        before = self.chapter.version(self.chapter.table, version.position - 1)
        if before is None or _same_columns(before, version.table):
            return
        old = self.row
        self.row = self._reshaped(old, version)
        yield self._change(
            version.position, "schema", old, self.row, entry=version, statement=version.statement
        )
        self.position = version.position

    def _reshaped(self, row: Values, version: Version) -> Values:
        """Return the row without columns that went, and with what was filled into those that came."""
        if version.table is None:
            return row
        stays = {column.id for column in version.table.columns} | {ROWID}
        new = [c for c in version.table.columns if c.id not in row and self._is_new(c.id, version)]
        filled = self.database.fillings(new)
        return {c: value for c, value in row.items() if c in stays} | filled

    def _is_new(self, column: int, version: Version) -> bool:
        before = self.chapter.tables.at(self.chapter.table, version.position - 1)
        return before is not None and column not in {one.id for one in before.columns}

    def _existed(self, version: Version) -> bool:
        return self.chapter.tables.at(self.chapter.table, version.position - 1) is not None

    def _versions(self) -> Sequence[Version]:
        return self.chapter.tables.versions.get(self.chapter.table, ())

    # --- what no journal holds ------------------------------------------------------------

    def _reconcile(self, found: Values | None, position: int) -> Iterator[RowChange]:
        """Tell where the row is not as the journal left it; somebody else wrote then."""
        row = self.row
        if row is ...:
            self.row = found
            return
        if row is None and found is not None:
            yield self._unseen(None, found, position)
        elif row is not None and found is None:
            yield self._unseen(row, None, position)
        elif row is not None and found is not None:
            expected = self._reworded(row, position)
            columns = [c for c in differing(expected, found) if expected[c] is not ...]
            columns = [c for c in columns if c != ROWID or ROWID in self.key]
            found = row | found
            if columns:
                yield self._unseen(row, found, position)
        self.row = found

    def _reworded(self, row: Values, position: int) -> Values:
        columns = self.chapter.columns(self.chapter.table, position)
        kinds = {c.id: str(c.definition.get("type", "")) for c in columns}
        return {
            c: renamed_text(
                self.chapter.tables, kinds.get(c, ""), value, after=self.position, last=position
            )
            for c, value in row.items()
        }

    def _unseen(self, old: Values | None, new: Values | None, position: int) -> RowChange:
        since = f"after position {self.position}" if self.position else "before that"
        note = f"by somebody whom the journal does not know, {since} and before position {position}"
        return self._change(position, "unseen", old, new, notes=(note,))

    # --- wording ------------------------------------------------------------------------

    def _change(
        self,
        position: int,
        cause: Cause,
        old: Values | None,
        new: Values | None,
        *,
        entry: Entry | Version | None = None,
        statement: Statement | None = None,
        former: int = 0,
        notes: tuple[str, ...] = (),
    ) -> RowChange:
        once = position - 1 if cause == "schema" else position
        then = former or self.table
        names = {column.id: column.name for column in self.chapter.columns(then, once)}
        begun = self.runs.started(entry.run) if entry else None
        shown = new if new is not None else old or {}
        renamed = {
            names[column.id]: column.name
            for column in self.chapter.columns(self.table, position)
            if names.get(column.id, column.name) != column.name
        }
        before = None if old is None else self.chapter.shown(old, then, once)
        after = None if new is None else self.chapter.shown(new, self.table, position)
        table, sooner = self.chapter.name(self.table, position), self.chapter.name(then, once)
        return RowChange(
            position=position,
            cause=cause,
            table=table,
            former=sooner if sooner != table else "",
            key=self.chapter.shown(
                {c: shown[c] for c in self.key if c in shown}, self.table, position
            ),
            before=before,
            after=after,
            changed=self._changed(old, new, before or {}, after or {}, position, renamed),
            renamed=renamed,
            recorded_at=entry.recorded_at if entry else "",
            actor=entry.actor if entry else "",
            evidence=entry.evidence if entry else "",
            run=entry.run if entry else "",
            verb=begun.verb if begun else "",
            migration=begun.migration if begun else "",
            program=begun.program if begun else "",
            statement=self.runs.text(statement) if statement else "",
            number=statement.number if statement else 0,
            line=statement.line if statement else 0,
            decisions=self._decisions(entry, old, new),
            notes=notes,
        )

    def _decisions(
        self, entry: Entry | Version | None, old: Values | None, new: Values | None
    ) -> tuple[Decision, ...]:
        rows = [row for row in (old, new) if row is not None]
        return self.decisions.of(entry.run, self.chapter, rows) if entry and entry.run else ()

    def _changed(
        self,
        old: Values | None,
        new: Values | None,
        before: dict[str, Any],
        after: dict[str, Any],
        position: int,
        renamed: dict[str, str],
    ) -> tuple[str, ...]:
        """Name columns whose values differ, that came, or went."""
        if old is None or new is None:
            return tuple(after or before)
        names = {c.id: c.name for c in self.chapter.columns(self.table, position)}
        values = {names[c] for c in differing(old, new) if c in names}
        came = after.keys() - before.keys() - set(renamed.values())
        went = [name for name in before if name not in after and name not in renamed]
        return (*(name for name in after if name in values | came), *went)

    def _own(self, column: int) -> int:
        return self.chapter.own.get(column, column)


def _version_of(step: Stepped, versions: Sequence[Version]) -> Version | None:
    """Return what the statement of a step made of the table, where it changed that."""
    if all(hit.rows.cause == "written" for hit in step.hits):
        return None
    run, number = step.hits[-1].entry.run, step.statement.number
    first = step.hits[0].entry.position
    found = (v for v in versions if (v.run, v.statement.number) == (run, number))
    return next((v for v in found if v.position > first), None)


def _same_columns(before: SchemaObject, after: SchemaObject) -> bool:
    """Tell whether a table has the name, and its columns, that it had."""
    names = [(column.id, column.name) for column in before.columns]
    return before.path == after.path and names == [(c.id, c.name) for c in after.columns]


def _notes(step: Stepped) -> tuple[str, ...]:
    found = [step.note] if step.note else []
    if step.copies > 1:
        found.append(f"{step.copies} rows are alike: which of them it was cannot be told")
    return tuple(found)
