"""Closing runs that were found without an end, and settling what they left open.

Only the holder of the journal may call this: a run without an end is then a run whose
process is gone.
"""

from __future__ import annotations

import msgspec

from commands.begun import OpenRun
from commands.child import still_running
from commands.copy.places import again
from commands.finishing import Finished, finish, let_go
from commands.folding import folded
from commands.history import MigrationsFold
from commands.observing import difference, known_schema
from commands.opening import Asker
from journal.errors import Busy, NotFound
from journal.events import AnyEvent, RunInterrupted, SchemaChanged, StatementSettled
from journal.store import Journal, append_within
from journal.values import Statement
from projections.drift import differences


class ClosedRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run that was found without an end: what it was, what stayed, and what to do."""

    run: str
    position: int
    verb: str
    migration: str
    stayed: tuple[str, ...] = ()
    todo: str = ""


def close_interrupted(journal: Journal, *, asker: Asker) -> tuple[ClosedRun, ...]:
    """Close each run without an end as interrupted; what was intended is looked for.

    Of a program that was recorded, all that it did is told first. What is kept then of any run
    is of no use: it never began, or it has its end.

    Raises:
        Busy, Tampered: as ``commands.finishing.finish`` does; nothing was appended.
    """
    closed = tuple(
        _finish(journal, asker, found)
        if found.started.verb == "record"
        else _close(journal, asker, found)
        for found in folded(journal, MigrationsFold).unended
    )
    for run in journal.database.observations():
        let_go(journal, run)
    return closed


def _finish(journal: Journal, asker: Asker, found: OpenRun) -> ClosedRun:
    """Finish the record of a program's run, from what was kept of it; the program has ended."""
    if running := still_running(found.run):
        raise Busy(f"{'; '.join(running)}, which is being recorded")

    def end(told: Finished) -> RunInterrupted:
        return RunInterrupted(found_by=asker.actor, stayed=told.stayed, notes=told.remarks)

    try:
        stayed = finish(journal, found.run, actor=asker.actor, end=end).stayed
    except NotFound:
        stayed = ("what it did is not known: nothing is kept of it",)
        ended = RunInterrupted(found_by=asker.actor, stayed=stayed)
        journal.append(ended, run=found.run, actor=asker.actor)
    return ClosedRun(
        run=found.run,
        position=found.position,
        verb=found.started.verb,
        migration=found.started.program,
        stayed=stayed,
        todo=f"what stayed is on record; take it back with: clew rollback {found.position}",
    )


def _close(journal: Journal, asker: Asker, found: OpenRun) -> ClosedRun:
    stayed = list(found.stands.values())
    events: list[AnyEvent] = []
    for statement in found.unsettled:
        reconciled = reconcile(journal, statement)
        events += reconciled
        stayed.append(what_stayed(reconciled))
    database = journal.database
    database.begin()
    try:
        _append(journal, found.run, asker, events, observed=True)
        ended = RunInterrupted(found_by=asker.actor, stayed=tuple(stayed))
        _append(journal, found.run, asker, [ended], observed=False)
        database.commit()
    except BaseException:
        database.abort()
        raise
    return ClosedRun(
        run=found.run,
        position=found.position,
        verb=found.started.verb,
        migration=found.started.migration,
        stayed=tuple(stayed),
        todo=_todo(found),
    )


def reconcile(
    journal: Journal, statement: Statement, *, ran: bool = False, error: str = ""
) -> list[AnyEvent]:
    """Look what became of an intended statement, and say it in events.

    The schema as it is now is compared with the journal's. What differs is taken as the
    statement's doing, as observed; the last event settles the statement. ``ran`` tells that
    the database said it was done, ``error`` that it refused.
    """
    changes = difference(journal.database, known_schema(journal))
    invalid = any(c.after is not None and c.after.definition.get("invalid") for c in changes)
    outcome = "done" if ran or changes else "absent"
    if error or invalid:
        outcome = "failed"
    events: list[AnyEvent] = []
    if changes:
        events.append(SchemaChanged(statement=statement, changes=changes))
    events.append(StatementSettled(statement=statement, outcome=outcome, error=error))
    return events


def what_stayed(reconciled: list[AnyEvent]) -> str:
    """Return what a settled statement left, in a few words."""
    words = ""
    for event in reconciled:
        match event:
            case SchemaChanged(changes=changes):
                words = "".join(f"; {one.text}" for one in differences(changes))
            case StatementSettled(statement=statement, outcome=outcome):
                words = f"statement {statement.number} (line {statement.line}): {outcome}{words}"
            case _:
                pass
    return words


def _append(
    journal: Journal, run: str, asker: Asker, events: list[AnyEvent], *, observed: bool
) -> None:
    if events:
        append_within(
            journal.database,
            events,
            run=run,
            actor=asker.actor,
            evidence="observed" if observed else "captured",
            clock=journal.clock,
        )


def _todo(found: OpenRun) -> str:
    if found.started.verb == "copy":
        return f"what stands stays; go on with: {again(found.started.program)}"
    if found.started.verb != "apply":
        return f"run the {found.started.verb} again"
    if found.stands and not found.unsettled:
        return "what stands stays; go on with: clew apply"
    if found.unsettled:
        return "look at what stayed, then go on with: clew apply"
    return "nothing of it was kept; go on with: clew apply"
