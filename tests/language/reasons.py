"""Why a refusal is, and what to do instead, as docs/refused.md tells it."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import NamedTuple

REFUSED = Path(__file__).parents[2] / "docs" / "refused.md"
HEADINGS = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}


class Reason(NamedTuple):
    """One row of the table: ``names`` may hold patterns, as ``create-*``."""

    names: tuple[str, ...]
    why: str
    instead: str


def reason(database: str, name: str) -> Reason:
    """Return the row that tells of a name. Raises ``LookupError`` where none does."""
    rows = _rows(HEADINGS[database])
    for one in rows:
        if name in one.names:
            return one
    fitting = [
        (len(pattern), one)
        for one in rows
        for pattern in one.names
        if "*" in pattern and fnmatchcase(name, pattern)
    ]
    if fitting:
        return max(fitting, key=lambda pair: pair[0])[1]
    raise LookupError(f"docs/refused.md does not tell of {name} on {HEADINGS[database]}")


@cache
def _rows(heading: str) -> tuple[Reason, ...]:
    text = REFUSED.read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    cells = [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in text.splitlines()
        if line.startswith("| `")
    ]
    return tuple(
        Reason(tuple(re.findall(r"`([^`]+)`", names.replace("…", "*"))), why, instead)
        for names, _, why, instead in cells
    )
