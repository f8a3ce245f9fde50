"""Text made fit for a page: nothing in it acts, moves what stands beside it, or has no end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from markupsafe import Markup

from commands.visible import shown, visible

LONGEST = 400
"""Letters that are shown of a name, a reason, a message or a value."""

LINES = 60
"""Lines that are shown of the text of a statement or a definition."""


def fit(value: Any) -> Any:
    """Return what stands in a template as text that can be shown; markup of templates stays.

    The environment does this to everything that a template prints, before it is escaped.
    """
    if isinstance(value, Markup):
        return value
    return cut(visible(str(value)))


def cut(text: str, longest: int = LONGEST) -> str:
    """Return text, of a long one the beginning, and how much there is more of it."""
    if len(text) <= longest:
        return text
    return f"{text[:longest]}… ({len(text) - longest:,} more characters)"


def short(text: Any, longest: int) -> str:
    """Return text as a label in a drawing, where the whole of it is said elsewhere."""
    found = visible(str(text))
    return found if len(found) <= longest else f"{found[: longest - 1]}…"


def value(found: Any) -> str:
    """Return a value of a row."""
    return shown(found)


def lines(text: str) -> Iterator[str]:
    """Yield the lines of a statement, a query or a definition, the first of them."""
    found = text.expandtabs(4).strip("\n").splitlines()
    yield from found[:LINES]
    if len(found) > LINES:
        yield f"… ({len(found) - LINES:,} more lines)"


def moment(time: str) -> str:
    """Return a time of an entry to the second, in UTC."""
    return time[:19].replace("T", " ")


def number(found: int) -> str:
    """Return a number with its thousands apart; nothing for none."""
    return f"{found:,}" if found else ""


def seconds(found: float | None) -> str:
    """Return how long something took."""
    if found is None:
        return ""
    if found < 1:
        return f"{found * 1000:,.0f} ms"
    return f"{found:,.1f} s" if found < 120 else f"{found / 60:,.0f} min"


def joined(found: Iterable[str]) -> str:
    """Return words with commas."""
    return ", ".join(found)
