"""Rows of one key, which SQLite takes where the key is null: told for what they are."""

from __future__ import annotations

import pytest

from tests.copying.conftest import Journey

TABLE = (
    "CREATE TABLE t (k text PRIMARY KEY, v integer);\n"
    "INSERT INTO t VALUES (NULL, 1), (NULL, 2), ('a', 3);\n"
)


@pytest.mark.parametrize("into", ["sqlite"], indirect=True)
def test_again(into: Journey) -> None:
    """A second copy cannot tell them apart, says so, and changes none of them."""
    into.begin(TABLE)
    into.copy()
    said = into.refused()
    assert said.startswith("error: 2 rows of t have a key that another row has too")
    assert into.target.application("SELECT v FROM t ORDER BY v") == [(1,), (2,), (3,)]
