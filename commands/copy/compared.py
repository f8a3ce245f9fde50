"""Rows of the target that a copy changes are those that it compared: nobody wrote them since."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from commands.copy.changes import Changes
from commands.copy.examined import Examined
from commands.copy.manifests import SIZE, mark
from commands.copy.neutral import Side
from journal.errors import ChangedSince, rows
from journal.recording import Recording
from journal.values import TableRows
from projections.schema import dotted


def hold_compared(
    one: Examined, changes: Changes, recording: Recording, changed: Sequence[TableRows]
) -> None:
    """Hold the before images of what was changed just now against what had been compared.

    Raises:
        ChangedSince: somebody wrote one of these rows meanwhile.
    """
    if not changed:
        return
    database, schema = recording.database, recording.known.objects
    side: Side | None = None
    wrong = 0
    for row in database.net_rows(changed, schema=schema):
        if row.sign > 0:
            continue
        side = side or Side(one.plan, database.kind, tuple(row.values), target=True)
        values = side.neutral(tuple(row.values.values()))
        digest = sha256(side.canonical(values)).digest()[:SIZE]
        wrong += changes.stood(mark(side.key(values))) != digest
    if wrong:
        raise ChangedSince(
            f"{rows(wrong)} of {dotted(one.plan.target)} were written in the target while the"
            " copy ran",
            hint="What stands stays. Copy again: both sides are compared anew.",
        )
