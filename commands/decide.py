"""Deciding a conflict: the row and the decision are written in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

import msgspec

from commands.findings import findings
from commands.interrupted import close_interrupted
from commands.observing import known_schema
from commands.opening import Asker, Target, run_started
from commands.transform.choosing import Rejection
from commands.transform.fitting import Fitting
from commands.transform.place import Place, derived, find_place
from commands.transform.values import Malformed, alike, jsonable, read, unjsonable, write
from journal.database import Database
from journal.erased import Erased
from journal.errors import ChangedSince, NotFound, Refused, Usage
from journal.events import ConflictDecided
from journal.recording import Recording
from journal.store import Journal, put_text
from projections.findings import CONFLICTS, ConflictFact

IfRowChanged = Literal["refuse", "overwrite"]


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What a person decides: the number of a candidate, or a value as JSON."""

    conflict: str
    choose: int | None = None
    value: str | None = None
    if_changed: IfRowChanged = "refuse"


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """A conflict as it was decided.

    ``derived`` are columns computed again from the row, ``stale`` those that could not be
    because the migration's file is not at hand as it was applied.
    """

    conflict: str
    field: str
    subject: str
    chosen: int | None
    before: Any
    after: Any
    derived: tuple[str, ...]
    stale: tuple[str, ...]
    position: int
    run: str
    revised: bool


def decide(
    target: Target, decision: Decision, *, asker: Asker, paths: Sequence[Path] = ()
) -> Decided:
    """Decide a conflict, or decide it otherwise than before.

    Raises:
        NotFound: no such conflict stands.
        Usage: the decision is not clear.
        ChangedSince: the field is not as the journal left it.
        Refused: the row cannot be found, or its column does not take the value.
        Drifted, Busy: as ``apply`` does.
        StatementFailed: the database refused the value.
    """
    with target.journal() as journal:
        journal.database.hold(target.holder or asker.actor, wait=target.lock_timeout)
        close_interrupted(journal, asker=asker)
        fact = find_conflict(journal, decision.conflict)
        chosen, value = _chosen(journal, fact, decision)
        session = target.session()
        try:
            session.begin()
            return _Work(journal, session, fact, asker, target).write(
                decision, chosen, value, paths
            )
        except BaseException:
            session.abort()
            raise
        finally:
            session.close()


def find_conflict(journal: Journal, name: str) -> ConflictFact:
    """Return the conflict whose identity begins with ``name``.

    Raises:
        NotFound: none stands.
        Usage: more than one does.
    """
    every = findings(journal, types=CONFLICTS).conflicts if name else ()
    found = [one for one in every if one.id.startswith(name)]
    if not found:
        raise NotFound(f"no conflict {name!r}", hint="List them with clew conflicts.")
    if len(found) > 1:
        raise Usage(f"{name!r} fits {len(found)} conflicts", hint="Give more of the identity.")
    return found[0]


def _chosen(journal: Journal, fact: ConflictFact, decision: Decision) -> tuple[int | None, Any]:
    if (decision.choose is None) == (decision.value is None):
        raise Usage("expected a candidate or a value", hint="Give --choose N or --value JSON.")
    if decision.value is not None:
        try:
            return None, read(decision.value)
        except Malformed as error:
            raise Usage(f"--value: {error}", hint="Text is written '\"like this\"'.") from None
    candidates = read(journal.needed_content(fact.candidates))
    number = decision.choose
    if number is None or not 0 <= number < len(candidates):
        raise Usage(f"no candidate {number}: there are 0 to {len(candidates) - 1}")
    return number, unjsonable(candidates[number]["value"])


class _Work:
    def __init__(
        self, journal: Journal, session: Database, fact: ConflictFact, asker: Asker, target: Target
    ) -> None:
        self.journal = journal
        self.fact = fact
        self.asker = asker
        self.target = target
        self.recording = Recording(
            session,
            known=known_schema(journal),
            run=str(uuid4()),
            actor=asker.actor,
            reason=asker.reason,
            clock=journal.clock,
        )

    def write(
        self, decision: Decision, chosen: int | None, value: Any, paths: Sequence[Path]
    ) -> Decided:
        place = find_place(self.fact, self.recording)
        live = place.live
        if decision.if_changed == "refuse":
            self._refuse_changed(place)
        row = place.row | {place.column: place.with_value(value)}
        objects = self.recording.known.objects
        again = derived(self.journal, self.fact, place, row, paths, objects=objects)
        values = {place.column: row[place.column], **again.values}
        changed = {n: v for n, v in values.items() if not alike(v, place.row.get(n))}
        self.recording.note(run_started("decide", self.target, self.asker))
        if changed:
            self._update(place, again.fitting or place.fitting, changed)
        self.recording.note(
            ConflictDecided(
                conflict=self.fact.id,
                chosen=chosen,
                content=put_text(self.recording.database, write(jsonable(value))),
                reason=self.asker.reason,
            )
        )
        entries = self.recording.complete()
        return Decided(
            conflict=self.fact.id,
            field=self.fact.field,
            subject=self.fact.subject,
            chosen=chosen,
            before=jsonable(live),
            after=jsonable(value),
            derived=tuple(n for n in again.values if n in changed),
            stale=again.stale,
            position=entries[-2].position,
            run=self.recording.run,
            revised=self.fact.status == "decided",
        )

    def _update(self, place: Place, fitting: Fitting, changed: dict[str, Any]) -> None:
        try:
            news = tuple(fitting.fit_one(name, value) for name, value in changed.items())
        except Rejection as rejection:
            raise Refused(rejection.reason, hint="Give a value that the column takes.") from None
        row = (*place.key, *news)
        self.recording.update(place.table, place.match, tuple(changed), [row], number=1)

    def _refuse_changed(self, place: Place) -> None:
        if not self.fact.content:
            return
        content = self.journal.content(self.fact.content)
        if isinstance(content, Erased):
            raise Refused(
                f"what was written to {self.fact.field} was erased at position {content.position}:"
                " whether it was changed since cannot be told",
                hint="Look at it, then write over it with --if-changed overwrite.",
            )
        expected = unjsonable(read(content))
        if not place.holds(expected, self.recording.database):
            raise ChangedSince(
                f"{self.fact.field} of {self.fact.subject} was changed since it was journaled",
                hint="Look at it, then write over it with --if-changed overwrite.",
            )
