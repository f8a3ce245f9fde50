"""What a file of SQL asks for in comments before its first statement: ``-- clew: ...``."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from commands.sections import Section
from commands.split.statements import Piece
from commands.split.tokens import Unsplittable

_DIRECTIVE = re.compile(r"--[ \t]*clew:[ \t]*(?P<what>.*?)\s*")
_NO_TRANSACTION = "no-transaction"
_UNCHANGED = "unchanged"


class Directives(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the file is one transaction, and the tables that it must leave as they are."""

    transaction: bool = True
    unchanged: tuple[str, ...] = ()


def directives(section: Section, found: Iterable[Piece]) -> Directives:
    """Read them.

    Raises:
        Unsplittable: one is not known, comes too late, or goes with no other.
    """
    answer, begun, line = Directives(transaction=section.transaction), False, 1
    for piece in found:
        begun = begun or piece.kind == "statement"
        asks = _DIRECTIVE.fullmatch(section.text, piece.start, piece.end)
        if piece.kind != "comment" or asks is None:
            continue
        line = section.first_line + section.text.count("\n", 0, piece.start)
        answer = _with(answer, asks["what"], line)
        if begun:
            raise Unsplittable(
                "directive after the first statement", line=line, hint="Move it to the top."
            )
    if answer.unchanged and not answer.transaction:
        raise Unsplittable(
            "unchanged tables without a transaction",
            line=line,
            hint="Nothing could be taken back where one changed; leave one of the two out.",
        )
    return answer


def _with(answer: Directives, what: str, line: int) -> Directives:
    word, _, rest = what.partition(" ")
    names = tuple(name for name in map(str.strip, rest.split(",")) if name)
    if what == _NO_TRANSACTION:
        return msgspec.structs.replace(answer, transaction=False)
    if word == _UNCHANGED and names:
        return msgspec.structs.replace(answer, unchanged=(*answer.unchanged, *names))
    raise Unsplittable(
        f"directive {what!r} is not known",
        line=line,
        hint=f"Known are -- clew: {_NO_TRANSACTION} and -- clew: {_UNCHANGED} TABLE, TABLE.",
    )
