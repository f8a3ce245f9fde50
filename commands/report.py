"""What happened between two positions, for somebody who was not there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from commands.contents import Contents
from commands.hiding import Declared, Hiding, described
from commands.places import position_of
from journal.chain import ChainProblem, check_chain
from journal.codec import open_entry
from journal.envelope import Entry, StoredEntry
from journal.errors import Usage
from journal.store import Journal
from projections.audit import Audit
from projections.decisions import TYPES as DECISIONS
from projections.decisions import Decisions, DecisionsFold
from projections.ground import Ground
from projections.history import HistoryFold
from projections.obstacles import UNSEEN, Irreversible
from projections.relations import Relations, relations
from projections.shapes import Shape, shapes
from projections.stretch import StretchFold
from projections.waiting import TYPES, Waiting, WaitingFold

START = "start"
"""The position before the first entry, as it is written."""

PROBLEMS = 100
"""How many places are named at which the chain does not hold."""

NOTHING_HIDDEN = Declared()


class Hidden(msgspec.Struct, frozen=True, kw_only=True):
    """Columns whose values stand nowhere in the report; ``unknown`` ones are not in the journal."""

    names: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The audit of a stretch, and what waits at its end.

    The same stretch gives the same report, whenever it is asked for. No value of a row stands
    in it, but for the keys of subjects: ``content`` is by digest, and there only where values
    were asked for. ``schema`` is what differs between both ends, a database as found being the
    first of them; ``irreversible`` is what cannot be taken back. ``problems`` are places up to
    the end of the stretch at which the chain does not hold, the first of them.
    """

    audit: Audit
    waiting: Waiting
    schema: tuple[Shape, ...] = ()
    relations: Relations = Relations()
    decisions: Decisions = Decisions()
    irreversible: tuple[Irreversible, ...] = ()
    problems: tuple[ChainProblem, ...] = ()
    hidden: Hidden = Hidden()
    content: Mapping[str, Any] | None = None


def report(
    journal: Journal,
    origin: str = START,
    target: str = "head",
    *,
    values: bool = False,
    hide: Declared = NOTHING_HIDDEN,
) -> Report:
    """Tell what happened after ``origin`` and up to ``target``.

    Raises:
        NotFound: no such position, or no such column to hide.
        Usage: a position is not understood, or the stretch ends before it begins.
    """
    last = position_of(journal, target) if journal.head().position else 0
    after = 0 if origin == START else position_of(journal, origin)
    if after > last:
        raise Usage(
            f"expected the earlier position first, found {after} and {last}",
            hint="Both may be left out: clew report FROM TO.",
        )
    reading = _Reading(after)
    problems = list(_first(check_chain(reading.through(journal.stored(last=last)))))
    audit = reading.audit.answer()
    if audit.target.position != last:
        problems.append(ChainProblem(position=audit.target.position + 1, kind="missing"))
    waiting, decisions = _second(journal, reading, last=last)
    hiding = _hiding(journal, reading.stretch, hide)
    found = Report(
        audit=audit,
        waiting=waiting,
        schema=shapes(reading.stretch.then, reading.stretch.now),
        relations=relations(
            reading.stretch.then, reading.stretch.now, reading.stretch.seen, reading.stretch.rows
        ),
        decisions=decisions,
        irreversible=reading.irreversible(),
        problems=tuple(problems),
        hidden=Hidden(names=hiding.names, unknown=hiding.unknown),
    )
    return Contents(journal, hiding).fill(found, values=values)


class _Reading:
    """The first reading: all folds at once, over entries as the chain is checked."""

    def __init__(self, after: int) -> None:
        self.after = after
        self.audit = Audit.fold(after)
        self.ground = Ground()
        self.stretch = StretchFold(after)
        self.history = HistoryFold(steps=False)

    def through(self, stored: Iterable[StoredEntry]) -> Iterator[StoredEntry]:
        """Pass entries on as they stand, and fold each."""
        for one in stored:
            self._take(open_entry(one))
            yield one
        self.stretch.begin()

    def irreversible(self) -> tuple[Irreversible, ...]:
        """Return what in the stretch cannot be taken back, in order."""
        every = (one for found in self.history.answer().obstacles.values() for one in found)
        return tuple(one for one in every if one.position > self.after and one.name != UNSEEN)

    def _take(self, entry: Entry) -> None:
        self.audit.take(entry)
        self.ground.take(entry)
        self.stretch.take(entry)
        self.history.take(entry)


def _first(problems: Iterable[ChainProblem]) -> Iterator[ChainProblem]:
    """Yield the first problems; the others are looked for all the same."""
    for number, problem in enumerate(problems):
        if number < PROBLEMS:
            yield problem


def _second(journal: Journal, reading: _Reading, *, last: int) -> tuple[Waiting, Decisions]:
    waits = WaitingFold(reading.ground)
    decisions = DecisionsFold(
        reading.ground.standing, after=reading.after, people=reading.stretch.people
    )
    for entry in journal.read(last=last, types=tuple(dict.fromkeys((*TYPES, *DECISIONS)))):
        waits.take(entry)
        decisions.take(entry)
    return waits.answer(), decisions.answer()


def _hiding(journal: Journal, stretch: StretchFold, hide: Declared) -> Hiding:
    specs: dict[str, list[Any]] = {}
    if hide != NOTHING_HIDDEN:
        for step, digests in stretch.specs.items():
            found = (journal.database.content(one) if one else None for one in digests)
            specs[step] = [described(one) for one in found]
    hiding = Hiding(stretch.columns, hide, specs)
    hiding.refuse_unknown()
    return hiding
