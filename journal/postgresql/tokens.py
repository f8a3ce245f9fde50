"""The words of one statement, with strings and comments out of the way."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

_TOKEN = re.compile(
    r"""
      (?P<space>    \s+ | --[^\n\r]* )
    | (?P<block>    /\* )
    | (?P<escaped>  [eE]'(?:[^'\\]|\\.|'')*' )
    | (?P<string>   (?:[bBxXnN]|[uU]&)?'(?:[^']|'')*' )
    | (?P<quoted>   (?:[uU]&)?"(?:[^"]|"")*" )
    | (?P<dollar>   \$(?P<tag>(?:[A-Za-z_\x80-\U0010ffff][A-Za-z_0-9\x80-\U0010ffff]*)?)\$
                    .*? \$(?P=tag)\$ )
    | (?P<word>     [A-Za-z_\x80-\U0010ffff][A-Za-z_0-9$\x80-\U0010ffff]* )
    | (?P<other>    . )
    """,
    re.VERBOSE | re.DOTALL,
)
# The server folds the letters of ASCII alone.
_LOWER = {ord(c): ord(c.lower()) for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
_BLOCK = re.compile(r"/\*|\*/")


class Token(msgspec.Struct, frozen=True):
    """A word, quoted name, string or sign; ``depth`` counts the brackets around it.

    ``text`` is lower case for a word, the name itself for a quoted one, and the inside of a
    string.
    """

    kind: str
    text: str
    depth: int

    @property
    def name(self) -> bool:
        """Whether it can be a name: a word or a quoted one."""
        return self.kind in ("word", "quoted")


def tokens(sql: str) -> list[Token]:
    """Return the tokens of a statement that mean something."""
    return list(_tokens(sql))


def _tokens(sql: str) -> Iterator[Token]:
    depth = place = 0
    while place < len(sql):
        found = _TOKEN.match(sql, place)
        if found is None:
            return
        kind, text = found.lastgroup or "other", found.group()
        place = found.end()
        match kind:
            case "space":
                continue
            case "block":
                place = _after_block(sql, place)
            case "word":
                yield Token("word", text.translate(_LOWER), depth)
            case "quoted":
                name = text[text.index('"') + 1 : -1].replace('""', '"')
                yield Token("quoted", name, depth)
            case "escaped" | "string":
                yield Token("string", text[text.index("'") + 1 : -1].replace("''", "'"), depth)
            case "dollar" | "tag":
                tag = len(found["tag"]) + 2
                yield Token("string", text[tag:-tag], depth)
            case _:
                depth -= text in ")]"
                yield Token("sign", text, depth)
                depth += text in "(["


def _after_block(sql: str, place: int) -> int:
    depth = 1
    while depth and (found := _BLOCK.search(sql, place)):
        depth += 1 if found.group() == "/*" else -1
        place = found.end()
    return place if not depth else len(sql)
