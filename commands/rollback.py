"""Take the database to another position by new, recorded changes, and prove that it is there.

The preview is the rollback itself in a transaction that is aborted: what it says is what the
database did. The rollback is right when three things hold: the schema is the target's; the row
effect from the target to the new head folds to nothing; and each touched row equals the image
that the target names for it. Otherwise it is aborted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from uuid import uuid4

import msgspec

from commands.changed import rows_text
from commands.derived import keep_derived
from commands.failure import name_holders, record_failure
from commands.interrupted import close_interrupted
from commands.observing import known_schema
from commands.opening import Asker, Target, run_started
from commands.places import position_of
from commands.rebuilt import RebuiltTable, by_table
from commands.said_since import stamps_changed, stands_since
from commands.unaccepted import hold_plan, told, unaccepted
from commands.way import planned
from journal import spans
from journal.database import Database
from journal.effect import Effect
from journal.errors import ChangedSince, NotExact, NotKnownExact, Refused, StatementFailed
from journal.errors import rows as in_words
from journal.events import RowsChanged, SchemaChanged
from journal.folded import NetRows
from journal.recording import Recording
from journal.store import Journal
from journal.values import ChangedRow, IfChanged, ObjectChange, SchemaObject, TableRows
from projections.plan import Irreversible, RollbackPlan, items

_FOREIGN_KEY = ("23503", "SQLITE_CONSTRAINT_FOREIGNKEY")

Progress = Callable[[int, int], None]
"""Called with the steps done, and how many there are."""


class StepAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing a rollback does: to an object, or to rows of a table.

    ``kind`` is "create", "drop", "alter", "rows", "sequence" or "refresh". ``sql`` is what was run for
    this and for the next ones of the same statement.
    """

    kind: str
    object: str = ""
    table: str = ""
    rows: int = 0
    sql: tuple[str, ...] = ()


class RollbackAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a rollback did, or would do: ``done`` tells which.

    ``head`` is the new last position when done. ``changed_since`` lists rows that were
    written since, ``changed_count`` counts them all. ``blocked`` tells why it would be refused.
    ``rebuilt`` lists the tables that stand and are written anew.
    ``drift`` stands unaccepted elsewhere, and is not touched. ``stamps`` tell which hold no
    longer, or again.
    """

    origin: int = msgspec.field(name="from")
    target: int = msgspec.field(name="to")
    done: bool
    steps: tuple[StepAnswer, ...] = ()
    irreversible: tuple[Irreversible, ...] = ()
    changed_since: tuple[ChangedRow, ...] = ()
    changed_count: int = 0
    blocked: str = ""
    rebuilt: tuple[RebuiltTable, ...] = ()
    drift: tuple[str, ...] = ()
    stamps: tuple[str, ...] = ()
    run: str = ""
    head: int = 0


def preview(
    target: Target,
    to: str,
    *,
    if_changed: IfChanged = "refuse",
    progress: Progress = lambda *_: None,
) -> RollbackAnswer:
    """Say what a rollback would do, by doing it in a transaction that is aborted.

    Rows changed since are overwritten there, so that all of them are found, unless they are
    to be kept.

    Raises:
        NotFound, Usage: ``to`` names no position.
        Drifted: a step touches what drifted, or what hangs together with it.
    """
    with target.journal() as journal, target.database() as session:
        plan, stretch = _plan(journal, to)
        if plan.irreversible:
            return _unplanned(plan)
        drift = _beside(journal, plan)
        effects: list[Effect] = []
        policy: IfChanged = "keep" if if_changed == "keep" else "overwrite"
        session.begin(foreign_keys=False)
        try:
            recording = Recording(session, known=known_schema(journal), run=str(uuid4()), actor="")
            _undo(recording, plan, effects, if_changed=policy, progress=progress)
            effects.append(_settle(recording))
            _prove(recording, plan, stretch, effects)
            blocked = ""
        except (Refused, NotExact, StatementFailed) as error:
            blocked = error.message
        finally:
            session.abort()
        answer = _answer(plan, effects, done=False)
        if answer.changed_count and if_changed == "refuse" and not blocked:
            blocked = "rows were written since"
        stamps = stamps_changed(journal, plan.target)
        return msgspec.structs.replace(answer, blocked=blocked, drift=drift, stamps=stamps)


def rollback(
    target: Target,
    to: str,
    *,
    asker: Asker,
    if_changed: IfChanged = "refuse",
    progress: Progress = lambda *_: None,
) -> RollbackAnswer:
    """Take the database to the position that ``to`` names.

    Raises:
        ChangedSince: rows were written since, and ``if_changed`` is "refuse".
        NotKnownExact: something on the way is irreversible.
        NotExact: the database did not come back exactly; nothing was changed.
        Busy, Drifted, NotFound, Usage: as named.
    """
    with target.journal() as journal:
        journal.database.hold(target.holder, wait=target.lock_timeout)
        close_interrupted(journal, asker=asker)
        plan, stretch = _plan(journal, to)
        refuse_irreversible(plan)
        drift = _beside(journal, plan)
        stamps = stamps_changed(journal, plan.target)
        if not (plan.steps or stamps or stands_since(journal, plan.target)):
            answer = _answer(plan, [], done=True)
            return msgspec.structs.replace(answer, head=journal.head().position, drift=drift)
        run = str(uuid4())
        started = msgspec.structs.replace(
            run_started("rollback", target, asker),
            origin=plan.origin,
            target=plan.target,
            if_changed=if_changed,
        )
        journal.append(started, run=run, actor=asker.actor)
        try:
            with target.database() as session:
                answer = _perform(session, journal, plan, stretch, run, asker, if_changed, progress)
        except BaseException as error:
            name_holders(journal, error)
            changed = error.rows if isinstance(error, ChangedSince) else ()
            text = rows_text(changed, plan.names)
            record_failure(journal, error, run=run, asker=asker, changed=text)
            raise
        keep_derived(journal, actor=asker.actor)
        return msgspec.structs.replace(answer, drift=drift, stamps=stamps)


class _Stretch(msgspec.Struct, frozen=True):
    """What lies between the target and the head, in journal order; the way may be shorter."""

    rows: tuple[TableRows, ...]
    changes: tuple[ObjectChange, ...]


def _plan(journal: Journal, to: str) -> tuple[RollbackPlan, _Stretch]:
    """Plan the way, and collect what it must leave nothing of."""
    target, origin = position_of(journal, to), journal.head().position
    plan = planned(journal, target, origin=origin)
    rows: list[TableRows] = []
    changes: list[ObjectChange] = []
    for entry in journal.read(after=target, last=origin, types=("RowsChanged", "SchemaChanged")):
        match entry.event:
            case RowsChanged() as event:
                rows.append(event.rows)
            case SchemaChanged() as event:
                changes += event.changes
            case _:
                pass
    return plan, _Stretch(rows=tuple(rows), changes=tuple(changes))


def _beside(journal: Journal, plan: RollbackPlan) -> tuple[str, ...]:
    """Tell what drift stands beside the way; raise ``Drifted`` where it is in the way."""
    drift = unaccepted(journal)
    hold_plan(drift, plan)
    return told(drift)


def refuse_irreversible(plan: RollbackPlan) -> None:
    """Raise ``NotKnownExact`` where something on the way cannot be taken back."""
    if plan.irreversible:
        first = plan.irreversible[0]
        error = NotKnownExact(
            first.name, f"position {first.position} cannot be taken back: {first.reason}"
        )
        ends = [s.last for s in plan.steps if s.first <= first.position <= s.last]
        reach = ends[0] if ends else first.position
        error.hint = f"The earliest position that can be reached is {reach}."
        raise error


def _perform(
    session: Database,
    journal: Journal,
    plan: RollbackPlan,
    stretch: _Stretch,
    run: str,
    asker: Asker,
    if_changed: IfChanged,
    progress: Progress,
) -> RollbackAnswer:
    session.begin(foreign_keys=False)
    try:
        recording = Recording(
            session,
            known=known_schema(journal),
            run=run,
            actor=asker.actor,
            reason=asker.reason,
            clock=journal.clock,
        )
        effects: list[Effect] = []
        _undo(recording, plan, effects, if_changed=if_changed, progress=progress)
        effects.append(_settle(recording))
        with spans.span("prove"):
            _prove(recording, plan, stretch, effects)
        changed = [row for effect in effects for row in effect.changed_since]
        entries = recording.complete(kept=_changed(effects), changed=rows_text(changed, plan.names))
    except BaseException:
        session.abort()
        raise
    answer = _answer(plan, effects, done=True)
    return msgspec.structs.replace(answer, run=run, head=entries[-1].position)


def _undo(
    recording: Recording,
    plan: RollbackPlan,
    effects: list[Effect],
    *,
    if_changed: IfChanged,
    progress: Progress,
) -> None:
    """Take back step after step; ``effects`` grows, so that it is known how far it went."""
    for number, step in enumerate(plan.steps, start=1):
        progress(number, len(plan.steps))
        effects.append(recording.undo(step, number=number, if_changed=if_changed))


def _settle(recording: Recording) -> Effect:
    """Check foreign keys. Raises ``ChangedSince`` where rows written since would dangle."""
    try:
        return recording.settle()
    except StatementFailed as error:
        if error.sqlstate not in _FOREIGN_KEY:
            raise
        raise ChangedSince(
            f"rows written since refer to rows that would go: {error.message}",
            hint="Remove them, or let them refer to other rows.",
        ) from error


def _prove(
    recording: Recording, plan: RollbackPlan, stretch: _Stretch, effects: list[Effect]
) -> None:
    """Hold the result against the target in three ways; raise NotExact unless all agree."""
    if recording.known.objects != dict(plan.then):
        raise NotExact("the schema did not come back as it was at the target")
    changed = _changed_by_table(effects)
    counted = [one for one in (*stretch.rows, *recording.rows()) if _stands(one, plan.then)]
    for left in recording.database.net(counted):
        if max(left.lost, left.gained) > changed[left.table]:
            raise NotExact(_not_empty(recording, left))
    known = recording.known.objects
    for row in recording.database.mismatches(stretch.rows, schema=known, changes=stretch.changes):
        if not changed[row.table]:
            raise NotExact(f"a row of {_name(recording, row.table)} did not come back as it was")
        changed[row.table] -= 1


def _stands(rows: TableRows, then: Mapping[int, SchemaObject]) -> bool:
    """Tell whether images say anything of the target: data of what was made since does not."""
    if rows.cause == "written":
        return True
    table = then.get(rows.table)
    return table is not None and set(rows.columns) <= {column.id for column in table.columns}


def _not_empty(recording: Recording, left: NetRows) -> str:
    name = _name(recording, left.table)
    return f"of {name} {in_words(left.lost)} missing and {in_words(left.gained)} left over"


def _name(recording: Recording, identity: int) -> str:
    found = recording.known.objects.get(identity)
    return ".".join(found.path) if found else f"a table no longer there ({identity})"


def _changed(effects: list[Effect]) -> int:
    return sum(max(effect.changed_count, len(effect.changed_since)) for effect in effects)


def _changed_by_table(effects: list[Effect]) -> Counter[int]:
    """Count rows changed since by table; beyond the list, they may be of any it names."""
    counted: Counter[int] = Counter()
    for effect in effects:
        listed = Counter(row.table for row in effect.changed_since)
        beyond = max(effect.changed_count - len(effect.changed_since), 0)
        counted += listed + Counter(dict.fromkeys(listed, beyond))
    return counted


def _answer(plan: RollbackPlan, effects: list[Effect], *, done: bool) -> RollbackAnswer:
    return RollbackAnswer(
        origin=plan.origin,
        target=plan.target,
        done=done,
        steps=tuple(item for effect in effects for item in _items(effect, plan.names)),
        changed_since=tuple(row for effect in effects for row in effect.changed_since),
        changed_count=_changed(effects),
        rebuilt=by_table((one for effect in effects for one in effect.rebuilt), plan.names),
    )


def _unplanned(plan: RollbackPlan) -> RollbackAnswer:
    """Say what stands in the way, and what the rest would have done."""
    return RollbackAnswer(
        origin=plan.origin,
        target=plan.target,
        done=False,
        steps=tuple(
            StepAnswer(kind=item.kind, object=item.object, table=item.table, rows=item.rows)
            for item in items(plan)
        ),
        irreversible=plan.irreversible,
    )


def _items(effect: Effect, names: dict[int, str]) -> list[StepAnswer]:
    items = [_of_object(change) for change in effect.changes]
    sides = (side for change in effect.changes for side in (change.before, change.after))
    extensions = {side.id for side in sides if side and side.kind == "extension"}
    items += [
        StepAnswer(
            kind="rows",
            table=names.get(rows.table, str(rows.table)),
            rows=max(rows.removed, rows.added),
        )
        for rows in effect.rows
    ]
    items += [
        StepAnswer(kind="refresh", object=names.get(one.object, str(one.object)))
        for one in effect.contents
        if one.before is not None and one.after is not None and one.object not in extensions
    ]
    items += [
        StepAnswer(kind="sequence", object=names.get(move.object, str(move.object)))
        for move in effect.sequences
    ]
    if items:
        items[0] = msgspec.structs.replace(items[0], sql=effect.sql)
    return items


def _of_object(change: ObjectChange) -> StepAnswer:
    known_one = change.before or change.after
    name = ".".join(known_one.path) if known_one else ""
    if change.before is None:
        return StepAnswer(kind="create", object=name)
    return StepAnswer(kind="alter" if change.after else "drop", object=name)
