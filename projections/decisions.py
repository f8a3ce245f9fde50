"""Which conflicts of a stretch were decided, and how: counted, and the first of them listed.

The journal is read twice, as for what waits: a decision of a person names a conflict that may
be old, so those are looked for in the second reading.
"""

from __future__ import annotations

from collections import Counter

import msgspec

from journal import events as e
from journal.envelope import Entry
from projections.standing import Standing

TYPES = ("RunStarted", "ConflictFound", "ConflictDecided")
"""The types of the events that the second reading listens to."""

LISTED = 100
"""How many decisions of people are listed; all are counted."""

EXAMPLES = 3
"""How many decisions of each rule about each field are listed."""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """A conflict that was decided: ``by`` a rule, or by an actor where ``person``.

    ``candidates`` is the digest of the candidates, ``content`` that of the value that was given
    instead of them; ``chosen`` counts candidates from 0. ``stands`` tells whether it does at the
    end of the stretch, after all rollbacks. ``table`` and ``column`` are identities.
    """

    conflict: str
    migration: str
    step: str
    subject: str
    field: str
    count: int
    candidates: str
    chosen: int | None
    content: str
    by: str
    person: bool
    reason: str
    found: int
    position: int
    recorded_at: str
    stands: bool
    table: int = 0
    column: int = 0


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """How many conflicts about one field were decided in one way."""

    step: str
    field: str
    by: str
    person: bool
    number: int


class Decisions(msgspec.Struct, frozen=True, kw_only=True):
    """Decisions by step, field and decider; ``listed`` are those of people, then examples."""

    decided: tuple[Decided, ...] = ()
    listed: tuple[Decision, ...] = ()


class DecisionsFold:
    """The second reading; ``people`` are the conflicts that people decided in the stretch."""

    def __init__(self, standing: Standing, *, after: int, people: set[str]) -> None:
        self._standing = standing
        self._after = after
        self._people = people
        self._migrations: dict[str, str] = {}
        self._found: dict[str, tuple[Entry, e.ConflictFound]] = {}
        self._counts: Counter[tuple[str, str, str, bool]] = Counter()
        self._persons: list[Decision] = []
        self._rules: list[Decision] = []

    def take(self, entry: Entry) -> None:
        """Go on by one entry."""
        match entry.event:
            case e.RunStarted(migration=name) if name:
                self._migrations[entry.run] = name
            case e.ConflictFound() as event:
                self._found[event.conflict] = (entry, event)
            case e.ConflictDecided() as event:
                self._decide(entry, event)
            case _:
                pass

    def answer(self) -> Decisions:
        """Return the decisions as of the last entry taken."""
        return Decisions(
            decided=tuple(
                Decided(step=step, field=field, by=by, person=person, number=number)
                for (step, field, by, person), number in self._counts.items()
            ),
            listed=(*self._persons, *self._rules),
        )

    def _decide(self, entry: Entry, event: e.ConflictDecided) -> None:
        """What a person may still decide is kept; of the others only the count."""
        keep = event.conflict in self._people
        found = (self._found.get if keep else self._found.pop)(event.conflict, None)
        if found is None or entry.position <= self._after:
            return
        where, conflict = found
        person = not event.rule
        name = (conflict.step, conflict.field, event.rule or entry.actor, person)
        self._counts[name] += 1
        if person and len(self._persons) < LISTED:
            self._persons.append(self._decision(entry, event, where, conflict))
        elif not person and self._counts[name] <= EXAMPLES and len(self._rules) < LISTED:
            self._rules.append(self._decision(entry, event, where, conflict))

    def _decision(
        self, entry: Entry, event: e.ConflictDecided, where: Entry, conflict: e.ConflictFound
    ) -> Decision:
        return Decision(
            conflict=event.conflict,
            migration=self._migrations.get(where.run, ""),
            step=conflict.step,
            subject=conflict.subject,
            field=conflict.field,
            count=conflict.count,
            candidates=conflict.candidates,
            chosen=event.chosen,
            content=event.content,
            by=event.rule or entry.actor,
            person=not event.rule,
            reason=event.reason,
            found=where.position,
            position=entry.position,
            recorded_at=entry.recorded_at,
            stands=self._standing.stands(entry.position),
            table=conflict.table,
            column=conflict.column,
        )
