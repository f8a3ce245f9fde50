"""A file of SQL as pieces: statements, the data of COPY, and what stands between them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Literal

import msgspec

from commands.split import postgresql, sqlite
from commands.split.endings import Ending, PostgresEnding, SqliteEnding
from commands.split.tokens import Token, Unsplittable, line_of
from journal.values import DatabaseKind

_REST_OF_LINE = re.compile(r"[ \t]*(?:--[^\n\r]*)?(?:\r?\n|$)")
_DATA_END = re.compile(r"^\\\.\r?(?:\n|$)", re.MULTILINE)


class Piece(msgspec.Struct, frozen=True):
    """A stretch of the text; all pieces joined are the text.

    ``comment`` and ``gap`` (blanks, semicolons, the end of COPY data) are what no statement
    needs.
    """

    kind: Literal["statement", "comment", "gap", "data"]
    start: int
    end: int


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A statement: number and first line from 1, its very text, and the data that follows."""

    number: int
    line: int
    text: str
    data: str | None = None


def pieces(text: str, kind: DatabaseKind) -> Iterator[Piece]:
    """Take a text apart by the rules of one database.

    Raises:
        Unsplittable: something is never closed, or is a client's own command.
    """
    place = 0
    while place < len(text):
        for token in _tokens(text, kind, place):
            if token.kind == "comment" or token.blank or token.kind == "semicolon":
                yield Piece("comment" if token.kind == "comment" else "gap", *token[1:])
                place = token.end
            else:
                break
        else:
            return
        end, closed, takes_data = _statement_end(text, kind, place)
        yield Piece("statement", place, end)
        place = end
        if takes_data:
            for piece in _data(text, end, closed):
                yield piece
                place = piece.end


def split(text: str, kind: DatabaseKind, *, first_line: int = 1) -> tuple[Part, ...]:
    """Return the statements of a text, whose first line is ``first_line``.

    Raises:
        Unsplittable: as ``pieces`` does.
    """
    return statements(text, pieces(text, kind), first_line=first_line)


def statements(text: str, found: Iterable[Piece], *, first_line: int = 1) -> tuple[Part, ...]:
    """Return the statements among the pieces of a text."""
    parts: list[Part] = []
    line, counted = first_line, 0
    for piece in found:
        if piece.kind == "statement":
            line += text.count("\n", counted, piece.start)
            counted = piece.start
            sql = text[piece.start : piece.end]
            parts.append(Part(number=len(parts) + 1, line=line, text=sql))
        elif piece.kind == "data":
            data = text[piece.start : piece.end]
            parts[-1] = msgspec.structs.replace(parts[-1], data=data)
    return tuple(parts)


def leading_words(text: str, kind: DatabaseKind, most: int) -> tuple[str, ...]:
    """Return the first words of a statement in lower case, up to the first other token."""
    words: list[str] = []
    for token in _tokens(text, kind, 0):
        if token.blank:
            continue
        if token.kind != "word" or len(words) == most:
            break
        words.append(text[token.start : token.end].lower())
    return tuple(words)


def bare(text: str, kind: DatabaseKind, *, most: int = 40) -> str:
    """Return a statement's first tokens without comments, single-spaced, in lower case."""
    found = (text[token.start : token.end] for token in _tokens(text, kind, 0) if not token.blank)
    return " ".join(islice(found, most)).lower()


def on_one_line(text: str, kind: DatabaseKind) -> str:
    """Return a statement without comments, single-spaced; what is quoted stays as it is."""
    found: list[str] = []
    for token in _tokens(text, kind, 0):
        if not token.blank:
            found.append(text[token.start : token.end])
        elif found and found[-1] != " ":
            found.append(" ")
    return "".join(found).strip()


def _tokens(text: str, kind: DatabaseKind, place: int) -> Iterator[Token]:
    match kind:
        case "postgresql":
            return postgresql.tokens(text, place)
        case "sqlite":
            return sqlite.tokens(text, place)


def _statement_end(text: str, kind: DatabaseKind, place: int) -> tuple[int, int, bool]:
    """Where the last token ends, where the semicolon after it does, and if data follow."""
    ending: Ending = PostgresEnding() if kind == "postgresql" else SqliteEnding()
    end = closed = place
    for token in _tokens(text, kind, place):
        if token.blank:
            continue
        closed = token.end
        word = text[token.start : token.end].lower() if token.kind == "word" else ""
        if ending.ends(token, word):
            break
        end = token.end
    return end, closed, ending.takes_data


def _data(text: str, start: int, closed: int) -> Iterator[Piece]:
    r"""The data of COPY ... FROM STDIN: from the next line to the line ``\.``."""
    rest = _REST_OF_LINE.match(text, closed)
    if rest is None or rest.end() == len(text):
        raise Unsplittable(
            "COPY FROM STDIN without its data",
            line=line_of(text, start),
            hint="Begin the data on the line after COPY ...; and end it with a line \\. alone.",
        )
    end = _DATA_END.search(text, rest.end())
    if end is None:
        raise Unsplittable(
            "data of COPY FROM STDIN is never ended",
            line=line_of(text, rest.end()),
            hint="End the data with a line that holds \\. and nothing else.",
        )
    yield Piece("gap", start, rest.end())
    yield Piece("data", rest.end(), end.start())
    yield Piece("gap", end.start(), end.end())
