"""Statements of a file that Clew takes over: the outer transaction and foreign_keys on SQLite.

What is taken over does not run; it is noted, and done in Clew's own way. Any other control
of the transaction is refused, because one migration is one transaction.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

import msgspec

from commands.split.statements import Part, bare, leading_words
from commands.split.tokens import Unsplittable
from journal.values import DatabaseKind

Control = Literal["begin", "commit", "foreign_keys_on", "foreign_keys_off", "other", ""]

_BEGIN = re.compile(r"begin( work| transaction| deferred| immediate| exclusive)*")
_BEGIN_POSTGRESQL = re.compile(r"(begin( work| transaction)?|start transaction)")
_COMMIT = re.compile(r"(commit|end)( work| transaction)?( and no chain)?")
_CONTROL = re.compile(
    r"(begin|start transaction|commit|end|rollback|abort|savepoint|release|prepare transaction"
    r"|set (session characteristics as |local )?transaction)\b"
)
_FOREIGN_KEYS = re.compile(
    r"pragma (?:\w+ \. )?foreign_keys (?:= |\( )'?(1|0|on|off|true|false|yes|no)'?(?: \))?"
)
_STRINGS = re.compile(r"set (session |local )?standard_conforming_strings (to |= )(?P<to>.*)")
_KEEPS_ROWS = re.compile(
    r"(create (unique |temp |temporary )*(table|index|view|trigger) (?!.* as select)"
    r"|alter table .* (add|rename) |drop (index|view|trigger) |select |pragma )"
)
_MATTERS = frozenset(
    [
        "begin",
        "start",
        "commit",
        "end",
        "rollback",
        "abort",
        "savepoint",
        "release",
        "prepare",
        "set",
        "pragma",
    ]
)
_ON = ("1", "on", "true", "yes")


class TakenOver(msgspec.Struct, frozen=True, kw_only=True):
    """What is left to run, and what was taken over from the file."""

    parts: tuple[Part, ...]
    notes: tuple[str, ...] = ()
    foreign_keys: bool = True


def take_over(parts: Sequence[Part], kind: DatabaseKind, *, transaction: bool) -> TakenOver:
    """Take the outer transaction and the switching of foreign keys out of a file.

    Raises:
        Unsplittable: other control of the transaction, with its line.
    """
    words = [_words(part, kind) for part in parts]
    found = [_control(text, kind) for text in words]
    notes: list[str] = []
    _refuse_other(parts, found, words)
    outer = [(part, role) for part, role in zip(parts, found, strict=True) if role in _OUTER]
    if outer:
        _check_outer(parts, found, transaction=transaction)
        notes.append(f"transaction of the file taken over (lines {_lines(outer)})")
    switched = [entry for entry in zip(parts, found, strict=True) if entry[1].startswith("foreign")]
    foreign_keys = not any(role == "foreign_keys_off" for _, role in switched)
    if switched:
        if not foreign_keys:
            _check_outside(parts, found, kind)
        how = "on throughout" if foreign_keys else "off throughout, checked at the end"
        notes.append(f"foreign_keys taken over (lines {_lines(switched)}): {how}")
    rest = tuple(part for part, role in zip(parts, found, strict=True) if not role)
    return TakenOver(parts=rest, notes=tuple(notes), foreign_keys=foreign_keys)


_OUTER = ("begin", "commit")


def _words(part: Part, kind: DatabaseKind) -> str:
    """The statement in plain words, where its first one tells that it may matter."""
    first = leading_words(part.text, kind, 1)
    if (first and first[0] in _MATTERS) or part.text.startswith("."):
        return bare(part.text, kind)
    return ""


def _control(text: str, kind: DatabaseKind) -> Control:
    if kind == "sqlite" and (switch := _FOREIGN_KEYS.fullmatch(text)):
        return "foreign_keys_on" if switch.group(1) in _ON else "foreign_keys_off"
    begin = _BEGIN if kind == "sqlite" else _BEGIN_POSTGRESQL
    if begin.fullmatch(text):
        return "begin"
    if _COMMIT.fullmatch(text):
        return "commit"
    return "other" if _CONTROL.match(text) else ""


def _refuse_other(parts: Sequence[Part], found: Sequence[Control], words: Sequence[str]) -> None:
    for part, role, text in zip(parts, found, words, strict=True):
        if text.startswith("."):
            raise Unsplittable(
                f"command of the sqlite3 shell {part.text.splitlines()[0]}",
                line=part.line,
                hint="Only SQL runs here; write what the command does as SQL, or leave it out.",
            )
        if role == "other":
            shown = " ".join(text.split()[:3])
            raise Unsplittable(
                f"control of the transaction: {shown}",
                line=part.line,
                hint="One migration is one transaction, and Clew begins and ends it.",
            )
        strings = _STRINGS.fullmatch(text)
        if strings and strings["to"].strip("'\" ") not in _ON:
            raise Unsplittable(
                "switches standard_conforming_strings",
                line=part.line,
                hint="Write strings with backslashes as E'...' instead.",
            )


def _check_outer(parts: Sequence[Part], found: Sequence[Control], *, transaction: bool) -> None:
    """One BEGIN before all and one COMMIT after all; only pragmas stand outside."""
    roles = [role for role in found if not role.startswith("foreign")]
    first = next(p for p, role in zip(parts, found, strict=True) if role in _OUTER)
    if not transaction:
        raise Unsplittable(
            "a transaction in a file that asks for none",
            line=first.line,
            hint="Take BEGIN and COMMIT out, or the directive.",
        )
    inner = [role for role in roles[1:-1] if role in _OUTER]
    if roles[0] == "begin" and roles[-1] == "commit" and not inner:
        return
    raise Unsplittable(
        "BEGIN and COMMIT do not enclose the file",
        line=first.line,
        hint="One migration is one transaction; split the file, or take BEGIN and COMMIT out.",
    )


def _check_outside(parts: Sequence[Part], found: Sequence[Control], kind: DatabaseKind) -> None:
    """Refuse statements whose effect may differ because foreign keys are now off for all."""
    off = False
    for part, role in zip(parts, found, strict=True):
        if role.startswith("foreign"):
            off = role == "foreign_keys_off"
        elif not role and not off and not _KEEPS_ROWS.match(f"{bare(part.text, kind)} "):
            raise Unsplittable(
                "runs with foreign_keys on in a file that switches it off elsewhere",
                line=part.line,
                hint="Put it into a migration of its own.",
            )


def _lines(entries: Sequence[tuple[Part, Control]]) -> str:
    return ", ".join(str(part.line) for part, _ in entries)
