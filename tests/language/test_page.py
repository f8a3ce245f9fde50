"""The page of outcomes is what the lists say, and can be read."""

from __future__ import annotations

import pytest

from tests.language.__main__ import LANGUAGE
from tests.language.commands import command
from tests.language.page import page


def test_page() -> None:
    """docs/language.md is what ``python -m tests.language`` writes."""
    assert LANGUAGE.read_text(encoding="utf-8") == page()


@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("create or replace temp view v as select 1", "CREATE VIEW"),
        ("create unique index on t (a)", "CREATE INDEX"),
        ('ALTER TABLE ONLY "a b" . "c" ADD z', "ALTER TABLE ... ADD COLUMN"),
        ("alter table if exists a.b add primary key (c)", "ALTER TABLE ... ADD CONSTRAINT"),
        ("alter table t alter c set data type text", "ALTER TABLE ... ALTER COLUMN ... TYPE"),
        ("alter table t rename a to b", "ALTER TABLE ... RENAME COLUMN"),
        ("/* x */ (select 1)", "SELECT"),
        ("PRAGMA main.user_version = 3", "PRAGMA user_version"),
        ("alter text search dictionary d rename to e", "ALTER TEXT SEARCH DICTIONARY"),
    ],
)
def test_command(sql: str, name: str) -> None:
    """A statement is found under the command a person would look up."""
    assert command([sql]) == name
