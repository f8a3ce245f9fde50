"""What was said of migrations since a position, beside what they did to the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from commands.folding import caught_up
from commands.history import MigrationsFold
from journal.events import RowsTransformed, RunCompleted
from journal.store import Journal
from projections.stamped import Stamp


def stands_since(journal: Journal, target: int) -> bool:
    """Tell whether a migration stands that came later, though it left the state as it was."""
    fold = caught_up(journal, MigrationsFold)
    migrations = {run.run for run in fold.answer().runs.runs if run.migration}
    for entry in journal.read(after=target, types=("RunCompleted", "RowsTransformed")):
        match entry.event:
            case RunCompleted() if entry.run not in migrations:
                pass
            case RunCompleted() | RowsTransformed():
                if fold.standing.stands(entry.position):
                    return True
            case _:
                pass
    return False


def stamps_changed(journal: Journal, target: int) -> tuple[str, ...]:
    """Tell in words which stamps hold now or held at ``target``, and not at the other."""
    fold = caught_up(journal, MigrationsFold)
    now = {one.position: one for one in fold.answer().runs.stamps}
    then = {one.position: one for one in fold.stamps_at(target)}
    return (
        *_said("no longer", (one for at, one in now.items() if at not in then)),
        *_said("again", (one for at, one in then.items() if at not in now)),
    )


def _said(when: str, stamps: Iterable[Stamp]) -> Iterator[str]:
    for one in stamps:
        done = "done" if one.done else "undone"
        yield f"{one.name} counts {when} as {done}, as {one.actor} stamped at {one.position}"
