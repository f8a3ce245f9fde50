"""One table of a copy as it was found on both sides, before anything is written."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from commands.copy.answer import RowChanges, Sample, TableCopy
from commands.copy.changes import Changes
from commands.copy.marking import Spool
from commands.copy.neutral import TableDigest
from commands.copy.plan import TablePlan
from commands.copy.reading import Reading, Values
from commands.copy.staging import Staging
from journal.effect import Schema
from journal.values import IfChanged, SchemaObject
from projections.schema import dotted


class Examined(msgspec.Struct, kw_only=True):
    """One table of the plan, as it was found; ``changes`` only where it was copied before.

    ``later`` are places of columns whose references go in a circle. ``news`` counts rows that
    stay behind and are not on record yet. ``digest`` is over all rows that are to be there;
    ``stood`` is over those that the target had. ``spool`` keeps the rows of a table that is
    copied for the first time.
    """

    number: int
    plan: TablePlan
    reading: Reading
    later: tuple[int, ...] = ()
    rows: int = 0
    rejected: int = 0
    orphans: int = 0
    news: int = 0
    reasons: dict[str, int] = {}
    samples: list[Sample] = []
    changes: Changes | None = None
    spool: Spool | None = None
    found: RowChanges = RowChanges()
    digest: TableDigest = msgspec.field(default_factory=TableDigest)
    stood: TableDigest = msgspec.field(default_factory=TableDigest)

    @property
    def name(self) -> str:
        """The table's name in the source."""
        return dotted(self.plan.source.path)

    @property
    def step(self) -> str:
        """By which name the copying of the table goes."""
        return f"copy {self.name}"

    def brings(self, if_changed: IfChanged) -> bool:
        """Tell whether there is anything to write."""
        if self.changes is None:
            return self.rows - self.rejected - self.orphans + self.news > 0
        found = self.found
        some = found.new + found.changed + found.deleted + found.already + self.news
        return some > 0 or (found.written > 0 and if_changed == "overwrite")

    def without_later(self, values: Values) -> Values:
        """Return a row as it is inserted first: null where it refers to what may come later."""
        if not self.later:
            return values
        found = values.copy()
        for place in self.later:
            found[place] = None
        return found

    def waits(self, values: Values) -> bool:
        """Tell whether a row refers to what may come later."""
        return any(values[place] is not None for place in self.later)

    def gone(self, room: Staging, if_changed: IfChanged) -> Iterator[Values]:
        """Yield the keys of rows that the source no longer has, as they are kept in ``room``."""
        kinds = "'deleted', 'written'" if if_changed == "overwrite" else "'deleted'"
        for _, *key in room.rows(f"SELECT * FROM gone_{self.number} WHERE kind IN ({kinds})"):
            yield key

    def going(self, if_changed: IfChanged) -> int:
        """Return how many rows ``gone`` tells of."""
        found = self.found
        return found.deleted + (found.written - found.held if if_changed == "overwrite" else 0)

    @property
    def answer(self) -> TableCopy:
        """What there is to do with it."""
        found, good = self.found, self.rows - self.rejected - self.orphans
        fresh = self.changes is None
        new = good if fresh else found.new
        kept = found.held
        return TableCopy(
            table=dotted(self.plan.target),
            source=self.name,
            rows=self.rows,
            created=not self.plan.exists,
            again=not fresh,
            inserted=new,
            updated=found.changed,
            deleted=found.deleted,
            unchanged=0 if fresh else good - found.new - found.changed - kept,
            kept=kept,
            rejected=self.rejected,
            quarantined=self.orphans,
            reasons=self.reasons,
            samples=tuple(self.samples),
            changes=found,
        )


def table_in(objects: Schema, plan: TablePlan) -> SchemaObject:
    """Return a table of the target as the journal knows it now."""
    return next(one for one in objects.values() if one.kind == "table" and one.path == plan.target)
