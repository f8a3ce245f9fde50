"""What a migration of Sequelize or Knex makes: calls with literal names, and SQL in literals."""

from __future__ import annotations

import re
from collections.abc import Iterator

from commands.doctor.ledger.effect import Effect, ReadFile
from commands.doctor.ledger.read_sql import mentioned, read_statements
from journal.errors import Refused
from journal.values import DatabaseKind

_LITERAL = r"(?:'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"|`(?:[^`\\]|\\.)*`)"
_PIECE = re.compile(rf"(?P<literal>{_LITERAL})|//[^\n]*|/\*.*?\*/", re.DOTALL)
_WAY = r"(?:exports\.{0}|async\s+{0}|\b{0}\s*[:(=]|function\s+{0}|(?:const|let|var)\s+{0})"
_UP = re.compile(r"\b" + _WAY.format("up"))
_DOWN = re.compile(r"\b" + _WAY.format("down"))
_MAKES = re.compile(
    rf"\b(?P<call>createTable(?:IfNotExists)?|addColumn)\s*\(\s*(?P<first>{_LITERAL})"
    rf"(?:\s*,\s*(?P<second>{_LITERAL}))?"
)
_TAKES = re.compile(r"\b(?:drop|remove|rename)(?:[A-Z]\w*)?\s*\((?P<rest>[^)]{0,400})")
_CONDITION = re.compile(r"\b(?:if|else|for|while|switch|catch)\b|\?(?!\.)|&&|\|\|")
_NAME = re.compile(r"\w+")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\n": "", "\\": "\\", "'": "'", '"': '"', "`": "`"}
_SQL = re.compile(r"\s*(?:--[^\n]*\n\s*)*(?:create|alter|drop)\b", re.IGNORECASE)


def read_javascript(text: str, kind: DatabaseKind) -> ReadFile:
    """Read what leads forward; where the two ways cannot be told apart, it makes nothing."""
    text = _PIECE.sub(lambda found: found[0] if found["literal"] else " ", text)
    up, down = _UP.search(text), _DOWN.search(text)
    if up is None or (down is not None and down.start() < up.start()):
        return ReadFile((), frozenset(_gone(text)))
    text = text[up.start() : down.start() if down else len(text)]
    made = [*_calls(text), *_in_literals(text, kind)]
    return ReadFile(tuple(made), frozenset(_gone(text)))


def _calls(text: str) -> Iterator[Effect]:
    bare = _PIECE.sub(lambda found: "_" * len(found[0]), text)
    for call in _MAKES.finditer(text):
        if _may_not_run(bare[: call.start()]):
            continue
        first, second = _plain(call["first"]), _plain(call["second"] or "")
        if call["call"] == "addColumn" and first and second:
            told = f"the call addColumn({call['first']}, {call['second']})"
            yield Effect(kind="column", table=first, name=second, read=told)
        elif call["call"] != "addColumn" and first:
            told = f"the call {call['call']}({call['first']})"
            yield Effect(kind="table", name=first, read=told)


def _may_not_run(before: str) -> bool:
    """Tell whether a condition leads to what follows, but for one that asks if it is not there."""
    heads, start = list[str](), 0
    for place, letter in enumerate(before):
        if letter == "{":
            heads.append(before[start:place])
        elif letter == "}" and heads:
            heads.pop()
        if letter in "{};":
            start = place + 1
    return any(_CONDITION.search(head) and "!" not in head for head in (*heads, before[start:]))


def _in_literals(text: str, kind: DatabaseKind) -> Iterator[Effect]:
    for found in _PIECE.finditer(text):
        literal = _plain(found[0])
        if _SQL.match(literal):
            try:
                yield from read_statements(literal, kind, told="SQL in a literal").made
            except Refused:
                continue


def _gone(text: str) -> Iterator[str]:
    """Yield what may be taken away; where that is put together, every literal of the file."""
    literals = [found[0] for found in _PIECE.finditer(text)]
    calls = [call["rest"].lstrip() for call in _TAKES.finditer(text)]
    built = any(not rest.startswith(("'", '"', "`")) for rest in calls if rest)
    built = built or any("${" in one and mentioned(one) for one in literals)
    for rest in literals if built else calls:
        yield from (name.lower() for name in _NAME.findall(rest))
    for one in literals:
        yield from mentioned(one)


def _plain(literal: str) -> str:
    """Return what a literal says; nothing where it is put together, or escapes other things."""
    said = _ESCAPE.sub(lambda one: _ESCAPES.get(one[1], one[0]), literal[1:-1])
    unsure = any(one[1] not in _ESCAPES for one in _ESCAPE.finditer(literal))
    return "" if "${" in literal or unsure else said
