"""The step of a migration that restores tables, within the migration's own transaction."""

from __future__ import annotations

from pathlib import Path

import msgspec

from commands.backup.reading import Progress
from commands.restore.answer import Restored
from commands.restore.performing import perform
from commands.restore.trusting import trusted
from commands.restore.wish import Wish
from commands.transform.steps import Restore
from journal.recording import Recording
from journal.store import Journal


def run_restore(
    step: Restore, recording: Recording, *, progress: Progress = lambda *_: None
) -> Restored:
    """Make tables equal to a backup.

    What was deferred by the steps before is checked first. On SQLite a migration has foreign
    keys on, with which a table cannot be made again, nor rows exchange their keys.

    Raises:
        NotFound, Usage, Refused, CheckFailed, NotExact: as ``commands.restore.restore`` does.
    """
    database = recording.database
    identity = database.identity()
    assert identity is not None, "a journal stands here"
    wish = Wish(
        directory=Path(step.backup),
        tables=step.tables,
        leave_out=step.leave_out,
        sequences=step.sequences,
        allow_unknown=bool(step.allow_unknown),
    )
    journal = Journal(database, identity, clock=recording.clock)
    noted = tuple(recording.events)
    stored, notes = trusted(journal, wish, noted=noted, progress=progress)
    recording.settle()
    done = perform(recording, stored, wish, progress=progress)
    said = (f"{note}; allowed: {step.allow_unknown}" for note in notes)
    return msgspec.structs.replace(done, done=True, notes=tuple(said))
