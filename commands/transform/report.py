"""What a transform did, added up batch by batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from commands.transform.reading import Subject
from commands.transform.spec import Transform, taken
from journal.events import RowsTransformed

_SEEN = 10_000
"""Names of fields that are remembered; more than that are nobody's columns."""


class Transformed(msgspec.Struct, frozen=True, kw_only=True):
    """What a transform did: subjects, target rows by table, and the fate of each value read.

    ``absent`` are fields that a rule takes and no record had.
    """

    name: str
    subjects: int = 0
    rows: dict[str, int] = {}
    conflicts: int = 0
    parked: int = 0
    unmapped: int = 0
    rejected: int = 0
    values: int = 0
    fates: dict[str, int] = {}
    absent: tuple[str, ...] = ()


def added(report: Transformed, event: RowsTransformed) -> Transformed:
    """Return the report with one batch more."""
    batch = Transformed(
        name=report.name,
        subjects=event.subjects,
        rows=event.targets,
        conflicts=event.conflicts,
        parked=event.parked,
        unmapped=event.unmapped,
        rejected=event.rejected,
        values=event.values,
        fates=event.fates,
    )
    return joined(report, batch)


def joined(*reports: Transformed) -> Transformed:
    """Return several reports of one transform as one."""
    rows, fates = Counter[str](), Counter[str]()
    for one in reports:
        rows.update(one.rows)
        fates.update(one.fates)
    return Transformed(
        name=reports[-1].name,
        subjects=sum(one.subjects for one in reports),
        rows=dict(rows),
        conflicts=sum(one.conflicts for one in reports),
        parked=sum(one.parked for one in reports),
        unmapped=sum(one.unmapped for one in reports),
        rejected=sum(one.rejected for one in reports),
        values=sum(one.values for one in reports),
        fates=dict(fates),
        absent=reports[-1].absent,
    )


class Met(msgspec.Struct):
    """The names of fields that were met so far."""

    names: set[str] = msgspec.field(default_factory=set)

    def take(self, some: Sequence[Subject]) -> None:
        """Remember the fields of some subjects."""
        if len(self.names) < _SEEN:
            for one in some:
                for record in one.records:
                    self.names.update(record.fields)

    def absent(self, spec: Transform) -> tuple[str, ...]:
        """Name the fields that rules take and nobody met under any spelling."""
        if not self.names:
            return ()
        return tuple(
            dict.fromkeys(
                " or ".join(fields) for fields in taken(spec) if not self.names & set(fields)
            )
        )
