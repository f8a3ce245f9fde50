"""Markdown from data: nothing that a name or a reason holds can become markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from commands.visible import visible

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_MARKUP = re.compile(r"[\\`*{}\[\]#|~$!^=]|(?<![^\W_])_|_(?![^\W_])")


def text(value: object) -> str:
    """Return text that reads as it stands; it fits into one cell of a table.

    Control characters, ends of lines too, are shown escaped.
    """
    marked = _MARKUP.sub(lambda found: "\\" + found[0], visible(str(value)))
    return "".join(_ENTITIES.get(letter, letter) for letter in marked)


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Yield the lines of a table, an empty one after it; nothing where there is no row."""
    waiting = iter(rows)
    first = next(waiting, None)
    if first is None:
        return
    yield _row(header)
    yield _row("---" for _ in header)
    yield _row(map(text, first))
    for row in waiting:
        yield _row(map(text, row))
    yield ""


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
