"""What stands unaccepted beside the journal, and what hangs together with it.

A statement may touch what has nothing to do with drift. What it touches is known when it ran:
the objects it changed, the tables whose rows it wrote, the sequences it moved. None of them
may have drifted, depend on what drifted, or be depended on by it. Definitions name what they
depend on, so that one reading of them serves both databases.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from journal.effect import Effect
from journal.errors import Drifted
from journal.mentions import Chain, named_in_definition, named_in_statement, referred_to
from journal.values import DatabaseKind, ObjectChange, SchemaObject

Edges = Mapping[int, set[int]]

SHOWN = 3
"""Objects named in one line."""

_NAMELESS = ("schema", "extension", "setting", "internal")
"""Kinds that no statement names as it names a table or a function."""

_SIMPLE = ("table", "index")
"""Kinds that on SQLite name other tables by foreign keys alone."""


class Drift:
    """The differences between the journal's schema and the live one, within one run.

    ``changes`` lead from the journal's schema to the live one. An object and its parts
    (constraints, indexes, triggers ...) are one here.
    """

    def __init__(
        self,
        changes: Iterable[ObjectChange],
        known: Mapping[int, SchemaObject],
        kind: DatabaseKind,
    ) -> None:
        self.changes = tuple(changes)
        self._qualified = kind == "postgresql"
        self._objects = dict(known)
        self._chains: dict[int, tuple[SchemaObject, frozenset[Chain]]] = {}
        for change in self.changes:
            if change.after is not None:
                self._objects[change.after.id] = change.after
        self._drifted: dict[int, list[ObjectChange]] = defaultdict(list)
        for change in self.changes:
            self._drifted[_root(_side(change))].append(change)

    @property
    def live(self) -> tuple[SchemaObject, ...]:
        """The objects as they stand: the journal's, with what drifted."""
        gone = {one.before.id for one in self.changes if one.before and not one.after}
        return tuple(one for id_, one in self._objects.items() if id_ not in gone)

    def said(self) -> str:
        """Name the first objects that drifted."""
        return _listed(self.changes)

    def hold_text(self, sql: str) -> None:
        """Hold the names that a statement says against what drifted.

        Raises:
            Drifted: it says the name of something that drifted.
        """
        if not self.changes:
            return
        said = named_in_statement(sql, qualified=self._qualified)
        for root, changes in self._drifted.items():
            one = self._objects.get(root, _side(changes[0]))
            if one.kind in _NAMELESS:
                continue
            calls = (True,) if one.kind == "function" else (True, False)
            names = (_name(one), _name(one)[-1:])
            if any((name, call) in said for name in names for call in calls):
                raise _error(changes, one, "")

    def hold_effect(self, effect: Effect) -> None:
        """Hold what a statement did against what drifted, and go on over it.

        Raises:
            Drifted: it touched what drifted, or what hangs together with it.
        """
        if not self.changes:
            return
        ids = [rows.table for rows in effect.rows] + [move.object for move in effect.sequences]
        self.hold(effect.changes, ids)
        for change in effect.changes:
            if change.before is not None:
                self._objects.pop(change.before.id, None)
        for change in effect.changes:
            if change.after is not None:
                self._objects[change.after.id] = change.after

    def hold(self, changes: Sequence[ObjectChange], ids: Iterable[int]) -> None:
        """Hold changes, and tables and sequences by identity, against what drifted.

        Raises:
            Drifted: as ``hold_effect`` does.
        """
        if not self.changes:
            return
        sides = [one for change in changes for one in (change.before, change.after) if one]
        taken = {_side(change).path: change for change in self.changes}
        for one in sides:
            if one.path in taken:
                raise _error([taken[one.path]], one, "")
        known = dict.fromkeys(ids)
        touched = {_root(self._objects[id_]) if id_ in self._objects else id_ for id_ in known}
        touched |= {_root(one) for one in sides}
        edges = self._edges(sides)
        back = _turned(edges)
        names = {one.id: one for one in (*self._objects.values(), *sides)}
        for root in sorted(touched):
            for reached, how in ((edges, "depends on it"), (back, "is needed by it")):
                for found in sorted(_reach(root, reached) & self._drifted.keys()):
                    relation = "" if found == root else how
                    raise _error(self._drifted[found], names.get(root), relation)

    # --- what depends on what -----------------------------------------------------------

    def _edges(self, more: Iterable[SchemaObject]) -> Edges:
        """Return for each object those that it depends on."""
        objects = [*self._objects.values(), *more]
        roots: dict[Chain, set[int]] = defaultdict(set)
        for one in objects:
            if one.parent is None and one.kind not in _NAMELESS:
                roots[_name(one)].add(one.id)
        loose: dict[Chain, set[int]] = defaultdict(set)
        for path, found in roots.items():
            loose[path[-1:]] |= found
        schemas = dict(self._schemas())
        edges: dict[int, set[int]] = defaultdict(set)
        for one in objects:
            found = edges[_root(one)]
            bare = one.kind == "function" or not self._qualified
            for chain in self._named(one):
                for name in pairwise(chain):
                    found |= roots.get(name, set())
                if bare:
                    found |= loose.get(chain[:1], set())
            if len(one.path) > 1 and one.path[0] in schemas:
                found.add(schemas[one.path[0]])
        return edges

    def _schemas(self) -> Iterator[tuple[str, int]]:
        """Yield the schemas that came or went; one with other grants is still the schema."""
        for change in self.changes:
            one = _side(change)
            if one.kind == "schema" and not (change.before and change.after):
                yield one.path[0], one.id

    def _named(self, one: SchemaObject) -> frozenset[Chain]:
        kept = self._chains.get(one.id)
        if kept is None or kept[0] is not one:
            simple = not self._qualified and one.kind in _SIMPLE
            named = referred_to(one) if simple else named_in_definition(one)
            kept = self._chains[one.id] = (one, named)
        return kept[1]


def _name(one: SchemaObject) -> Chain:
    """Return the name by which others speak of an object."""
    *schema, last = one.path
    return (*(part.lower() for part in schema), last.split("(")[0].lower())


def _root(one: SchemaObject) -> int:
    return one.parent or one.id


def _side(change: ObjectChange) -> SchemaObject:
    one = change.after or change.before
    assert one is not None
    return one


def _turned(edges: Edges) -> Edges:
    back: dict[int, set[int]] = defaultdict(set)
    for one, others in edges.items():
        for other in others:
            back[other].add(one)
    return back


def _reach(start: int, edges: Edges) -> set[int]:
    found, open_ = {start}, [start]
    while open_:
        for one in edges.get(open_.pop(), ()):
            if one not in found:
                found.add(one)
                open_.append(one)
    return found


def _error(changes: Sequence[ObjectChange], touched: SchemaObject | None, relation: str) -> Drifted:
    said = _listed(changes)
    if relation and touched is not None:
        said += f", and {touched.kind} {'.'.join(touched.path)} {relation}"
    return Drifted(
        said,
        hint="Look at it with clew check; put it back, or take it in with clew accept.",
    )


def _listed(changes: Sequence[ObjectChange]) -> str:
    said = ", ".join(_said(change) for change in changes[:SHOWN])
    return said + (f" (and {len(changes) - SHOWN} more)" if len(changes) > SHOWN else "")


def _said(change: ObjectChange) -> str:
    one = _side(change)
    how = "is not as the journal has it"
    if change.before is None:
        how = "is not in the journal"
    elif change.after is None:
        how = "is not there"
    return f"{one.kind} {'.'.join(one.path)} {how}"
