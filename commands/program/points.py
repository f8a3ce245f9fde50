"""SQL savepoints that a program sets within a recorded block."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from typing import Literal

import msgspec

from journal.errors import Refused
from journal.recording import Recording

_SAID = re.compile(
    r"\s*(?:(?P<release>RELEASE(?:\s+SAVEPOINT)?)|(?P<set>SAVEPOINT)"
    r"|(?P<back>ROLLBACK(?:\s+(?:WORK|TRANSACTION))?\s+TO(?:\s+SAVEPOINT)?))"
    r"\s+(?P<name>\"(?:[^\"]|\"\")+\"|\w+)\s*;?\s*",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
"""Tools that trace statements put one beside each."""


class Said(msgspec.Struct, frozen=True):
    """What a statement does about an SQL savepoint."""

    does: Literal["set", "release", "back"]
    name: str


class Back(Exception):
    """The program goes back to an SQL savepoint."""


def said(sql: str) -> Said | None:
    """Read a statement about an SQL savepoint; ``None`` for any other."""
    found = _SAID.fullmatch(_COMMENT.sub(" ", sql))
    if found is None:
        return None
    name = found["name"]
    name = name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()
    if found["set"]:
        return Said("set", name)
    return Said("release" if found["release"] else "back", name)


class Points:
    """The SQL savepoints that are open, the newest last."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._open: list[tuple[str, AbstractContextManager[None]]] = []

    def do(self, one: Said) -> None:
        """Set, release or go back to an SQL savepoint.

        Raises:
            Refused: none of that name is open.
        """
        match one.does:
            case "set":
                self._set(one.name)
            case "release":
                place = self._place(one.name)
                while len(self._open) > place:
                    self._end(None)
            case "back":
                place = self._place(one.name)
                while len(self._open) > place:
                    self._end(Back())
                self._set(one.name)

    def release_all(self) -> None:
        """Release what is still open; what was done since stays."""
        while self._open:
            self._end(None)

    def give_up(self) -> None:
        """Go back behind all that are open, before the transaction is aborted."""
        while self._open:
            self._end(Back())

    def _set(self, name: str) -> None:
        point = self._recording.point()
        point.__enter__()
        self._open.append((name, point))

    def _end(self, error: Back | None) -> None:
        _, point = self._open.pop()
        point.__exit__(type(error) if error else None, error, None)

    def _place(self, name: str) -> int:
        places = [place for place, (known, _) in enumerate(self._open) if known == name]
        if not places:
            raise Refused(
                f"no savepoint {name} is open in the recorded block",
                hint="Set it within the block: what came before is not the block's to undo.",
            )
        return places[-1]
