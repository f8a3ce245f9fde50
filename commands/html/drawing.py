"""The map of tables as a drawing: what is referred to stands left of what refers to it.

Layers after Sugiyama, Tagawa and Toda (1981): the longest way to a table that needs no other
gives the layer, and a few sweeps over the mean places of neighbours the order in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from commands.html.text import short
from projections.relations import Edge, Node, Relations

WIDE, TALL = 208, 46
ACROSS, DOWN = 76, 16
ROWS = 12
"""Tables beneath each other; more of one layer go on beside them."""

BESIDE = 4
"""Tables without any relation that stand beside each other."""

SWEEPS = 4
LETTERS = 24


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


def drawing(found: Relations) -> Drawing | None:
    """Return the drawing of a map; nothing where nothing was touched."""
    if not found.nodes:
        return None
    nodes = {one.id: one for one in found.nodes}
    related = {end for one in found.edges for end in (one.source, one.target) if _goes_on(one)}
    columns = _columns([id_ for id_ in nodes if id_ in related], found.edges)
    places = dict(_placed(columns))
    bottom = max((y for _, y in places.values()), default=-DOWN - TALL) + TALL + DOWN
    loose = [id_ for id_ in nodes if id_ not in related]
    for number, id_ in enumerate(loose):
        row, column = divmod(number, BESIDE)
        places[id_] = (column * (WIDE + DOWN), bottom + DOWN + row * (TALL + DOWN))
    return Drawing(
        width=max(x for x, _ in places.values()) + WIDE + 24,
        height=max(y for _, y in places.values()) + TALL + 8,
        boxes=tuple(_box(one, *places[id_]) for id_, one in nodes.items()),
        ways=tuple(_ways(found.edges, nodes, places, columns)),
    )


def _goes_on(edge: Edge) -> bool:
    return edge.source != edge.target


def _columns(ids: Sequence[int], edges: Sequence[Edge]) -> list[list[int]]:
    """Return the tables column by column, each from top to bottom."""
    needs: dict[int, set[int]] = defaultdict(set)
    for one in edges:
        if _goes_on(one):
            needs[one.source].add(one.target)
    depth = _depths(ids, needs)
    layers: list[list[int]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for id_ in ids:
        layers[depth[id_]].append(id_)
    _order(layers, needs)
    return [layer[n : n + ROWS] for layer in layers for n in range(0, len(layer), ROWS)]


def _depths(ids: Iterable[int], needs: Mapping[int, set[int]]) -> dict[int, int]:
    """Return the longest way of each to one that needs no other; a circle is cut where it closes."""
    depth: dict[int, int] = {}
    for start in ids:
        stack, open_ = [(start, iter(sorted(needs.get(start, ()))))], {start}
        while stack:
            id_, rest = stack[-1]
            following = next((one for one in rest if one not in depth and one not in open_), None)
            if following is not None:
                stack.append((following, iter(sorted(needs.get(following, ())))))
                open_.add(following)
                continue
            stack.pop()
            open_.discard(id_)
            known = (depth[one] + 1 for one in needs.get(id_, ()) if one in depth)
            depth.setdefault(id_, max(known, default=0))
    return depth


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


def _placed(columns: Sequence[Sequence[int]]) -> Iterator[tuple[int, Place]]:
    tallest = max(map(len, columns), default=0)
    for number, column in enumerate(columns):
        top = (tallest - len(column)) * (TALL + DOWN) // 2
        for row, id_ in enumerate(column):
            yield id_, (number * (WIDE + ACROSS), top + row * (TALL + DOWN))


def _box(node: Node, x: int, y: int) -> Box:
    return Box(
        x=x,
        y=y,
        label=short(node.name, LETTERS),
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
) -> Iterator[Way]:
    gaps = [_gaps([places[id_][1] for id_ in column]) for column in columns]
    for one in edges:
        columns_said = f" ({', '.join(one.columns)})" if one.columns else ""
        told = f"{nodes[one.source].name} {one.kind} {nodes[one.target].name}{columns_said}"
        path = _path(places[one.source], places[one.target], gaps)
        yield Way(path=path, kind=one.kind, told=told)


def _gaps(tops: Sequence[int]) -> list[int]:
    """Return the heights at which a line passes between the tables of a column."""
    return [min(tops) - DOWN // 2, *(top + TALL + DOWN // 2 for top in tops)] if tops else []


def _path(source: Place, target: Place, gaps: Sequence[Sequence[int]]) -> str:
    """Leave a table on its left, go between the tables of columns on the way, arrive on the right."""
    x, y, x1, y1 = source[0], source[1] + TALL // 2, target[0] + WIDE, target[1] + TALL // 2
    if x <= target[0]:  # back to itself, to its own column, or the one edge that closes a circle
        right = source[0] + WIDE
        return f"M{right} {y} C{right + 34} {y},{x1 + 34} {y1 + 9},{x1 + 2} {y1 + 9}"
    step = WIDE + ACROSS
    path = f"M{x} {y}"
    for number in range(x // step - 1, x1 // step, -1):
        near = y1 + (y - y1) * (number * step - x1) / max(source[0] - x1, 1)
        through = min(gaps[number], key=lambda gap: (abs(gap - near), gap))
        enter, leave = number * step + WIDE, number * step
        path += _curve(x, y, enter, through) + f" L{leave} {through}"
        x, y = leave, through
    return path + _curve(x, y, x1 + 2, y1)


def _curve(x: int, y: int, x1: int, y1: int) -> str:
    middle = (x + x1) // 2
    return f" C{middle} {y},{middle} {y1},{x1} {y1}"
