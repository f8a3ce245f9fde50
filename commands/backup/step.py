"""The step of a migration that takes a backup, within the migration's own transaction."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec

from commands.backup.files import aside, check_place, put_in_place
from commands.backup.reading import Progress
from commands.backup.writing import Naming, Written, choose, finished, left_out, naming, write
from commands.transform.steps import Backup
from journal.recording import Recording
from journal.values import SchemaObject
from projections.schema import Schema


def run_backup(
    step: Backup,
    recording: Recording,
    *,
    migration: str,
    trial: bool = False,
    progress: Progress = lambda *_: None,
) -> Written:
    """Back tables up as the transaction sees them, and note that.

    Others write to these tables again when the transaction has ended. Its directory stays
    where the migration fails later: nothing refers to it then, and it does no harm. A
    ``trial`` does the same in a directory that is removed.

    Raises:
        NotFound, Usage, Refused, CheckFailed: as ``commands.backup.take.take`` does.
    """
    database = recording.database
    schema = Schema(objects=recording.known.objects, position=database.head().position)
    chosen = choose(schema, step.tables)
    by = naming(Path(step.to), recording.clock(), compress=step.compress, single=step.single)
    database.keep_still(chosen)
    if trial:
        check_place(by.to)
        with tempfile.TemporaryDirectory() as scratch:
            found = _write(step, recording, chosen, naming_in(by, scratch), migration, progress)
        written = msgspec.structs.replace(found, location=str(by.place))
    else:
        written = _write(step, recording, chosen, by, migration, progress)
    recording.note(*written.events)
    return written


def naming_in(by: Naming, directory: str) -> Naming:
    """Return the same backup in another directory."""
    return msgspec.structs.replace(by, to=Path(directory))


def _write(
    step: Backup,
    recording: Recording,
    chosen: Sequence[SchemaObject],
    by: Naming,
    migration: str,
    progress: Progress,
) -> Written:
    with aside(by.to, by.name) as partial:
        into = by.within(partial)
        manifest = write(
            recording.database,
            chosen,
            into,
            by=by,
            known=recording.known.objects,
            migration=migration,
            left_out=left_out(recording.known.objects, step.tables),
            progress=progress,
        )
        written = finished(manifest, into, by=by, progress=progress)
        put_in_place(into.path, by.place)
    return written
