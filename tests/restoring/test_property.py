"""Whatever was written between: restored is as at the backup, and rolled back as before it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.backups.files import take
from tests.drills.operator import Operator
from tests.restoring.story import restore
from tests.support.oracle import fingerprint

SCRIPT = (
    "CREATE TABLE parent (id integer PRIMARY KEY, code text UNIQUE, other integer);\n"
    "CREATE TABLE child (id integer PRIMARY KEY, parent integer REFERENCES parent (id)"
    " ON DELETE SET NULL, next integer REFERENCES child (id) ON DELETE CASCADE);\n"
    "CREATE TABLE loose (a text, b integer);\n"
)
IDS = st.integers(min_value=1, max_value=5)
TEXTS = st.sampled_from(["NULL", "'a'", "'b'", "'c'", "'é\\n'", "''"])


@st.composite
def statements(draw: st.DrawFn) -> str:
    """Draw one statement of an application; what the database refuses is let go."""
    one, two, text = draw(IDS), draw(IDS), draw(TEXTS)
    return draw(
        st.sampled_from(
            [
                f"INSERT INTO parent VALUES ({one}, {text}, {two})",
                f"INSERT INTO child VALUES ({one}, {two}, NULL)",
                f"UPDATE child SET next = {two} WHERE id = {one}",
                f"UPDATE child SET parent = {two} WHERE id = {one}",
                f"UPDATE parent SET code = {text} WHERE id = {one}",
                f"UPDATE parent SET id = {two} WHERE id = {one}",
                f"UPDATE parent SET other = id + {two}",
                f"DELETE FROM parent WHERE id = {one}",
                f"DELETE FROM child WHERE id = {one}",
                f"INSERT INTO loose VALUES ({text}, {one}), ({text}, {one})",
                f"UPDATE loose SET b = {two} WHERE b = {one}",
                f"DELETE FROM loose WHERE a = {text}",
            ]
        )
    )


@contextmanager
def allowed(operator: Operator) -> Iterator[None]:
    """Let a statement be refused."""
    with suppress(sqlite3.Error, psycopg.Error):
        yield


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_there_and_back(kind: str, request: pytest.FixtureRequest) -> None:
    """Random histories on both sides of a backup."""
    operator: Operator = request.getfixturevalue(f"{kind}_operator")
    operator.begin_with(SCRIPT)

    @settings(settings.get_profile("brief"))
    @given(st.lists(statements(), max_size=12), st.lists(statements(), min_size=1, max_size=12))
    def play(earlier: list[str], later: list[str]) -> None:
        for statement in earlier:
            with allowed(operator):
                operator.application(statement)
        place: Path = take(operator)
        before = fingerprint(operator.url)
        for statement in later:
            with allowed(operator):
                operator.application(statement)
        changed = fingerprint(operator.url)
        head = operator.lines("log")[-1]["position"]
        restore(operator, place)
        assert fingerprint(operator.url) == before
        operator.back(str(head))
        assert fingerprint(operator.url) == changed
        assert operator.type("verify")

    play()
