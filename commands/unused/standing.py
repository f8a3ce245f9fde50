"""What stands on a table: its rows, foreign keys of others, and what names it."""

from __future__ import annotations

from collections.abc import Iterator

from commands.doctor.map import SPEAKING
from commands.quoting import quoted
from commands.unused.look import Look
from commands.words import count
from journal.mentions import named_in_definition
from journal.values import SchemaObject
from journal.verified import Sign
from projections.schema import dotted

LISTED = 20
"""Objects that are named one by one."""


def standing_signs(table: SchemaObject, look: Look) -> Iterator[Sign]:
    """Yield a sign for its rows, and for each foreign key and object that stands on it."""
    rows, query = _count(look, f"SELECT count(*) FROM {quoted(*table.path)}")
    yield Sign(
        what="rows",
        place=query,
        count=rows,
        found=f"{count(rows, 'row')}, kept for the way back" if rows else "no row",
        speaks="unclear" if rows else "unused",
    )
    yield from _references(table, look)
    yield from _heirs(table, look)
    yield from _speaking(table, look)


def _references(table: SchemaObject, look: Look) -> Iterator[Sign]:
    gone = {one.path for one in look.dropped}
    none = True
    for other in look.tables.values():
        for reference in other.references:
            if reference.parent != table.path or other.path in gone:
                continue
            none = False
            present = " AND ".join(f"{quoted(name)} IS NOT NULL" for name in reference.columns)
            rows, query = _count(
                look, f"SELECT count(*) FROM {quoted(*other.path)} WHERE {present}"
            )
            yield Sign(
                what="foreign key",
                place=query,
                count=rows,
                found=f"{count(rows, 'row')} of {other.name} refer to it by"
                f" {', '.join(reference.columns)}",
                speaks="used",
            )
    if none:
        yield Sign(
            what="foreign keys",
            place="the schema",
            count=0,
            found="none of a table that stays",
            speaks="unused",
        )


def _heirs(table: SchemaObject, look: Look) -> Iterator[Sign]:
    gone = {one.path for one in look.dropped}
    for other in look.tables.values():
        if table.path in other.parents and other.path not in gone:
            rows, query = _count(look, f"SELECT count(*) FROM {quoted(*other.path)}")
            yield Sign(
                what="heir",
                place=query,
                count=rows,
                found=f"{other.name} with {count(rows, 'row')} inherits from it",
                speaks="used",
            )


def _speaking(table: SchemaObject, look: Look) -> Iterator[Sign]:
    """A text is not understood: it stands on a table whose name it says, in a string, too."""
    gone = {one.id for one in look.dropped}
    name = table.path[-1].lower()
    naming = [
        one
        for one in look.objects
        if one.kind in SPEAKING
        and one.parent not in gone
        and any(name in chain for chain in named_in_definition(one))
    ]
    for one in naming[:LISTED]:
        which = f"{one.kind} {dotted(one.path)}"
        yield Sign(what=one.kind, place=which, count=1, found=f"{which} names it", speaks="used")
    if more := naming[LISTED:]:
        yield Sign(
            what="other objects",
            place="the schema",
            count=len(more),
            found=f"{len(more):,} more name it",
            speaks="used",
        )
    if not naming:
        yield Sign(
            what="views, triggers, functions, policies, rules",
            place="the schema",
            count=0,
            found="none names it",
            speaks="unused",
        )


def _count(look: Look, query: str) -> tuple[int, str]:
    with look.database.select(query) as found:
        ((number,),) = list(found.rows)
    return int(number), query
