"""Deletions of a copy and foreign keys with actions: no row that no copy brought goes along."""

from __future__ import annotations

import pytest

from tests.copying.conftest import Journey, by_name

SOURCE = (
    "CREATE TABLE u (id integer PRIMARY KEY, up integer REFERENCES u ON DELETE CASCADE);\n"
    "CREATE TABLE v (id integer PRIMARY KEY, u integer REFERENCES u ON DELETE CASCADE);\n"
    "INSERT INTO u VALUES (1, NULL), (2, 1), (3, NULL);\n"
    "INSERT INTO v VALUES (1, 1), (2, 2), (3, 3);\n"
)
OTHERS = "CREATE TABLE mine (id integer PRIMARY KEY, u integer REFERENCES u ON DELETE {})"


def test_what_goes_along(into: Journey) -> None:
    """What goes along with its parent at the source goes in the target too, in any batch."""
    into.begin(SOURCE)
    into.copy()
    into.source.application("DELETE FROM u WHERE id = 1")
    done = by_name(into.copy("--batch", "1"))
    assert (done["u"]["deleted"], done["v"]["deleted"]) == (2, 2)
    assert into.target.application("SELECT id FROM u") == [(3,)]
    assert into.target.application("SELECT id, u FROM v") == [(3, 3)]


@pytest.mark.parametrize("action", ["CASCADE", "SET NULL"])
def test_a_table_of_others(into: Journey, action: str) -> None:
    """A deletion that would reach a table of the target's own is refused, and undone."""
    into.begin(SOURCE)
    into.copy()
    into.target.apply("001-mine", OTHERS.format(action))
    into.target.application("INSERT INTO mine VALUES (1, 2), (2, 3)")
    into.source.application("DELETE FROM u WHERE id = 1")
    said = into.refused()
    assert "would reach 1 row of " in said
    assert into.target.application("SELECT id, u FROM mine ORDER BY id") == [(1, 2), (2, 3)]
    assert into.target.application("SELECT count(*) FROM u") == [(3,)]
    into.target.application("DELETE FROM mine WHERE u = 2")
    into.copy()
    assert into.target.application("SELECT id, u FROM mine") == [(2, 3)]


def test_a_row_that_is_kept(into: Journey) -> None:
    """A row that somebody wrote and that is to be kept never goes with its parent."""
    into.begin(SOURCE)
    into.copy()
    into.target.application("INSERT INTO v VALUES (9, 1)")
    into.source.application("DELETE FROM u WHERE id = 1")
    assert "would reach 1 row of " in into.refused("--if-changed", "keep")
    assert (9, 1) in into.target.application("SELECT id, u FROM v")
    into.copy("--if-changed", "overwrite")
    assert into.target.application("SELECT id, u FROM v") == [(3, 3)]
