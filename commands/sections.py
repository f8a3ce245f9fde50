"""The part of a migration file that leads forward, where tools put two ways into one file."""

from __future__ import annotations

import re

import msgspec

from journal.errors import Refused

_MARK = re.compile(r"^--[ \t]*migrate:(up|down)(?:[ \t]+(\S.*?))?[ \t]*\r?$", re.MULTILINE)
_OPTION = re.compile(r"transaction:(true|false)")
_COMMENTS_ONLY = re.compile(r"(?:\s+|--[^\n]*(?:\n|$))*")
_FOREIGN = re.compile(
    r"^[ \t]*(--[ \t]*(?:\+goose|\+migrate|\+micrate|\+sheep|rambler|!Ups|!Downs|liquibase formatted sql"
    r"|@UNDO)|--//[ \t]*@UNDO|#[ \t]*---[ \t]*!(?:Ups|Downs))",
    re.MULTILINE | re.IGNORECASE,
)


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """The text that leads forward, the line it begins on, and if it wants a transaction."""

    text: str
    first_line: int = 1
    transaction: bool = True


def forward(text: str) -> Section:
    """Return the way forward of a file: all of it, or its ``-- migrate:up`` section (dbmate).

    Raises:
        Refused: sections out of order, of another tool, or with options that are not known.
    """
    if foreign := _FOREIGN.search(text):
        raise Refused(
            f"line {_line(text, foreign.start())}: sections of another tool "
            f"({foreign.group().strip()})",
            hint="Clew reads whole files, and -- migrate:up and -- migrate:down sections.",
        )
    marks = list(_MARK.finditer(text))
    if not marks:
        return Section(text=text)
    kinds = [mark.group(1) for mark in marks]
    if kinds not in (["up"], ["up", "down"]):
        raise Refused(
            f"line {_line(text, marks[0].start())}: expected one -- migrate:up and then at most "
            f"one -- migrate:down, found {', '.join(kinds)}",
            hint="Write each way once, the way forward first.",
        )
    up = marks[0]
    before = _COMMENTS_ONLY.match(text)
    if before is None or before.end() < up.start():
        raise Refused(
            f"line {_line(text, before.end() if before else 0)}: SQL before -- migrate:up",
            hint="Move it into the section below.",
        )
    end = marks[1].start() if len(marks) > 1 else len(text)
    return Section(
        text=text[up.end() : end],
        first_line=_line(text, up.end()),
        transaction=_transaction(up.group(2) or "", _line(text, up.start())),
    )


def _transaction(options: str, line: int) -> bool:
    transaction = True
    for option in options.split():
        known = _OPTION.fullmatch(option)
        if known is None:
            raise Refused(
                f"line {line}: option {option} of -- migrate:up is not known",
                hint="Known is transaction:true or transaction:false.",
            )
        transaction = known.group(1) == "true"
    return transaction


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1
