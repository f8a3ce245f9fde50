"""Objects as a script that makes them in an empty database, in two parts: rows come between."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from msgspec.structs import replace

from journal.errors import NotKnownExact
from journal.mentions import Chain, named_in_definition
from journal.postgresql.catalog.wholes import BY_KIND
from journal.postgresql.restore.family import (
    is_clone,
    is_heir,
    is_partition,
    joining,
    own,
    parents,
)
from journal.postgresql.restore.make import make, options_of, table
from journal.postgresql.restore.names import dotted, full, ident, literal, table_of, word
from journal.script import Script
from journal.values import SchemaObject, SequenceState

Places = Mapping[tuple[str, ...], SequenceState]

_SETTINGS = ("set search_path = ''", "set check_function_bodies = off")
_LAST = ("index", "statistics", "view", "rule", "trigger", "policy", "publication", "event trigger")
_FIRST = (
    *("enum", "composite", "range", "domain", "function", "sequence", "table"),
    *(kind for kind in BY_KIND if kind not in _LAST),
)


def script(objects: Sequence[SchemaObject], places: Places, *, catalogued: bool) -> Script:
    """Word objects; what cannot be worded is named in a comment."""
    partitions = [one for one in objects if one.kind == "table" and is_partition(one)]
    before = [*_SETTINGS, *_grounds(objects)]
    for one in _ordered([o for o in objects if o.kind in _FIRST and not _is_identity(o)]):
        before += _made(one, catalogued=catalogued)
    before += [statement for one in partitions for statement in joining(one, None)]
    return Script(
        before=tuple(before),
        after=(*_SETTINGS, *_after(objects, places, catalogued=catalogued), *_said(objects)),
    )


def _grounds(objects: Sequence[SchemaObject]) -> Iterator[str]:
    for one in objects:
        if one.kind == "schema":
            yield f"create schema if not exists {ident(one.path[0])}"
    for one in objects:
        if one.kind == "extension" and one.path[0] != "plpgsql":
            schema = ident(one.definition["schema"])
            yield f"create extension if not exists {ident(one.path[0])} schema {schema}"


def _after(objects: Sequence[SchemaObject], places: Places, *, catalogued: bool) -> Iterator[str]:
    constraints = [one for one in objects if one.kind == "constraint" and not is_clone(one)]
    references = [one for one in constraints if one.definition["type"] == "foreign key"]
    for one in constraints:
        if one not in references:
            yield _constraint(one)
    yield from _sequences(objects, places, catalogued=catalogued)
    for one in objects:
        if one.kind == "index" and not is_clone(one):
            yield one.definition["text"].replace(" ON ONLY ", " ON ", 1)
    yield from map(_constraint, references)
    for one in objects:
        if one.kind in _LAST and one.kind != "index" and not is_clone(one):
            yield from _made(one, catalogued=catalogued)
    for one in objects:
        if one.definition.get("rls"):
            yield f"alter table {dotted(one.path)} enable row level security"
        if one.definition.get("force_rls"):
            yield f"alter table {dotted(one.path)} force row level security"


def _constraint(one: SchemaObject) -> str:
    """A key of a partitioned table is made for its partitions along with it."""
    name, text = ident(one.path[2]), one.definition["text"]
    return f"alter table {table_of(one)} add constraint {name} {text}"


def _sequences(
    objects: Sequence[SchemaObject], places: Places, *, catalogued: bool
) -> Iterator[str]:
    for one in objects:
        if one.kind != "sequence":
            continue
        owner = one.definition.get("owned_by")
        if _is_identity(one):
            yield from _made(one, catalogued=catalogued)
            yield from _always(one, objects)
        elif owner:
            yield f"alter sequence {dotted(one.path)} owned by {dotted(owner)}"
        place = places.get(one.path)
        if place is not None and place.last_value is not None:
            called = "true" if place.is_called else "false"
            name = literal(dotted(one.path))
            yield f"select pg_catalog.setval({name}, {place.last_value}, {called})"


def _always(one: SchemaObject, objects: Sequence[SchemaObject]) -> Iterator[str]:
    *table, name = one.definition["owned_by"]
    columns = (c for o in objects if o.kind == "table" and list(o.path) == table for c in o.columns)
    if any(c.name == name and c.definition.get("identity") == "always" for c in columns):
        yield f"alter table {dotted(table)} alter column {ident(name)} set generated always"


def _made(one: SchemaObject, *, catalogued: bool) -> list[str]:
    try:
        if one.kind == "table" and is_heir(one):
            return [_heir(one, catalogued=catalogued)]
        return [text.rstrip().rstrip(";") for text in make(one, catalogued=catalogued)]
    except NotKnownExact:
        name = ".".join(one.path).replace("\n", " ")
        return [f"-- {one.kind} {name} cannot be worded"]


def _heir(one: SchemaObject, *, catalogued: bool) -> str:
    """Columns that an heir has from its parents alone are not its own."""
    its = replace(one, columns=tuple(c for c in one.columns if own(c.definition)))
    options = options_of(one)
    listed = ", ".join(map(dotted, parents(one)))
    made = table(its, catalogued=catalogued).removesuffix(options)
    return f"{made} inherits ({listed}){options}"


def _said(objects: Sequence[SchemaObject]) -> Iterator[str]:
    for one in objects:
        if "comment" in one.definition and one.kind not in ("schema", "extension"):
            yield f"comment on {word(one)} {full(one)} is {literal(one.definition['comment'])}"
        for column in one.columns if one.kind == "table" else ():
            if "comment" in column.definition:
                name = dotted((*one.path, column.name))
                yield f"comment on column {name} is {literal(column.definition['comment'])}"


def _ordered(objects: Sequence[SchemaObject]) -> list[SchemaObject]:
    """What a definition names comes before it; in a circle, the order of kinds stands."""
    names: dict[Chain, list[int]] = {}
    for number, one in enumerate(objects):
        names.setdefault(_name(one), []).append(number)
    graph: TopologicalSorter[int] = TopologicalSorter()
    for number, one in enumerate(objects):
        # A sequence names the column that owns it, which names the sequence in its default.
        chains = named_in_definition(one) if one.kind != "sequence" else ()
        found = {other for chain in chains for other in names.get(chain[:2], ())}
        graph.add(number, *sorted(found - {number}))
    try:
        return [objects[number] for number in graph.static_order()]
    except CycleError:
        return list(objects)


def _name(one: SchemaObject) -> Chain:
    last = str(one.definition.get("name", one.path[-1])).lower()
    return (one.path[0].lower(), last) if len(one.path) > 1 else (last,)


def _is_identity(one: SchemaObject) -> bool:
    return one.kind == "sequence" and bool(one.definition.get("identity"))
