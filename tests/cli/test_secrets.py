"""Nothing that lets anybody in is shown."""

from __future__ import annotations

import pytest

from journal.errors import Unreachable
from journal.opening import connect, parse_url
from journal.secrets import hide_in_sql, shown

SECRET = "s3cretw0rd"


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://u:{SECRET}@127.0.0.1:1/x",
        f"postgresql://u@127.0.0.1:1/x?password={SECRET}",
        f"postgresql://u@127.0.0.1:1/x?password={SECRET}&sslmode=bogus",
        f"postgresql://u@127.0.0.1:1/x?sslpassword={SECRET}&application_name=a",
    ],
)
def test_passwords(url: str) -> None:
    """A URL is shown without its passwords, wherever they stand in it."""
    assert SECRET not in shown(parse_url(url))
    with pytest.raises(Unreachable) as error:
        connect(parse_url(url))
    assert SECRET not in str(error.value)


@pytest.mark.parametrize(
    ("said", "hidden"),
    [
        (
            f"options (user 'u', password '{SECRET}', \"API key\" 'x')",
            "options (user 'u', password '***', \"API key\" 'x')",
        ),
        (f"alter role r password E'it''s {SECRET}'", "alter role r password '***'"),
        (f"connection 'host=a password={SECRET}'", "connection 'host=a password=***'"),
        ("comment on column a.token is 'x'", "comment on column a.token is 'x'"),
    ],
)
def test_statements(said: str, hidden: str) -> None:
    """A statement is told without the passwords of its options."""
    assert hide_in_sql(said) == hidden
