"""What a failed run tells in its entry: no values of rows."""

from __future__ import annotations

import pytest

from commands.failure import public_message
from journal.errors import ClewError, StatementFailed


@pytest.mark.parametrize(
    ("sqlstate", "message", "told"),
    [
        ("42P01", 'relation "person" does not exist', 'relation "person" does not exist'),
        (
            "22P02",
            'invalid input syntax for type integer: "dana@example.org"',
            'invalid input syntax for type integer: "..."',
        ),
        ("42601", "syntax error at or near \"'hunter2'\"", 'syntax error at or near "..."'),
        ("P0001", "dana@example.org is taken", "an error raised by code in the database"),
        (
            "SQLITE_CONSTRAINT_TRIGGER",
            "dana@example.org is taken",
            "an error raised by code in the database",
        ),
        ("23505", "duplicate key\nKey (email)=(dana@example.org)", "duplicate key"),
    ],
)
def test_values_of_rows_stay_out_of_the_entry(sqlstate: str, message: str, told: str) -> None:
    """The line about an error names objects, and hides what it quotes of values."""
    assert public_message(StatementFailed(message, sqlstate=sqlstate)) == told


def test_other_errors_are_one_line() -> None:
    """An error of any kind is told in one line that is never empty."""
    assert public_message(KeyboardInterrupt()) == "interrupted by the operator"
    assert public_message(ClewError("a\nb")) == "a"
    assert public_message(OSError()) == "OSError:"
