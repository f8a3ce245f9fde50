"""Schema changes taken back in a session whose settings twist what is written and read."""

from __future__ import annotations

import os
from collections.abc import Sequence

import pytest

from journal.postgresql.catalog.live import read_schema
from tests.postgresql import kinds as kinds_of
from tests.postgresql import odd as odd_of
from tests.postgresql import statements
from tests.postgresql.conftest import Populated
from tests.postgresql.keeping import Keeping

pytestmark = pytest.mark.listed

NIGHTLY = os.environ.get("CLEW_PROFILE") == "nightly"
EVERY = 1 if NIGHTLY else 6
"""Each so manyth statement is run; at night all of them are."""
TOGETHER = 20
"""Statements between two looks at the database as a whole."""

SETTINGS = {
    "datestyle": "German",
    "intervalstyle": "sql_standard",
    "timezone": "Asia/Kolkata",
    "search_path": '"Other", app, "no such schema"',
    "standard_conforming_strings": "off",
    "escape_string_warning": "off",
    "bytea_output": "escape",
    "extra_float_digits": "-15",
    "xmloption": "document",
    "array_nulls": "off",
    "quote_all_identifiers": "on",
    "check_function_bodies": "on",
    "default_toast_compression": "pglz",
    "transform_null_equals": "on",
    "plan_cache_mode": "force_generic_plan",
    "enable_sort": "off",
    "enable_hashjoin": "off",
}
"""All that an owner may set for a role or a database."""


def chunks(texts: Sequence[str]) -> list[tuple[str, ...]]:
    """Cut a list of statements to pieces.

    REFRESH ... CONCURRENTLY itself fails where all identifiers are quoted: the server's mistake.
    """
    chosen = [text for text in texts if "concurrently" not in text][::EVERY]
    return [tuple(chosen[n : n + TOGETHER]) for n in range(0, len(chosen), TOGETHER)]


def there_and_back(populated: Populated, texts: Sequence[str], row_security: str) -> None:
    """Do and undo statements one by one, then hold the database to what it was."""
    session = populated.session
    for name, value in (SETTINGS | {"row_security": row_security}).items():
        session.query("select set_config(%s, %s, false)", (name, value))
    try:
        for sql in texts:
            session.run("begin")
            keeping = Keeping(session)
            keeping.undo(keeping.undo(keeping.undo(keeping.do(sql))))
            known = keeping.catalog.schema()
            assert {one.id: one for one in read_schema(session, known)} == known, sql
            session.run("commit")
    except Exception as error:
        error.add_note(sql)
        raise
    finally:
        if session.in_transaction:
            session.run("rollback")
        session.run("reset all")
        session.run("set lock_timeout = '5s'")
    populated.hold_to_known()


@pytest.mark.parametrize("texts", chunks(statements.STATEMENTS), ids=lambda found: found[0][:40])
def test_everyday(populated: Populated, texts: Sequence[str]) -> None:
    """Everyday statements come back under hostile settings."""
    there_and_back(populated, texts, "off")


@pytest.mark.parametrize("texts", chunks(odd_of.EXACT), ids=lambda found: found[0][:40])
def test_odd(odd: Populated, texts: Sequence[str]) -> None:
    """Odd names, types and entanglements come back under hostile settings."""
    there_and_back(odd, texts, "on")


@pytest.mark.parametrize("texts", chunks(kinds_of.EXACT), ids=lambda found: found[0][:40])
def test_kinds(kinds: Populated, texts: Sequence[str]) -> None:
    """Every kind of object comes back under hostile settings."""
    there_and_back(kinds, texts, "on")
