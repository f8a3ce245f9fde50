"""Making a table anew, with its columns in another order or of other types."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from journal.errors import NotExact
from journal.postgresql.connection import Session
from journal.postgresql.generated import outdated
from journal.postgresql.images import shape_of
from journal.postgresql.restore.data import Copying, Staged, copy, stored
from journal.postgresql.restore.family import is_partition, parents, part
from journal.postgresql.restore.heirs import Making
from journal.postgresql.restore.names import dotted, ident
from journal.values import SchemaObject

ATTACHED = "select exists (select from pg_catalog.pg_inherits where inhrelid = %s)"
STRANGERS = "select exists (select from pg_catalog.pg_inherits where inhparent = %s)"


class Rebuilding(msgspec.Struct, frozen=True, kw_only=True):
    """A table as it is, with its children, and as it is to be made.

    The target bears the live table's name.
    """

    live: SchemaObject
    oid: int
    children: Sequence[SchemaObject]
    target: SchemaObject
    making: Making


def rebuild(
    session: Session, rebuilding: Rebuilding, staged: Staged | None, *, overwrite: bool
) -> None:
    """Replace a table by one of the shape that is wanted, with the rows that it has now.

    Whatever belongs to the table goes with the old one and is to be made again; its children
    are parted from it.

    Raises:
        ChangedSince: rows written since cannot be told apart.
        NotExact: the images do not tell which value belongs to which row, or generated values
            would not be what they are.
    """
    live, target = rebuilding.live, rebuilding.target
    name, aside = dotted(live.path), f"clew aside {live.id}"
    shape = shape_of(session, live, rebuilding.oid) if stored(live) else None
    if column := outdated(session, live):
        raise NotExact(f"{name} stores values in {column} that it would not give now")
    if live.definition.get("force_rls"):
        session.run(f"alter table {name} no force row level security")
    if is_partition(live) and session.value(ATTACHED, (rebuilding.oid,)):
        session.run(part(live, parents(live)[0]))
    for child in rebuilding.children:
        session.run(part(child, live.path))
    if session.value(STRANGERS, (rebuilding.oid,)):
        raise NotExact(f"{name} has partitions or heirs that the journal does not know")
    session.run(f"alter table {name} rename to {ident(aside)}")
    for sql in rebuilding.making.before:
        session.run(sql)
    source = dotted((live.path[0], aside))
    copying = Copying(
        live=live, target=target, shape=shape, staged=staged, source=f"only {source}", into=name
    )
    copy(session, copying, overwrite=overwrite)
    session.run(f"drop table {source}")
    for sql in rebuilding.making.after:
        session.run(sql)
