"""Write the journal out: entries as JSON lines, the Merkle tree as tiles, a signed checkpoint."""

from __future__ import annotations

import base64
from pathlib import Path

import msgspec

from commands.export.directory import aside, files_in, write
from commands.export.lines import CONTENT, ENTRIES, content_line, entry_line
from commands.export.manifest import (
    CHECKPOINT,
    MANIFEST,
    PUBLIC_KEY,
    VERIFIER,
    ContentSet,
    Manifest,
    written,
)
from commands.export.tiles import Tiles
from commands.opening import clew_version
from commands.places import position_of
from commands.proof.checkpoint import TreeHead, origin_of
from commands.proof.keys import SigningKey
from commands.proof.proven import HINT, Progress, proven, silent
from journal.archived import set_digest
from journal.erased import ARCHIVED, PREFIX
from journal.errors import Tampered, Usage
from journal.store import Journal, timestamp

ALWAYS = ("entries", "tiles of the Merkle tree")
CONTENTS = "content: statement texts, output of programs, candidates, values without a home"
IMAGES = "row images"
ERASED = "content that was erased: the entries of type ContentErased name it"
AWAY = "content that left for an archive: the entries of type ArchiveSealed name it"


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """What was written where."""

    directory: str
    manifest: Manifest


def export(
    journal: Journal,
    directory: Path,
    *,
    at: str = "head",
    key: SigningKey | None = None,
    content: bool = False,
    progress: Progress = silent,
) -> Exported:
    """Write the entries up to ``at`` into a new directory; memory stays flat.

    Without a ``key`` there is no checkpoint: who wants to prove more than that the files belong
    together needs a signed one.

    Raises:
        Refused: the directory is not empty.
        Tampered: an entry does not prove itself; nothing of the export is kept.
        NotFound, Usage: there is no such position, or it is not the head and content is asked for.
    """
    last = position_of(journal, at)
    if content and last != journal.head().position:
        raise Usage(
            f"--content goes with the whole journal, not with its beginning up to {last}",
            hint="Content is kept by digest, and not by position: leave out --at, or --content.",
        )
    with aside(directory) as made:
        tree, head, tiles = write_entries(journal, last, made, progress)
        holds, left_out = [*ALWAYS], [IMAGES]
        contents = None
        if content:
            contents, gone = _write_content(journal, made)
            left_out += gone
            holds.append(CONTENTS)
        else:
            left_out.insert(0, CONTENTS)
        if key is not None:
            _sign(tree, key, made)
            holds.append("checkpoint")
        else:
            left_out.append("checkpoint")
        identity = journal.identity
        manifest = Manifest(
            journal=identity.id,
            name=identity.name,
            database=identity.database,
            origin=tree.origin,
            last=last,
            head=head,
            root=base64.b64encode(tree.root).decode(),
            exported_at=timestamp(journal.clock()),
            clew=clew_version(),
            signed_by=key.verifier.text if key else "",
            holds=tuple(holds),
            left_out=tuple(left_out),
            tiles=tiles,
            files=tuple(files_in(made)),
            contents=contents,
        )
        write(made, MANIFEST, written(manifest))
    return Exported(directory=str(directory), manifest=manifest)


def write_entries(
    journal: Journal, last: int, made: Path, progress: Progress
) -> tuple[TreeHead, str, int]:
    """Write entries and tiles; return the tree, the digest of the last entry, and how many tiles."""
    tiles = Tiles(lambda path, hashes: write(made, path, hashes))
    digest = b""
    with (made / ENTRIES).open("wb") as file:
        for entry in proven(journal, last=last, progress=progress):
            file.write(entry_line(entry))
            tiles.append(entry.digest)
            digest = entry.digest
    root = tiles.finish().root()
    head = TreeHead(origin=origin_of(journal.identity), size=last, root=root)
    return head, digest.hex(), tiles.files


def _write_content(journal: Journal, made: Path) -> tuple[ContentSet, list[str]]:
    """Write content, and tell what is not there: it was erased, or left for an archive."""
    names: list[str] = []
    gone: dict[str, str] = {}
    with (made / CONTENT).open("wb") as file:
        for name, found in journal.database.content_digests():
            prefix = str(name).partition(":")[0] + ":"  # SQLite holds whatever was written
            if prefix in (PREFIX, ARCHIVED):
                gone[prefix] = ERASED if prefix == PREFIX else AWAY
                continue
            if name != found:
                raise Tampered(f"content {name} does not prove itself", hint=HINT)
            file.write(content_line(name, journal.needed_content(name)))
            names.append(name)
    return ContentSet(count=len(names), digest=set_digest(names)), list(gone.values())


def _sign(tree: TreeHead, key: SigningKey, made: Path) -> None:
    write(made, CHECKPOINT, key.sign(tree.text).content)
    write(made, PUBLIC_KEY, key.verifier.pem.encode())
    write(made, VERIFIER, f"{key.verifier.text}\n".encode())
