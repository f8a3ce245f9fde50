"""What a report adds to the audit: schema differences, the map of tables, decisions."""

from __future__ import annotations

import msgspec

from commands.html.drawing import PAGE, TALL, WIDE, drawing
from journal import events as e
from journal.values import SchemaObject
from projections.decisions import Decisions, DecisionsFold
from projections.ground import Ground
from projections.relations import Relations, relations
from projections.shapes import shapes
from projections.stretch import StretchFold
from tests.projections.journals import Made, changed, column, table, wrote


def stretch(made: Made, after: int = 0) -> StretchFold:
    """Fold a stretch."""
    fold = StretchFold(after)
    for entry in made.entries:
        fold.take(entry)
    fold.begin()
    return fold


def mapped(made: Made, after: int = 0, limit: int = 60) -> Relations:
    """Return the map of a stretch."""
    found = stretch(made, after)
    return relations(found.then, found.now, found.seen, found.rows, limit=limit)


def keyed(id_: int, name: str, *targets: str) -> SchemaObject:
    """Return a table that refers to others, as SQLite has it."""
    keys = [{"columns": [f"{one}_id"], "references": [one]} for one in targets]
    return table(id_, name, column(id_ + 1, "id"), foreign_keys=keys)


def test_shapes() -> None:
    """Columns that came, went or changed stand in their place; renames and parts are told."""
    before = table(1, "person", column(2, "id", "int"), column(3, "old"), column(4, "n", "int"))
    after = table(
        1, "people", column(2, "id", "bigint"), column(4, "n", "int"), column(5, "e", not_null=True)
    )
    index = SchemaObject(id=9, kind="index", path=("by_n",), parent=1, definition={"sql": "X (n)"})
    one, other = shapes({1: before}, {1: after, 9: index})
    assert (one.name, one.was, one.change) == ("people", "person", "changed")
    assert [(line.sign, line.text) for line in one.lines] == [
        ("~", "id bigint  (was: id int)"),
        ("-", "old text"),
        (" ", "n int"),
        ("+", "e text not null"),
    ]
    assert "column people.old dropped" in one.said
    assert (other.kind, other.change, other.lines[0].text) == ("index", "added", "X (n)")
    (gone,) = shapes({1: before, 9: index}, {})
    assert {line.sign for line in gone.lines} == {"-"}
    assert gone.lines[-1].text == "index by_n X (n)"
    assert shapes({1: before}, {1: before}) == shapes({}, {}) == ()


def test_the_beginning() -> None:
    """A database as found is where a stretch from the start begins; later it is what was there."""
    made = Made()
    person = table(1, "person", column(2, "id"))
    end = made.opened(person)
    wider = msgspec.structs.replace(person, columns=(*person.columns, column(3, "e")))
    made.run(changed(1, (person, wider)))
    assert shapes(stretch(made).then, stretch(made).now)[0].lines[-1].text == "e text"
    assert stretch(made, end).then == {1: person}
    assert stretch(made, made.head.position).then == {1: wider}
    assert stretch(Made()).then == {}


def test_map() -> None:
    """Touched tables and their neighbours are on the map, with those that came and went within."""
    made = Made()
    tables = [
        keyed(10, "users"),
        keyed(20, "carts", "users"),
        keyed(30, "far"),
        keyed(40, "items", "carts"),
    ]
    view = table(
        50, "open_carts", kind="view", sql='CREATE VIEW open_carts AS SELECT 1 FROM "carts"'
    )
    made.opened(*tables, view)
    new = keyed(60, "brief", "users", "brief")
    made.run(changed(1, (None, new)), wrote(2, 20, 3), changed(3, (new, None)))
    found = mapped(made)
    nodes = {one.name: one for one in found.nodes}
    assert nodes.keys() == {"users", "carts", "items", "open_carts", "brief"}
    assert (nodes["brief"].change, nodes["brief"].touched) == ("passing", True)
    assert (nodes["carts"].rows, nodes["users"].touched) == (3, False)
    names = {one.id: one.name for one in found.nodes}
    assert {(names[one.source], one.kind, names[one.target]) for one in found.edges} == {
        ("carts", "references", "users"),
        ("items", "references", "carts"),
        ("open_carts", "reads", "carts"),
        ("brief", "references", "users"),
        ("brief", "references", "brief"),
    }
    few = mapped(made, limit=2)
    assert {one.name for one in few.nodes} == {"brief", "carts"}
    assert few.left_out == 3


def test_drawing() -> None:
    """No two tables overlap, whatever the shape; what is needed comes first; circles are drawn."""
    chain = [
        keyed(10 * n, f"t{n:02}", *([f"t{n - 1:02}"] if n > 1 else ["t12"])) for n in range(1, 13)
    ]
    star = [keyed(10 * n, f"s{n}", *(["s1"] if n > 1 else [])) for n in range(1, 60)]
    loose = [keyed(10 * n, f"l{n}") for n in range(1, 8)]
    for tables in (chain, star, loose, [keyed(10, "self", "self")]):
        made = Made()
        made.opened(*tables)
        made.run(*(wrote(n, one.id) for n, one in enumerate(tables)))
        found = mapped(made)
        drawn = drawing(found)
        assert drawn is not None
        assert len(drawn.boxes) == len(tables)
        places = [(one.x, one.y) for one in drawn.boxes]
        for n, (x, y) in enumerate(places):
            assert x + WIDE <= drawn.width
            assert y + TALL <= drawn.height
            assert all(abs(x - x1) >= WIDE or abs(y - y1) >= TALL for x1, y1 in places[:n])
        assert len(drawn.ways) == len([one for one in found.edges if one.source != one.target])
        assert drawn.width <= PAGE + WIDE
    assert drawing(Relations()) is None


def decisions(made: Made, after: int = 0) -> Decisions:
    """Return the decisions of a stretch."""
    ground, found = Ground(), stretch(made, after)
    for entry in made.entries:
        ground.take(entry)
    fold = DecisionsFold(ground.standing, after=after, people=found.people)
    for entry in made.entries:
        fold.take(entry)
    return fold.answer()


def test_decisions() -> None:
    """Rules are counted with examples, people listed; what was revised or taken back is told."""
    made = Made()
    made.opened(table(1, "t"))
    many = [
        e.ConflictFound(
            conflict=f"c{n}", step="s", subject=str(n), field="t.f", candidates="d", count=2
        )
        for n in range(10)
    ]
    ruled = [e.ConflictDecided(conflict=f"c{n}", chosen=0, rule="first") for n in range(9)]
    end = made.head.position
    made.run(*many, *ruled, migration="m")
    first = made.head.position
    made.run(e.ConflictDecided(conflict="c9", chosen=1, reason="asked"))
    made.run(e.ConflictDecided(conflict="c0", chosen=1), target=None)
    found = decisions(made)
    assert {(one.by, one.person): one.number for one in found.decided} == {
        ("first", False): 9,
        ("dana", True): 2,
    }
    people = [one for one in found.listed if one.person]
    assert [(one.conflict, one.chosen, one.reason) for one in people] == [
        ("c9", 1, "asked"),
        ("c0", 1, ""),
    ]
    assert [one.conflict for one in found.listed if not one.person] == ["c0", "c1", "c2"]
    assert {one.migration for one in found.listed} == {"m"}
    assert [one.conflict for one in decisions(made, first).listed] == ["c9", "c0"]
    made.run(target=end)
    assert not any(one.stands for one in decisions(made).listed)
