"""The URL of a database, worded as SQLAlchemy words it, and read without loading SQLAlchemy.

Loading it took half of the time in which a command starts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import parse_qsl, quote, quote_plus, unquote

import msgspec

_DRIVER = re.compile(r"[\w+]+")
_USER = re.compile(r"([^:/]*)(?::([^@]*))?@")
_PLACE = re.compile(r"(?:\[([^/]+)\]|([^:]*))(?::(.*))?")


class Rendered(Protocol):
    """A URL of ours, or one of SQLAlchemy's."""

    def render_as_string(self, hide_password: bool = True) -> str:  # noqa: FBT002 - theirs
        """Return the URL as text."""


class URL(msgspec.Struct, frozen=True, kw_only=True):
    """Where a database is, and who asks; a value of ``query`` given several times is a tuple."""

    drivername: str
    username: str | None = None
    password: str | None = None
    host: str | None = None
    port: int | None = None
    database: str | None = None
    query: Mapping[str, str | tuple[str, ...]] = {}

    def get_backend_name(self) -> str:
        """Return the name of the database, without its driver."""
        return self.drivername.partition("+")[0]

    def set(self, **fields: Any) -> URL:
        """Return the URL with other fields."""
        return msgspec.structs.replace(self, **fields)

    def render_as_string(self, hide_password: bool = True) -> str:  # noqa: FBT002 - as theirs
        """Return the URL as text; what is hidden is three asterisks."""
        user = "" if self.username is None else quote(self.username, safe=" +")
        if self.username is not None and self.password is not None:
            user += ":" + ("***" if hide_password else quote(self.password, safe=" +"))
        place = f"[{self.host}]" if self.host and ":" in self.host else self.host or ""
        return "".join(
            (
                f"{self.drivername}://",
                "" if self.username is None else f"{user}@",
                place,
                "" if self.port is None else f":{self.port}",
                "" if self.database is None else f"/{quote(self.database, safe=' +/')}",
                "?" * bool(self.query),
                "&".join(f"{quote_plus(name)}={quote_plus(one)}" for name, one in self._asked()),
            )
        )

    def _asked(self) -> list[tuple[str, str]]:
        return [
            (name, one)
            for name, value in sorted(self.query.items())
            for one in ((value,) if isinstance(value, str) else value)
        ]

    def __repr__(self) -> str:
        return self.render_as_string()

    __str__ = __repr__

    def __hash__(self) -> int:
        return hash(self.render_as_string(hide_password=False))


def read_url(text: str) -> URL:
    """Return the URL that a text is. Raises ``ValueError``."""
    driver, found, rest = text.partition("://")
    if not found or not _DRIVER.fullmatch(driver):
        raise ValueError("expected DRIVER://, found something else")
    user = _USER.match(rest)
    place, _, asked = rest[user.end() if user else 0 :].partition("?")
    where, slash, database = place.partition("/")
    parts = _PLACE.fullmatch(where)
    if parts is None:
        raise ValueError("expected HOST:PORT, found something else")
    query: dict[str, str | tuple[str, ...]] = {}
    for name, value in parse_qsl(asked):
        there = query.get(name, ())
        earlier = (there,) if isinstance(there, str) else there
        query[name] = (*earlier, value) if earlier else value
    return URL(
        drivername=driver,
        username=unquote(user[1]) if user else None,
        password=unquote(user[2]) if user and user[2] is not None else None,
        host=parts[1] or parts[2] or None,
        port=int(parts[3]) if parts[3] else None,
        database=unquote(database) if slash else None,
        query=query,
    )
