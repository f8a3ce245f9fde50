"""Taking back what one statement did, and capturing that in turn."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import msgspec

from journal.effect import Effect, Step
from journal.errors import rows as in_words
from journal.postgresql import images, places
from journal.postgresql.catalog.live import Catalog
from journal.postgresql.connection import Session, quote
from journal.postgresql.made import present
from journal.postgresql.restore.rebuilt import files, rebuilt
from journal.postgresql.restore.refilling import Refilling
from journal.postgresql.restore.undo import undo_schema
from journal.postgresql.watch import Watch
from journal.postgresql.written import undo_rows
from journal.stakes import Stake
from journal.values import IfChanged, ImageCause, TableRows

_OURS = ("savepoint", "release", "rollback", "set ", "analyze")


def undo(
    session: Session,
    catalog: Catalog,
    watch: Watch,
    step: Step,
    *,
    views: Refilling,
    if_changed: IfChanged,
) -> Effect:
    """Take one step back: its rows, then its schema, then its sequences.

    Raises:
        ChangedSince, NotExact, NotKnownExact: as ``undo_rows`` and ``undo_schema`` do.
    """
    before = places.standing(session, catalog.schema())
    watch.rebase()
    session.trace = []
    try:
        effect = _undo(session, catalog, watch, step, views, if_changed)
        told = (_row_text(catalog, rows) for rows in step.rows if rows.cause == "written")
        sql = (*told, *(one for one in session.trace if _telling(one)))
    finally:
        session.trace = None
    _sequences(session, catalog, step)
    after = places.standing(session, catalog.schema())
    return Effect(
        changes=effect.changes,
        rows=effect.rows,
        contents=effect.contents,
        sequences=places.moves(before, after) + places.lost(before, effect.changes),
        sql=sql,
        changed_since=effect.changed_since,
        changed_count=effect.changed_count,
        rebuilt=effect.rebuilt,
    )


def settle(session: Session, catalog: Catalog, views: Refilling, effect: Effect) -> Effect:
    """Fill the views that are owed yet, and join that to what settling did."""
    stood = files(session, catalog) if views.owes else {}
    contents = views.settle()
    return msgspec.structs.replace(
        effect,
        contents=contents,
        changed_count=len(contents),
        rebuilt=rebuilt(session, catalog, stood) if stood else (),
    )


def _undo(
    session: Session,
    catalog: Catalog,
    watch: Watch,
    step: Step,
    views: Refilling,
    if_changed: IfChanged,
) -> Effect:
    effect = Effect()
    written = [rows for rows in step.rows if rows.cause == "written" and rows.images]
    if written:
        undone = undo_rows(session, catalog, watch, written, if_changed)
        effect = Effect(
            rows=undone.rows,
            changed_since=undone.changed_since,
            changed_count=undone.changed_count,
        )
    if step.changes or step.contents:
        watch.unwatch()
        stood = files(session, catalog)
        made = undo_schema(
            session,
            catalog,
            step,
            stage=partial(images.stage, session),
            image=partial(_image, session, watch),
            views=views,
            if_changed=if_changed,
        )
        anew = rebuilt(session, catalog, stood)
        watch.rebase()
        effect = Effect(
            changes=made.changes,
            rows=effect.rows + made.rows,
            contents=made.contents,
            changed_since=effect.changed_since + made.changed_since,
            changed_count=effect.changed_count + made.changed_count,
            rebuilt=anew,
        )
    return effect


def _image(
    session: Session, watch: Watch, wanted: Sequence[Stake], cause: ImageCause
) -> Sequence[TableRows]:
    return watch.image(present(session, wanted, cause), cause)


def _sequences(session: Session, catalog: Catalog, step: Step) -> None:
    """Put sequences back that stand where the step left them, or behind where it found them.

    Others went on since, and stay: no number is given twice.
    """
    for move in reversed(step.sequences):
        one = catalog.get(move.object)
        if one is None or one.kind != "sequence":
            continue
        now = places.read(session, [one])[one.id]
        if now == move.after or places.behind(one, now, move.before):
            places.move(session, one, move.before)


def _telling(sql: str) -> bool:
    """Tell what a person wants to read from what only serves the capture and the images."""
    text = sql.lstrip().lower()
    return not text.startswith(_OURS) and "clew_" not in text


def _row_text(catalog: Catalog, rows: TableRows) -> str:
    table = catalog.get(rows.table)
    name = quote(*table.path) if table else str(rows.table)
    return f"-- {name}: take {in_words(rows.added)} out, put {in_words(rows.removed)} back"
