"""What a transform did, added up batch by batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from commands.transform.reading import Subject
from commands.transform.spec import Compute, Pick, Transform
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
    return Transformed(
        name=report.name,
        subjects=report.subjects + event.subjects,
        rows=dict(Counter(report.rows) + Counter(event.targets)),
        conflicts=report.conflicts + event.conflicts,
        parked=report.parked + event.parked,
        unmapped=report.unmapped + event.unmapped,
        rejected=report.rejected + event.rejected,
        values=report.values + event.values,
        fates=dict(Counter(report.fates) + Counter(event.fates)),
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
                " or ".join(fields) for fields in _taken(spec) if not self.names & set(fields)
            )
        )


def _taken(spec: Transform) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for target in spec.into:
        for rule in target.columns.values():
            if isinstance(rule, Pick):
                found.append(rule.fields)
            elif isinstance(rule, Compute):
                found += [(field,) for field in rule.fields]
    return found
