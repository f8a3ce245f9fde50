"""What was said of migrations since a position, beside what they did to the database."""

from __future__ import annotations

from collections.abc import Iterator

from commands.history import TYPES
from journal.events import RowsTransformed, RunCompleted, RunStarted
from journal.store import Journal
from projections.fold import replay
from projections.runs import Runs
from projections.stamped import Stamp
from projections.standing import Standing


def stands_since(journal: Journal, target: int) -> bool:
    """Tell whether a migration stands that came later, though it left the state as it was."""
    standing, ended, migrations = Standing(), list[int](), set[str]()
    for entry in journal.read(types=("RunStarted", "RunCompleted", "RowsTransformed")):
        standing.take(entry)
        match entry.event:
            case RunStarted(migration=name) if name:
                migrations.add(entry.run)
            case RunCompleted() if entry.run in migrations:
                ended.append(entry.position)
            case RowsTransformed():
                ended.append(entry.position)
            case _:
                pass
    return any(position > target and standing.stands(position) for position in ended)


def stamps_changed(journal: Journal, target: int) -> tuple[str, ...]:
    """Tell in words which stamps hold now or held at ``target``, and not at the other."""
    entries = tuple(journal.read(types=TYPES))
    now = {one.position: one for one in replay(Runs, entries).stamps}
    then = {one.position: one for one in replay(Runs, entries, at=target).stamps}
    return (
        *_said("no longer", (one for at, one in now.items() if at not in then)),
        *_said("again", (one for at, one in then.items() if at not in now)),
    )


def _said(when: str, stamps: Iterator[Stamp]) -> Iterator[str]:
    for one in stamps:
        done = "done" if one.done else "undone"
        yield f"{one.name} counts {when} as {done}, as {one.actor} stamped at {one.position}"
