"""What a file of SQL makes and takes away. What stands in a block is never taken as made."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from commands.doctor.ledger.effect import ANY, Effect, ReadFile
from commands.sections import forward
from commands.split import postgresql, sqlite
from commands.split.statements import split
from journal.errors import Refused
from journal.values import DatabaseKind

Word = tuple[str, str]
"""A token's kind and its text, without quotes."""

_MADE = {"table": "table", "index": "index", "type": "type"}
_BEFORE = frozenset(("unlogged", "unique"))
_NO_COLUMN = frozenset("constraint primary unique foreign check exclude index key period".split())
_TAKES = re.compile(r"drop|rename|remove|set\s+schema", re.IGNORECASE)
_WORDS = re.compile(r"[^\W\d][\w$]*")


def read_sql(text: str, kind: DatabaseKind) -> ReadFile:
    """Read the part of a file that leads forward; one that cannot be taken apart makes nothing."""
    try:
        return read_statements(forward(text).text, kind, told="its statement")
    except Refused:
        return ReadFile((), mentioned(text))


def read_statements(text: str, kind: DatabaseKind, *, told: str) -> ReadFile:
    """Read statements in order: what is made again after it went is not gone.

    Raises:
        Refused: the text cannot be taken apart.
    """
    made: list[Effect] = []
    gone: set[str] = set()
    for one in split(text, kind):
        words = _words(one.text, kind)
        gone |= set(_gone(words))
        for effect in _made(words, told):
            made.append(effect)
            gone.discard(effect.name.lower())
    return ReadFile(tuple(made), frozenset(gone))


def mentioned(text: str) -> frozenset[str]:
    """Return all names of a text that may take something away; none where it does not."""
    if not _TAKES.search(text):
        return frozenset()
    found = frozenset(word.lower() for word in _WORDS.findall(text))
    return found | {ANY} if "schema" in found else found


def _words(text: str, kind: DatabaseKind) -> list[Word]:
    tokens = postgresql.tokens(text) if kind == "postgresql" else sqlite.tokens(text)
    found: list[Word] = []
    for token in tokens:
        piece = text[token.start : token.end]
        if token.kind == "quoted":
            found.append(("name", piece[1:-1].replace(piece[-1] * 2, piece[-1])))
        elif token.kind == "word":
            found.append(("word", piece.lower()))
        elif not token.blank:
            found.append((token.kind, piece))
    return found


def _plain(words: Sequence[Word]) -> list[str]:
    return [text if kind == "word" else "" for kind, text in words]


# --- what goes ------------------------------------------------------------------------


def _gone(words: Sequence[Word]) -> Iterator[str]:
    plain = _plain(words)
    for kind, text in words:
        if kind == "string":  # a block, or a statement put together
            yield from mentioned(text)
    if plain[:2] == ["alter", "table"]:
        _, table, at = _altered(words, plain)
        for action in _actions(words[at:]):
            yield from _gone_by(action, table)
    elif {"drop", "rename"} & set(plain):
        yield from (text.lower() for kind, text in words if kind in {"word", "name"})
        if "schema" in plain:
            yield ANY


def _gone_by(action: Sequence[Word], table: str) -> Iterator[str]:
    """Yield what one action of ALTER TABLE takes away, under the old name and the new."""
    plain = _plain(action)
    if plain[:1] == ["drop"] or (plain[:1] == ["rename"] and plain[1:2] != ["to"]):
        yield from (text.lower() for kind, text in action if kind in {"word", "name"})
    elif plain[:2] == ["rename", "to"] or plain[:2] == ["set", "schema"]:
        yield table.lower()


# --- what is made ---------------------------------------------------------------------


def _made(words: Sequence[Word], told: str) -> Iterator[Effect]:
    plain = _plain(words)
    if plain[:1] == ["create"]:
        at = next((place for place, word in enumerate(plain) if word in _MADE), 0)
        if at and set(plain[1:at]) <= _BEFORE:
            yield from _created(words, plain, at, told)
    elif plain[:2] == ["alter", "table"] and plain[2:4] != ["if", "exists"]:
        schema, table, at = _altered(words, plain)
        for action in _actions(words[at:]):
            yield from _added(action, schema, table, told)


def _created(words: Sequence[Word], plain: list[str], at: int, told: str) -> Iterator[Effect]:
    kind = plain[at]
    at += 1
    at += plain[at : at + 1] == ["concurrently"]
    at += 3 if plain[at : at + 3] == ["if", "not", "exists"] else 0
    schema, name, at = _name(words, at)
    if not name:
        return
    match kind:
        case "table" | "type":
            yield Effect(kind=kind, schema=schema, name=name, read=told)
        case _ if plain[at : at + 1] == ["on"]:
            at += 2 if plain[at + 1 : at + 2] == ["only"] else 1
            _, table, at = _name(words, at)
            columns = tuple(text for one, text in words[at:] if one in {"word", "name"})
            yield Effect(kind="index", table=table, name=name, columns=columns, read=told)


def _added(action: Sequence[Word], schema: str, table: str, told: str) -> Iterator[Effect]:
    plain = _plain(action)
    if plain[:1] != ["add"] or not table:
        return
    at = 1
    if plain[1:2] == ["column"]:
        at += 1
    elif plain[1:2] and plain[1] in _NO_COLUMN:
        return
    at += 3 if plain[at : at + 3] == ["if", "not", "exists"] else 0
    if at < len(action) and action[at][0] in {"word", "name"}:
        name = action[at][1]
        yield Effect(kind="column", schema=schema, table=table, name=name, read=told)


# --- names ----------------------------------------------------------------------------


def _altered(words: Sequence[Word], plain: list[str]) -> tuple[str, str, int]:
    """Return schema and name of the table of ALTER TABLE, and the place after it."""
    at = 2
    at += 2 if plain[at : at + 2] == ["if", "exists"] else 0
    at += plain[at : at + 1] == ["only"]
    return _name(words, at)


def _name(words: Sequence[Word], at: int) -> tuple[str, str, int]:
    """Read a name, qualified perhaps, and return it with the place after it."""
    names: list[str] = []
    while at < len(words) and words[at][0] in {"word", "name"}:
        names.append(words[at][1])
        at += 1
        if at == len(words) or words[at][0] != "dot":
            break
        at += 1
    return ".".join(names[:-1]), names[-1] if names else "", at


def _actions(words: Sequence[Word]) -> Iterator[Sequence[Word]]:
    """Cut the actions of ALTER TABLE apart, at commas that stand in no parentheses."""
    depth, cuts = 0, [-1]
    for place, (kind, text) in enumerate(words):
        depth += (kind == "open") - (kind == "close")
        if text == "," and not depth:
            cuts.append(place)
    for start, end in pairwise((*cuts, len(words))):
        yield words[start + 1 : end]
