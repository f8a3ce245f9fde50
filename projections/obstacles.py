"""What cannot be taken back, and why."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from journal import events as e
from journal.envelope import Entry
from journal.stakes import destroyed, made
from journal.values import ErasedImages, SchemaObject

HARMLESS = ("vacuum", "analyze", "reindex", "checkpoint", "cluster")
"""First words of statements outside a transaction that change nothing a journal keeps."""

UNSEEN = "unseen-rows"
"""Names what is in the way of reading the past, and of no rollback."""


ERASED = "erased"
"""Names what is in the way of a rollback, and of reading nothing: values that were erased."""


class Irreversible(msgspec.Struct, frozen=True, kw_only=True):
    """Something that cannot be taken back, with the reason.

    ``name`` is the rule that was waived, "outside-transaction", "vacuum" or "accepted-drift",
    "unseen-rows", "erased"; ``tables`` are the identities of the tables whose rows are concerned, empty where that is
    not known.
    """

    position: int
    name: str
    reason: str
    run: str = ""
    statement: int | None = None
    tables: tuple[int, ...] = ()


def waived(
    entry: Entry, event: e.IrreversibleAllowed, known: Mapping[int, SchemaObject]
) -> Irreversible:
    """Tell of a rule of the gate that was waived, or of what a recorded program did past it."""
    what = event.what or "it"
    how = "was allowed although not known to come back exactly"
    if entry.evidence == "observed":
        how = "was observed, and is not known to come back exactly"
    vacuum = event.name == "vacuum"
    return Irreversible(
        position=entry.position,
        name=event.name,
        reason=f"{what} {how}",
        run=entry.run,
        statement=event.statement.number,
        tables=tuple(one.id for one in known.values() if _is_loose(one)) if vacuum else (),
    )


def outside(
    entry: Entry, event: e.StatementSettled, kind: str, sqlite: Mapping[int, SchemaObject]
) -> Irreversible | None:
    """Tell of a statement that ran outside a transaction and left nothing on record.

    SQLite's VACUUM gives new rowids to rows that no key of whole numbers holds fast;
    ``sqlite`` is the schema there, and empty on another database.
    """
    if not kind.startswith(HARMLESS):
        reason = f"{kind} ran outside a transaction and was not captured"
        return Irreversible(
            position=entry.position,
            name="outside-transaction",
            reason=reason,
            run=entry.run,
            statement=event.statement.number,
        )
    loose = tuple(one.id for one in sqlite.values() if _is_loose(one))
    if not kind.startswith("vacuum") or not loose:
        return None
    return Irreversible(
        position=entry.position,
        name="vacuum",
        reason="VACUUM renumbered the rows of tables whose key is not the rowid",
        run=entry.run,
        statement=event.statement.number,
        tables=loose,
    )


def accepted(entry: Entry, event: e.DriftAccepted) -> list[Irreversible]:
    """Tell of accepted drift on which rows hang: nobody took images of them.

    Rows that were lost cannot come back. Those that were brought can go, being imaged then;
    only what the past held of them is not known.
    """
    lost = [one.before for one in destroyed(event.changes) if one.before is not None]
    brought = [one.after for one in made(event.changes) if one.after is not None]
    found = (
        (lost, "accepted-drift", "rows that drift took away have no images"),
        (brought, UNSEEN, "rows that drift brought have no images"),
    )
    return [
        Irreversible(
            position=entry.position,
            name=name,
            reason=reason,
            tables=tuple(side.id for side in sides),
        )
        for sides, name, reason in found
        if sides
    ]


def erased(entry: Entry, images: ErasedImages, known: Mapping[int, SchemaObject]) -> Irreversible:
    """Tell of images that a rollback would need, and that hold values no more."""
    table = known.get(images.table)
    name = ".".join(table.path) if table else f"a table no longer there ({images.table})"
    count = f"{images.rows:,} image{'' if images.rows == 1 else 's'} of rows"
    return Irreversible(
        position=images.position,
        name=ERASED,
        reason=f"values in {count} of {name} were erased at position {entry.position}",
        run=images.run,
        tables=(images.table,),
    )


def _is_loose(one: SchemaObject) -> bool:
    found = one.definition
    fast = found.get("without_rowid") or (found.get("primary_key") and not found.get("key_index"))
    return one.kind == "table" and not fast
