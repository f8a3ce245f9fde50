"""What people write for a position: ``42``, ``head~3``, ``@mark``, ``before:NAME``, a time."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from journal.envelope import Entry
from journal.errors import NotFound, Usage
from journal.events import RunCompleted, RunStarted
from projections.marks import Marks

_HEAD = re.compile(r"head(?:~(\d+))?")


class Places:
    """All that positions can be named by."""

    def __init__(self) -> None:
        self.head = 0
        self.marks = Marks()
        self.before: dict[str, int] = {}
        self.after: dict[str, int] = {}
        self.times: list[tuple[datetime, int]] = []
        self._begun: dict[str, tuple[str, int]] = {}

    def take(self, entry: Entry) -> None:
        """Go on over one entry."""
        self.head = entry.position
        self.times.append((_time(entry.recorded_at), entry.position))
        self.marks.take(entry)
        match entry.event:
            case RunStarted(verb="apply", migration=name):
                self._begun[entry.run] = (name, entry.position - 1)
            case RunCompleted() if entry.run in self._begun:
                name, before = self._begun.pop(entry.run)
                self.before[name], self.after[name] = before, entry.position
            case _:
                pass

    def resolve(self, text: str) -> int:
        """Return the position that ``text`` names.

        Raises:
            NotFound: there is no such position, mark or applied migration.
            Usage: the text is none of the forms.
        """
        if text.isascii() and text.isdigit():
            return self._within(int(text), text)
        if head := _HEAD.fullmatch(text):
            return self._within(self.head - int(head[1] or 0), text)
        if text.startswith("@"):
            return _find(self.marks.positions, text[1:], "mark")
        if text.startswith("before:"):
            return _find(self.before, text.removeprefix("before:"), "applied migration")
        if text.startswith("after:"):
            return _find(self.after, text.removeprefix("after:"), "applied migration")
        return self._at_time(text)

    def _within(self, position: int, text: str) -> int:
        if not 0 <= position <= self.head:
            raise NotFound(f"no position {text}, the head is {self.head}")
        return position

    def _at_time(self, text: str) -> int:
        try:
            moment = _time(text)
        except ValueError:
            raise Usage(
                f"expected a position, found {text!r}",
                hint="Write 42, head, head~3, @mark, before:NAME, after:NAME or an ISO time.",
            ) from None
        earlier = [position for recorded, position in self.times if recorded <= moment]
        if not earlier:
            raise NotFound(f"the journal begins after {text}")
        return max(earlier)


def resolve(text: str, entries: Iterable[Entry]) -> int:
    """Return the position that ``text`` names in a journal. Raises as ``Places`` does."""
    places = Places()
    for entry in entries:
        places.take(entry)
    return places.resolve(text)


def _find(places: dict[str, int], name: str, what: str) -> int:
    wanted = name.removesuffix(".sql")
    if name in places:
        return places[name]
    if wanted in places:
        return places[wanted]
    named = ", ".join(list(places)[-3:]) or "none"
    raise NotFound(f"no {what} named {name!r}", hint=f"The newest are: {named}.")


def _time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
