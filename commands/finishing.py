"""Finishing the record of another program's run: what it did is told, appended, let go of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from itertools import count

import msgspec

from commands.observing import known_schema
from commands.words import count as counted
from journal.effect import Effect
from journal.envelope import StoredEntry
from journal.errors import ClewError
from journal.events import (
    AnyEvent,
    IrreversibleAllowed,
    RowsChanged,
    SchemaChanged,
    SequenceMoved,
)
from journal.logs import log
from journal.observing import Lost, Observed, Other
from journal.store import Journal, append_within, put_text, text_digest
from journal.values import ObjectChange, SchemaObject, Statement, TableRows
from projections.drift import differences

REASON = "observed"
STAYED = 100
"""Lines of what stayed that an entry holds; the entries of the run hold all of it."""


class RecordedTable(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a table's rows; ``anew`` where all of them were told as gone and come."""

    table: str
    added: int = 0
    changed: int = 0
    removed: int = 0
    anew: bool = False

    @property
    def text(self) -> str:
        """It in words."""
        parts = [("added", self.added), ("changed", self.changed), ("removed", self.removed)]
        told = ", ".join(f"{counted(n, 'row')} {word}" for word, n in parts if n)
        return f"{self.table}: {told}{', told anew' if self.anew else ''}"


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """What is on record now, and the entries that say so."""

    tables: tuple[RecordedTable, ...] = ()
    schema: tuple[str, ...] = ()
    sequences: tuple[str, ...] = ()
    others: tuple[Other, ...] = ()
    lost: tuple[Lost, ...] = ()
    notes: tuple[str, ...] = ()
    statements: int = 0
    rows: int = 0
    entries: tuple[StoredEntry, ...] = ()

    @property
    def stayed(self) -> tuple[str, ...]:
        """What the program left behind, each in a line; of very much the first only."""
        every = (*self.schema, *(one.text for one in self.tables), *self.sequences)
        more = len(every) - STAYED
        return (*every[:STAYED], f"and {more:,} more") if more > 0 else every

    @property
    def remarks(self) -> tuple[str, ...]:
        """Who else was there, and what no journal keeps, each in a line."""
        lost = (f"cannot be taken back: {one.what} ({one.name})" for one in self.lost)
        return (*(f"also there: {one.text}" for one in self.others), *lost, *self.notes)


End = Callable[[Finished], AnyEvent]
"""Makes the event that ends the run, from what is on record."""


def finish(journal: Journal, run: str, *, actor: str, end: End, output: bytes = b"") -> Finished:
    """Tell what a program did since it was observed, append it with the run's end, and let go.

    Where it fails nothing is appended and all that was kept stays, for the next command.

    Raises:
        NotFound: nothing is kept of the run.
        Busy: the program still runs, or somebody keeps the database from being written.
        Tampered: the database does not hold the journal that it held before.
    """
    database = journal.database
    state = known_schema(journal)
    identities = count(state.next_id)
    database.begin()
    try:
        found = database.observed(run, schema=state.objects, next_id=lambda: next(identities))
        told = _told(found, dict(state.objects))
        events = tuple(_events(journal, found))
        entries = (
            append_within(
                database, events, run=run, actor=actor, evidence="observed", clock=journal.clock
            )
            if events
            else ()
        )
        if output:
            database.put_content(output_digest(output), output)
        entries += append_within(
            database, [end(told)], run=run, actor=actor, evidence="captured", clock=journal.clock
        )
        database.commit()
    except BaseException:
        database.abort()
        raise
    let_go(journal, run)
    return msgspec.structs.replace(told, entries=entries)


def let_go(journal: Journal, run: str) -> None:
    """Give up what is kept of a run that has its end; what is left is in nobody's way."""
    try:
        journal.database.unobserve(run)
    except (ClewError, OSError) as error:
        log.warning("what was kept could not be removed", run=run, error=str(error))


def output_digest(output: bytes) -> str:
    """Return the digest that output has as content; empty for none."""
    return sha256(output).hexdigest() if output else ""


def _events(journal: Journal, found: Observed) -> Iterator[AnyEvent]:
    """Yield what was observed, statement by statement; what is lost comes with the first."""
    effects = found.effects or ((Effect(),) if found.lost else ())
    for number, effect in enumerate(effects, start=1):
        text = _text(effect, number, len(effects))
        statement = Statement(number=number, digest=text_digest(text))
        put_text(journal.database, text)
        if number == 1:
            for one in found.lost:
                yield IrreversibleAllowed(
                    name=one.name, statement=statement, what=one.what, reason=REASON
                )
        for rows in effect.rows:
            yield RowsChanged(statement=statement, rows=rows)
        if effect.changes or effect.contents:
            yield SchemaChanged(
                statement=statement, changes=effect.changes, contents=effect.contents
            )
        for move in effect.sequences:
            yield SequenceMoved(statement=statement, move=move)


def _text(effect: Effect, number: int, statements: int) -> str:
    lines = [f"-- observed, {number} of {statements}"]
    lines += [f"-- {one.text}" for one in differences(effect.changes)]
    return "\n".join([*lines, *effect.sql])


def _told(found: Observed, known: dict[int, SchemaObject]) -> Finished:
    changes = tuple(_net(found.effects))
    names = dict(known)
    names |= {one.id: one for change in changes for one in (change.after,) if one}
    tables = tuple(_tables(found.effects, names))
    moved = {move.object for effect in found.effects for move in effect.sequences}
    return Finished(
        tables=tables,
        schema=tuple(one.text for one in differences(changes)),
        sequences=tuple(f"sequence of {_name(names, id_)} moved" for id_ in sorted(moved)),
        others=found.others,
        lost=found.lost,
        notes=found.notes,
        statements=len(found.effects),
        rows=sum(one.added + one.changed + one.removed for one in tables),
    )


def _net(effects: Sequence[Effect]) -> Iterator[ObjectChange]:
    """Fold changes of several statements: each object as it was first and as it is last."""
    first: dict[int, SchemaObject | None] = {}
    last: dict[int, SchemaObject | None] = {}
    for effect in effects:
        for change in effect.changes:
            one = change.after or change.before
            if one is not None:
                first.setdefault(one.id, change.before)
                last[one.id] = change.after
    for id_, before in first.items():
        if before != last[id_]:
            yield ObjectChange(before=before, after=last[id_])


def _tables(effects: Sequence[Effect], names: dict[int, SchemaObject]) -> Iterator[RecordedTable]:
    by_table: dict[int, list[TableRows]] = {}
    for effect in effects:
        for rows in effect.rows:
            if rows.cause == "written" or _is_whole(effect, rows):
                by_table.setdefault(rows.table, []).append(rows)
    for id_, found in by_table.items():
        whole = [rows for rows in found if rows.cause != "written"]
        yield RecordedTable(
            table=_name(names, id_),
            added=sum(r.inserted for r in found) + sum(r.added for r in whole),
            changed=sum(r.updated for r in found),
            removed=sum(r.deleted for r in found) + sum(r.removed for r in whole),
            anew=len({rows.cause for rows in whole}) > 1,
        )


def _is_whole(effect: Effect, rows: TableRows) -> bool:
    """Tell rows that went or came with their table from values of single columns."""
    return any(
        (one := change.before or change.after) is not None
        and one.id == rows.table
        and not (change.before and change.after)
        for change in effect.changes
    )


def _name(names: dict[int, SchemaObject], identity: int) -> str:
    found = names.get(identity)
    return ".".join(found.path) if found else str(identity)
