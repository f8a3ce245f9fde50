"""Give a position a name, take a name off, or record a verdict on a position."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from commands.folding import folded
from commands.opening import Asker, Target
from commands.places import position_of
from journal.errors import NotFound, Refused, Usage
from journal.events import AnyEvent, MarkRemoved, MarkSet, SignedOff
from journal.store import Journal
from projections.positions import PlacesFold


class Marked(msgspec.Struct, frozen=True, kw_only=True):
    """A mark that was set (``at`` is its position) or removed, and the entry that says so."""

    name: str
    at: int
    position: int
    removed: bool = False
    sign_off: str = ""


def mark(
    target: Target, name: str, *, asker: Asker, at: str = "head", sign_off: str = ""
) -> Marked:
    """Name a position; with ``sign_off`` record that verdict on it too.

    Raises:
        Usage: the name cannot be written as ``@NAME``.
        Refused: the name is taken.
        NotFound: there is no such position.
    """
    _check_name(name)
    with target.journal() as journal:
        place = 0

        def look() -> list[AnyEvent]:
            nonlocal place
            taken = _marks(journal).get(name)
            if taken is not None:
                raise Refused(
                    f"the mark {name} names position {taken} already",
                    hint=f"Take it off with: clew mark {name} --remove.",
                )
            place = position_of(journal, at)
            verdict = SignedOff(at=place, verdict=sign_off, reason=asker.reason)
            return [MarkSet(name=name, at=place), *([verdict] if sign_off else [])]

        entries = journal.append_seen(look, actor=asker.actor)
        return Marked(name=name, at=place, position=entries[-1].position, sign_off=sign_off)


def remove_mark(target: Target, name: str, *, asker: Asker) -> Marked:
    """Take a mark off; the history keeps that it was there.

    Raises:
        NotFound: there is no such mark.
    """
    known = name.removeprefix("@")
    with target.journal() as journal:
        at = 0

        def look() -> list[AnyEvent]:
            nonlocal at
            marks = _marks(journal)
            if known not in marks:
                raise NotFound(
                    f"no mark named {name!r}", hint="See them with: clew log --type MarkSet."
                )
            at = marks[known]
            return [MarkRemoved(name=known)]

        entries = journal.append_seen(look, actor=asker.actor)
        return Marked(name=known, at=at, position=entries[-1].position, removed=True)


def _marks(journal: Journal) -> Mapping[str, int]:
    return folded(journal, PlacesFold).marks


def _check_name(name: str) -> None:
    if not name or not name.isprintable() or any(letter.isspace() for letter in name):
        raise Usage("a mark's name is one word of printable characters")
    if name.startswith("@"):
        raise Usage("a mark's name has no @ of its own", hint=f"Write: clew mark {name[1:]}.")
