"""How the tables that a stretch touched hang together: foreign keys, and views that read them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

import msgspec

from journal.mentions import named_in_statement
from journal.values import SchemaObject
from projections.schema import Path, dotted

NODES = 60
"""How many tables and views a map holds: those that were touched first, then their neighbours."""

_VIEWS = ("view", "materialized view")

Objects = Mapping[int, SchemaObject]


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """A table or view; ``rows`` counts those that were written, ``touched`` tells neighbours apart.

    ``change`` is what became of it between the ends of the stretch: "passing" came and went
    within, "changed" counts its constraints, indexes and triggers too.
    """

    id: int
    kind: str
    name: str
    change: Literal["", "added", "dropped", "changed", "passing"]
    rows: int
    touched: bool


class Edge(msgspec.Struct, frozen=True, kw_only=True):
    """``source`` needs ``target``: by a foreign key over ``columns``, or because a view reads it."""

    source: int
    target: int
    kind: Literal["references", "reads"]
    columns: tuple[str, ...] = ()


class Relations(msgspec.Struct, frozen=True, kw_only=True):
    """The map; ``left_out`` counts tables and views that belong on it and had no room."""

    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    left_out: int = 0


def relations(
    then: Objects, now: Objects, seen: Objects, rows: Mapping[int, int], *, limit: int = NODES
) -> Relations:
    """Return the map of a stretch between two schemas.

    ``seen`` are objects as they were last while the stretch changed them, ``rows`` counts
    rows written by identity of the table.
    """
    every = {**then, **seen, **now}
    drawn = {id_: one for id_, one in every.items() if one.kind in ("table", *_VIEWS)}
    changed = Counter(one.parent or id_ for id_, one in seen.items())
    touched = {id_ for id_ in drawn if changed[id_] or rows.get(id_)}
    edges = tuple(dict.fromkeys(_edges(every, drawn, now)))
    near = Counter(_neighbours(edges, touched))
    order = sorted(touched, key=lambda id_: (-changed[id_], -rows.get(id_, 0), drawn[id_].path))
    order += sorted(near, key=lambda id_: (-near[id_], drawn[id_].path))
    kept = set(order[:limit])
    nodes = (
        Node(
            id=id_,
            kind=drawn[id_].kind,
            name=dotted(drawn[id_].path),
            change=_change(id_, then, now, changed),
            rows=rows.get(id_, 0),
            touched=id_ in touched,
        )
        for id_ in sorted(kept, key=lambda id_: (drawn[id_].path, id_))
    )
    return Relations(
        nodes=tuple(nodes),
        edges=tuple(one for one in edges if {one.source, one.target} <= kept),
        left_out=len(order) - len(kept),
    )


def _change(
    id_: int, then: Objects, now: Objects, changed: Mapping[int, int]
) -> Literal["", "added", "dropped", "changed", "passing"]:
    if id_ in now:
        return "added" if id_ not in then else "changed" if changed[id_] else ""
    return "dropped" if id_ in then else "passing"


def _neighbours(edges: Iterable[Edge], touched: set[int]) -> Iterator[int]:
    for one in edges:
        if (one.source in touched) != (one.target in touched):
            yield one.target if one.source in touched else one.source


def _edges(every: Objects, drawn: Objects, now: Objects) -> Iterator[Edge]:
    """Names are looked up among what is there at the end before what is gone."""
    order = sorted(drawn, key=lambda id_: id_ in now)
    paths = {drawn[id_].path: id_ for id_ in order}
    names = {tuple(part.lower() for part in path): id_ for path, id_ in paths.items()}
    for one in sorted(every.values(), key=lambda one: one.id):
        owner = one.parent or one.id
        for path, columns in _keys(one):
            target = paths.get(path)
            if target is not None and owner in drawn:
                yield Edge(source=owner, target=target, kind="references", columns=columns)
        if one.kind in _VIEWS:
            for target in _read(one, names):
                yield Edge(source=one.id, target=target, kind="reads")


def _keys(one: SchemaObject) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Yield which tables foreign keys refer to, and from which columns."""
    if one.definition.get("references") and one.parent is not None:
        yield _path(one.definition["references"]), _path(one.definition.get("columns", ()))
    for key in one.definition.get("foreign_keys", ()):
        yield _path(key.get("references", ())), _path(key.get("columns", ()))


def _path(found: Any) -> Path:
    """Definitions hold paths as lists, on SQLite as the one name."""
    return (found,) if isinstance(found, str) else tuple(str(part) for part in found)


def _read(view: SchemaObject, names: Mapping[Path, int]) -> list[int]:
    text = str(view.definition.get("text") or view.definition.get("sql") or "")
    said = named_in_statement(text, qualified=len(view.path) > 1)
    found = {names[chain] for chain, called in said if chain in names and not called}
    return sorted(found - {view.id})
