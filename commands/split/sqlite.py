"""SQLite's lexical rules, as ``tokenize.c`` has them, as far as splitting needs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from commands.split.tokens import Token, TokenKind, unclosed

_TOKEN = re.compile(
    r"""
      (?P<space>     [ \t\n\r\f]+ )
    | (?P<comment>   --[^\n]* )
    | (?P<block>     /\*(?=.) )
    | (?P<word>      [A-Za-z_$\x80-\U0010ffff][A-Za-z_0-9$\x80-\U0010ffff]* )
    | (?P<string>    ' )
    | (?P<quoted>    ["`\[] )
    | (?P<number>    [0-9][0-9A-Za-z_.$\x80-\U0010ffff]* )
    | (?P<semicolon> ; )
    | (?P<open>      \( )
    | (?P<close>     \) )
    | (?P<dot>       \. )
    | (?P<other>     . )
    """,
    re.VERBOSE | re.DOTALL,
)
_SIMPLE: dict[str, TokenKind] = {
    "space": "space",
    "comment": "comment",
    "word": "word",
    "semicolon": "semicolon",
    "open": "open",
    "close": "close",
    "number": "other",
    "dot": "dot",
    "other": "other",
}
_NAMES = {"'": "string", '"': "quoted name", "`": "quoted name", "[": "bracketed name"}


def tokens(text: str, place: int = 0) -> Iterator[Token]:
    """Yield the tokens from ``place``; together they are the text.

    Raises:
        Unsplittable: a string or a name is never closed.
    """
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:  # the last alternative takes anything
            break
        name = found.lastgroup or ""
        kind = _SIMPLE.get(name)
        if kind is not None:
            token = Token(kind, place, found.end())
        elif name == "block":
            token = Token("comment", place, _block_end(text, place))
        else:
            token = Token("string" if name == "string" else "quoted", place, _ended(text, place))
        yield token
        place = token.end


def _block_end(text: str, start: int) -> int:
    """Comments do not nest. SQLite lets one run to the end of the text; a file may not."""
    end = text.find("*/", start + 2)
    if end < 0:
        raise unclosed(text, start, "comment")
    return end + 2


def _ended(text: str, start: int) -> int:
    """A doubled quote is two strings that touch, which splits the same."""
    closing = "]" if text[start] == "[" else text[start]
    end = text.find(closing, start + 1)
    if end < 0:
        raise unclosed(text, start, _NAMES[text[start]])
    return end + 1
