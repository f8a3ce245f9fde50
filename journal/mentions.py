"""Which names a definition or a statement says, as chains of words in lower case."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, TypeAlias

from journal.values import SchemaObject

Chain: TypeAlias = tuple[str, ...]
"""``app.person.id`` as its words."""

Said: TypeAlias = tuple[Chain, bool]
"""A chain, and whether a bracket follows, as after the name of a function."""

_WORD = r'(?:"(?:[^"]|"")+"|`[^`]+`|[^\W\d][\w$]*)'
_CHAIN = re.compile(rf"{_WORD}(?:\s*\.\s*{_WORD})*")
_PART = re.compile(_WORD)
_STATEMENT = re.compile(
    rf"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/|(?P<chain>{_CHAIN.pattern})(?P<call>\s*\()?", re.DOTALL
)
_DOLLARS = re.compile(r"\$(?:[^\W\d]\w*)?\$")
_BRACKETS = re.compile(r"\[([^\]]+)\]")


def named_in_definition(one: SchemaObject) -> frozenset[Chain]:
    """Return all chains in a definition, those in string literals too."""
    texts = list(_texts(one.definition))
    for column in one.columns:
        texts += _texts(column.definition)
    return frozenset(_words(found) for text in texts for found in _chains(text))


def referred_to(table: SchemaObject) -> frozenset[Chain]:
    """Return the tables that a SQLite table's foreign keys refer to."""
    keys = table.definition.get("foreign_keys", ())
    return frozenset((str(key["references"][0]).lower(),) for key in keys)


def named_in_statement(sql: str, *, qualified: bool) -> frozenset[Said]:
    """Return what a statement may name: chains' beginnings, literals and comments left out.

    ``qualified`` tells that a name may have a schema, and that ``[`` is no quote.
    """
    if not qualified:
        closed = sql.rfind("]") + 1  # behind it each bracket would be looked for to the end
        sql = _BRACKETS.sub(r'"\1"', sql[:closed]) + sql[closed:]
    found: set[Said] = set()
    for match in _STATEMENT.finditer(_DOLLARS.sub(" ", sql)):
        if match["chain"]:
            words = _words(match["chain"])
            called = match["call"] is not None
            if words[0] == "main" and not qualified:
                words = words[1:] or words
            found.add((words[:1], called and len(words) == 1))
            if qualified and len(words) > 1:
                found.add((words[:2], called and len(words) == 2))
    return frozenset(found)


def _chains(text: str) -> list[str]:
    return _CHAIN.findall(_DOLLARS.sub(" ", text))


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for one in value.values():
                yield from _texts(one)
        case list() | tuple():
            if all(isinstance(one, str) for one in value):
                yield ".".join(f'"{one}"' for one in value)
            for one in value:
                yield from _texts(one)


def _words(chain: str) -> Chain:
    return tuple(_plain(word) for word in _PART.findall(chain))


def _plain(word: str) -> str:
    if word[0] in '"`':
        word = word[1:-1].replace('""', '"')
    return word.lower()
