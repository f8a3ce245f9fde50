"""The backups that may hold what goes: those that the journal knows, and those of this run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from commands.backup.manifest import MANIFEST
from commands.backup.stored import StoredBackup, open_backup
from journal.codec import open_entry
from journal.database import Database
from journal.errors import ClewError, Refused
from journal.events import AnyEvent, BackupTaken, BackupVerified
from projections.backups import TYPES, Backups
from projections.fold import replay


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A backup as it was taken; ``position`` is ``None`` where this very run took it.

    ``passed`` tells how its last verification ended, ``found`` what that found.
    """

    backup: str
    location: str
    manifest: str
    tables: Mapping[str, int]
    position: int | None = None
    passed: bool = False
    found: str = "never verified"


def candidates(database: Database, events: Sequence[AnyEvent] = ()) -> Iterator[Candidate]:
    """Yield backups in the order in which they were taken, those of a run's ``events`` last."""
    stored = map(open_entry, database.entries(types=TYPES))
    for fact in replay(Backups, stored).backups:
        seen = fact.verified
        yield Candidate(
            backup=fact.backup,
            location=fact.location,
            manifest=fact.manifest,
            tables=fact.tables,
            position=fact.position,
            passed=seen is not None and seen.passed,
            found=seen.found if seen else "never verified",
        )
    passed = {
        event.backup for event in events if isinstance(event, BackupVerified) and event.passed
    }
    for event in events:
        if isinstance(event, BackupTaken):
            yield Candidate(
                backup=event.backup,
                location=event.location,
                manifest=event.manifest,
                tables=event.tables,
                passed=event.backup in passed,
            )


def asked_for(found: list[Candidate], named: str) -> list[Candidate]:
    """A backup is named by its identity, the beginning of it, or its place."""
    if not named:
        return found
    place = Path(named)
    asked = [
        one
        for one in found
        if one.backup.startswith(named) or Path(one.location) == place.resolve()
    ]
    return asked or _moved(found, place)


def opened(one: Candidate) -> StoredBackup:
    """Open a backup whose manifest is the one that was written; files are not read yet.

    Raises:
        Refused, NotFound, CheckFailed: it is not there, cannot be read, or does not count.
    """
    if not one.passed:
        raise Refused(f"its last verification did not pass: {one.found}")
    stored = open_backup(Path(one.location))
    if stored.digest != one.manifest:
        name = "" if stored.location.is_file() else MANIFEST
        raise Refused(f"{stored.location / name} is not as it was written")
    return stored


def _moved(found: list[Candidate], place: Path) -> list[Candidate]:
    """One that was moved, or copied, is known by its manifest."""
    try:
        stored = open_backup(place)
    except ClewError:
        return []
    return [
        msgspec.structs.replace(one, location=str(stored.location))
        for one in found
        if one.manifest == stored.digest
    ]


def unknown(named: str) -> str:
    """Say that there is no such backup, or none at all."""
    if not named:
        return "no backup is known to this journal, and rows are about to go"
    path = Path(named)
    if path.is_file() and path.stat().st_size == 0:
        return f"{named} is no backup: it has 0 bytes"
    return f"no backup {named} is known to this journal"
