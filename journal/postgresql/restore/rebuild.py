"""Making a table anew, with its columns in another order or of other types."""

from __future__ import annotations

from journal.errors import NotExact
from journal.postgresql.connection import Session
from journal.postgresql.restore.data import Staged, copy, matches
from journal.postgresql.restore.make import table
from journal.postgresql.restore.names import dotted, ident
from journal.values import SchemaObject


def rebuild(
    session: Session,
    live: SchemaObject,
    want: SchemaObject,
    staged: Staged | None,
    *,
    catalogued: bool,
) -> None:
    """Replace a table by one of the shape that is wanted, with the rows that it has now.

    Whatever belongs to the table goes with the old one and is to be made again.

    Raises:
        NotExact: the images do not tell which value belongs to which row.
    """
    if staged is not None and not matches(live, want, staged):
        raise NotExact(f"the images of {'.'.join(want.path)} cannot be matched with its rows")
    old, aside = dotted(live.path), dotted((live.path[0], f"clew aside {live.id}"))
    if live.definition.get("force_rls"):
        session.run(f"alter table {old} no force row level security")
    sql = table(want, catalogued=catalogued, name=old)
    session.run(f"alter table {old} rename to {ident(f'clew aside {live.id}')}")
    session.run(sql)
    session.run(copy(live, want, staged, source=aside, into=old))
    session.run(f"drop table {aside}")
