"""Where rows come from, without a password: in words, and as what continues the copy."""

from __future__ import annotations

import shlex
from pathlib import Path

from journal.secrets import shown
from journal.url import URL


def place_of(url: URL) -> str:
    """Return the URL of a database without its password; of a file with its whole path."""
    if url.get_backend_name() == "sqlite":
        return f"sqlite:///{Path(url.database or '').resolve()}"
    bare = url.set(drivername="postgresql", password=None)
    return shown(bare)


def again(place: str) -> str:
    """Return the command that goes on with a copy from there."""
    return f"clew copy --from {shlex.quote(place)}"
