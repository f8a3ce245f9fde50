"""The command that a statement is, as a person would look it up."""

from __future__ import annotations

import re
from collections.abc import Sequence

_COMMENTS = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_WORD = re.compile(r'"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]|\w+|[^\s\w]')
_NAME = re.compile(r'["`\[]|\w')
_MODIFIERS = frozenset(
    "OR REPLACE TEMP TEMPORARY UNLOGGED UNIQUE CONSTRAINT RECURSIVE GLOBAL LOCAL TRUSTED"
    " PROCEDURAL".split()
)
_KINDS = (
    "FOREIGN DATA WRAPPER",
    "TEXT SEARCH CONFIGURATION",
    "TEXT SEARCH DICTIONARY",
    "TEXT SEARCH PARSER",
    "TEXT SEARCH TEMPLATE",
    "MATERIALIZED VIEW",
    "FOREIGN TABLE",
    "VIRTUAL TABLE",
    "EVENT TRIGGER",
    "OPERATOR CLASS",
    "OPERATOR FAMILY",
    "DEFAULT PRIVILEGES",
    "USER MAPPING",
    "ACCESS METHOD",
    "LARGE OBJECT",
    "OWNED BY",
)
_TWO_WORDS = ("SECURITY LABEL", "REASSIGN OWNED", "IMPORT FOREIGN", "VACUUM INTO", "COMMENT ON")
_WHOLE = {
    "SET NOT": "SET NOT NULL",
    "DROP NOT": "DROP NOT NULL",
    "SET WITHOUT": "SET WITHOUT CLUSTER",
    "NO FORCE": "NO FORCE ROW LEVEL SECURITY",
    **{f"{word} ROW": f"{word} ROW LEVEL SECURITY" for word in ("ENABLE", "DISABLE", "FORCE")},
}
"""What begins so, in full."""
_CONSTRAINTS = ("CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN", "EXCLUDE")
SEVERAL = "several at once"


def command(statements: Sequence[str]) -> str:
    """Name the command of a migration, or say that there are several."""
    found = {_command(sql) for sql in statements}
    return found.pop() if len(found) == 1 else SEVERAL


def _command(sql: str) -> str:
    words = _WORD.findall(_COMMENTS.sub(" ", sql))
    upper = [word.upper() for word in words]
    while upper[:1] == ["("]:
        upper = upper[1:]
    if not upper:
        return "nothing"
    if upper[0] == "\\" or upper[0] == ".":
        return "commands of a shell"
    if upper[0] in ("CREATE", "ALTER", "DROP"):
        return _definition(upper)
    start = " ".join(upper[:2])
    if upper[0] == "PRAGMA":
        return f"PRAGMA {(upper[3] if upper[2:3] == ['.'] else upper[1]).lower()}"
    if start in _TWO_WORDS or upper[0] == "REFRESH":
        return " ".join(upper[:3]) if upper[0] == "REFRESH" else start
    return "WITH ..." if upper[0] == "WITH" else upper[0]


def _definition(upper: list[str]) -> str:
    verb, rest = upper[0], upper[1:]
    while rest and rest[0] in _MODIFIERS and not (rest[0] == "CONSTRAINT" and verb != "CREATE"):
        rest = rest[1:]
    text = " ".join(rest)
    kind = next((one for one in _KINDS if text.startswith(one)), rest[0] if rest else "")
    if verb == "ALTER" and kind == "TABLE":
        return f"ALTER TABLE ... {_action(rest[1:])}"
    return f"{verb} {kind}".rstrip()


def _action(words: list[str]) -> str:
    """Tell the first action of an ALTER TABLE from the words after TABLE."""
    while words[:1] in (["IF"], ["EXISTS"], ["ONLY"]):
        words = words[1:]
    at = 1
    while at + 1 < len(words) and words[at] == ".":
        at += 2
    first, *rest = words[at:] or [""]
    then = rest[0] if rest else ""
    match first:
        case "ADD":
            return "ADD CONSTRAINT" if then in _CONSTRAINTS else "ADD COLUMN"
        case "DROP":
            return "DROP CONSTRAINT" if then == "CONSTRAINT" else "DROP COLUMN"
        case "ALTER" if then == "CONSTRAINT":
            return "ALTER CONSTRAINT"
        case "ALTER":
            tail = rest[2:] if then == "COLUMN" else rest[1:]
            typed = tail[:1] == ["TYPE"] or tail[:3] == ["SET", "DATA", "TYPE"]
            return "ALTER COLUMN ... TYPE" if typed else f"ALTER COLUMN ... {_two(tail)}"
        case "RENAME" if then in ("TO", "CONSTRAINT"):
            return f"RENAME {then}"
        case "RENAME":
            return "RENAME COLUMN"
        case "SET" | "RESET" if then == "(":
            return f"{first} (...)"
        case _:
            return _two([first, *rest])


def _two(words: list[str]) -> str:
    found = [word for word in words[:2] if _NAME.match(word)]
    text = " ".join(found[:1] if found[1:] and found[0] in ("OF", "INHERIT", "ADD") else found)
    return _WHOLE.get(text, text)
