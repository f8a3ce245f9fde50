"""Where a statement ends: which of the semicolons are its own."""

from __future__ import annotations

import re
from typing import Protocol

from commands.split.tokens import Token

_OPENS_ROUTINE = re.compile(r"create (or replace )?(function|procedure) ")
_OPENS_TRIGGER = re.compile(r"(explain (query plan )?)?create (temp |temporary )?trigger ")
_HEAD_WORDS = 6


class Ending(Protocol):
    """Follows the tokens of one statement, without blanks, and knows its last semicolon."""

    def ends(self, token: Token, word: str) -> bool:
        """Take the next token, ``word`` being it in lower case if it is a word."""

    @property
    def takes_data(self) -> bool:
        """Whether the lines that follow are data of this statement."""


class PostgresEnding:
    """Semicolons in parentheses (rules) and in BEGIN ATOMIC ... END belong to the statement."""

    def __init__(self) -> None:
        self._head = ""
        self._words = 0
        self._depth = 0
        self._atomic = 0
        self._last = ""
        self._from_stdin = False

    def ends(self, token: Token, word: str) -> bool:
        """Take the next token."""
        if token.kind == "open":
            self._depth += 1
        elif token.kind == "close":
            self._depth = max(0, self._depth - 1)
        elif word and self._depth == 0:
            self._follow(word)
        self._last = word or token.kind
        return token.kind == "semicolon" and self._depth == 0 and self._atomic == 0

    @property
    def takes_data(self) -> bool:
        """Whether it is COPY ... FROM STDIN."""
        return self._from_stdin and self._head.startswith("copy ")

    def _follow(self, word: str) -> None:
        if self._words < _HEAD_WORDS:
            self._head += f"{word} "
            self._words += 1
        if self._last == "from" and word == "stdin":
            self._from_stdin = True
        if self._last in {"as", "dot"}:
            return  # a label or a qualified name may be spelled like a keyword
        if (word == "atomic" and self._last == "begin" and _OPENS_ROUTINE.match(self._head)) or (
            self._atomic and word == "case"
        ):
            self._atomic += 1
        elif self._atomic and word == "end":
            self._atomic -= 1


class SqliteEnding:
    """A trigger ends with ``; END ;`` and with nothing else, as sqlite3_complete has it."""

    takes_data = False

    def __init__(self) -> None:
        self._head = ""
        self._words = 0
        self._only_words = True
        self._trigger = False
        self._tail: tuple[str, str] = ("", "")

    def ends(self, token: Token, word: str) -> bool:
        """Take the next token."""
        if self._only_words and word and self._words < _HEAD_WORDS:
            self._head += f"{word} "
            self._words += 1
            self._trigger = self._trigger or bool(_OPENS_TRIGGER.fullmatch(self._head))
        else:
            self._only_words = False
        tail, self._tail = self._tail, (self._tail[1], word or token.kind)
        if token.kind != "semicolon":
            return False
        return not self._trigger or tail == ("semicolon", "end")
