"""The map of tables as a drawing: what is referred to stands left of what refers to it, or above.

Layers after Sugiyama, Tagawa and Toda (1981): the longest way to a table that needs no other
gives the layer, and a few sweeps over the mean places of neighbours the order in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

import msgspec

from commands.html.text import short
from projections.relations import Edge, Node, Relations

WIDE, TALL = 208, 46
APART = 16
"""Pixels between tables of one layer."""

BESIDE = 4
"""Tables that stand beside each other where there is no room for more."""

PAGE = 1080
"""Pixels that a page has room for; what is wider goes down the page instead of across."""

SWEEPS = 4
LETTERS = 22


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """A table or view; places in pixels from the upper left."""

    x: int
    y: int
    label: str
    name: str
    note: str
    kind: str
    change: str
    touched: bool


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """A relation, as a path from the one that needs to the one that is needed."""

    path: str
    kind: str
    told: str


class Drawing(msgspec.Struct, frozen=True, kw_only=True):
    """All of it, and how large it is in pixels."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    ways: tuple[Way, ...]


Place = tuple[int, int]
"""Of a table: along the layers, where it begins, and across, where it begins."""


class _Axes(msgspec.Struct, frozen=True, kw_only=True):
    """Which way layers follow each other: a table's ``size`` that way, and its ``girth`` across.

    ``gap`` is the room between layers, ``most`` the tables that one has room for.
    """

    down: bool
    size: int
    girth: int
    gap: int
    most: int

    @property
    def step(self) -> int:
        """From one layer to the next."""
        return self.size + self.gap

    @property
    def stride(self) -> int:
        """From one table of a layer to the next."""
        return self.girth + APART

    def point(self, along: int, across: int) -> str:
        """Return a point of a path."""
        return f"{across} {along}" if self.down else f"{along} {across}"

    def corner(self, place: Place) -> Place:
        """Return x and y of a table."""
        return (place[1], place[0]) if self.down else place


_ACROSS = _Axes(down=False, size=WIDE, girth=TALL, gap=76, most=12)
_DOWN = _Axes(down=True, size=TALL, girth=WIDE, gap=58, most=BESIDE)


def drawing(found: Relations) -> Drawing | None:
    """Return the drawing of a map; nothing where nothing was touched."""
    if not found.nodes:
        return None
    nodes = {one.id: one for one in found.nodes}
    related = {end for one in found.edges for end in (one.source, one.target) if _goes_on(one)}
    layers = _layers([id_ for id_ in nodes if id_ in related], found.edges)
    axes = _ACROSS
    if len(_parted(layers, axes)) * axes.step > PAGE:
        axes = _DOWN
    columns = _parted(layers, axes)
    places = dict(_placed(columns, axes))
    corners = {id_: axes.corner(place) for id_, place in places.items()}
    bottom = max((y for _, y in corners.values()), default=-TALL - 2 * APART) + TALL + 2 * APART
    for number, id_ in enumerate(id_ for id_ in nodes if id_ not in related):
        row, column = divmod(number, BESIDE)
        corners[id_] = (column * (WIDE + APART), bottom + row * (TALL + APART))
    prefix = _shared(found.nodes)
    return Drawing(
        width=max(x for x, _ in corners.values()) + WIDE + 40,
        height=max(y for _, y in corners.values()) + TALL + 8,
        boxes=tuple(_box(one, *corners[id_], prefix) for id_, one in nodes.items()),
        ways=tuple(_ways(found.edges, nodes, places, columns, axes)),
    )


def _goes_on(edge: Edge) -> bool:
    return edge.source != edge.target


def _layers(ids: Sequence[int], edges: Sequence[Edge]) -> list[list[int]]:
    """Return the tables layer by layer, those that need no other first."""
    needs: dict[int, set[int]] = defaultdict(set)
    for one in edges:
        if _goes_on(one):
            needs[one.source].add(one.target)
    depth = _depths(ids, needs)
    layers: list[list[int]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for id_ in ids:
        layers[depth[id_]].append(id_)
    _order(layers, needs)
    return layers


def _parted(layers: Sequence[Sequence[int]], axes: _Axes) -> list[Sequence[int]]:
    """Return the layers, those that have no room in more than one part."""
    most = axes.most
    return [layer[n : n + most] for layer in layers for n in range(0, len(layer), most)]


def _depths(ids: Sequence[int], needs: Mapping[int, set[int]]) -> dict[int, int]:
    """Return the longest way of each to one that needs no other; circles are cut first."""
    place = {id_: n for n, id_ in enumerate(_in_line(ids, needs))}
    depth: dict[int, int] = {}
    for id_ in sorted(ids, key=place.__getitem__):
        before = (depth[one] + 1 for one in needs.get(id_, ()) if place[one] < place[id_])
        depth[id_] = max(before, default=0)
    return depth


def _in_line(ids: Sequence[int], needs: Mapping[int, set[int]]) -> list[int]:
    """Return tables so that few stand before one that they need.

    After Eades, Lin and Smyth, A fast and effective heuristic for the feedback arc set problem
    (1993): those that need none go first, those that none needs last, and of a circle the one
    that is needed most.
    """
    left, first, last = list(ids), [], []  # type: list[int], list[int], list[int]
    while left:
        inside = set(left)
        out = {one: len(needs.get(one, set()) & inside) for one in left}
        into = {one: sum(one in needs.get(other, ()) for other in left) for one in left}
        free = next((one for one in left if not out[one]), None)
        bare = next((one for one in left if not into[one]), None)
        if free is None and bare is not None:
            last.append(bare)
            left.remove(bare)
            continue
        chosen = max(left, key=lambda one: into[one] - out[one]) if free is None else free
        first.append(chosen)
        left.remove(chosen)
    return [*first, *reversed(last)]


def _order(layers: list[list[int]], needs: Mapping[int, set[int]]) -> None:
    near: dict[int, set[int]] = defaultdict(set)
    for source, targets in needs.items():
        for target in targets:
            near[source].add(target)
            near[target].add(source)
    for sweep in range(SWEEPS):
        for layer in layers if sweep % 2 == 0 else layers[::-1]:
            at = {id_: n / max(len(one), 1) for one in layers for n, id_ in enumerate(one)}
            layer.sort(key=lambda id_: _mean([at[one] for one in near[id_] if one in at], at[id_]))


def _mean(found: Sequence[float], otherwise: float) -> float:
    return sum(found) / len(found) if found else otherwise


def _placed(columns: Sequence[Sequence[int]], axes: _Axes) -> Iterator[tuple[int, Place]]:
    most = max(map(len, columns), default=0)
    for number, column in enumerate(columns):
        begin = (most - len(column)) * axes.stride // 2
        for place, id_ in enumerate(column):
            yield id_, (number * axes.step, begin + place * axes.stride)


def _shared(nodes: Sequence[Node]) -> str:
    """Return the schema that all tables are of; nothing where they are of several."""
    found = {node.name.partition(".")[0] for node in nodes if "." in node.name}
    return f"{found.pop()}." if len(found) == 1 and all("." in one.name for one in nodes) else ""


def _box(node: Node, x: int, y: int, prefix: str) -> Box:
    return Box(
        x=x,
        y=y,
        label=short(node.name.removeprefix(prefix), LETTERS),
        name=node.name,
        note=_note(node),
        kind=node.kind,
        change=node.change,
        touched=node.touched,
    )


def _note(node: Node) -> str:
    """Say what became of it, so that no colour has to."""
    said = {"passing": "made and dropped"}.get(node.change, node.change)
    rows = f"{node.rows:,} row{'' if node.rows == 1 else 's'}" if node.rows else ""
    found = [word for word in (said, rows) if word] or ([] if node.touched else ["not touched"])
    kind = "" if node.kind == "table" else "view"
    return " · ".join([word for word in (kind, *found) if word])


def _ways(
    edges: Iterable[Edge],
    nodes: Mapping[int, Node],
    places: Mapping[int, Place],
    columns: Sequence[Sequence[int]],
    axes: _Axes,
) -> Iterator[Way]:
    gaps = [_gaps([places[id_][1] for id_ in column], axes) for column in columns]
    for one in edges:
        said = f" ({', '.join(one.columns)})" if one.columns else ""
        told = f"{nodes[one.source].name} {one.kind} {nodes[one.target].name}{said}"
        if one.source in places:  # one that only refers to itself has no layer
            path = _path(places[one.source], places[one.target], gaps, axes)
            yield Way(path=path, kind=one.kind, told=told)


def _gaps(begins: Sequence[int], axes: _Axes) -> list[int]:
    """Return where a line passes between the tables of a layer."""
    half = APART // 2
    return [min(begins) - half, *(one + axes.girth + half for one in begins)]


def _path(source: Place, target: Place, gaps: Sequence[Sequence[int]], axes: _Axes) -> str:
    """Return the way between two tables, between those of the layers on the way."""
    half = axes.girth // 2
    if source[0] == target[0]:
        along, out = source[0] + axes.size, source[0] + axes.size + 36
        begin, end = source[1] + half, target[1] + half + (9 if source == target else 0)
        turn = f"C{axes.point(out, begin)},{axes.point(out, end)},{axes.point(along + 2, end)}"
        return f"M{axes.point(along, begin)} {turn}"
    late, early = max(source, target), min(source, target)
    points = [(late[0], late[1] + half), *_between(late, early, gaps, axes)]
    points.append((early[0] + axes.size, early[1] + half))
    if source == early:  # the one that closes a circle leads the other way
        points.reverse()
    path = f"M{axes.point(*points[0])}"
    for number, ((along, across), (along1, across1)) in enumerate(pairwise(points)):
        to, middle = axes.point(along1, across1), (along + along1) // 2
        turn = f" C{axes.point(middle, across)},{axes.point(middle, across1)},{to}"
        path += f" L{to}" if number % 2 else turn
    return path


def _between(
    late: Place, early: Place, gaps: Sequence[Sequence[int]], axes: _Axes
) -> Iterator[Place]:
    """Yield where a way enters and leaves each layer between two tables, from the later one."""
    half = axes.girth // 2
    for number in range(late[0] // axes.step - 1, early[0] // axes.step, -1):
        share = (number * axes.step - early[0]) / (late[0] - early[0])
        near = early[1] + half + (late[1] - early[1]) * share
        through = _nearest(gaps[number], near)
        yield number * axes.step + axes.size, through
        yield number * axes.step, through


def _nearest(gaps: Sequence[int], place: float) -> int:
    return min(gaps, key=lambda gap: (abs(gap - place), gap))
