"""Take a backup: tables as of one moment, read back before the journal is told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import msgspec

from commands.backup.compression import Compression
from commands.backup.files import InDirectory, InOneFile, aside, put_in_place, remove
from commands.backup.manifest import Manifest
from commands.backup.reading import Progress
from commands.backup.writing import Naming, Written, choose, finished, left_out, naming, write
from commands.folding import folded
from commands.observing import difference
from commands.opening import Asker, Target, run_started
from journal.errors import ClewError, Drifted
from journal.events import BackupTaken, RunCompleted
from journal.known import Known
from journal.store import Journal
from journal.values import ObjectChange, SchemaObject
from projections.drift import differences
from projections.schema import Schema, SchemaFold


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A backup, the run that took it, and the position of BackupTaken."""

    backup: Written
    run: str
    position: int


def take(
    target: Target,
    tables: Sequence[str] = (),
    *,
    to: Path,
    asker: Asker,
    compress: Compression | None = None,
    single: bool = False,
    progress: Progress = lambda *_: None,
) -> Taken:
    """Copy tables (all without a name) into a new directory in ``to``, or a ``single`` file.

    Other runs wait for it, and who else alters a table; on SQLite also who writes to a file
    without a write-ahead log.

    Raises:
        Busy: another run held the journal for ``lock_timeout`` seconds.
        NotFound, Usage: no such table, or several of the name.
        Usage: also where a single file is to be compressed.
        Refused: ``to`` cannot be written to, or the tables are too large for a single file.
        Drifted: the tables are not as the journal knows them.
        CheckFailed: what was read back is not what was written; nothing was kept.
    """
    with target.journal() as journal:
        journal.database.hold(target.holder or asker.actor, wait=target.lock_timeout)
        chosen = choose(_schema(journal), tables)
        by = naming(to, journal.clock(), compress=compress, single=single)
        with aside(by.to, by.name) as partial:
            into = by.within(partial)
            manifest = _copy(journal, chosen, tables, into, by, progress)
            written = finished(manifest, into, by=by, progress=progress)
            put_in_place(into.path, by.place)
            return _tell(journal, written, target=target, asker=asker)


def _copy(
    journal: Journal,
    chosen: Sequence[SchemaObject],
    names: Sequence[str],
    into: InDirectory | InOneFile,
    by: Naming,
    progress: Progress,
) -> Manifest:
    database = journal.database
    with database.snapshot(chosen):
        schema = _schema(journal)
        if choose(schema, names) != chosen:
            raise Drifted("tables changed while the backup began", hint="Try once more.")
        _refuse_drift(journal, schema, chosen, every=not names)
        missed = left_out(schema.objects, names)
        return write(
            database,
            chosen,
            into,
            by=by,
            known=schema.objects,
            left_out=missed,
            progress=progress,
        )


def _refuse_drift(
    journal: Journal, schema: Schema, chosen: Sequence[SchemaObject], *, every: bool
) -> None:
    """A table nobody told the journal of would be missed, and so would a column."""
    ours = {one.id for one in chosen}
    known = Known(objects=dict(schema.objects), next_id=schema.next_id)
    found = differences(
        change
        for change in difference(journal.database, known)
        if _matters(change) and (every or (change.before and change.before.id in ours))
    )
    if found:
        raise Drifted(
            f"the tables are not as the journal knows them: {found[0].text}",
            hint="Take it in with clew accept --reason WHY, or name tables that did not change.",
        )


def _matters(change: ObjectChange) -> bool:
    before, after = change.before, change.after
    if "table" not in {side.kind for side in (before, after) if side}:
        return False
    return not (before and after and (before.path, before.columns) == (after.path, after.columns))


def _tell(journal: Journal, written: Written, *, target: Target, asker: Asker) -> Taken:
    """Append the whole run at once: a backup that failed changed nothing and needs no entry."""
    run = str(uuid4())
    started = run_started("backup", target, asker)
    events = (started, *written.events, RunCompleted())
    try:
        entries = journal.append(*events, run=run, actor=asker.actor)
    except BaseException:
        if not _told(journal, run):
            remove(Path(written.location))
        raise
    position = next(one.position for one in entries if one.type == BackupTaken.__name__)
    return Taken(backup=written, run=run, position=position)


def _told(journal: Journal, run: str) -> bool:
    """A connection may be lost after the commit; where nobody can tell, the files stay."""
    try:
        return any(journal.read(run=run, types=("BackupTaken",)))
    except ClewError:
        return True


def _schema(journal: Journal) -> Schema:
    head = journal.head().position
    schema = folded(journal, SchemaFold)
    return msgspec.structs.replace(schema, position=head)
