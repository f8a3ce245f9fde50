"""The gate: what a statement is for, and whether it is known to come back exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from journal.effect import StatementKind
from journal.errors import NotKnownExact, Refused
from journal.sqlite import modules, pragmas
from journal.sqlite.ddl import Token, module, tokens

_CONTROL = ("BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE")
_ROWS = ("INSERT", "REPLACE", "UPDATE", "DELETE")
_CREATED = ("TABLE", "INDEX", "VIEW", "TRIGGER")
_KINDS: Mapping[str, StatementKind] = {
    "": "query",
    "SELECT": "query",
    "VALUES": "query",
    "EXPLAIN": "query",
    **dict.fromkeys(_ROWS, "rows"),
    "DROP": "schema",
    "ALTER": "schema",
    "REINDEX": "setting",
    "ANALYZE": "setting",
    "ATTACH": "setting",
    "DETACH": "setting",
}


def explains(sql: str) -> bool:
    """Whether a statement only tells how another would run."""
    return next((token.word for token in tokens(sql)), "") == "EXPLAIN"


@lru_cache(maxsize=64)
def classify(sql: str) -> StatementKind:
    """Tell what a statement is for, without running it.

    Raises:
        NotKnownExact: the gate does not know the statement.
        Refused: transaction control, a command of the sqlite3 shell, or a switch that
            would blind the journal.
    """
    if sql.lstrip().startswith("."):
        raise Refused(
            f"a command of the sqlite3 shell: {sql.split(maxsplit=1)[0]}",
            hint="Only SQL is run; leave the shell's commands out.",
        )
    found = list(tokens(sql))
    while found and found[-1].text == ";":
        found.pop()
    word = found[0].word if found else ""
    if word in _KINDS:
        return _KINDS[word]
    match word:
        case "WITH":
            return _with(found)
        case "CREATE":
            return _create(found)
        case "VACUUM":
            return _vacuum(found)
        case "PRAGMA":
            return pragmas.classify(sql)
    _refuse(word)
    raise NotKnownExact("statement", f"a statement that is not known: {word.lower() or '?'}")


def _refuse(word: str) -> None:
    if word in _CONTROL:
        raise Refused(
            f"control of the transaction: {word}",
            hint="One migration is one transaction, and Clew begins and ends it.",
        )


def _with(found: Sequence[Token]) -> StatementKind:
    """The verb is the first one outside the parentheses of the common tables."""
    depth = 0
    for token in found:
        depth += (token.text == "(") - (token.text == ")")
        if depth == 0 and token.word in _ROWS:
            return "rows"
        if depth == 0 and token.word in ("SELECT", "VALUES"):
            return "query"
    return "query"


def _create(found: Sequence[Token]) -> StatementKind:
    words = [token.word for token in found[1:4]]
    if "VIRTUAL" in words[:1]:
        return _virtual(found)
    if words[:1] in (["TEMP"], ["TEMPORARY"]):
        return "schema"
    if "UNIQUE" in words[:1]:
        words = words[1:]
    if words and words[0] in _CREATED:
        return "schema"
    raise NotKnownExact("statement", "a CREATE statement that is not known")


def _virtual(found: Sequence[Token]) -> StatementKind:
    name = module(found)
    if name not in modules.EXACT:
        raise NotKnownExact(
            "create-virtual-table", f"virtual tables of {name or '?'} do not come back exactly"
        )
    return "schema"


def _vacuum(found: Sequence[Token]) -> StatementKind:
    if any(token.word == "INTO" for token in found):
        raise NotKnownExact("vacuum-into", "VACUUM INTO writes another file")
    return "outside"
