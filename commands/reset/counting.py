"""How many rows go, and how many rows of which tables refer to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from commands.quoting import quoted
from commands.reset.answer import Referring
from commands.reset.choosing import Chosen
from commands.reset.keys import ForeignKey
from commands.words import count
from journal.database import Database
from journal.errors import Refused
from journal.values import SchemaObject
from projections.schema import Schema, dotted

SHOWN = 3
"""Foreign keys that a refusal names."""
_GOING = {
    "cascade": "would be deleted by a cascade",
    "set null": "would be set to null",
    "set default": "would be set to their default",
}
_REFUSED = "would refuse it"


def table_name(database: Database, table: SchemaObject) -> str:
    """Return the name by which a statement of ours finds a table and no other."""
    return quoted(*(("main", *table.path) if database.kind == "sqlite" else table.path))


def itself(database: Database, table: SchemaObject) -> str:
    """Return what a table's own rows are read from: rows of its heirs are theirs."""
    name = table_name(database, table)
    whole = database.kind == "sqlite" or "partition_by" in table.definition
    return name if whole else f"ONLY {name}"


def rows_of(database: Database, table: SchemaObject) -> int:
    """Count a table's own rows. Raises ``StatementFailed``."""
    return _number(database, f"SELECT count(*) FROM {itself(database, table)}")


def referring(database: Database, chosen: Chosen, schema: Schema) -> tuple[Referring, ...]:
    """Count for each foreign key into the emptied tables the rows that refer to what goes."""
    found = []
    for key, parents in into(chosen, schema):
        holding = schema.holding(key.child)
        staying = [one for one in holding if one.id not in chosen.emptied]
        found.append(
            Referring(
                table=dotted(key.child.path),
                columns=key.columns,
                refers_to=dotted(key.parent.path),
                on_delete=key.on_delete,
                rows=sum(_referring(database, key, c, parents) for c in staying or holding),
                emptied=not staying,
                enforced=key.enforced,
            )
        )
    return tuple(found)


def into(chosen: Chosen, schema: Schema) -> Iterator[tuple[ForeignKey, list[SchemaObject]]]:
    """Yield the foreign keys into the emptied tables, each with those that it refers to."""
    for key in chosen.keys:
        parents = [one for one in schema.holding(key.parent) if one.id in chosen.emptied]
        if parents:
            yield key, parents


def refuse_others(found: Iterable[Referring], chosen: Chosen) -> None:
    """Nothing goes or changes that was not named.

    Raises:
        Refused: rows of other tables refer to what goes; names and counts them, and what
            would become of them.
    """
    detached = {dotted(one.path) for one in chosen.detached}
    kept = {dotted(one.path) for one in chosen.kept}
    wrong = [one for one in found if one.rows and not one.emptied and _matters(one, detached)]
    if not wrong:
        return
    said = "; ".join(_said(one, kept) for one in wrong[:SHOWN])
    more = f"; and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
    let_go = any(one.on_delete in ("set null", "set default") for one in wrong)
    raise Refused(
        f"rows that are not to go refer to rows that are: {said}{more}",
        hint="Name the tables in tables=, so that their rows go too"
        + (", or in detach=, so that the reference does." if let_go else "."),
    )


def refuse_idle_detach(found: Iterable[Referring], chosen: Chosen) -> None:
    """Refuse ``detach`` of a table without a foreign key that lets go of what is emptied."""
    letting = {one.table for one in found if one.on_delete in ("set null", "set default")}
    for table in chosen.detached:
        if dotted(table.path) not in letting:
            raise Refused(
                f"no foreign key of {dotted(table.path)} is set to null or default by this reset",
                hint="Leave it out of detach=.",
            )


def _matters(one: Referring, detached: set[str]) -> bool:
    if not one.enforced:
        return False
    return not (one.on_delete in ("set null", "set default") and one.table in detached)


def _said(one: Referring, kept: set[str]) -> str:
    table = f"{one.table}, which is to be kept," if one.table in kept else one.table
    going = _GOING.get(one.on_delete, _REFUSED)
    return f"{count(one.rows, 'row')} of {table} ({', '.join(one.columns)}) {going}"


def _referring(
    database: Database, key: ForeignKey, child: SchemaObject, parents: list[SchemaObject]
) -> int:
    """SQLite compares as the parent's column does, so that stands first."""
    signs = ["="] * (len(key.columns) - key.period) + ["&&"] * key.period
    same = " AND ".join(
        f"p.{quoted(to)} {sign} c.{quoted(of)}"
        for of, to, sign in zip(key.columns, key.referred, signs, strict=True)
    )
    there = " OR ".join(
        f"EXISTS (SELECT 1 FROM {itself(database, one)} p WHERE {same})" for one in parents
    )
    return _number(database, f"SELECT count(*) FROM {itself(database, child)} c WHERE {there}")


def _number(database: Database, sql: str) -> int:
    with database.select(sql) as found:
        ((number,),) = found.rows
    return int(number)
