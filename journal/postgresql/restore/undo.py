"""Take back what one statement did to the schema, exactly."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from journal import stakes
from journal.effect import Step
from journal.errors import ChangedSince, NotExact, NotKnownExact
from journal.errors import rows as in_words
from journal.postgresql.catalog.identities import changes_between
from journal.postgresql.catalog.live import Catalog
from journal.postgresql.catalog.settings import plain
from journal.postgresql.connection import Session
from journal.postgresql.generated import refuse_outdated
from journal.postgresql.hidden import uncovered
from journal.postgresql.restore.changed import Changed, Comparing, Stage
from journal.postgresql.restore.consisting import hold_members, of_extensions, prove_members
from journal.postgresql.restore.converge import Converging
from journal.postgresql.restore.references import hold_references, references
from journal.postgresql.restore.refilling import Refilling
from journal.values import (
    ChangedRow,
    ContentChange,
    IfChanged,
    ImageCause,
    ObjectChange,
    SchemaObject,
    SequenceState,
    TableRows,
)

TakeImages = Callable[[Sequence[stakes.Stake], ImageCause], Sequence[TableRows]]


class Undone(msgspec.Struct, frozen=True, kw_only=True):
    """What undoing did: its changes are the step's, reversed."""

    changes: tuple[ObjectChange, ...] = ()
    rows: tuple[TableRows, ...] = ()
    contents: tuple[ContentChange, ...] = ()
    changed_since: tuple[ChangedRow, ...] = ()
    changed_count: int = 0


def undo_schema(
    session: Session,
    catalog: Catalog,
    step: Step,
    *,
    stage: Stage,
    image: TakeImages,
    views: Refilling,
    if_changed: IfChanged,
) -> Undone:
    """Bring the objects that a step changed back to what they were, their data included.

    ``stage`` puts images into a temporary table; ``image`` takes images of what is at stake;
    ``views`` brings the content of materialised views back.

    Raises:
        ChangedSince: somebody wrote what would be lost, or what stands in the way.
        NotExact: an object did not come back as it was.
        NotKnownExact: a kind of object that cannot be made again exactly.
    """
    origin = catalog.schema()
    targets = _targets(step, origin)
    reverse = [ObjectChange(before=c.after, after=c.before) for c in step.changes]
    session.run("set constraints all immediate")
    consisting = of_extensions(step)
    with plain(session):
        members = hold_members(session, catalog, consisting, if_changed)
    contents = views.look(_without(step, consisting), if_changed)
    bound = _bound(catalog, step)
    with uncovered(session, bound), plain(session):
        changed = _changed(session, catalog, step, stage)
    if changed.count and if_changed != "overwrite":
        raise ChangedSince(
            f"{in_words(changed.count)} written since the schema change",
            hint="Use --if-changed overwrite to give them up; they stay in the journal.",
            rows=changed.rows,
        )
    with uncovered(session, bound), plain(session):
        gone = _gone(session, catalog, step, stage)
    if gone.count and if_changed == "refuse":
        raise ChangedSince(
            f"{in_words(gone.count)} deleted since the schema change",
            hint="Use --if-changed keep to leave them so; only a part of them could come back.",
            rows=gone.rows,
        )
    going = stakes.destroyed(reverse)
    refuse_outdated(session, going, _refuse)
    destroyed = tuple(image(going, "destroyed"))
    named = references(session)
    with plain(session):
        converging = Converging(
            session,
            catalog,
            targets,
            destroyed=_imaged(step, "destroyed"),
            states=_states(step),
            stage=stage,
            hold=views.hold,
            overwrite=if_changed == "overwrite",
        )
        converging.run()
        prove_members(session, catalog, members)
    views.refill(converging.wanted, _without(step, consisting), if_changed)
    hold_references(named, references(session) if named else ())
    _hold_to(origin, targets, catalog)
    made = tuple(image(stakes.made(reverse), "made"))
    return Undone(
        changes=changes_between(origin.values(), catalog.objects()),
        rows=destroyed + made,
        contents=contents + members,
        changed_since=(*changed.rows, *(replace(row, kept=True) for row in gone.rows)),
        changed_count=changed.count + gone.count + views.changed,
    )


def _without(step: Step, told: Sequence[ContentChange]) -> Step:
    return replace(step, contents=tuple(one for one in step.contents if one not in told))


def _refuse(error: NotKnownExact) -> None:
    raise error


def _targets(step: Step, origin: Mapping[int, SchemaObject]) -> dict[int, SchemaObject | None]:
    targets: dict[int, SchemaObject | None] = {}
    for change in step.changes:
        one = change.after or change.before
        if one is None:
            continue
        if origin.get(one.id) != change.after:
            raise NotExact(f"{one.kind} {'.'.join(one.path)} is not as the journal left it")
        targets[one.id] = change.before
    return targets


def _bound(catalog: Catalog, step: Step) -> list[int]:
    """Return the tables of a step whose policies may hide rows."""
    tables = (c.after for c in step.changes if c.after and "rls" in c.after.definition)
    return [oid for one in tables if (oid := catalog.relation(one.id)) is not None]


def _changed(session: Session, catalog: Catalog, step: Step, stage: Stage) -> Changed:
    comparing = Comparing(session, catalog, _imaged(step, "made"), stage)
    for change in step.changes:
        comparing.compare(change)
    return comparing.found


def _gone(session: Session, catalog: Catalog, step: Step, stage: Stage) -> Changed:
    comparing = Comparing(session, catalog, {}, stage)
    destroyed = _imaged(step, "destroyed")
    for change in step.changes:
        if change.after is not None:
            comparing.look_for_gone(change, destroyed.get(change.after.id))
    return comparing.found


def _imaged(step: Step, cause: ImageCause) -> dict[int, TableRows]:
    return {rows.table: rows for rows in step.rows if rows.cause == cause}


def _states(step: Step) -> dict[int, SequenceState]:
    return {move.object: move.before for move in step.sequences}


def _hold_to(
    origin: Mapping[int, SchemaObject],
    targets: Mapping[int, SchemaObject | None],
    catalog: Catalog,
) -> None:
    wanted = {**origin, **targets}
    differing = changes_between(
        [one for one in wanted.values() if one is not None], catalog.objects()
    )
    if differing:
        one = differing[0].before or differing[0].after
        named = f"{one.kind} {'.'.join(one.path)}" if one else "an object"
        raise NotExact(f"{named} did not come back as it was")
