"""Between files of SQLite a value arrives as it is stored, its storage class included."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.copy.plan import ColumnPlan, TablePlan
from commands.copy.spec import Conversion
from commands.copy.unfit import Unfit
from commands.init import init
from commands.opening import Asker, Target
from journal import open_journal
from journal.opening import parse_url
from journal.session import Statements
from journal.values import SchemaObject
from tests.copying_values.crossing import canonical, rendered

DECLARED = ["", "TEXT", "INTEGER", "REAL", "NUMERIC", "BLOB"]
STORED = st.lists(
    st.none()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=10)
    | st.sampled_from(["1", "1.0", "1e5", " 7 ", "007", "abc", "9223372036854775808"])
    | st.binary(max_size=10),
    min_size=1,
    max_size=8,
)


def _plan(table: SchemaObject, old: str, new: str, *null: Any) -> TablePlan:
    column = ColumnPlan(
        source="v",
        target="v",
        source_type=old,
        target_type=new,
        logical="stored",
        conversion=Conversion(null=null),
    )
    return TablePlan(source=table, target=table.path, columns=(column,))


def _table(run: Statements, name: str) -> SchemaObject:
    found = run.recording.known.objects.values()
    return next(one for one in found if one.kind == "table" and one.path == (name,))


def _through(run: Statements, name: str, values: list[Any]) -> list[Any]:
    """Insert values into a table and read them again."""
    run.execute(f"DELETE FROM {name}")
    table = _table(run, name)
    run.recording.insert(table, ("n", "v"), list(enumerate(values)), number=1)
    found = run.recording.database.dump(table)
    place = found.columns.index("v")
    return [row[place] for row in found.rows]


@pytest.mark.listed
@pytest.mark.parametrize("old", DECLARED)
@pytest.mark.parametrize("new", DECLARED)
def test_as_it_is(sqlite_url: str, old: str, new: str) -> None:
    """Whatever a column holds arrives in one of any type as it was, or is refused beforehand."""
    init(Target(url=parse_url(sqlite_url)), name="test", asker=Asker(actor="dana"))
    with open_journal(sqlite_url) as journal, journal.recording(actor="dana") as run:
        run.execute(f"CREATE TABLE old (n INTEGER PRIMARY KEY, v {old})")
        run.execute(f"CREATE TABLE new (n INTEGER PRIMARY KEY, v {new})")
        plan = _plan(_table(run, "old"), old, new)

        @given(STORED)
        def carried(values: list[Any]) -> None:
            there = _through(run, "old", values)
            fits = [value for value in there if _fits(plan, value)]
            assert old != new or fits == there
            arrived = _through(run, "new", rendered(plan, "sqlite", "sqlite", fits))
            assert canonical(plan, "sqlite", arrived) == canonical(plan, "sqlite", fits)

        carried()


def _fits(plan: TablePlan, value: Any) -> bool:
    try:
        rendered(plan, "sqlite", "sqlite", [value])
    except Unfit:
        return False
    return True


def test_nulls() -> None:
    """A value that means null is one of the very class: 0 is not '0'."""
    table = SchemaObject(id=1, kind="table", path=("t",))
    plan = _plan(table, "", "", "", 0)
    assert rendered(plan, "sqlite", "sqlite", ["", 0, "0", 0.0, b""]) == [None, None, "0", 0.0, b""]
