"""URLs made fit to be shown: nothing in them that lets anybody in."""

from __future__ import annotations

import re

from sqlalchemy.engine import URL

_SECRET = re.compile(r"pass|secret|token|key", re.IGNORECASE)


def shown(url: URL) -> str:
    """Return a URL whose passwords, those in its query too, are hidden."""
    hidden = {name: "***" for name in url.query if _SECRET.search(name)}
    rest = {name: value for name, value in url.query.items() if name not in hidden}
    return url.set(query={**rest, **hidden}).render_as_string(hide_password=True)
