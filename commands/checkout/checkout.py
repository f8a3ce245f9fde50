"""Write the database as it was at a position into a new one; the real one is only read.

The copy is made whole, journal and all, as of one moment, and taken back to the position by the
very rollback that would take the database there, with its three proofs. Then the journal is
left out of it: a second chain of the same identity would be taken for the first.
"""

from __future__ import annotations

import time
from pathlib import Path

import msgspec

from commands.checkout.answer import Checkout
from commands.observing import difference, known_schema
from commands.opening import Asker, Target
from commands.places import position_of
from commands.rollback import RollbackAnswer, refuse_irreversible, rollback
from commands.running import Progress
from commands.unaccepted import hold_plan, told, unaccepted
from commands.verification.contents import state_of
from commands.way import planned
from journal.copying import expect_nothing, lasting_copy, size_of
from journal.drift import Drift
from journal.errors import ChangedSince, NotExact, Refused
from journal.known import Known
from journal.scratch import Lasting, Wanted, Way
from journal.secrets import shown
from journal.url import URL
from journal.verified import TableState
from projections.plan import RollbackPlan, items


class _Way(msgspec.Struct, frozen=True):
    """The way back in the copy, and the drift that stands beside it."""

    plan: RollbackPlan
    drift: tuple[str, ...]


def check_out(
    target: Target,
    position: str,
    to: URL,
    *,
    asker: Asker,
    way: Way = "dump",
    programs: Path | None = None,
    dry_run: bool = False,
    progress: Progress = lambda *_: None,
) -> Checkout:
    """Write the database as it was at a position to ``to``, whole or not at all.

    Rows that others wrote since, where the journal has images of them, come back as the journal
    knows them. Those of tables that nothing touched since stand as they are now.

    Raises:
        NotFound, Usage: ``position`` names none, or ``to`` is of another kind.
        NotKnownExact: something on the way is irreversible.
        Drifted: a step touches what drifted, or what hangs together with it.
        Refused: something stands at ``to``, or no copy may be made.
        NotExact: the copy did not become what the journal tells; it is removed.
        Busy, Unreachable, StatementFailed: the copy could not be made.
    """
    began = time.perf_counter()
    wanted = Wanted(way=way, programs=programs, lock_timeout=target.lock_timeout)
    back = _way(target, position)
    expect_nothing(target.url, to, wanted)
    answer = Checkout(
        position=back.plan.target,
        head=back.plan.origin,
        url=shown(to.set(drivername=to.get_backend_name())),
        done=False,
        source_bytes=size_of(target.url, wanted),
        steps=len(back.plan.steps),
        rows=sum(item.rows for item in items(back.plan)),
        drift=back.drift,
    )
    if dry_run:
        return answer
    progress("copy", 0, 0)
    with lasting_copy(target.url, to, wanted) as copy:
        stage = msgspec.structs.replace(target, url=copy.url)
        gone = _go_back(stage, back, asker, progress)
        notes, tables = _finish(stage, copy, gone, progress)
        size = size_of(copy.url, wanted)
    return msgspec.structs.replace(
        answer,
        done=True,
        how=copy.how,
        bytes=size,
        rows=sum(step.rows for step in gone.steps),
        written_since=gone.changed_count,
        drift=gone.drift,
        notes=(*copy.notes, *notes),
        tables=tables,
        seconds=round(time.perf_counter() - began, 3),
    )


def _way(target: Target, position: str) -> _Way:
    """Plan the way, and refuse what can be told beforehand."""
    with target.journal() as journal:
        place = position_of(journal, position)
        plan = planned(journal, place, origin=journal.head().position)
        refuse_irreversible(plan)
        drift = unaccepted(journal)
        hold_plan(drift, plan)
        return _Way(plan, told(drift))


def _go_back(stage: Target, back: _Way, asker: Asker, progress: Progress) -> RollbackAnswer:
    """Take the copy to the position. Raises as ``rollback`` does."""
    with stage.journal() as journal:
        unlike = {*told(unaccepted(journal))} ^ {*back.drift}
    if unlike:
        raise NotExact(
            f"the copy is not like the database: {min(unlike)}",
            hint="pg_dump does not keep everything; --by template does, while nobody is connected.",
        )
    try:
        return rollback(
            stage,
            str(back.plan.target),
            asker=asker,
            if_changed="overwrite",
            progress=lambda done, total: progress("steps", done, total),
        )
    except ChangedSince as error:
        raise Refused(
            error.message,
            hint="Nobody knows what these rows were then; ask clew rows for tables one by one.",
        ) from error


def _finish(
    stage: Target, copy: Lasting, gone: RollbackAnswer, progress: Progress
) -> tuple[tuple[str, ...], tuple[TableState, ...]]:
    """Leave the journal out, hold the schema against it once more, and read all tables."""
    with stage.journal() as journal:
        known = known_schema(journal)
    notes = copy.leave_journal_out()
    with stage.database() as database:
        found = told(Drift(difference(database, known), known.objects, database.kind))
        if found != gone.drift:
            wrong = next(iter({*found} ^ {*gone.drift}))
            raise NotExact(f"the copy is not as the journal tells: {wrong}")
    return notes, _states(stage, known, progress)


def _states(stage: Target, known: Known, progress: Progress) -> tuple[TableState, ...]:
    """Read each table that holds rows of its own, in the order of their names."""
    tables = [
        one
        for one in known.objects.values()
        if one.kind == "table" and "partition_by" not in one.definition
    ]
    tables.sort(key=lambda one: one.path)
    with stage.database() as database, database.snapshot(tables):
        found = []
        for number, table in enumerate(tables, start=1):
            progress("tables", number, len(tables))
            found.append(state_of(database, table))
        return tuple(found)
