"""What a journal says of changes to a table: those that stand, and what runs wrote to it."""

from __future__ import annotations

from journal import events as e
from journal.values import ObjectChange, SchemaObject, Statement, TableRows
from projections.changes import Changes, TableChanges
from tests.projections.journals import Made

LOG, OTHER = 5, 6
TABLE = SchemaObject(id=LOG, kind="table", path=("log",))


def run(made: Made, name: str, *events: e.AnyEvent, **started: int) -> int:
    """Append a run, and return its last position."""
    begun = e.RunStarted(verb="rollback" if started else "apply", **started)  # type: ignore[arg-type]
    return made.add(begun, *events, e.RunCompleted(), run=name)


def wrote(number: int, *, table: int = LOG, added: int = 0, removed: int = 0) -> e.RowsChanged:
    """Return that a statement changed rows."""
    return e.RowsChanged(
        statement=Statement(number=number),
        rows=TableRows(table=table, added=added, removed=removed),
    )


def schema(number: int, *, dropped: bool = False) -> e.SchemaChanged:
    """Return that a statement made the table, or dropped it."""
    change = ObjectChange(before=TABLE) if dropped else ObjectChange(after=TABLE)
    return e.SchemaChanged(statement=Statement(number=number), changes=(change,))


def changes(made: Made) -> TableChanges:
    """Return the changes of the table."""
    fold = Changes.fold((LOG,))
    for entry in made.entries:
        fold.take(entry)
    return fold.answer().tables[LOG]


def test_what_stands() -> None:
    """Rows of runs that stand are counted, with the last entry; others and other tables are not."""
    made = Made()
    first = run(made, "a", wrote(1, added=3), wrote(2, removed=1), wrote(3, table=OTHER, added=9))
    last = run(made, "b", wrote(1, added=7))
    found = changes(made)
    assert (found.entries, found.rows, found.last) == (3, 11, last - 1)
    run(made, "c", wrote(1, removed=7), origin=last, target=first)
    found = changes(made)
    assert (found.entries, found.rows) == (2, 4)
    assert found.last == first - 2
    assert found.written == 18


def test_a_table_that_came_back() -> None:
    """What was written before a table was made again does not count, what came with it does."""
    made = Made()
    start = run(made, "a", wrote(1, added=50))
    gone = run(made, "b", wrote(1, removed=50), schema(1, dropped=True))
    assert changes(made).written == 100
    run(made, "c", wrote(1, added=50), schema(1), origin=gone, target=start)
    found = changes(made)
    assert (found.rows, found.written) == (50, 50)
    run(made, "d", wrote(1, added=2))
    assert changes(made).written == 52
