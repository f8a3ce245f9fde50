"""Drift that nobody accepted: what it keeps from being run, and what it is called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from commands.begun import NOTHING, Attempt
from commands.checked import CheckedPart, CheckedScript
from commands.observing import beside
from commands.transform.loading import StepPart
from journal.drift import Drift
from journal.errors import Drifted
from journal.store import Journal
from projections.drift import differences
from projections.plan import RollbackPlan


def unaccepted(journal: Journal) -> Drift:
    """Return what stands beside the journal now."""
    state, changes = beside(journal)
    return Drift(changes, state.objects, journal.database.kind)


def told(drift: Drift) -> tuple[str, ...]:
    """Return its differences in words, each in a line."""
    return tuple(one.text for one in differences(drift.changes))


def hold_scripts(
    drift: Drift, scripts: Iterable[CheckedScript], attempts: Mapping[str, Attempt]
) -> None:
    """Hold what is about to run against drift, as far as it can be told beforehand.

    The rest shows when a statement ran, in its transaction. What a statement outside any
    transaction did is only seen afterwards, by comparison; so none runs beside drift.

    Raises:
        Drifted: a statement speaks of what drifted, or runs outside any transaction.
    """
    if not drift.changes:
        return
    for script in scripts:
        stands = attempts.get(script.name, NOTHING).statements
        for one in script.parts:
            if one.part.number in stands or isinstance(one.part, StepPart):
                continue
            try:
                _hold(drift, one)
            except Drifted as error:
                script.locate(error, one)
                raise


def hold_outside(drift: Drift) -> None:
    """Let no statement run outside any transaction beside drift. Raises ``Drifted``."""
    if drift.changes:
        raise Drifted(
            f"what it does could not be told from drift that stands already: {drift.said()}",
            hint="Put that back, or take it in first with clew accept.",
        )


def hold_plan(drift: Drift, plan: RollbackPlan) -> None:
    """Hold the way of a rollback against drift.

    Raises:
        Drifted: a step touches what drifted, or what hangs together with it.
    """
    changes = [change for step in plan.steps for change in step.changes]
    ids = [rows.table for step in plan.steps for rows in step.rows]
    ids += [move.object for step in plan.steps for move in step.sequences]
    drift.hold(changes, ids)


def _hold(drift: Drift, one: CheckedPart) -> None:
    if one.kind == "outside":
        hold_outside(drift)
    else:
        drift.hold_text(one.part.text)
