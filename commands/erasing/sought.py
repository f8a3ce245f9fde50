"""Values that are looked for in texts: a few, wherever they stand, or many, literal by literal."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from secrets import token_bytes
from typing import Any, Protocol

from commands.transform.values import Malformed, read
from journal.erased import Erased

LETTERS = 4
"""Characters that text has at least, to be looked for wherever it may stand."""
DIGITS = 6
"""Digits that a number has at least, to be looked for wherever it may stand."""

_WORDS = frozenset({"true", "false", "null", "none"})
_LITERAL = re.compile(r"'((?:[^']|'')*)'|\b(\d+(?:\.\d+)?)\b|\$(\w*)\$(.*?)\$\3\$", re.DOTALL)


class Sought(Protocol):
    """Tells whether texts hold values."""

    def holds(self, content: bytes) -> bool:
        """Tell whether a value that is long enough stands in bytes, in whatever form."""

    def spells(self, text: bytes) -> bool:
        """Tell whether a value, however short, is a literal of a statement."""


def form(value: Any) -> str | None:
    """Return a value as text has it; ``None`` of what says nothing."""
    match value:
        case None | bool() | Erased():
            return None
        case str():
            return value
        case bytes():
            return (
                value.decode("utf-8", "surrogateescape")
                if type(value) is not bytes
                else value.hex()
            )
        case _:
            return str(value)


def is_long(text: str) -> bool:
    """Tell whether text is long enough to be looked for wherever it may stand."""
    plain = text.strip().lower()
    return len(plain) >= (DIGITS if _is_number(plain) else LETTERS) and plain not in _WORDS


class Few:
    """Values of one row, or one subject: each is looked for as it stands, escaped or not."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts = frozenset(texts)
        self.long = frozenset(filter(is_long, self.texts))
        forms = sorted({one for text in self.long for one in _spellings(text)})
        self._pattern = re.compile(b"|".join(forms)) if forms else None

    def holds(self, content: bytes) -> bool:
        """Tell whether one that is long enough stands in bytes."""
        return self._pattern is not None and self._pattern.search(content) is not None

    def spells(self, text: bytes) -> bool:
        """Tell whether one is a literal of a statement."""
        return any(literal in self.texts for literal in literals(text))


class Many:
    """Values of a column, as keyed digests in a file of SQLite's that is gone when it is closed.

    Memory stays flat, and nothing that could be read is written anywhere.
    """

    def __init__(self) -> None:
        self._key = token_bytes(32)
        self._db = sqlite3.connect("")
        self._db.execute("CREATE TABLE value (digest BLOB PRIMARY KEY) WITHOUT ROWID")

    def add(self, texts: Iterable[str]) -> None:
        """Look for these too."""
        digests = ((self._digest(text),) for text in texts)
        self._db.executemany("INSERT OR IGNORE INTO value VALUES (?)", digests)

    def holds(self, content: bytes) -> bool:
        """Tell whether a literal of a text, or a value of JSON, is one that is long enough."""
        found = leaves(content)
        return any(map(self._has, filter(is_long, literals(content) if found is None else found)))

    def spells(self, text: bytes) -> bool:
        """Tell whether a literal of a statement is one."""
        return any(map(self._has, literals(text)))

    def close(self) -> None:
        """Forget them all."""
        self._db.close()

    def _has(self, text: str) -> bool:
        found = self._db.execute("SELECT 1 FROM value WHERE digest = ?", (self._digest(text),))
        return found.fetchone() is not None

    def _digest(self, text: str) -> bytes:
        given = text.encode("utf-8", "surrogatepass")
        return blake2b(given, key=self._key, digest_size=16).digest()


def literals(text: bytes) -> Iterator[str]:
    """Yield the strings and numbers of a statement, as far as they can be told without a parser."""
    for string, number, _, dollars in _LITERAL.findall(text.decode("utf-8", "replace")):
        yield string.replace("''", "'") or number or dollars


def leaves(content: bytes) -> list[str] | None:
    """Return the values within JSON, as text; ``None`` where it is not JSON."""
    try:
        return list(_leaves(read(content)))
    except Malformed:
        return None


def _leaves(value: Any) -> Iterator[str]:
    match value:
        case dict():
            for one in value.values():
                yield from _leaves(one)
        case list():
            for one in value:
                yield from _leaves(one)
        case _:
            text = form(value)
            if text is not None:
                yield text


def _is_number(text: str) -> bool:
    return text.lstrip("+-").replace(".", "", 1).isdigit()


def _spellings(text: str) -> Iterator[bytes]:
    """Patterns of how a value may be written: as it is, in JSON, in SQL, and in hexadecimal."""
    plain = text.encode("utf-8", "surrogateescape" if _has_bytes(text) else "surrogatepass")
    yield _bounded(plain)
    yield _bounded(json.dumps(text)[1:-1].encode())
    yield _bounded(json.dumps(text, ensure_ascii=False)[1:-1].encode("utf-8", "surrogatepass"))
    yield _bounded(plain.replace(b"'", b"''"))
    yield plain.hex().encode()


def _has_bytes(text: str) -> bool:
    return any("\udc80" <= letter <= "\udcff" for letter in text)


def _bounded(spelling: bytes) -> bytes:
    """The pattern of a value that is no part of a longer word; an escape is none."""
    escape = rb"(?<=\\[nrtbf])|(?<=\\u[0-9a-fA-F]{4})"
    before = rb"(?:(?<![0-9A-Za-z_])|" + escape + rb")" if spelling[:1].isalnum() else b""
    after = rb"(?![0-9A-Za-z_])" if spelling[-1:].isalnum() else b""
    return before + re.escape(spelling) + after
