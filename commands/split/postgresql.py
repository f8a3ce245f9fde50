"""PostgreSQL's lexical rules, as ``scan.l`` and psql have them, as far as splitting needs.

``standard_conforming_strings`` is taken to be on; a file that switches it is refused elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from commands.split.tokens import Token, TokenKind, Unsplittable, line_of, unclosed

_START = r"A-Za-z_\x80-\U0010ffff"
_TOKEN = re.compile(
    rf"""
      (?P<space>     [ \t\n\r\f\v]+ )
    | (?P<comment>   --[^\n\r]* )
    | (?P<block>     /\* )
    | (?P<escaped>   [eE]' )
    | (?P<word>      [{_START}][{_START}0-9$]* )
    | (?P<string>    ' )
    | (?P<quoted>    " )
    | (?P<dollar>    \$(?:[{_START}][{_START}0-9]*)?\$ )
    | (?P<parameter> \$[0-9]+ )
    | (?P<number>    [0-9][0-9A-Za-z_.]* )
    | (?P<semicolon> ; )
    | (?P<open>      \( )
    | (?P<close>     \) )
    | (?P<command>   \\ )
    | (?P<dot>       \. )
    | (?P<other>     . )
    """,
    re.VERBOSE | re.DOTALL,
)
_BLOCK = re.compile(r"/\*|\*/")
_STANDARD_END = re.compile(r"[^']*'")
_ESCAPED_END = re.compile(r"(?:[^'\\]++|\\.|'')*+'", re.DOTALL)
_QUOTED_END = re.compile(r'[^"]*"')
# An escape string goes on after a line break, with its backslashes (scan.l: quotecontinue).
_CONTINUES = re.compile(r"(?:[ \t\f\v]|--[^\n\r]*)*[\n\r](?:[ \t\n\r\f\v]+|--[^\n\r]*[\n\r])*'")
_SIMPLE: dict[str, TokenKind] = {
    "space": "space",
    "comment": "comment",
    "word": "word",
    "semicolon": "semicolon",
    "open": "open",
    "close": "close",
    "parameter": "other",
    "number": "other",
    "dot": "dot",
    "other": "other",
}


def tokens(text: str, place: int = 0) -> Iterator[Token]:
    """Yield the tokens from ``place``; together they are the text.

    Raises:
        Unsplittable: something is never closed, or psql's own command stands there.
    """
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:  # the last alternative takes anything
            break
        name = found.lastgroup or ""
        kind = _SIMPLE.get(name)
        if kind is not None:
            token = Token(kind, place, found.end())
        else:
            token = _long(text, name, place, found)
        yield token
        place = token.end


def _long(text: str, name: str, start: int, found: re.Match[str]) -> Token:
    match name:
        case "block":
            return Token("comment", start, _block_end(text, start))
        case "escaped":
            return Token("string", start, _escaped_end(text, start, found.end()))
        case "string":
            return Token("string", start, _ended(text, start, found.end(), _STANDARD_END))
        case "quoted":
            return Token("quoted", start, _ended(text, start, found.end(), _QUOTED_END))
        case "dollar":
            end = text.find(found.group(), found.end())
            if end < 0:
                raise unclosed(text, start, f"dollar quote {found.group()}")
            return Token("string", start, end + len(found.group()))
        case _:
            shown = text[start : start + 40].split("\n", maxsplit=1)[0].strip()
            raise Unsplittable(
                f"psql command {shown}",
                line=line_of(text, start),
                hint="Only SQL runs here; write what the command does as SQL, or leave it out.",
            )


def _block_end(text: str, start: int) -> int:
    depth, place = 0, start
    while found := _BLOCK.search(text, place):
        depth += 1 if found.group() == "/*" else -1
        place = found.end()
        if depth == 0:
            return place
    raise unclosed(text, start, "comment")


def _ended(text: str, start: int, place: int, end: re.Pattern[str]) -> int:
    """A doubled quote is two strings that touch, which splits the same."""
    found = end.match(text, place)
    if found is None:
        what = "string" if text[start] == "'" else "quoted name"
        raise unclosed(text, start, what)
    return found.end()


def _escaped_end(text: str, start: int, place: int) -> int:
    while True:
        found = _ESCAPED_END.match(text, place)
        if found is None:
            raise unclosed(text, start, "string")
        more = _CONTINUES.match(text, found.end())
        if more is None:
            return found.end()
        place = more.end()
