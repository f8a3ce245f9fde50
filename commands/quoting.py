"""Names as both databases read them."""

from __future__ import annotations

from collections.abc import Iterable


def quoted(*names: str) -> str:
    """Return a name, qualified where there are several, so that it is read as it is."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def listed(names: Iterable[str]) -> str:
    """Return names as a list of columns."""
    return ", ".join(map(quoted, names))


def literal(text: str) -> str:
    """Return text as SQL says it on both databases."""
    return "'" + text.replace("'", "''") + "'"
