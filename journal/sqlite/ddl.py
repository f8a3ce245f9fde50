"""Reading SQLite statements as far as capture needs: tokens, targets, columns of a table.

SQLite itself parses what it runs; this reads only what its catalog does not tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

_TOKEN = re.compile(
    r"""
      (?P<blank>  [ \t\n\r\f]+ | --[^\n]* | /\*.*?(?:\*/|\Z) )
    | (?P<blob>   [xX]'[^']*' )
    | (?P<word>   [A-Za-z_\x80-\U0010ffff][A-Za-z_0-9$\x80-\U0010ffff]* )
    | (?P<string> '(?:[^']|'')*' )
    | (?P<quoted> "(?:[^"]|"")*" | `(?:[^`]|``)*` | \[[^\]]*\] )
    | (?P<number> (?:[0-9]|\.[0-9])[0-9A-Za-z_.]* )
    | (?P<other>  . )
    """,
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """A piece of a statement that means something, and where it stands."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def word(self) -> str:
        """The keyword in upper case; empty for anything quoted, which is never a keyword."""
        return self.text.upper() if self.kind in ("word", "other") else ""

    @property
    def name(self) -> str:
        """The name that the token stands for."""
        return unquote(self.text) if self.kind in ("quoted", "string") else self.text


def tokens(sql: str) -> Iterator[Token]:
    """Yield the tokens of a text without blanks and comments."""
    place = 0
    while found := _TOKEN.match(sql, place):
        place = found.end()
        kind = found.lastgroup or ""
        if kind != "blank":
            yield Token(kind, found.group(), found.start(), place)


def unquote(text: str) -> str:
    """Return a name without its quotes."""
    closing = "]" if text[0] == "[" else text[0]
    inner = text[1:-1]
    return inner if closing == "]" else inner.replace(closing * 2, closing)


class Alteration(NamedTuple):
    """What an ALTER TABLE says: names as written; ``column`` is the one dropped or renamed."""

    table: str
    action: Literal["rename", "rename column", "add", "drop", "other"]
    column: str = ""
    to: str = ""


@lru_cache(maxsize=64)
def alteration(sql: str) -> Alteration | None:
    """Read an ALTER TABLE statement; ``None`` for any other."""
    found = list(tokens(sql))
    if [t.word for t in found[:2]] != ["ALTER", "TABLE"] or len(found) < 4:
        return None
    place = 4 if found[3].text == "." and len(found) > 4 else 2
    table = found[place].name
    rest = found[place + 1 :]
    match [t.word for t in rest[:2]]:
        case ["RENAME", "TO"] if len(rest) > 2:
            return Alteration(table, "rename", to=rest[2].name)
        case ["RENAME", *_]:
            names = rest[2:] if _optional(rest) else rest[1:]
            return Alteration(table, "rename column", names[0].name, names[2].name)
        case ["ADD", *_]:
            return Alteration(table, "add")
        case ["DROP", "CONSTRAINT"] if len(rest) > 2:
            return Alteration(table, "other")
        case ["DROP", *_]:
            names = rest[2:] if _optional(rest) else rest[1:]
            return Alteration(table, "drop", names[0].name)
    return Alteration(table, "other")


def _optional(rest: Sequence[Token]) -> bool:
    """Whether the second word is COLUMN and not the name of a column."""
    if rest[1].word != "COLUMN":
        return False
    return len(rest) > 2 and rest[2].word not in ("TO", ";")


def module(found: Sequence[Token]) -> str:
    """Return the module that a CREATE VIRTUAL TABLE names, in lower case."""
    words = [token.word for token in found]
    place = words.index("USING") + 1 if "USING" in words else len(words)
    return found[place].name.lower() if place < len(found) else ""


class ColumnText(NamedTuple):
    """What a table's text says of one column and its catalog does not tell."""

    collation: str | None
    generated: str | None


def table_columns(sql: str) -> dict[str, ColumnText]:
    """Read the column definitions of a CREATE TABLE statement, by name in lower case."""
    found = list(tokens(sql))
    first = next((n for n, t in enumerate(found) if t.text == "("), None)
    if first is None:
        return {}
    columns = {}
    for part in _parts(found[first + 1 :]):
        if part and part[0].word not in _CONSTRAINTS:
            columns[part[0].name.lower()] = _column(part[1:], sql)
    return columns


def has_word(sql: str, word: str) -> bool:
    """Whether a keyword stands in the text, outside strings, names and comments."""
    return any(token.word == word for token in tokens(sql))


_CONSTRAINTS = ("CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN")


def _parts(found: Sequence[Token]) -> Iterator[list[Token]]:
    """Split at the commas of the outermost parenthesis, up to its end."""
    part: list[Token] = []
    depth = 0
    for token in found:
        if depth == 0 and token.text in (",", ")"):
            yield part
            part = []
            if token.text == ")":
                return
            continue
        depth += (token.text == "(") - (token.text == ")")
        part.append(token)


def _column(found: Sequence[Token], sql: str) -> ColumnText:
    collation = generated = None
    depth = 0
    for place, token in enumerate(found):
        if depth == 0 and token.word == "COLLATE" and place + 1 < len(found):
            collation = found[place + 1].name
        if depth == 0 and token.word == "AS" and place + 1 < len(found):
            generated = _parenthesis(found[place + 1 :], sql)
        depth += (token.text == "(") - (token.text == ")")
    return ColumnText(collation, generated)


def _parenthesis(found: Sequence[Token], sql: str) -> str:
    depth = 0
    for token in found:
        depth += (token.text == "(") - (token.text == ")")
        if depth == 0:
            return sql[found[0].end : token.start].strip()
    return ""
