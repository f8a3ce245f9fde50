"""What both scanners speak: tokens by their place in the text, and the refusal of bad text."""

from __future__ import annotations

from typing import Literal, NamedTuple

from journal.errors import Refused

TokenKind = Literal[
    "space",
    "comment",
    "word",
    "string",
    "quoted",
    "open",
    "close",
    "semicolon",
    "dot",
    "other",
]


class Token(NamedTuple):
    """A piece of the text, ``start`` to ``end``; a plain tuple, because files are long."""

    kind: TokenKind
    start: int
    end: int

    @property
    def blank(self) -> bool:
        """Whether it separates tokens and means nothing itself."""
        return self.kind in ("space", "comment")


def line_of(text: str, place: int) -> int:
    """Return the line, from 1, on which ``place`` stands."""
    return text.count("\n", 0, place) + 1


class Unsplittable(Refused):
    """The text cannot be taken apart: something is never closed, or is no SQL.

    Attributes:
        line: where it begins, from 1, in the text as given.
        what: the message without the line.
    """

    def __init__(self, what: str, *, line: int, hint: str = "") -> None:
        super().__init__(f"line {line}: {what}", hint=hint)
        self.line = line
        self.what = what


def unclosed(text: str, start: int, what: str) -> Unsplittable:
    """Return the refusal of a string, comment or name that begins at ``start``."""
    return Unsplittable(
        f"{what} is never closed",
        line=line_of(text, start),
        hint="Close it in the same file.",
    )
