"""The archives that the journal tells of, and one of them held against it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from commands.archiving.answer import ArchiveFact
from commands.archiving.reading import manifest_of, sealed_by
from commands.export.flaws import Flaw
from commands.export.manifest import MANIFEST
from commands.export.verify import verify_export
from journal.archived import TYPES
from journal.errors import ClewError
from journal.events import ArchiveSealed
from journal.store import Journal


class HeldArchive(msgspec.Struct, frozen=True, kw_only=True):
    """An archive's files, and whether they are what an entry of the journal seals.

    ``position`` is that of the entry, 0 where none names it.
    """

    directory: str
    ok: bool
    position: int
    last: int
    contents: int
    rows: int
    flaws: tuple[Flaw, ...] = ()


def listed(journal: Journal) -> tuple[ArchiveFact, ...]:
    """Return every archive, oldest first."""
    found: dict[str, ArchiveFact] = {}
    for entry in journal.read(types=TYPES):
        event = entry.event
        if not isinstance(event, ArchiveSealed):
            continue
        if event.restored:
            known = found[event.manifest]
            found[event.manifest] = msgspec.structs.replace(known, restored=entry.position)
            continue
        found[event.manifest] = ArchiveFact(
            position=entry.position,
            recorded_at=entry.recorded_at,
            actor=entry.actor,
            location=event.location,
            manifest=event.manifest,
            after=event.after,
            last=event.last,
            contents=event.contents,
            chunks=event.chunks,
            rows=event.rows,
        )
    return tuple(found.values())


def hold(journal: Journal, directory: Path) -> HeldArchive:
    """Prove the files of an archive, and find the entry that seals it.

    Raises:
        NotFound: there is no archive in the directory.
        ClewError: its manifest is torn.
    """
    manifest, _ = manifest_of(directory)
    flaws = list(verify_export(directory).flaws)
    position = 0
    try:
        seal = sealed_by(journal, directory)
        position = seal.position
        told = (seal.last, seal.event.digest)
        if told != (manifest.last, manifest.head):
            flaws.append(Flaw(file=MANIFEST, text="tells of other entries than the seal"))
    except ClewError as error:
        flaws.append(Flaw(file=MANIFEST, text=error.message))
    return HeldArchive(
        directory=str(directory),
        ok=not flaws,
        position=position,
        last=manifest.last,
        contents=manifest.contents.count if manifest.contents else 0,
        rows=manifest.images.rows if manifest.images else 0,
        flaws=tuple(flaws),
    )
