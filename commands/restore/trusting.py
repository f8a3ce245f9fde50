"""Whether a backup may be restored: whole, and the one that the journal knows."""

from __future__ import annotations

from commands.backup.reading import Progress, problems_in
from commands.backup.stored import HINT, StoredBackup, open_backup
from commands.folding import folded
from commands.restore.wish import Wish
from journal.errors import CheckFailed, Refused
from journal.events import AnyEvent, BackupTaken
from journal.store import Journal
from projections.backups import BackupFact, BackupsFold


def trusted(
    journal: Journal,
    wish: Wish,
    *,
    noted: tuple[AnyEvent, ...] = (),
    progress: Progress = lambda *_: None,
) -> tuple[StoredBackup, tuple[str, ...]]:
    """Open a backup and hold it against its manifest and the journal.

    ``noted`` is what the run so far will tell the journal. Returns what was waived, too.

    Raises:
        NotFound: nothing is there.
        CheckFailed: it is not whole, or not the one that the journal knows.
        Refused: it is no backup, or of another kind of database; or the journal does not know
            it, and that was not allowed.
    """
    stored = open_backup(wish.directory)
    manifest = stored.manifest
    if manifest.database != journal.database.kind:
        ours = journal.database.kind
        raise Refused(
            f"a backup of {manifest.database} cannot be restored to {ours}",
            hint="Bring rows from one kind of database to another with clew copy.",
        )
    problems = list(problems_in(stored.location, manifest, progress))
    if problems:
        more = f", and {len(problems) - 1} more" if len(problems) > 1 else ""
        raise CheckFailed(f"the backup is not whole: {problems[0].text}{more}", hint=HINT)
    if any(_is(event, stored) for event in noted):
        return stored, ()
    known = folded(journal, BackupsFold).find(backup=manifest.backup, location=str(stored.location))
    return stored, _hold(journal, stored, known, allowed=wish.allow_unknown)


def _is(event: AnyEvent, stored: StoredBackup) -> bool:
    return isinstance(event, BackupTaken) and event.manifest == stored.digest


def _hold(
    journal: Journal, stored: StoredBackup, known: BackupFact | None, *, allowed: bool
) -> tuple[str, ...]:
    manifest = stored.manifest
    if known is not None:
        if known.manifest != stored.digest:
            raise CheckFailed("the manifest is not the one that the journal knows", hint=HINT)
        return ()
    foreign = manifest.journal.id != journal.identity.id
    whose = f": it is of another, {manifest.journal.name}" if foreign else ""
    if not allowed:
        raise Refused(
            f"this journal does not know backup {manifest.backup}{whose}",
            hint="If it is the right one all the same, add --allow-unknown and say --reason.",
        )
    return (f"the journal does not vouch for backup {manifest.backup}{whose}",)
