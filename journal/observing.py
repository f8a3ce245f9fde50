"""What another program did, told from the database before it and after it.

Nothing tells in which order it happened. So the change is told as three statements that lead
from the one state to the other, and back: what went, the rows, what came. In between stands
what both states have, so that rows of either fit, whatever constraints came or went.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Protocol

import msgspec

from journal.effect import Effect
from journal.errors import rows as in_words
from journal.values import ObjectChange, SchemaObject

REMADE = frozenset(("constraint", "index"))
"""Kinds that are taken off before rows change and made anew after, where they differ."""


Copying = Callable[[int, int], None]
"""Hears how much of how much was copied so far."""


def unheard(_done: int, _total: int) -> None:
    """Hear nothing of it."""


class Other(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody else who was at the database meanwhile, and the tables seen written by them.

    ``rows`` counts the changed rows that were theirs and were left out of the record;
    ``mixed`` those in the record that may be theirs in part or whole.
    """

    who: str
    tables: tuple[str, ...] = ()
    rows: int = 0
    mixed: int = 0

    @property
    def text(self) -> str:
        """It in one line."""
        said = self.who
        if self.tables:
            said += f", wrote to {', '.join(self.tables)}"
        if self.rows:
            said += f"; {in_words(self.rows)} of theirs left out"
        if self.mixed:
            said += f"; {in_words(self.mixed)} on record may be theirs"
        return said


class Lost(msgspec.Struct, frozen=True, kw_only=True):
    """What was done and cannot be taken back: the rule's name, and what it was."""

    name: str
    what: str


class Observed(msgspec.Struct, frozen=True, kw_only=True):
    """What happened, as the effects of so many statements in order; images are stored.

    ``notes`` tell what was changed that a journal does not keep, and that stays as it is.
    """

    effects: tuple[Effect, ...] = ()
    others: tuple[Other, ...] = ()
    lost: tuple[Lost, ...] = ()
    notes: tuple[str, ...] = ()


class Observation(Protocol):
    """A watch over one database while another program works on it."""

    environment: Mapping[str, str]
    """What the program is to find in its environment, so that it can be told from others."""

    def starting(self) -> None:
        """The program is about to start: from here on nothing of ours is in its way."""

    def began(self, pid: int) -> None:
        """The program runs, as this process; its children are taken for it too."""

    def ended(self, *, wait: float) -> tuple[str, ...]:
        """Wait until the program's sessions are gone, and stop watching.

        Returns who of them is still there after ``wait`` seconds, in words.
        """


class Phases(msgspec.Struct, frozen=True, kw_only=True):
    """Schema changes on either side of the rows."""

    taken: tuple[ObjectChange, ...] = ()
    given: tuple[ObjectChange, ...] = ()


def phases(
    changes: Iterable[ObjectChange],
    *,
    replaced: Collection[int],
    along: Iterable[SchemaObject] = (),
) -> Phases:
    """Tell the changes as what went and what came.

    ``replaced`` are identities of tables that are told as dropped and made anew under the
    same identity, because rows and columns of them changed at once. ``along`` are objects
    that did not change and hang on one of those: they go and come with it.
    """
    changes = tuple(changes)
    gone = {c.before.id for c in changes if c.before and not c.after} | set(replaced)
    taken: list[ObjectChange] = []
    given: list[ObjectChange] = []
    for change in changes:
        before, after = change.before, change.after
        if before is None:
            given.append(change)
        elif after is None:
            taken.append(change)
        elif before.id in gone or before.parent in gone or before.kind in REMADE:
            taken.append(ObjectChange(before=before))
            given.append(ObjectChange(after=after))
        else:
            given.append(change)
    for one in along:
        taken.append(ObjectChange(before=one))
        given.append(ObjectChange(after=one))
    return Phases(taken=tuple(taken), given=tuple(given))
