"""The gate: which statements are known to come back exactly.

Only what stands in a list passes; the words of a statement decide, before it runs. What a
statement does beyond its words is found when it ran, by the counters of the catalogs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

import msgspec

from journal.effect import StatementKind
from journal.errors import NotKnownExact, Refused
from journal.postgresql.beyond import REASONS
from journal.postgresql.tokens import Token, tokens

_EXACT = re.compile(
    r"table|index|view|trigger|function|procedure|routine|sequence|type|domain|schema|policy|rule"
    r"|statistics|extension|collation|conversion|aggregate|operator|cast|language|transform|access"
    r"|foreign|server|publication|event|text"
)
"""Kinds of objects that come back exactly."""

_FILLERS = frozenset(
    "or replace global local materialized temp temporary unlogged unique recursive constraint if not exists"
    " trusted procedural only default".split()
)
_NAMED = {
    "user mapping": "user-mapping",
    "large object": "large-object",
    "user": "role",
    "group": "role",
}
_TRANSACTION = frozenset("begin start commit end rollback abort savepoint release".split())
_ROWS = frozenset("insert update delete merge truncate do call execute fetch move".split())
_LARGE = frozenset(
    "lo_creat lo_create lo_from_bytea lo_put lo_truncate lo_truncate64 lo_unlink lo_import"
    " lo_export lowrite".split()
)
"""Functions that write large objects; those that only read them are harmless."""
_SETTING = frozenset(
    "set reset lock analyze prepare deallocate declare close listen unlisten discard".split()
)
PASSING = frozenset("notify checkpoint".split())
"""What changes nothing that could be taken back."""
_GRANTS = frozenset(
    "on grant option for select insert update delete truncate references trigger maintain usage"
    " execute create connect temporary temp all privileges".split()
)
_PINNED = {
    "role": "set-role",
    "session_authorization": "set-role",
    "authorization": "set-role",
    "session_replication_role": "session-replication-role",
    "track_counts": "track-counts",
    "client_encoding": "client-encoding",
    "names": "client-encoding",
    "standard_conforming_strings": "standard-conforming-strings",
    "all": "reset-all",
}
"""Settings that the capture stands on."""


class Reading(msgspec.Struct, frozen=True):
    """What the words of a statement tell: its kind, first word, and tokens."""

    kind: StatementKind
    verb: str
    tokens: tuple[Token, ...]


def classify(sql: str) -> StatementKind:
    """Tell what a statement is for.

    Raises:
        NotKnownExact: it is not in the list.
        Refused: transaction control, psql's own command, or an attempt on the journal.
    """
    return read(sql).kind


@lru_cache(maxsize=64)
def read(sql: str) -> Reading:
    """Read the words of a statement. Raises as ``classify`` does."""
    found = tokens(sql)
    while found and found[-1].text == ";" and found[-1].kind == "sign":
        found.pop()
    words = [token.text if token.kind == "word" else "" for token in found]
    verb = next((word for word in words if word), "")
    if found and found[0].text == "\\":
        raise Refused(
            "a command of psql, which is no SQL",
            hint="Write what the command does as SQL, or leave it out.",
        )
    while words and found[0].kind == "sign" and found[0].text == "(":
        words, found = words[1:], found[1:]
    _refuse_several(verb, found)
    kind = _kind(verb, words, found)
    if kind in ("rows", "schema", "outside") and _touches_journal(found):
        raise Refused(
            "the statement touches schema clew, where the journal stands",
            hint="Only Clew writes there.",
        )
    _refuse_functions(found)
    return Reading(kind, verb, tuple(found))


def _refuse_several(verb: str, found: Sequence[Token]) -> None:
    """Refuse a text of several statements: one of them could end the transaction.

    The body of a function in standard SQL has statements within, and ends with END.
    """
    places = [
        n for n, one in enumerate(found) if (one.kind, one.text, one.depth) == ("sign", ";", 0)
    ]
    if not places:
        return
    words = [token.text if token.kind == "word" else "" for token in found]
    ends = [n for n in places if words[n + 1 : n + 2] == ["end"]]
    if verb == "create" and "atomic" in words and ends == [len(found) - 2]:
        return
    raise Refused(
        "several statements in one text",
        hint="Give them one by one, so that each is captured for itself.",
    )


def _kind(verb: str, words: Sequence[str], found: Sequence[Token]) -> StatementKind:
    if not verb:
        return "query"
    if verb in _TRANSACTION or words[:2] == ["prepare", "transaction"]:
        raise Refused(
            f"control of the transaction: {verb}",
            hint="One migration is one transaction, and Clew begins and ends it.",
        )
    match verb:
        case "create" | "alter" | "drop":
            return _object(verb, words)
        case "with" | "select" | "values" | "table" | "explain" | "show":
            return _query(found)
        case "set" | "reset":
            return _setting(words, found)
        case "declare" | "discard":
            _refuse_session(verb, words)
        case "load":
            raise _unknown("load")
        case "cluster":
            return "schema" if any(token.name for token in _operands(found)) else "outside"
        case "copy":
            return _copy(words, found)
        case "comment" | "grant" | "revoke":
            return _about(verb, words)
        case "vacuum":
            return "outside"
        case "reindex":
            outside = {"concurrently", "database", "system", "schema"} & set(words[:8])
            return "outside" if outside else "schema"
    if verb in _ROWS:
        return "rows"
    if verb in _SETTING:
        return "setting"
    if verb in PASSING:
        return "query"
    if words[:2] == ["security", "label"]:
        return "schema"
    if words[:3] in (["refresh", "materialized", "view"], ["import", "foreign", "schema"]):
        return "schema"
    if words[:2] == ["reassign", "owned"]:
        return "schema"
    raise _unknown(verb if verb != "security" else _slug(words[:2]))


def _object(verb: str, words: Sequence[str]) -> StatementKind:
    rest = [word for word in words[1:] if word not in _FILLERS]
    head = " ".join(rest[:2])
    for start, name in _NAMED.items():
        if head == start or head.startswith(f"{start} "):
            raise _unknown(f"{verb}-{name}")
    kind = rest[0] if rest else ""
    if (verb, kind) in (("alter", "privileges"), ("drop", "owned")):
        return "schema"
    if not _EXACT.fullmatch(kind):
        raise _unknown(f"{verb}-{kind or 'something'}")
    if kind == "index" and "concurrently" in words[:6]:
        return "outside"
    if verb == "alter" and "concurrently" in words:
        raise _unknown("detach-partition-concurrently")
    return "schema"


def _query(found: Sequence[Token]) -> StatementKind:
    words = [token for token in found if token.kind == "word"]
    if any(token.text == "into" and token.depth == 0 for token in words):
        writes = any(token.text in ("insert", "merge") for token in words)
        return "rows" if writes else "schema"
    if words and words[0].text == "explain":
        return "rows" if any(token.text in ("analyze", "analyse") for token in words) else "query"
    inner = ("insert", "update", "delete", "merge")
    for n, token in enumerate(found):
        before = found[n - 1].text if n else ""
        # FOR UPDATE locks rows, it does not write them.
        if token.kind == "word" and token.text in inner and before in ("(", ")", ""):
            return "rows"
    return "query"


def _setting(words: Sequence[str], found: Sequence[Token]) -> StatementKind:
    rest = [token.text for token in found[1:] if token.name]
    while rest and rest[0] in ("local", "session") and len(rest) > 1:
        rest = rest[1:]
    name = rest[0].lower() if rest else ""
    if name in ("transaction", "characteristics"):
        raise Refused(
            "control of the transaction: set transaction",
            hint="One migration is one transaction, and Clew begins and ends it.",
        )
    utf8 = name in ("client_encoding", "names") and bool(
        {"utf8", "utf-8", "unicode"} & {token.text.lower() for token in found[2:]}
    )
    strings = name == "standard_conforming_strings" and "on" in words[2:]
    if name in _PINNED and not utf8 and not strings:
        raise NotKnownExact(
            _PINNED[name], f"{words[0]} {name} would change what the capture stands on"
        )
    return "setting"


def _refuse_session(verb: str, words: Sequence[str]) -> None:
    """Refuse what the session forgets too much by, and queries that run when it commits."""
    if verb == "discard" and {"all", "temp", "temporary"} & set(words[1:2]):
        raise _unknown("discard")
    place = words.index("cursor", 2) + 1 if "cursor" in words[2:] else len(words)
    if verb == "declare" and words[place : place + 2] == ["with", "hold"]:
        raise _unknown("cursor-with-hold")


def _operands(found: Sequence[Token]) -> Sequence[Token]:
    """Return what follows the verb, its options in brackets and VERBOSE."""
    return [token for token in found[1:] if not token.depth and token.text != "verbose"]


def _copy(words: Sequence[str], found: Sequence[Token]) -> StatementKind:
    outer = [token.text for token in found if token.kind == "word" and token.depth == 0]
    if "from" in outer:
        return "rows"
    del words
    raise NotKnownExact("copy-to", "copy to writes outside the database")


def _about(verb: str, words: Sequence[str]) -> StatementKind:
    if verb == "comment":
        rest = " ".join(words[2:4])
        for start, name in _NAMED.items():
            if rest.startswith(start):
                raise _unknown(f"comment-on-{name}")
        kind = words[2] if len(words) > 2 else ""
        if not (
            _EXACT.fullmatch(kind) or kind in ("column", "constraint", "materialized", "procedural")
        ):
            raise _unknown(f"comment-on-{kind}")
        return "schema"
    if "on" not in words:
        raise _unknown(f"{verb}-role")
    kind = words[list(words).index("on") + 1] if words[-1] != "on" else ""
    if kind in ("database", "tablespace", "large", "parameter"):
        raise _unknown(f"{verb}-on-{kind}")
    return "schema"


def _touches_journal(found: Sequence[Token]) -> bool:
    for n, token in enumerate(found):
        if not token.name or token.text != "clew":
            continue
        after = found[n + 1].text if n + 1 < len(found) else ""
        if after == "." or any(t.text == "schema" for t in found[max(0, n - 4) : n]):
            return True
    return False


def _refuse_functions(found: Sequence[Token]) -> None:
    """Refuse calls of functions whose effect no catalog and no counter shows."""
    for token, after in pairwise(found):
        if after.text != "(" or not token.name:
            continue
        if token.text in _LARGE:
            raise NotKnownExact("large-object", f"{token.text} writes large objects, or files")
        if token.text.startswith("dblink"):
            raise NotKnownExact("dblink", f"{token.text} reaches another database")


def _unknown(name: str) -> NotKnownExact:
    reason = REASONS.get(name) or REASONS.get(name.rpartition("-")[2])
    said = f": {reason}" if reason else " is not known to come back exactly"
    return NotKnownExact(name, f"{name.replace('-', ' ')}{said}")


def _slug(words: Sequence[str]) -> str:
    return "-".join(word for word in words if word)
