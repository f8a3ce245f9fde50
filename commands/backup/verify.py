"""Verify a backup: files against the manifest, and the manifest against the journal."""

from __future__ import annotations

from pathlib import Path

import msgspec

from commands.backup.manifest import MANIFEST, Manifest, Unreadable, digest_of, read
from commands.backup.reading import Problem, Progress, problems_in
from commands.backup.stored import LISTED, read_manifest
from commands.backup.writing import rows_by_name
from commands.folding import folded
from commands.opening import Asker, Target
from commands.words import count, reason
from journal.errors import ClewError, NotFound
from journal.events import BackupVerified
from journal.store import Journal
from projections.backups import BackupFact, BackupsFold

SHOWN = 3
"""Problems that an entry names."""


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """What was found. ``vouched`` tells that a journal knows the manifest by its digest.

    ``note`` tells why no journal was asked, or what it could not say; ``position`` is that
    of BackupVerified.
    """

    ok: bool
    directory: str
    backup: str = ""
    taken_at: str = ""
    tables: dict[str, int] = {}
    problems: tuple[Problem, ...] = ()
    vouched: bool = False
    note: str = ""
    position: int | None = None


def verify(
    target: Target | None,
    directory: Path,
    *,
    asker: Asker,
    progress: Progress = lambda *_: None,
) -> Verified:
    """Read a backup, by its directory or single file, and name everything wrong with it.

    Where the journal can be reached and knows the backup, it is told what was found.

    Raises:
        NotFound: there is no such directory or file.
    """
    if not directory.exists():
        raise NotFound(f"no backup at {directory}", hint=LISTED)
    look = _Look(directory.resolve(), progress)
    if target is None:
        return look.answer(note="no database was named, so no journal was asked")
    try:
        with target.journal() as journal:
            return look.held_against(journal, asker)
    except ClewError as error:
        return look.answer(note=f"the journal could not be asked: {error.message}")


class _Look:
    def __init__(self, directory: Path, progress: Progress) -> None:
        self.directory = directory
        self.manifest: Manifest | None = None
        self.digest = ""
        self.problems: list[Problem] = []
        self._read(progress)

    def _read(self, progress: Progress) -> None:
        try:
            content, layout = read_manifest(self.directory)
        except OSError as error:
            self._no_backup(reason(error))
            return
        self.digest = digest_of(content)
        try:
            self.manifest = read(content, layout)
            self.problems += problems_in(self.directory, self.manifest, progress)
        except Unreadable as error:
            if layout == "single":
                self._no_backup(str(error))
            else:
                self._report("manifest-unreadable", found=str(error))

    def _no_backup(self, what: str) -> None:
        self._report("not-a-backup", file=self.directory.name, found=what)

    def held_against(self, journal: Journal, asker: Asker) -> Verified:
        """Compare the manifest with what the journal was told, and tell it what was found."""
        backup = self.manifest.backup if self.manifest else ""
        known = folded(journal, BackupsFold).find(backup=backup, location=str(self.directory))
        if known is None:
            return self.answer(note=self._unknown(journal))
        if self.manifest and self.digest != known.manifest:
            self._report("manifest-edited", expected=known.manifest, found=self.digest)
        vouched = self.digest == known.manifest
        try:
            position = self._tell(journal, known, asker)
        except ClewError as error:
            return self.answer(vouched=vouched, note=f"not recorded: {error.message}")
        return self.answer(vouched=vouched, position=position)

    def answer(
        self, *, vouched: bool = False, note: str = "", position: int | None = None
    ) -> Verified:
        """Return what was found so far."""
        manifest = self.manifest
        return Verified(
            ok=not self.problems,
            directory=str(self.directory),
            backup=manifest.backup if manifest else "",
            taken_at=manifest.taken_at if manifest else "",
            tables=rows_by_name(manifest.tables) if manifest else {},
            problems=tuple(self.problems),
            vouched=vouched,
            note=note,
            position=position,
        )

    def _unknown(self, journal: Journal) -> str:
        if self.manifest is None:
            return ""
        if self.manifest.journal.id != journal.identity.id:
            ours, theirs = journal.identity.name, self.manifest.journal.name
            return f"the journal asked is {ours}; the backup names another, {theirs}"
        self._report("unknown", found=self.manifest.backup)
        return ""

    def _tell(self, journal: Journal, known: BackupFact, asker: Asker) -> int:
        event = BackupVerified(backup=known.backup, passed=not self.problems, found=self._summary())
        return journal.append(event, actor=asker.actor)[-1].position

    def _summary(self) -> str:
        if self.problems:
            said = "; ".join(problem.text for problem in self.problems[:SHOWN])
            more = len(self.problems) - SHOWN
            return f"{said} and {more} more" if more > 0 else said
        assert self.manifest is not None
        tables = count(len(self.manifest.tables), "table")
        return f"{tables}, {count(self.manifest.rows, 'row')} read back"

    def _report(self, kind: str, *, file: str = "", expected: str = "", found: str = "") -> None:
        file = file or (MANIFEST if self.directory.is_dir() else self.directory.name)
        self.problems.append(Problem(kind=kind, file=file, expected=expected, found=found))
