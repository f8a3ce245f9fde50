"""The statements that may have changed the answer of a query, and what of them is looked at."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from heapq import merge

import msgspec

from commands.archiving.sealed import archives, refuse_archived
from journal.codec import open_entry
from journal.effect import Step
from journal.envelope import Entry
from journal.errors import NotKnownExact, Refused, Usage
from journal.events import BaselineRecorded, DriftAccepted, SchemaChanged
from journal.known import Known
from journal.known import known as schema_known
from journal.scratch import Carried
from journal.store import Journal
from journal.values import DatabaseKind, ImageRange, ObjectChange, SchemaObject, TableRows
from projections.history import History, HistoryFold
from projections.plan import obstacles_on
from projections.reach import TYPES as DEFINING
from projections.reach import DefinitionsFold, Reach

TOLD = ("JournalOpened", "IrreversibleAllowed", "StatementIntended", "StatementSettled")
_DEFINING = (BaselineRecorded, SchemaChanged, DriftAccepted)
FILTERED = 40
"""So many tables are looked for in the entries by the database; more are told apart here."""


class Candidates(msgspec.Struct, frozen=True, kw_only=True):
    """The steps that touch what a query reads, in order of position, and only that of them.

    They lie between ``origin`` and ``target``, up to the head, where ``known`` is the schema.
    ``defining`` are the entries that tell of definitions; ``low`` and ``high`` count the steps before the first and the last position. ``carried`` are
    the images of these steps, in runs of their own, so that those of many are one range.
    """

    known: Known
    defining: tuple[Entry, ...]
    origin: int
    target: int
    reach: Reach
    steps: tuple[Step, ...]
    low: int
    high: int
    carried: tuple[Carried, ...] = ()

    def read_at(self, state: int) -> dict[int, SchemaObject]:
        """Return the definitions of what may be read, after so many steps."""
        place = self.steps[state - 1].last if state else self.origin
        then = schema_known(entry for entry in self.defining if entry.position <= place)
        return {id_: one for id_, one in then.objects.items() if id_ in self.reach.objects}


def candidates(
    journal: Journal, query: str, origin: int, target: int, *, head: int, skip: bool = True
) -> Candidates:
    """Find the candidates between two positions, or from the baseline on where ``origin`` is 0.

    ``skip`` off takes every statement.

    Raises:
        NotKnownExact: between ``origin`` and the head something cannot be taken back.
        Refused: a position lies before the baseline, or inside one statement.
    """
    told = list(journal.read(last=head, types=(*DEFINING, *TOLD)))
    defining = [entry for entry in told if isinstance(entry.event, _DEFINING)]
    definitions = DefinitionsFold()
    for entry in defining:
        definitions.take(entry)
    known = definitions.answer()
    reach = known.reach(query, around=journal.identity.database == "postgresql")
    if not skip:
        every = frozenset(known.versions)
        why = reach.everything or "what else was changed cannot be left out here"
        reach = Reach(objects=every, everything=why, sequences=True)
    history = _history(journal, told, reach, head)
    gone = archives(journal)
    origin = origin or max(history.baseline, gone[-1].last if gone else 0)
    if origin > target:
        raise Usage(f"position {origin} lies after position {target}", hint="Swap the two.")
    _refuse(history, origin, reach)
    for position in (origin, target):
        _refuse_place(history, position)
    kept = _changing(known.versions, reach, journal.identity.database)
    narrowed = (_narrowed(step, kept, reach) for step in history.steps)
    steps = tuple(step for step in narrowed if step is not None)
    lasts = [step.last for step in steps]
    low, high = (bisect_right(lasts, place) for place in (origin, target))
    refuse_archived(journal, steps[low:])
    carried, renumbered = _carried(steps[low:])
    return Candidates(
        known=schema_known(defining),
        defining=tuple(defining),
        origin=origin,
        target=target,
        reach=reach,
        steps=(*steps[:low], *renumbered),
        low=low,
        high=high,
        carried=carried,
    )


def _history(journal: Journal, told: list[Entry], reach: Reach, head: int) -> History:
    """Fold what may be read; ``told`` are the entries that have been read already."""
    moved = journal.read(last=head, types=("SequenceMoved",)) if reach.sequences else iter(())
    fold = HistoryFold(sparse=not reach.everything)
    for entry in merge(
        told,
        moved,
        _of_rows(journal, reach, head),
        key=lambda entry: entry.position,
    ):
        fold.take(entry)
    return fold.answer()


def _of_rows(journal: Journal, reach: Reach, head: int) -> Iterator[Entry]:
    """Yield the entries that tell of rows, those of other tables left out where that is quick."""
    if reach.everything or len(reach.objects) > FILTERED:
        return journal.read(last=head, types=("RowsChanged",))
    return map(open_entry, journal.database.row_entries(sorted(reach.objects), last=head))


def _refuse(history: History, origin: int, reach: Reach) -> None:
    way = [step for step in reversed(history.steps) if step.last > origin]
    for one in obstacles_on(history.obstacles, way):
        if not one.tables or reach.objects & set(one.tables):
            error = NotKnownExact(
                one.name, f"position {one.position} cannot be taken back: {one.reason}"
            )
            error.hint = f"Look from there on: --from {one.position}."
            raise error


def _refuse_place(history: History, position: int) -> None:
    if position < history.baseline:
        raise Refused(
            f"position {position} lies before the baseline, which ends at {history.baseline}",
            hint=f"The earliest position is {history.baseline}.",
        )


def _changing(
    versions: Mapping[int, tuple[SchemaObject, ...]], reach: Reach, database: DatabaseKind
) -> Container[int]:
    """Return the objects whose changes are taken back, though their rows may be left out.

    SQLite holds no object back for another's sake: there it is what may be read, with the
    indexes, triggers ... of tables.
    """
    if reach.everything:
        return versions.keys()
    if database == "postgresql":
        return reach.around
    return reach.objects | {
        identity
        for identity, shapes in versions.items()
        if any(one.parent in reach.objects for one in shapes)
    }


def _narrowed(step: Step, kept: Container[int], reach: Reach) -> Step | None:
    """Leave out of a step what the query has nothing to do with; ``None`` where that is all."""
    found = msgspec.structs.replace(
        step,
        rows=tuple(rows for rows in step.rows if rows.table in reach.objects),
        changes=tuple(change for change in step.changes if _side(change) in kept),
        sequences=step.sequences if reach.sequences else (),
        contents=tuple(one for one in step.contents if one.object in reach.objects),
    )
    return found if found.rows or found.changes or found.sequences or found.contents else None


def _side(change: ObjectChange) -> int:
    one = change.after or change.before
    return one.id if one else 0


def _carried(steps: Sequence[Step]) -> tuple[tuple[Carried, ...], tuple[Step, ...]]:
    """Number the images of each table anew, one statement after the other."""
    numbers: dict[int, int] = defaultdict(lambda: 1)
    carried: list[Carried] = []

    def renumbered(rows: TableRows) -> TableRows:
        if rows.images is None:
            return rows
        first = numbers[rows.table]
        last = first + rows.images.last - rows.images.first
        numbers[rows.table] = last + 1
        run = f"bisect-{rows.table}"
        carried.append(Carried(rows=rows, run=run, number=first))
        images = ImageRange(first=first, last=last, digest=rows.images.digest)
        return msgspec.structs.replace(rows, run=run, images=images)

    anew = tuple(
        msgspec.structs.replace(step, rows=tuple(map(renumbered, step.rows))) for step in steps
    )
    return tuple(carried), anew


def condensed(steps: Sequence[Step]) -> Iterator[tuple[Step, Sequence[Step]]]:
    """Yield steps newest first, each with those that it stands for, newest first.

    Neighbours that only wrote rows are one. What rows were before the first and after the last
    is all that taking them back needs: their images are one range, whose equal rows cancel.
    """
    waiting: list[Step] = []
    for step in reversed(steps):
        plain = not (step.changes or step.sequences or step.contents)
        if plain and all(rows.cause == "written" for rows in step.rows):
            waiting.append(step)
            continue
        yield from _merged(waiting)
        waiting = []
        yield step, (step,)
    yield from _merged(waiting)


def _merged(steps: Sequence[Step]) -> Iterator[tuple[Step, Sequence[Step]]]:
    """Merge steps, given newest first, that only wrote rows."""
    by_table: dict[tuple[object, ...], list[TableRows]] = defaultdict(list)
    for step in reversed(steps):
        for rows in step.rows:
            by_table[rows.table, rows.columns, rows.key].append(rows)
    if len(steps) < 2 or len({key[0] for key in by_table}) < len(by_table):
        yield from ((step, (step,)) for step in steps)  # one, or a table of two shapes
        return
    whole = Step(
        first=steps[-1].first,
        last=steps[0].last,
        run=steps[0].run,
        rows=tuple(_one_range(every) for every in by_table.values()),
    )
    yield whole, tuple(steps)


def _one_range(every: Sequence[TableRows]) -> TableRows:
    ranges = [rows.images for rows in every if rows.images is not None]
    images = ImageRange(first=ranges[0].first, last=ranges[-1].last, digest="") if ranges else None
    return msgspec.structs.replace(
        every[0],
        inserted=sum(rows.inserted for rows in every),
        updated=sum(rows.updated for rows in every),
        deleted=sum(rows.deleted for rows in every),
        removed=sum(rows.removed for rows in every),
        added=sum(rows.added for rows in every),
        images=images,
    )
