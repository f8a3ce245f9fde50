"""Where rows come from, without a password: in words, and as what continues the copy."""

from __future__ import annotations

import shlex
from pathlib import Path

from sqlalchemy.engine import URL

from journal.secrets import shown


def place_of(url: URL) -> str:
    """Return the URL of a database without its password; of a file with its whole path."""
    if url.get_backend_name() == "sqlite":
        return f"sqlite:///{Path(url.database or '').resolve()}"
    bare = URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query)
    return shown(bare)


def again(place: str) -> str:
    """Return the command that goes on with a copy from there."""
    return f"clew copy --from {shlex.quote(place)}"
