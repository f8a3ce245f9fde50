"""What a worker sees at one database. Nothing here raises: each answer tells its trouble."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from commands.apply import make_plan
from commands.fleet.answer import Look
from commands.fleet.errand import Errand, Head, State, state_of
from commands.folding import folded
from commands.history import MigrationsFold
from commands.places import position_of
from commands.rollback import RollbackAnswer, preview
from commands.status import Status, status
from commands.verify import verify
from journal.errors import Drifted, NotFound, Refused, Tampered
from journal.store import Journal


def look(errand: Errand) -> Look:
    """Hold files against one journal; nothing is written, and nobody is kept waiting."""

    def see(journal: Journal, seen: Look) -> Look:
        return _planned(journal, errand, seen)

    return _looked(errand, see)


def stands(errand: Errand) -> Look:
    """Tell where one database stands; what is to be decided is a note, and makes it pending."""

    def see(_: Journal, seen: Look) -> Look:
        found = status(errand.target, errand.places)
        idle = found.clean and not found.pending
        return msgspec.structs.replace(
            seen,
            state="current" if idle else "pending",
            pending=found.pending,
            notes=tuple(_undecided(found)),
        )

    return _looked(errand, see)


def meets(errand: Errand) -> Look:
    """Tell whether a journal can be read."""
    return _looked(errand, lambda _, seen: seen)


def would_roll_back(errand: Errand) -> Look:
    """Say what going back would do at one database, by doing it and aborting it."""

    def see(journal: Journal, seen: Look) -> Look:
        if never_there(journal, errand.to):
            return msgspec.structs.replace(seen, state="current", notes=(NEVER_THERE,))
        found = preview(errand.target, errand.to, if_changed=errand.if_changed)
        if found.irreversible:
            first = found.irreversible[0]
            raise Refused(f"position {first.position} cannot be taken back: {first.reason}")
        if found.blocked:
            hint = "Look with: clew rollback TO --plan; --if-changed decides about rows."
            raise Refused(found.blocked, hint=hint)
        rows = ((one, f", {one.rows:,} rows" if one.rows else "") for one in found.steps)
        steps = tuple(f"{one.kind} {one.table or one.object}{count}" for one, count in rows)
        state: State = "pending" if steps or found.stamps else "current"
        notes = (f"from {found.origin} to {found.target}", *told(found))
        return msgspec.structs.replace(seen, state=state, pending=steps, notes=notes)

    return _looked(errand, see)


def proves(errand: Errand) -> Look:
    """Prove the record of one database."""

    def see(journal: Journal, seen: Look) -> Look:
        found = verify(journal)
        if found.problems:
            first = found.problems[0]
            raise Tampered(
                f"the record does not prove itself at position {first.position}: {first.kind}",
                hint="Look with: clew verify.",
            )
        gone = tuple(f"append-only no longer: {one}" for one in found.unguarded)
        return msgspec.structs.replace(seen, state="current", notes=gone)

    return _looked(errand, see)


NEVER_THERE = "never applied here"


def never_there(journal: Journal, to: str) -> bool:
    """Tell whether a migration that is to be taken back was never applied here."""
    if not to.startswith("before:"):
        return False
    try:
        position_of(journal, to)
    except NotFound:
        return True
    return False


def head_of(journal: Journal) -> Head:
    """Return where a journal stands."""
    head = journal.head()
    return Head(position=head.position, digest=head.digest.hex())


def told(found: RollbackAnswer) -> tuple[str, ...]:
    """Tell what else is to be known of a way back."""
    changed = [f"{found.changed_count:,} rows were written since"] if found.changed_count else []
    notes = [*changed, *(f"stamp: {one}" for one in found.stamps)]
    return (*notes, *(f"drift, not touched: {one}" for one in found.drift))


def _looked(errand: Errand, see: Callable[[Journal, Look], Look]) -> Look:
    seen = Look(name=errand.name)
    try:
        with errand.target.journal() as journal:
            seen = _met(journal, errand)
            return see(journal, seen)
    except Exception as error:  # noqa: BLE001 - told with the database it is about
        trouble = errand.trouble(error)
        return msgspec.structs.replace(seen, state=state_of(trouble), trouble=trouble)


def _met(journal: Journal, errand: Errand) -> Look:
    who = journal.identity
    if errand.journal and who.name != errand.journal:
        raise Refused(
            f"expected a journal named {errand.journal}, found {who.name}",
            hint="Is it another environment? Else mend the file of targets.",
        )
    return Look(
        name=errand.name,
        journal=who.id,
        journal_name=who.name,
        site=journal.database.site(),
        head=head_of(journal),
    )


def _planned(journal: Journal, errand: Errand, seen: Look) -> Look:
    """Hold the files against the journal as ``apply`` does first."""
    past = folded(journal, MigrationsFold)
    notes = [f"a run without an end is closed first: {one.started.verb}" for one in past.unended]
    if held_by := journal.database.holder():
        notes.append(f"running now: {held_by}")
    names: tuple[str, ...] = ()
    waits = bool(past.unended)
    if errand.wanted not in past.applied:
        try:
            plan = make_plan(
                journal,
                errand.places,
                to=errand.to,
                allow_late=errand.allow_late,
                allowed=errand.allowed,
                planned=errand.planned.get(journal.identity.database, ""),
            )
            names = tuple(script.name for script in plan.scripts)
            waits = waits or bool(plan.incomplete)
            notes += [f"drift, not touched: {one}" for one in plan.drift]
            notes += [f"incomplete: {one.name}, subjects wait" for one in plan.incomplete]
        except Drifted:
            if not past.unended:  # what an interrupted run left is taken in before it counts
                raise
    state: State = "pending" if names or waits else "current"
    return msgspec.structs.replace(seen, state=state, pending=names, notes=tuple(notes))


def _undecided(found: Status) -> list[str]:
    """Tell what somebody must decide, and who runs now."""
    notes = [f"drift: {one}" for one in found.drift]
    notes += [f"changed after it was applied: {one}" for one in found.changed_files]
    notes += [f"renamed after it was applied: {one.name}" for one in found.renamed_files]
    notes += [f"applied, its file is missing: {one}" for one in found.missing_files]
    notes += [f"late: {one}" for one in found.late_files]
    notes += [f"incomplete: {one.verb} {one.migration}, {one.state}" for one in found.incomplete]
    notes += [f"incomplete: {name}, {number} wait" for name, number in found.waiting.items()]
    return [*notes, f"running now: {found.held_by}"] if found.held_by else notes
