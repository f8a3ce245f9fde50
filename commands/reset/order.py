"""In which order tables are emptied: those that refer first, circles at one go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from graphlib import TopologicalSorter

import msgspec

from commands.reset.keys import ForeignKey
from journal.values import SchemaObject
from projections.schema import Schema


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """A table that one DELETE empties, and the tables that hold its rows: its partitions."""

    table: SchemaObject
    holding: tuple[SchemaObject, ...]


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Units that are emptied at one go; ``circular`` where their rows refer to each other."""

    units: tuple[Unit, ...]
    circular: bool = False


def in_order(
    units: Sequence[Unit], keys: Sequence[ForeignKey], schema: Schema
) -> tuple[Group, ...]:
    """Put units in groups, so that no row of a later one refers to a row of an earlier one."""
    edges = _edges(units, keys, schema)
    reached = {number: _reached(number, edges) for number in edges}
    circles = [
        tuple(n for n in edges if n == number or (n in reached[number] and number in reached[n]))
        for number in edges
    ]
    first = {number: circle[0] for number, circle in zip(edges, circles, strict=True)}
    sorter: TopologicalSorter[int] = TopologicalSorter(
        dict.fromkeys(sorted(set(first.values())), ())
    )
    for child, parents in edges.items():
        for parent in sorted(parents):
            if first[parent] != first[child]:
                sorter.add(first[parent], first[child])
    return tuple(
        Group(
            units=tuple(units[n] for n in circles[number]),
            circular=number in reached[number],
        )
        for number in sorter.static_order()
    )


def _edges(
    units: Sequence[Unit], keys: Sequence[ForeignKey], schema: Schema
) -> dict[int, set[int]]:
    """Return for each unit, by its number, the units that its rows may refer to."""
    owner = {leaf.id: number for number, unit in enumerate(units) for leaf in unit.holding}
    edges: dict[int, set[int]] = {number: set() for number in range(len(units))}
    for key in keys:
        if key.enforced:
            parents = {owner[one.id] for one in schema.holding(key.parent) if one.id in owner}
            for child in schema.holding(key.child):
                if child.id in owner:
                    edges[owner[child.id]] |= parents
    return edges


def _reached(start: int, edges: Mapping[int, set[int]]) -> set[int]:
    found: set[int] = set()
    ahead = list(edges[start])
    while ahead:
        number = ahead.pop()
        if number not in found:
            found.add(number)
            ahead += edges[number]
    return found
