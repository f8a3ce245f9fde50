"""Which rows refer to none: found among all rows of the source before the first is copied.

Keys are held as numbers that stand for their canonical texts, on disk. What refers to a row
that stays behind stays behind as well, and so on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from commands.copy.canonical import canonical
from commands.copy.marking import Marked
from commands.copy.plan import CopyPlan, ForeignKeyPlan
from commands.copy.reading import Aside, Reading, Values
from commands.copy.staging import Staging


class Edge(msgspec.Struct, frozen=True, kw_only=True):
    """A reference: from table number ``child`` to ``parent``, whose referred keys have a number."""

    number: int
    child: int
    parent: int
    keys: int
    plan: ForeignKeyPlan


class References:
    """All references between the tables of a plan, and the rows that stay behind."""

    def __init__(self, plan: CopyPlan, readings: Sequence[Reading], room: Staging) -> None:
        self._room = room
        self._names = [".".join(table.source.path) for table in plan.tables]
        numbers = {table.source.path: n for n, table in enumerate(plan.tables)}
        self.edges: list[Edge] = []
        self._pick: list[list[tuple[str, _Picker]]] = [[] for _ in plan.tables]
        keys: dict[tuple[int, tuple[int, ...]], int] = {}
        for child, table in enumerate(plan.tables):
            for one in table.foreign_keys:
                parent = numbers[one.references]
                referred = readings[parent].places(one.referred or plan.tables[parent].key)
                known = keys.setdefault((parent, referred), len(keys))
                edge = Edge(
                    number=len(self.edges), child=child, parent=parent, keys=known, plan=one
                )
                self.edges.append(edge)
                picker = _Picker(readings[child], readings[child].places(one.columns))
                self._pick[child].append((f"child_{edge.number}", picker))
        for (parent, referred), number in keys.items():
            self._pick[parent].append((f"parent_{number}", _Picker(readings[parent], referred)))
        for name in {name for some in self._pick for name, _ in some}:
            room.make(name, "h INTEGER, n INTEGER")
        room.make("aside", "t INTEGER, n INTEGER, orphan INTEGER, reason TEXT, PRIMARY KEY (t, n)")

    def add(self, table: int, rows: Sequence[Marked]) -> None:
        """Take in what some rows are referred to by, and what they refer to."""
        for name, picker in self._pick[table]:
            self._room.add(name, 2, picker.picked(rows))

    def put_aside(self, table: int, one: Aside) -> None:
        """Take in a row that does not convert; its key can be referred to all the same."""
        self._room.add("aside", 4, [(table, one.place, one.orphan, one.reason)])
        for name, picker in self._pick[table]:
            if name.startswith("parent") and one.key and (h := picker.of_key(one.key)) is not None:
                self._room.add(name, 2, [(h, one.place)])

    def settle(self) -> None:
        """Find the rows that refer to none, and whatever refers to them."""
        for number in {edge.keys for edge in self.edges}:
            self._room.run(f"CREATE INDEX parent_{number}_h ON parent_{number} (h, n)")
        for edge in self.edges:
            if edge.plan.declared:
                self._missing(edge)
        declared = [edge for edge in self.edges if edge.plan.declared]
        while sum(self._dependents(edge) for edge in declared):
            pass

    def dangling(self, edge: Edge) -> int:
        """Count the rows that refer to none where no foreign key forbids it."""
        return int(self._room.value(f"SELECT count(*) FROM ({self._unmatched(edge)})"))

    def orphans(self, table: int) -> Iterator[tuple[int, str]]:
        """Yield places of orphans of a table in order, with the reason."""
        sql = "SELECT n, reason FROM aside WHERE t = ? AND orphan ORDER BY n"
        return self._room.rows(sql, (table,))

    def reasons(self, table: int, *, orphan: bool) -> dict[str, int]:
        """Count the rows of a table that stay behind, by reason."""
        sql = (
            "SELECT reason, count(*) FROM aside WHERE t = ? AND orphan = ?"
            " GROUP BY 1 ORDER BY 2 DESC, 1"
        )
        return dict(self._room.rows(sql, (table, orphan)))

    def _missing(self, edge: Edge) -> None:
        """Set aside the rows whose parent is not there at all."""
        why = f"{_columns(edge)}: refers to no row of {self._names[edge.parent]}"
        self._room.run(
            f"INSERT OR IGNORE INTO aside SELECT {edge.child}, n, 1, ? FROM"
            f" ({self._unmatched(edge)})",
            (why,),
        )

    def _unmatched(self, edge: Edge) -> str:
        return (
            f"SELECT c.n FROM child_{edge.number} c"
            f" WHERE NOT EXISTS (SELECT 1 FROM parent_{edge.keys} p WHERE p.h = c.h)"
        )

    def _dependents(self, edge: Edge) -> int:
        """Set aside the rows whose parent stays behind; return how many are new."""
        room = self._room
        if not room.value("SELECT EXISTS (SELECT 1 FROM aside WHERE t = ?)", (edge.parent,)):
            return 0
        room.run(f"CREATE INDEX IF NOT EXISTS child_{edge.number}_h ON child_{edge.number} (h)")
        room.run(f"CREATE INDEX IF NOT EXISTS parent_{edge.keys}_n ON parent_{edge.keys} (n, h)")
        why = f"{_columns(edge)}: its row of {self._names[edge.parent]} stays behind"
        return room.run(
            f"INSERT OR IGNORE INTO aside SELECT {edge.child}, c.n, 1, ?"
            f" FROM aside a JOIN parent_{edge.keys} p ON p.n = a.n"
            f" JOIN child_{edge.number} c ON c.h = p.h"
            f" WHERE a.t = {edge.parent}"
            f" AND NOT EXISTS (SELECT 1 FROM aside b WHERE b.t = {edge.child} AND b.n = c.n)",
            (why,),
        )


class _Picker:
    """Takes the values of some columns out of rows, as one number."""

    def __init__(self, reading: Reading, places: tuple[int, ...]) -> None:
        self._places = places
        logical = [reading.plan.columns[place].logical for place in places]
        self._forms = tuple(canonical(one) for one in logical)
        within = [reading.key.index(place) for place in places if place in reading.key]
        self._of_key = tuple(within) if len(within) == len(places) else ()

    def picked(self, rows: Iterable[Marked]) -> Iterator[tuple[int, int]]:
        """Yield number and place of each row that has no null in these columns."""
        if len(self._places) == 1 and self._forms[0] is None:
            (place,) = self._places
            for n, values, _, _ in rows:
                if (value := values[place]) is not None:
                    yield hash(value), n
            return
        for n, values, _, _ in rows:
            if (number := self._number([values[place] for place in self._places])) is not None:
                yield number, n

    def of_key(self, key: Values) -> int | None:
        """Return the number of these columns where all of them are of the key."""
        return self._number([key[place] for place in self._of_key]) if self._of_key else None

    def _number(self, values: Sequence[Any]) -> int | None:
        if None in values:
            return None
        found = [
            value if form is None else form(value)
            for value, form in zip(values, self._forms, strict=True)
        ]
        return hash(found[0]) if len(found) == 1 else hash(tuple(found))


def _columns(edge: Edge) -> str:
    return ", ".join(edge.plan.columns)
