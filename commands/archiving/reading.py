"""An archive's directory, found in the journal by the SHA-256 of its manifest, wherever it is."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import msgspec

from commands.export.lines import CONTENT, ContentLine
from commands.export.manifest import MANIFEST, Manifest, read_manifest
from commands.export.verify import verify_export
from commands.proof.files import read_large
from commands.proof.note import from_base64
from journal.archived import TYPES, Seal
from journal.codec import open_entry
from journal.errors import NotFound, Tampered
from journal.events import ArchiveSealed
from journal.store import Journal

_line = msgspec.json.Decoder(ContentLine).decode


def manifest_of(directory: Path) -> tuple[Manifest, str]:
    """Return what an archive says of itself, and the SHA-256 of that. Raises ``NotFound``."""
    found = read_manifest(directory)
    if found.images is None:
        raise NotFound(f"{directory} holds an export, and no archive")
    return found, sha256(read_large(directory / MANIFEST)).hexdigest()


def sealed_by(journal: Journal, directory: Path) -> Seal:
    """Return the seal of an archive.

    Raises:
        NotFound: there is no archive in the directory.
        Tampered: no entry of this journal names it.
    """
    manifest, digest = manifest_of(directory)
    for stored in journal.database.entries(types=TYPES):
        event = open_entry(stored).event
        if isinstance(event, ArchiveSealed) and (event.manifest, event.restored) == (digest, False):
            return Seal(position=stored.position, event=event)
    if manifest.journal != journal.identity.id:
        raise NotFound(f"{directory} is an archive of another journal, {manifest.origin}")
    raise Tampered(
        f"no entry of this journal seals the archive {directory} (SHA-256 {digest})",
        hint="It was changed since, or what it holds never left: see clew archive list.",
    )


def expect_whole(directory: Path) -> None:
    """Raise ``Tampered`` where the files of an archive do not prove themselves."""
    for flaw in verify_export(directory).flaws:
        raise Tampered(f"the archive {directory} does not prove itself: {flaw.file} {flaw.text}")


def contents_of(directory: Path) -> Iterator[tuple[str, bytes]]:
    """Yield digest and bytes of each content of an archive that proved itself.

    Raises:
        Tampered: it was changed meanwhile.
    """
    with (directory / CONTENT).open("rb") as lines:
        for line in lines:
            one = _line(line)
            content = from_base64(one.base64)
            if sha256(content).hexdigest() != one.digest:
                raise Tampered(f"content {one.digest} of {directory} is not what its digest says")
            yield one.digest, content
