"""What a worker does at one database. Nothing here raises: each answer tells its trouble."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from commands.apply import apply
from commands.dryrun import DryRun, dry_run
from commands.fleet.answer import Ended
from commands.fleet.errand import Errand, State, state_of
from commands.fleet.looking import NEVER_THERE, head_of, never_there, told
from commands.folding import folded
from commands.history import MigrationsFold
from commands.rollback import rollback
from journal.events import RunCompleted, RunStarted
from journal.store import Journal

_SPECIAL = re.compile(r"""["#%'*/:=?\\{}\[\]^]""")
"""What the name of a Hive partition escapes; readers take other letters as they stand."""


def applied(errand: Errand) -> Ended:
    """Run the pending migrations of one database."""

    def act() -> tuple[str, ...]:
        if _is_applied(errand):
            return ()
        found = apply(
            errand.target,
            errand.places,
            asker=errand.asker,
            to=errand.to,
            allow_late=errand.allow_late,
            allowed=errand.allowed,
            max_rejects=errand.max_rejects,
            planned=errand.planned.get(errand.kind, ""),
        )
        closed = (f"closed, interrupted: {one.verb} {one.migration}" for one in found.interrupted)
        waits = (f"incomplete: {one.migration}, {one.subjects} wait" for one in found.waiting)
        return (*closed, *waits, *(f"drift, not touched: {one}" for one in found.drift))

    return _ended(errand, act)


def tried(errand: Errand) -> Ended:
    """Run the pending migrations of one database in a transaction that is aborted."""
    began, found, trouble = time.monotonic(), DryRun(migrations=()), None
    try:
        if not _is_applied(errand):
            found = dry_run(
                errand.target,
                errand.places,
                asker=errand.asker,
                to=errand.to,
                allow_late=errand.allow_late,
                allowed=errand.allowed,
                max_rejects=errand.max_rejects,
            )
    except Exception as error:  # noqa: BLE001 - told with the database it is about
        trouble = errand.trouble(error)
    done = tuple(one.migration for one in found.migrations)
    notes = [f"{one.migration}: {one.verdict}" for one in found.migrations]
    notes += [f"not tried: {one.untried}" for one in found.migrations if one.untried]
    size = f"the journal would grow by about {found.journal_bytes:,} bytes"
    return Ended(
        name=errand.name,
        state=state_of(trouble) if trouble else "pending" if done else "current",
        before=errand.head,
        after=errand.head,
        done=done,
        rows=sum(one.rows for one in found.migrations),
        seconds=_since(began),
        notes=(*notes, size) if done else (),
        trouble=trouble,
    )


def rolled_back(errand: Errand) -> Ended:
    """Take one database to the position that ``to`` names in its journal."""

    def act() -> tuple[str, ...]:
        with errand.target.journal() as journal:
            if never_there(journal, errand.to):
                return (NEVER_THERE,)
        return told(
            rollback(errand.target, errand.to, asker=errand.asker, if_changed=errand.if_changed)
        )

    return _ended(errand, act)


def exported(errand: Errand) -> Ended:
    """Export what one journal has recorded since the last time."""
    began, trouble, added = time.monotonic(), None, 0
    try:
        with errand.target.journal() as journal:
            added = _export(journal, errand)
    except Exception as error:  # noqa: BLE001 - told with the database it is about
        trouble = errand.trouble(error)
    return Ended(
        name=errand.name,
        state=state_of(trouble) if trouble else "done" if added else "current",
        before=errand.head,
        after=errand.head,
        done=(f"{added:,} rows",) if added else (),
        rows=added,
        seconds=_since(began),
        trouble=trouble,
    )


def _export(journal: Journal, errand: Errand) -> int:
    """Return how many rows were added; a journal's own directory is a partition by its name."""
    from commands.export.delta import export_delta  # noqa: PLC0415 - an extra
    from commands.export.parquet import export_parquet  # noqa: PLC0415

    if errand.form == "delta":
        return sum(export_delta(journal, Path(errand.into), label=errand.name).added.values())
    escaped = _SPECIAL.sub(lambda one: f"%{ord(one[0]):02X}", errand.name)
    found = export_parquet(journal, Path(errand.into) / f"journal={escaped}")
    return sum(file.rows for one in found.added for file in one.files)


def _is_applied(errand: Errand) -> bool:
    """Tell whether the migration to go up to is there already."""
    if not errand.wanted:
        return False
    with errand.target.journal() as journal:
        return errand.wanted in folded(journal, MigrationsFold).applied


def _ended(errand: Errand, act: Callable[[], tuple[str, ...]]) -> Ended:
    """Act, then tell from the journal what this fleet has done there, also where it failed."""
    began, trouble, notes = time.monotonic(), None, tuple[str, ...]()
    try:
        notes = act()
    except Exception as error:  # noqa: BLE001 - told with the database it is about
        trouble = errand.trouble(error)
    after, done = errand.head, _Done()
    try:
        with errand.target.journal() as journal:
            after, done = head_of(journal), _done(journal, errand)
    except Exception as error:  # noqa: BLE001 - as above
        trouble = trouble or errand.trouble(error)
    state: State = "done" if done.runs else "current"
    return Ended(
        name=errand.name,
        state=state_of(trouble) if trouble else state,
        before=errand.head,
        after=after,
        done=done.names,
        runs=done.runs,
        rows=done.rows,
        seconds=_since(began),
        notes=notes,
        trouble=trouble,
    )


class _Done(msgspec.Struct, frozen=True):
    """What the completed runs of this fleet were."""

    names: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    rows: int = 0


def _done(journal: Journal, errand: Errand) -> _Done:
    """Find the runs of this fleet that were completed, also before a worker was lost."""
    after = errand.head.position if errand.head else 0
    began: dict[str, str] = {}
    ended: dict[str, int] = {}
    for entry in journal.read(after=after, types=("RunStarted", "RunCompleted")):
        match entry.event:
            case RunStarted(fleet=fleet) as event if fleet == errand.asker.fleet:
                began[entry.run] = event.migration or f"{event.verb} {errand.to}"
            case RunCompleted(rows=rows) if entry.run in began:
                ended[entry.run] = rows
            case _:
                pass
    return _Done(tuple(began[run] for run in ended), tuple(ended), sum(ended.values()))


def _since(began: float) -> float:
    return round(time.monotonic() - began, 3)
