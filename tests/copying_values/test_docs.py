"""The tables of docs/conversions.md say what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from commands.copy import Copy
from commands.copy.mapping import HELD_AS, TO_SQLITE, logical_of, named
from tests.copying_values.making import planned, run, types

PAGE = (Path(__file__).parents[2] / "docs" / "conversions.md").read_text(encoding="utf-8")


def _rows(heading: str) -> list[list[str]]:
    """Return the cells of the table that begins with this head."""
    lines = PAGE.split(heading, 1)[1].splitlines()[2:]
    table = []
    for line in lines:
        if not line.startswith("|"):
            break
        table.append([cell.strip() for cell in line.strip("|").split("|")])
    return table


def _names(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


DECLARED = [
    (name, _names(cell)[0])
    for names, cell in _rows("| declared | becomes |")
    for name in _names(names)
]
HELD = [
    (name, _names(declared)[0], held)
    for names, declared, held in _rows("| PostgreSQL | declared | held as |")
    for name in _names(names)
]


def test_something_is_read() -> None:
    """Both tables are found in the page."""
    assert len(DECLARED) > 20
    assert len(HELD) > 12


@pytest.mark.parametrize(("declared", "becomes"), DECLARED)
def test_declared(declared: str, becomes: str) -> None:
    """A declared type of SQLite becomes what the page says."""
    assert named(declared) == becomes


@pytest.mark.parametrize(("name", "declared", "held"), HELD)
def test_held(name: str, declared: str, held: str) -> None:
    """A type of PostgreSQL is declared and held as the page says."""
    logical = logical_of(name)
    assert logical != "verbatim"
    assert TO_SQLITE[logical] == declared
    assert HELD_AS.get(logical, held) == held


def test_rules(sqlite_url: str, postgresql_url: str) -> None:
    """The rules of the page can be meant."""
    run(
        sqlite_url,
        "CREATE TABLE agencies (id TEXT PRIMARY KEY)",
        "CREATE TABLE users (id TEXT PRIMARY KEY, agency_id TEXT REFERENCES agencies,"
        " last_seen INTEGER, is_admin BOOLEAN)",
        "CREATE TABLE campaigns (id TEXT PRIMARY KEY, starts_on DATE)",
        "CREATE TABLE assets (id TEXT PRIMARY KEY, uploaded_by TEXT, created_at DATETIME)",
    )
    example = PAGE.split("```python\n", 1)[1].split("```", 1)[0]
    names: dict[str, object] = {}
    exec(example, names)
    spec = names["copy"]
    assert isinstance(spec, Copy)
    plan = planned(
        sqlite_url,
        postgresql_url,
        Copy(create=True, columns=spec.columns, references=spec.references),
    )
    assert plan.problems == ()
    assert types(plan, "users")["last_seen"] == "timestamp with time zone"
    assert [key.declared for table in plan.tables for key in table.foreign_keys] == [True, False]
