"""Making a table that inherits, column by column and constraint by constraint as it was.

What an heir has from its parents alone, CREATE TABLE puts first, and INHERIT makes the heir's
own. So the heir is made of a scaffold: a parent with all of the columns in their order. Once it
has joined its true parents, the scaffold is taken away.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from journal.postgresql.connection import Session
from journal.postgresql.restore.family import own, parents
from journal.postgresql.restore.make import options_of, table
from journal.postgresql.restore.names import dotted, ident
from journal.values import SchemaObject

_GIVEN = """
select k.contype::text, case k.contype when 'c' then k.conname else (
    select a.attname from pg_catalog.pg_attribute a
    where a.attrelid = k.conrelid and a.attnum = k.conkey[1]) end
from pg_catalog.pg_constraint k
where k.conrelid = any(%s::regclass[]) and k.contype in ('c', 'n') and not k.connoinherit
"""


class Making(msgspec.Struct, frozen=True):
    """The statements before the rows of a table are put in, and those after."""

    before: list[str]
    after: list[str]


def making(
    session: Session,
    heir: SchemaObject,
    constraints: Sequence[SchemaObject],
    *,
    catalogued: bool,
) -> Making:
    """Tell how to make an heir whose parents stand; ``constraints`` are all of its own."""
    scaffold = (heir.path[0], f"clew scaffold {heir.id}")
    bare = msgspec.structs.replace(heir, path=scaffold, definition={})
    # A column of the heir's own becomes that when the scaffold goes, unless it is inherited too.
    columns = [
        f"{ident(c.name)} {c.definition['type']}"
        + (f" collate {c.definition['collation']}" if "collation" in c.definition else "")
        for c in heir.columns
        if "inherited" in c.definition and own(c.definition)
    ]
    name, base = dotted(heir.path), dotted(scaffold)
    kept = "unlogged " if heir.definition.get("persistence") == "unlogged" else ""
    made = f"create {kept}table {name} ({', '.join(columns)}) inherits ({base}){options_of(heir)}"
    after = []
    for one in _given(session, heir, constraints):
        where = name if own(one.definition) else base
        after.append(
            f"alter table {where} add constraint {ident(one.path[2])} {one.definition['text']}"
        )
    after += [f"alter table {name} inherit {dotted(parent)}" for parent in parents(heir)]
    after += [f"alter table {name} no inherit {base}", f"drop table {base}"]
    return Making([table(bare, catalogued=catalogued), made], after)


def _given(
    session: Session, heir: SchemaObject, constraints: Sequence[SchemaObject]
) -> list[SchemaObject]:
    """Return the constraints that the parents have now and so ask for; others come with theirs."""
    given = set(session.query(_GIVEN, ([dotted(parent) for parent in parents(heir)],)))
    return [
        one
        for one in constraints
        if "inherited" in one.definition
        and (
            ("c", one.path[2]) in given
            if one.definition["type"] == "check"
            else ("n", one.definition["columns"][0]) in given
        )
    ]
