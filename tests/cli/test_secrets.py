"""Nothing that lets anybody in is shown."""

from __future__ import annotations

import pytest

from journal.errors import Unreachable
from journal.opening import connect, parse_url
from journal.secrets import shown

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
