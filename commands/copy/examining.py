"""Looking at every row before the first is copied: what would be rejected, what refers to none.

Where rows were copied before, also what is new, changed or deleted since, on either side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing

import msgspec

from commands.copy.answer import SAMPLES, Dangling, Sample
from commands.copy.before import Before
from commands.copy.changes import Changes, Compared, Kind
from commands.copy.examined import Examined
from commands.copy.manifests import SIZE, mark
from commands.copy.marking import Marked, Spool, marked, pages
from commands.copy.neutral import Side
from commands.copy.plan import CopyPlan, TablePlan
from commands.copy.reading import Aside, Reading
from commands.copy.references import References
from commands.copy.staging import Staging
from journal.database import Database
from journal.effect import Schema
from journal.errors import Refused
from journal.store import Journal
from projections.schema import dotted

TWINS = "its key is that of another row, once they are converted"

NOWHERE: tuple[int, Kind] = (-1, "deleted")

Progress = Callable[[str, int, int], None]
"""Called with what is done, how many rows of it, and how many there are (0 where not known)."""


class Examination(msgspec.Struct, frozen=True, kw_only=True):
    """All tables, in the order of the plan, and what refers to none without being forbidden."""

    tables: tuple[Examined, ...]
    references: References
    dangling: tuple[Dangling, ...]


class Examining:
    """Looks at the tables of a plan, both sides within transactions that see one moment."""

    def __init__(
        self,
        plan: CopyPlan,
        *,
        source: Database,
        target: Database,
        known: Schema,
        journal: Journal,
        before: Before,
        room: Staging,
        spooled: bool,
        progress: Progress,
    ) -> None:
        self._plan = plan
        self._spooled = spooled
        self._target = target
        self._journal = journal
        self._before = before
        self._room = room
        self._progress = progress
        self._objects = {one.path: one for one in known.values() if one.kind == "table"}
        readings = [
            Reading(table, source, target.kind, required=self._required(table))
            for table in plan.tables
        ]
        self._references = References(plan, readings, room)
        self._tables = [
            Examined(number=n, plan=table, reading=reading, later=self._later(table, reading))
            for n, (table, reading) in enumerate(zip(plan.tables, readings, strict=True))
        ]

    def examine(self) -> Examination:
        """Look at everything.

        Raises:
            Refused: a table holds rows that were not copied into it; a table without a key
                differs in more than new rows.
        """
        self._hold_empty()
        for one in self._tables:
            self._look(one)
        self._references.settle()
        for one in self._tables:
            self._compare(one)
            self._count(one)
        dangling = tuple(self._dangling())
        return Examination(
            tables=tuple(self._tables), references=self._references, dangling=dangling
        )

    def _required(self, table: TablePlan) -> list[str]:
        """Name columns that hold no null: those of the target, or as they will be made."""
        names = {column.source: column.target for column in table.columns}
        there = self._objects.get(table.target)
        if there is not None:
            found = [c.name for c in there.columns if c.definition.get("not_null")]
            return [name for name in found if name in names.values()]
        source = [c.name for c in table.source.columns if c.definition.get("not_null")]
        return [names[name] for name in source if name in names]

    def _later(self, table: TablePlan, reading: Reading) -> tuple[int, ...]:
        """Tell which columns wait; where tables are made on PostgreSQL, the constraints do."""
        if not table.exists and self._target.kind == "postgresql":
            return ()
        cyclic = [one for one in table.foreign_keys if one.cyclic and one.declared]
        places = {place for one in cyclic for place in reading.places(one.columns)}
        if not places:
            return ()
        required = {*reading.places(self._required(table)), *reading.key}
        if places & required or not table.key:
            raise Refused(
                f"rows of {dotted(table.source.path)} refer to each other in a circle, through"
                " columns that hold no null",
                hint="Let these columns be null in the target, or leave the table out.",
            )
        return tuple(sorted(places))

    def _hold_empty(self) -> None:
        """Rows that nobody copied there would be mixed with those that are."""
        full = [
            dotted(one.plan.target)
            for one in self._tables
            if not self._before.has(one.name) and self._holds_rows(one.plan)
        ]
        if full:
            raise Refused(
                f"rows that were not copied from there stand in {', '.join(full)}",
                hint="Empty these tables, or name others with --tables.",
            )

    def _holds_rows(self, plan: TablePlan) -> bool:
        there = self._objects.get(plan.target)
        if there is None:
            return False
        return next(self._target.dump(there).rows, None) is not None

    def _look(self, one: Examined) -> None:
        """Read a table of the source to its end."""
        if self._before.has(one.name):
            one.changes = Changes(self._room, one.number, keyed=bool(one.plan.key))
        elif self._spooled:
            one.spool = Spool(self._room, one.number)
        asides: list[Aside] = []
        found = one.reading.found(asides.append)
        for page in pages(marked(one.reading.side, found, keyed=bool(one.plan.key))):
            one.rows += len(page)
            self._references.add(one.number, page)
            for _, _, digest, _ in page:
                one.digest.add(int.from_bytes(digest, "big"))
            if one.changes:
                one.changes.add("source", self._sides(one, page))
            self._put_aside(one, asides)
            if one.spool:
                one.spool.add((page, asides))
            asides.clear()
            self._progress(f"reading {one.name}", one.rows, 0)
        self._put_aside(one, asides)
        if one.spool:
            one.spool.add(([], asides))
        one.rows += one.rejected
        if one.changes:
            self._known(one)
            if one.plan.key:
                one.changes.refuse_twins(TWINS)

    def _put_aside(self, one: Examined, asides: Sequence[Aside]) -> None:
        for found in asides:
            one.rejected += 1
            one.news += not self._before.knows(found)
            if len(one.samples) < SAMPLES:
                one.samples = [*one.samples, Sample(row=found.row, reason=found.reason)]
            self._references.put_aside(one.number, found)
            if one.changes and found.key is not None:
                canonical = one.reading.key_canonical(found.key)
                one.changes.add("source", [(mark(canonical), b"", found.place, None)])

    def _known(self, one: Examined) -> None:
        """Add what was copied before, and what stands in the target now."""
        assert one.changes is not None
        first = 0
        for marks in self._before.marks(self._journal, one.name):
            first = one.changes.add_before(marks, first)
        there = self._objects.get(one.plan.target)
        if there is None:
            return
        selection = self._target.dump(there)
        side = Side(one.plan, self._target.kind, selection.columns, target=True)
        rows, seen = enumerate(map(side.neutral, selection.rows)), 0
        for page in pages(marked(side, rows, keyed=bool(one.plan.key))):
            seen += len(page)
            for _, _, digest, _ in page:
                one.stood.add(int.from_bytes(digest, "big"))
            one.changes.add("target", self._sides(one, page))
            self._progress(f"reading {dotted(one.plan.target)} of the target", seen, 0)

    def _sides(self, one: Examined, page: Sequence[Marked]) -> Iterator[Compared]:
        keyed = bool(one.plan.key)
        for place, values, digest, key in page:
            name = ", ".join([str(values[n]) for n in one.reading.key]) if keyed else None
            yield key, digest[:SIZE], place, name

    def _compare(self, one: Examined) -> None:
        if one.changes is None:
            return
        one.found = one.changes.merge()
        if not one.plan.key and (one.found.deleted or one.found.written):
            raise Refused(
                f"rows of {one.name} went since it was copied, and it has no key to find them by",
                hint="Give it a key on both sides, or leave it out with --tables.",
            )
        self._keep_gone(one)

    def _keep_gone(self, one: Examined) -> None:
        """Keep the keys of rows that the source no longer has, while the target is as it was."""
        assert one.changes is not None
        keys = ", ".join(f"c{n}" for n in range(len(one.plan.key)))
        self._room.make(f"gone_{one.number}", f"kind TEXT, {keys or 'c0'}")
        places = one.changes.of_target()
        place, kind = next(places, NOWHERE)
        if place < 0:
            return
        selection = self._target.dump(self._objects[one.plan.target])
        side = Side(one.plan, self._target.kind, selection.columns, target=True)
        for n, row in enumerate(selection.rows):
            if n == place:
                values = side.neutral(row)
                key = [values[at] for at in one.reading.key]
                self._room.add(f"gone_{one.number}", len(key) + 1, [(kind, *key)])
                place, kind = next(places, NOWHERE)

    def _count(self, one: Examined) -> None:
        references = self._references
        rejected = references.reasons(one.number, orphan=False)
        orphans = references.reasons(one.number, orphan=True)
        one.orphans = sum(orphans.values())
        one.reasons = rejected | orphans
        for number, aside in enumerate(self._orphans(one) if one.orphans else ()):
            if number < SAMPLES:
                one.samples = [*one.samples, Sample(row=aside.row, reason=aside.reason)]
            one.news += not self._before.knows(aside)
            values = one.reading.side.neutral(tuple(aside.row.values()))
            one.digest.remove(one.reading.side.digest(values))
            if one.spool:
                one.spool.add(([], [aside]))

    def _orphans(self, one: Examined) -> Iterator[Aside]:
        """Read the table again, as far as orphans are wanted."""
        found: list[Aside] = []
        places = self._references.orphans(one.number)
        with closing(one.reading.found(found.append, places)) as rows:
            for _ in rows:
                yield from (aside for aside in found if aside.orphan)
                found.clear()
        yield from (aside for aside in found if aside.orphan)

    def _dangling(self) -> Iterator[Dangling]:
        names: Mapping[int, str] = {one.number: one.name for one in self._tables}
        for edge in self._references.edges:
            if not edge.plan.declared and (rows := self._references.dangling(edge)):
                yield Dangling(
                    table=names[edge.child],
                    columns=edge.plan.columns,
                    references=names[edge.parent],
                    rows=rows,
                )
