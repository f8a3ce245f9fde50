"""Making a table anew, with its columns in another order or of other types."""

from __future__ import annotations

from journal.postgresql.connection import Session
from journal.postgresql.images import shape_of
from journal.postgresql.restore.data import Copying, Staged, copy, stored
from journal.postgresql.restore.make import table
from journal.postgresql.restore.names import dotted, ident
from journal.values import SchemaObject


def rebuild(
    session: Session,
    live: SchemaObject,
    target: SchemaObject,
    staged: Staged | None,
    *,
    oid: int,
    catalogued: bool,
    overwrite: bool,
) -> None:
    """Replace a table by one of the shape that is wanted, with the rows that it has now.

    Whatever belongs to the table goes with the old one and is to be made again.

    Raises:
        ChangedSince: rows written since cannot be told apart.
        NotExact: the images do not tell which value belongs to which row.
    """
    name, aside = dotted(live.path), f"clew aside {live.id}"
    shape = shape_of(session, live, oid) if stored(live) else None
    if live.definition.get("force_rls"):
        session.run(f"alter table {name} no force row level security")
    made = table(target, catalogued=catalogued, name=name)
    session.run(f"alter table {name} rename to {ident(aside)}")
    session.run(made)
    source = dotted((live.path[0], aside))
    copying = Copying(
        live=live, target=target, shape=shape, staged=staged, source=source, into=name
    )
    copy(session, copying, overwrite=overwrite)
    session.run(f"drop table {source}")
